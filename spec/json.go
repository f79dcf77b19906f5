package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// JSON is any value, written as YAML and meant as JSON. The zero JSON was not
// given.
type JSON struct {
	Pos  diag.Pos
	Text string // as JSON, in one line
	cmd  String // of a mapping: the text of its key "cmd"
}

// IsSet reports whether the file gives j.
func (j JSON) IsSet() bool { return !j.Pos.IsZero() }

// Reserved returns what makes j a message that Node keeps for itself: a "cmd"
// that begins with NODE_. ok is false where nothing does.
func (j JSON) Reserved() (cmd String, ok bool) {
	return j.cmd, len(j.cmd.Value) > len("NODE_") && strings.HasPrefix(j.cmd.Value, "NODE_")
}

func (j *JSON) decode(d *decoder, n *yaml.Node, what string) {
	j.Pos = d.pos(n)
	var b bytes.Buffer
	d.json(&b, n, what)
	j.Text = b.String()
	if cmd := valueOf(n, "cmd"); cmd != nil && cmd.Kind == yaml.ScalarNode {
		j.cmd = d.str(cmd)
	}
}

// json writes n as JSON. What JSON does not have, checkTree has reported, but
// for numbers and booleans that are spelled otherwise.
func (d *decoder) json(b *bytes.Buffer, n *yaml.Node, what string) {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			jsonText(b, n.Content[i].Value)
			b.WriteByte(':')
			d.json(b, n.Content[i+1], what)
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			d.json(b, item, what)
		}
		b.WriteByte(']')
	case yaml.ScalarNode:
		d.jsonScalar(b, n, what)
	}
}

func (d *decoder) jsonScalar(b *bytes.Buffer, n *yaml.Node, what string) {
	const hint = "write it as JSON does, or in quotes where the text is meant"
	switch number := n.Tag == "!!int" || n.Tag == "!!float"; {
	case number && jsonNumber().MatchString(n.Value), n.Tag == "!!bool" && (n.Value == "true" || n.Value == "false"):
		b.WriteString(n.Value)
	case number:
		d.add("SL013", d.pos(n), scalarLen(n), fmt.Sprintf("a value in %s is %s; expected a number", what, show(n.Value)), hint)
	case n.Tag == "!!bool":
		d.add("SL016", d.pos(n), scalarLen(n), fmt.Sprintf("a value in %s is %s; expected true or false", what, show(n.Value)), hint)
	default:
		jsonText(b, n.Value)
	}
}

func jsonText(b *bytes.Buffer, text string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	enc.Encode(text) // a string and a buffer: nothing can fail
	b.Truncate(b.Len() - len("\n"))
}

var jsonNumber = lazyRegexp(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

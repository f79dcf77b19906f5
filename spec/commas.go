package spec

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// joinCommas finds the texts below n that a comma has cut, in mappings that are
// written with braces: of {run: sort -k1,1nr} YAML makes the key 1nr, which has no
// value. It tells of each such text once, and makes it whole, so that nothing
// else is told of its parts. It reports whether there are any.
func (d *decoder) joinCommas(n *yaml.Node) (found bool) {
	for i := 0; n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && i+3 < len(n.Content) && !d.list.Full(); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		end := i + 2
		for end+1 < len(n.Content) && d.isCut(value, n.Content[end], n.Content[end+1]) {
			end += 2
		}
		if end == i+2 {
			continue
		}
		first, last := d.str(n.Content[i+2]), d.str(n.Content[end-2])
		value.Value = string(d.src.line(value.Line)[value.Column-1 : last.Pos.Col-1+last.Len()])
		value.Tag = "!!str"
		n.Content = append(n.Content[:i+2], n.Content[end:]...)
		d.add("SL011", first.Pos, first.Len(),
			fmt.Sprintf("%s is taken for a key: the value of %s ends at the comma", show(first.Value), show(key.Value)),
			fmt.Sprintf("write %s: %s, or give the key a line of its own", key.Value, quoted(value.Value)))
		found = true
	}
	for _, inner := range n.Content {
		found = d.joinCommas(inner) || found
	}
	return found
}

// isCut reports whether key, which has value after it, is more of the text that
// begins with the plain scalar before. A word after a comma and a blank may be
// a key that was left without its value, or without the blank before its value.
func (d *decoder) isCut(before, key, value *yaml.Node) bool {
	const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	plain := before.Kind == yaml.ScalarNode && before.Style&quotes == 0 && before.Value != "" && before.Anchor == ""
	if !plain || key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Line != before.Line || !isNull(value) || value.Value != "" {
		return false
	}
	comma := d.src.runeAt(diag.Pos{Line: key.Line, Col: key.Column - 1}) == ','
	word, _, _ := strings.Cut(key.Value, ":")
	return (comma || !IsName(word)) && d.isBare(key)
}

// isBare reports whether no colon follows key, which only a mapping written with
// braces allows.
func (d *decoder) isBare(key *yaml.Node) bool {
	line := d.src.line(key.Line)
	rest := string(line[min(len(line), key.Column-1+d.str(key).Len()):])
	return !strings.HasPrefix(strings.TrimLeft(rest, " "), ":")
}

// quoted is text as a scalar in the quotes that it needs no change for.
func quoted(text string) string {
	if strings.Contains(text, "'") && !strings.ContainsAny(text, `"\`) {
		return `"` + text + `"`
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

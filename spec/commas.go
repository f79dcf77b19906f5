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
	for i, inner := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && n.Content[i-1].Value == "pipe" {
			found = d.cutStages(inner) || found
		}
		found = d.joinCommas(inner) || found
	}
	return found
}

// cutStages tells of lines of pipe that a comma has cut, where the list is
// written with brackets: [sort -k1,1nr, uniq] has three stages. A stage that
// begins right behind a comma, after a line with arguments, is taken for a part
// of that line. It reports whether there are any.
func (d *decoder) cutStages(pipe *yaml.Node) (found bool) {
	if pipe.Kind != yaml.SequenceNode || pipe.Style&yaml.FlowStyle == 0 {
		return false
	}
	for i := 1; i < len(pipe.Content) && !d.list.Full(); i++ {
		before, after := pipe.Content[i-1], pipe.Content[i]
		if !isPlain(before) || !isPlain(after) || after.Line != before.Line || !strings.Contains(before.Value, " ") {
			continue
		}
		whole := string(d.src.line(before.Line)[before.Column-1 : after.Column-1+d.str(after).Len()])
		if whole != before.Value+","+after.Value {
			continue
		}
		d.add("SL011", d.pos(after), d.str(after).Len(), fmt.Sprintf("%s is taken for a stage: the line before it ends at the comma", show(after.Value)),
			fmt.Sprintf("write %s, or a blank behind the comma where a stage begins", quoted(whole)))
		found = true
	}
	return found
}

// isPlain reports whether n is a text without quotes.
func isPlain(n *yaml.Node) bool {
	const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	return n.Kind == yaml.ScalarNode && n.Style&quotes == 0 && n.Value != "" && n.Anchor == ""
}

// isCut reports whether key, which has value after it, is more of the text that
// begins with the plain scalar before. A word after a comma and a blank may be
// a key that was left without its value, or without the blank before its value.
func (d *decoder) isCut(before, key, value *yaml.Node) bool {
	if !isPlain(before) || key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Line != before.Line || !isNull(value) || value.Value != "" {
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

package spec

import (
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// Layout is how a mapping stands in the file: for waivers, which hold for a
// part of it, and for fixes, which change its text.
type Layout struct {
	Keys []String // in the order of the file, unknown ones included
	Flow bool     // written as {a: 1, b: 2}
}

func (d *decoder) layout(n *yaml.Node) Layout {
	l := Layout{Flow: n.Style&yaml.FlowStyle != 0}
	for i := 0; i+1 < len(n.Content); i += 2 {
		l.Keys = append(l.Keys, d.str(n.Content[i]))
	}
	return l
}

// Key is the key called name; it is not set where the mapping has none.
func (l Layout) Key(name string) String {
	i := slices.IndexFunc(l.Keys, func(k String) bool { return k.Value == name })
	if i < 0 {
		return String{}
	}
	return l.Keys[i]
}

// at is the last key that does not begin behind pos, or "".
func (l Layout) at(pos diag.Pos) (key string) {
	for _, k := range l.Keys {
		if pos.Before(k.Pos) {
			break
		}
		key = k.Value
	}
	return key
}

// Span is where s begins and where the text behind it does, quotes included.
// ok is false where s takes more than one line.
func (s String) Span() (from, to diag.Pos, ok bool) {
	if s.src == nil || s.Value != "" && s.places().each == nil || s.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return s.Pos, s.Pos, false
	}
	return s.Pos, diag.Pos{Line: s.Pos.Line, Col: s.Pos.Col + s.Len()}, true
}

// Written is the text of s as the file has it, quotes included, where it is on
// one line.
func (s String) Written() string {
	from, to, ok := s.Span()
	if !ok {
		return ""
	}
	return string(s.src.line(from.Line)[from.Col-1 : to.Col-1])
}

// LineEnd is the end of the line on which s begins.
func (s String) LineEnd() diag.Pos {
	return diag.Pos{Line: s.Pos.Line, Col: len(s.src.line(s.Pos.Line)) + 1}
}

// Before is what stands before s on its line.
func (s String) Before() string { return string(s.src.line(s.Pos.Line)[:s.Pos.Col-1]) }

// Requote is value in the quotes of s. A plain scalar stays plain where value
// can be so in every place of a file.
func (s String) Requote(value string) string {
	switch {
	case s.style&yaml.DoubleQuotedStyle != 0:
		return strconv.Quote(value)
	case s.style&yaml.SingleQuotedStyle == 0 && !strings.ContainsAny(value, ":#{}[],&*!|>'\"%@`\n"):
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}

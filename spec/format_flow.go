package spec

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// flowPrinter writes a flow collection. One that stands on one line has its
// keys in their order; one of several lines keeps its lines, and its keys as
// they are.
type flowPrinter struct {
	orders  orders
	tokens  []token
	at      int
	out     strings.Builder
	pending []token // comments that wait for a comma before them
	carry   bool    // the next token begins a line
	prev    byte    // the kind of the last token written
}

// next is the kind of the next token, or 0.
func (f *flowPrinter) next() byte {
	if f.at < len(f.tokens) {
		return f.tokens[f.at].kind
	}
	return 0
}

func (f *flowPrinter) take() token {
	f.at++
	return f.tokens[f.at-1]
}

// skip takes the next token if it is of that kind.
func (f *flowPrinter) skip(kind byte) bool {
	if f.next() != kind {
		return false
	}
	f.at++
	return true
}

// onOneLine reports whether the collection that begins with the next token
// ends in its line.
func (f *flowPrinter) onOneLine() bool {
	depth, line := 0, f.tokens[f.at].line
	for _, t := range f.tokens[f.at:] {
		switch {
		case t.last != line:
			return false
		case t.kind == '{' || t.kind == '[':
			depth++
		case t.kind == '}' || t.kind == ']':
			depth--
		}
		if depth == 0 {
			return true
		}
	}
	return false
}

func isNothing(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0
}

// oneLine is the value n, which stands on one line.
func (f *flowPrinter) oneLine(n *yaml.Node, p *place) string {
	switch {
	case isNothing(n):
		return ""
	case n.Kind == yaml.ScalarNode:
		return f.take().lines[0]
	case n.Kind == yaml.SequenceNode:
		f.skip('[')
		items := make([]string, len(n.Content))
		for i, item := range n.Content {
			items[i] = f.oneLine(item, f.orders.value(p, nil))
			f.skip(',')
		}
		f.skip(']')
		return "[" + strings.Join(items, ", ") + "]"
	}
	type pair struct {
		text string
		rank int
	}
	braces := f.skip('{')
	var pairs []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		text := ""
		if f.skip('?') {
			text = "? "
		}
		text += f.take().lines[0]
		if f.skip(':') {
			text += ": " + f.oneLine(n.Content[i+1], f.orders.value(p, n.Content[i]))
		}
		pairs = append(pairs, pair{text, p.rankOf(n.Content[i])})
		if braces {
			f.skip(',')
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return a.rank - b.rank })
	texts := make([]string, len(pairs))
	for i := range pairs {
		texts[i] = pairs[i].text
	}
	if !braces {
		return texts[0]
	}
	f.skip('}')
	return "{" + strings.Join(texts, ", ") + "}"
}

// value writes the value n, which is indented by indent where it begins a line.
func (f *flowPrinter) value(n *yaml.Node, p *place, indent int) {
	f.comments()
	switch {
	case isNothing(n):
	case n.Kind == yaml.ScalarNode:
		f.put(f.take(), indent)
	case f.next() != '{' && f.next() != '[': // the one pair of [key: value]
		f.pairs(n, p, indent)
	case f.onOneLine():
		t := f.tokens[f.at]
		t.kind, t.lines = 's', []string{f.oneLine(n, p)}
		f.put(t, indent)
	default:
		f.put(f.take(), indent)
		if n.Kind == yaml.MappingNode {
			f.pairs(n, p, indent+indentStep)
		} else {
			for _, item := range n.Content {
				f.value(item, f.orders.value(p, nil), indent+indentStep)
				f.comma()
			}
		}
		f.comments()
		f.flush(indent + indentStep)
		f.put(f.take(), indent)
	}
}

// pairs writes the keys and values of n.
func (f *flowPrinter) pairs(n *yaml.Node, p *place, indent int) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if f.comments(); f.next() == '?' {
			f.put(f.take(), indent)
			f.comments()
		}
		f.put(f.take(), indent)
		if f.comments(); f.next() == ':' {
			f.attach(f.take())
		}
		f.value(n.Content[i+1], f.orders.value(p, n.Content[i]), indent)
		f.comma()
	}
}

// comments takes the comments that come next.
func (f *flowPrinter) comments() {
	for f.next() == '#' {
		f.pending = append(f.pending, f.take())
	}
}

// comma writes the next token if it is a comma.
func (f *flowPrinter) comma() {
	if f.comments(); f.next() == ',' {
		f.attach(f.take())
	}
}

// attach writes a comma or colon right behind what stands there. Where it
// began a line, the next token does.
func (f *flowPrinter) attach(t token) {
	if f.prev == ':' {
		f.out.WriteByte(' ')
	}
	f.out.WriteByte(t.kind)
	f.prev = t.kind
	f.carry = f.carry || t.first
}

// flush writes the comments that wait.
func (f *flowPrinter) flush(indent int) {
	for _, t := range f.pending {
		if t.first {
			f.newLine(t, indent)
		} else {
			f.out.WriteByte(' ')
		}
		f.out.WriteString(t.lines[0])
		f.prev, f.carry = '#', true
	}
	f.pending = nil
}

// newLine begins a line for t. One empty line before it is kept, but not at
// the beginning or end of a collection.
func (f *flowPrinter) newLine(t token, indent int) {
	if t.blank && f.prev != '{' && f.prev != '[' && t.kind != '}' && t.kind != ']' {
		f.out.WriteByte('\n')
	}
	f.out.WriteString("\n" + strings.Repeat(" ", indent))
}

// put writes t where it stands: in a line of its own, or behind a space.
func (f *flowPrinter) put(t token, indent int) {
	f.flush(indent)
	closing := t.kind == '}' || t.kind == ']'
	switch {
	case f.prev == 0:
	case t.first || f.carry:
		f.newLine(t, indent)
	case closing && f.prev != ':' || f.prev == '{' || f.prev == '[':
	default:
		f.out.WriteByte(' ')
	}
	f.carry, f.prev = false, t.kind
	if t.kind == 's' {
		f.out.WriteString(t.text(indent + indentStep))
	} else {
		f.out.WriteByte(t.kind)
	}
}

package spec

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// indentStep is how many spaces a level is indented by.
const indentStep = 2

// printer writes a sheet. Every line that it has begun it ends, but for the
// one that is being written.
type printer struct {
	out    strings.Builder
	keep   bool // the last lines are of a block scalar to which an empty line would be added
	orders orders
}

func (p *printer) sheet(s *sheet) {
	p.remarks(s.before, 0, true)
	if s.start != nil {
		p.begin(0, s.start.blank)
		p.out.WriteString("---")
		p.end(s.note)
	}
	p.remarks(s.head, 0, true)
	if s.root.isBlock() {
		p.block(s.root, 0, false)
	} else {
		p.begin(0, s.gap && len(s.head) > 0)
		p.scalarOrFlow(s.root, 0, s.tail)
	}
	p.remarks(s.leftover, 0, false)
	for _, e := range s.ends {
		p.begin(0, e.blank)
		p.out.WriteString("...")
		p.end(e.note)
		p.remarks(e.after, 0, false)
	}
}

// begin begins a line, after an empty one where blank is true.
func (p *printer) begin(indent int, blank bool) {
	if blank && !p.keep && p.out.Len() > 0 {
		p.out.WriteByte('\n')
	}
	p.keep = false
	p.spaces(indent)
}

func (p *printer) spaces(n int) { p.out.WriteString(strings.Repeat(" ", n)) }

// end ends a line with its comment, if it has one.
func (p *printer) end(comment string) {
	if comment != "" {
		p.out.WriteString(" " + comment)
	}
	p.out.WriteByte('\n')
}

// remarks writes comments; with tight, the first has no empty line before it.
func (p *printer) remarks(list []remark, indent int, tight bool) {
	for i, r := range list {
		p.begin(indent, r.blank && (i > 0 || !tight))
		p.out.WriteString(r.text + "\n")
	}
}

// block writes the entries of s. inline is whether the first one stands in the
// line that was begun.
func (p *printer) block(s section, indent int, inline bool) {
	for i := range s.entries {
		e := &s.entries[i]
		p.remarks(e.lead, indent, false)
		if i > 0 || !inline {
			p.begin(indent, e.blank)
		}
		if e.key == nil {
			p.out.WriteByte('-')
		} else {
			p.key(e.key, indent)
		}
		p.value(e, indent)
	}
	p.remarks(s.foot, indent, false)
}

// key writes a key and its colon.
func (p *printer) key(t *token, indent int) {
	if t.oneLine() && len(t.lines[0]) <= maxSimpleKey {
		p.out.WriteString(t.lines[0] + ":")
		return
	}
	p.out.WriteString("? ")
	p.scalar(t, indent+indentStep, "")
	p.begin(indent, false)
	p.out.WriteByte(':')
}

// maxSimpleKey is how many bytes a key may have for certain that is not marked
// with a ?.
const maxSimpleKey = 1000

// value writes what follows the : or - of e, which is indented by indent.
func (p *printer) value(e *entry, indent int) {
	inner, v := indent+indentStep, e.value
	switch {
	case v.isBlock():
		if e.key == nil && e.head == "" && len(v.entries[0].lead) == 0 {
			p.out.WriteByte(' ')
			p.block(v, inner, true)
			return
		}
		p.end(e.head)
		p.block(v, inner, false)
	case v.node == nil:
		p.end(e.head)
		p.remarks(e.above, inner, true)
	case e.head != "" || len(e.above) > 0:
		p.end(e.head)
		p.remarks(e.above, inner, true)
		p.begin(inner, false)
		p.scalarOrFlow(v, inner, e.tail)
	default:
		p.out.WriteByte(' ')
		if e.key == nil || v.node.Kind == yaml.ScalarNode {
			indent = inner
		}
		p.scalarOrFlow(v, indent, e.tail)
	}
}

// scalarOrFlow writes a value and the comment behind it. Further lines of a
// scalar are indented by indent, those of a flow collection by more.
func (p *printer) scalarOrFlow(v section, indent int, tail string) {
	if t := v.tokens[0]; t.kind == 's' {
		p.scalar(&t, indent, tail)
		return
	}
	f := flowPrinter{orders: p.orders, tokens: v.tokens}
	f.value(v.node, v.place, indent)
	p.out.WriteString(f.out.String())
	p.end(tail)
}

func (p *printer) scalar(t *token, indent int, tail string) {
	if !t.block {
		p.out.WriteString(t.text(indent))
		p.end(tail)
		return
	}
	p.out.WriteString(t.lines[0])
	p.end(tail)
	for _, line := range t.lines[1:] {
		if line != "" {
			p.spaces(indent)
		}
		p.out.WriteString(line + "\n")
	}
	p.keep = strings.HasSuffix(t.lines[0], "+")
}

// text is the scalar t with its further lines indented by indent.
func (t token) text(indent int) string {
	if len(t.lines) == 1 {
		return t.lines[0]
	}
	var b strings.Builder
	for i, line := range t.lines {
		if i > 0 {
			b.WriteByte('\n')
			if line != "" {
				b.WriteString(strings.Repeat(" ", indent))
			}
		}
		b.WriteString(line)
	}
	return b.String()
}

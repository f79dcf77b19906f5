package spec

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// remark is a comment on a line of its own.
type remark struct {
	text  string
	blank bool // an empty line stands before it
}

// entry is a key with its value, or an item of a list, with all that belongs
// to it and moves with it.
type entry struct {
	lead  []remark // comments above it
	blank bool     // an empty line stands between those and it
	key   *token   // of a mapping
	head  string   // comment behind the : or -
	above []remark // comments between that and the value
	value section
	tail  string // comment behind the value
	rank  int
}

// startsBlank is whether an empty line stands before e and its comments.
func (e *entry) startsBlank() *bool {
	if len(e.lead) > 0 {
		return &e.lead[0].blank
	}
	return &e.blank
}

// section is a value: nothing, a scalar, a flow collection or a block.
type section struct {
	tokens  []token // of a scalar or a flow collection
	node    *yaml.Node
	place   *place
	entries []entry  // of a block
	foot    []remark // comments behind the last entry of a block
}

func (s section) isBlock() bool { return len(s.entries) > 0 }

// sheet is a whole file.
type sheet struct {
	before   []remark // comments above ---
	start    *token   // ---
	note     string   // comment beside it
	head     []remark // comments that stay first
	gap      bool     // an empty line stands behind them
	topLine  int      // the line of the first key
	root     section
	tail     string   // comment behind the root, where that is a flow mapping
	leftover []remark // comments at the end that stand in no block
	ends     []ending
}

// ending is a line ... behind the document, of which there may be several.
type ending struct {
	blank bool     // an empty line stands before it
	note  string   // comment beside it
	after []remark // comments below it
}

// gatherer makes a sheet of tokens.
type gatherer struct {
	tokens []token
	at     int
	orders orders
}

// next is the next token, or one of kind 0 at the end.
func (g *gatherer) next() token {
	if g.at < len(g.tokens) {
		return g.tokens[g.at]
	}
	return token{col: -1}
}

// nextCol is the column of the next token that is no comment, or -1 where the
// document ends.
func (g *gatherer) nextCol() int {
	for _, t := range g.tokens[g.at:] {
		if t.kind == 'E' {
			break
		}
		if t.kind != '#' {
			return t.col
		}
	}
	return -1
}

// remarks takes the comments that come next and are wanted.
func (g *gatherer) remarks(want func(token) bool) (list []remark) {
	for t := g.next(); t.kind == '#' && want(t); t = g.next() {
		list = append(list, remark{t.lines[0], t.blank})
		g.at++
	}
	return list
}

func anyRemark(token) bool { return true }

// beside takes the comment that stands in line, if there is one.
func (g *gatherer) beside(line int) string {
	if t := g.next(); t.kind == '#' && t.line == line {
		g.at++
		return t.lines[0]
	}
	return ""
}

// take takes the next token, which must be of that kind.
func (g *gatherer) take(kind byte) (token, error) {
	t := g.next()
	if t.kind != kind {
		return t, fmt.Errorf("line %d: found %q, not %q", t.line, t.kind, kind)
	}
	g.at++
	return t, nil
}

func (g *gatherer) sheet(root *yaml.Node, p *place) (*sheet, error) {
	var s sheet
	lead := g.remarks(anyRemark)
	if t := g.next(); t.kind == 'D' {
		g.at++
		s.before, s.start, s.note = lead, &t, g.beside(t.line)
		lead = g.remarks(anyRemark)
	}
	first := g.next()
	s.topLine = first.line
	var err error
	if root.Style&yaml.FlowStyle != 0 {
		s.head, s.gap = lead, first.blank
		if s.root, err = g.flow(root, p); err == nil {
			s.tail = g.beside(s.root.tokens[len(s.root.tokens)-1].last)
		}
	} else {
		s.root, err = g.block(root, p, -1, lead)
		s.splitHead()
	}
	if err != nil {
		return nil, err
	}
	s.leftover = g.remarks(anyRemark)
	for t := g.next(); t.kind == 'E'; t = g.next() {
		g.at++
		s.ends = append(s.ends, ending{t.blank, g.beside(t.line), g.remarks(anyRemark)})
	}
	if g.at < len(g.tokens) {
		return nil, fmt.Errorf("line %d: found %q behind the end", g.next().line, g.next().kind)
	}
	s.sort()
	return &s, nil
}

// splitHead parts the comments above the first key into those about the file
// and those about the key. What stands right above the key is about it, unless
// there is nothing else.
func (s *sheet) splitHead() {
	if len(s.root.entries) == 0 || len(s.root.entries[0].lead) == 0 {
		return
	}
	e := &s.root.entries[0]
	at := len(e.lead)
	if !e.blank {
		for i := len(e.lead) - 1; i > 0 && at == len(e.lead); i-- {
			if e.lead[i].blank {
				at = i
			}
		}
	}
	s.head, e.lead = e.lead[:at], e.lead[at:]
	start := e.startsBlank()
	s.gap, *start = *start, false
}

// sort puts all entries into their order. An empty line parts the comments of
// an entry that has become the first from those about the file.
func (s *sheet) sort() {
	sortEntries(&s.root)
	if !s.root.isBlock() {
		return
	}
	e := &s.root.entries[0]
	moved := e.key.line > s.topLine
	start := e.startsBlank()
	*start = len(s.head) > 0 && (s.gap || *start || moved && len(e.lead) > 0)
}

// sortEntries puts the entries of s, and of all blocks in it, into their order.
// No empty line stands before the first one of a block.
func sortEntries(s *section) {
	slices.SortStableFunc(s.entries, func(a, b entry) int { return a.rank - b.rank })
	for i := range s.entries {
		inner := &s.entries[i].value
		if sortEntries(inner); inner.isBlock() {
			*inner.entries[0].startsBlank() = false
		}
	}
}

// block takes the block collection n. outer is the column of the one that it
// stands in, lead the comments that were taken already.
func (g *gatherer) block(n *yaml.Node, p *place, outer int, lead []remark) (section, error) {
	s := section{node: n, place: p}
	step, kind := 1, byte('-')
	if n.Kind == yaml.MappingNode {
		step, kind = 2, 's'
	}
	col := 0
	for i := 0; i < len(n.Content); i += step {
		e := entry{lead: append(lead, g.remarks(anyRemark)...)}
		lead = nil
		first := g.next()
		e.blank = first.blank
		if i == 0 {
			col = first.col
		}
		value := n.Content[i]
		p := g.orders.value(s.place, nil)
		line := first.line
		if kind == '-' {
			if _, err := g.take('-'); err != nil {
				return s, err
			}
		} else {
			value = n.Content[i+1]
			p = g.orders.value(s.place, n.Content[i])
			e.rank = s.place.rankOf(n.Content[i])
			colon, err := g.key(&e)
			if err != nil {
				return s, err
			}
			line = colon
		}
		if err := g.value(&e, value, p, line, col); err != nil {
			return s, err
		}
		s.entries = append(s.entries, e)
	}
	least := max(col, outer+1) // a list may begin in the column of its key
	if n.Kind == yaml.MappingNode {
		least = col
	}
	below := g.nextCol()
	s.foot = g.remarks(func(t token) bool { return t.col >= least && t.col > below })
	return s, nil
}

// key takes the key of e with its colon, and returns the line of that. A key
// that is written ? KEY may have comments in it and no colon.
func (g *gatherer) key(e *entry) (line int, err error) {
	explicit := g.next().kind == '?'
	if explicit {
		g.at++
		e.lead = append(e.lead, g.remarks(anyRemark)...)
	}
	key, err := g.take('s')
	if err != nil {
		return 0, err
	}
	e.key = &key
	if key.note != "" {
		e.lead = append(e.lead, remark{text: key.note})
		key.note = ""
	}
	if explicit {
		at := g.at
		more := g.remarks(anyRemark)
		if g.next().kind != ':' || g.next().col < 0 {
			g.at = at // it has no value
			return key.last, nil
		}
		e.lead = append(e.lead, more...)
	}
	colon, err := g.take(':')
	return colon.line, err
}

// value takes the value n of e, whose key or dash ends in line and whose
// collection begins in column col.
func (g *gatherer) value(e *entry, n *yaml.Node, p *place, line, col int) (err error) {
	e.head = g.beside(line)
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0:
		e.above = g.remarks(func(t token) bool { return t.col > col })
		return nil
	case n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle == 0:
		e.value, err = g.block(n, p, col, nil)
		return err
	}
	e.above = g.remarks(anyRemark)
	if n.Kind != yaml.ScalarNode {
		e.value, err = g.flow(n, p)
	} else {
		var t token
		t, err = g.take('s')
		e.value = section{node: n, tokens: []token{t}}
		e.tail = t.note
	}
	if err == nil && e.tail == "" {
		e.tail = g.beside(e.value.tokens[len(e.value.tokens)-1].last)
	}
	return err
}

// flow takes the flow collection n whole.
func (g *gatherer) flow(n *yaml.Node, p *place) (section, error) {
	begin, depth := g.at, 0
	for ; g.at < len(g.tokens); g.at++ {
		switch g.tokens[g.at].kind {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth == 0 {
			g.at++
			return section{node: n, place: p, tokens: g.tokens[begin:g.at]}, nil
		}
	}
	return section{}, fmt.Errorf("line %d: a flow collection does not end", n.Line)
}

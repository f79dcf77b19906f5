package spec

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// checkTree reports what no place of a job file may have, whatever its keys
// mean: tags, anchors, aliases, missing values, keys that stand twice, control
// characters, and more of anything than the limits allow. It returns false
// where the tree is too large to go on.
func (d *decoder) checkTree(root *yaml.Node) bool {
	c := treeCheck{d: d}
	c.node(root, 1)
	return !c.over && !d.list.Full()
}

type treeCheck struct {
	literal bool // the value of a key "literal" is being checked
	d       *decoder
	nodes   int
	over    bool // a limit was exceeded: said once, then nothing more
}

func (c *treeCheck) limit(n *yaml.Node, msg, flag string) {
	if !c.over {
		c.d.add("SL015", c.d.pos(n), 1, msg, "split the file, or raise the limit with "+flag)
	}
	c.over = true
}

func (c *treeCheck) node(n *yaml.Node, depth int) {
	d := c.d
	c.nodes++
	switch {
	case c.over || d.list.Full():
		return
	case c.nodes > d.limits.Nodes:
		c.limit(n, fmt.Sprintf("more than %d values in one file", d.limits.Nodes), "--max-nodes")
		return
	case depth > d.limits.Depth:
		c.limit(n, fmt.Sprintf("nested deeper than %d levels", d.limits.Depth), "--max-depth")
		return
	}
	if n.Anchor != "" {
		d.add("SL009", d.pos(n), 1, fmt.Sprintf("anchor %s; a value is written where it is used", show("&"+n.Anchor)),
			"use defaults: for what jobs share, or write it out")
	}
	switch {
	case n.Style&yaml.TaggedStyle == 0 && d.src.runeAt(d.pos(n)) == '!':
		// The library drops the tag that has no name.
		d.add("SL010", d.pos(n), 1, `tag "!"; job files have no tags`, "remove the tag; quote the value if it is text")
	case n.Style&yaml.TaggedStyle != 0:
		d.add("SL010", d.pos(n), utf8.RuneCountInString(n.Tag), fmt.Sprintf("tag %s; job files have no tags", show(n.Tag)), "remove the tag; quote the value if it is text")
	}
	switch n.Kind {
	case yaml.AliasNode:
		d.alias(d.pos(n), n.Value)
	case yaml.ScalarNode:
		c.scalar(n)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			c.node(item, depth+1)
			if isNull(item) {
				d.add("SL011", d.pos(item), max(1, scalarLen(item)), "an item of this list has no value", `quote it if the text is meant ("" or "null"), else remove it`)
			}
		}
	case yaml.MappingNode:
		c.mapping(n, depth)
	}
}

func (c *treeCheck) mapping(n *yaml.Node, depth int) {
	d := c.d
	first := make(map[string]diag.Pos, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content) && !c.over && !d.list.Full(); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		c.node(key, depth+1)
		c.literal = key.Value == "literal"
		c.node(value, depth+1)
		c.literal = false
		switch {
		case key.Kind == yaml.AliasNode: // reported by node
		case key.Kind != yaml.ScalarNode:
			d.add("SL016", d.pos(key), 1, "a key is not a word", "quote it if the text is meant")
		case key.Tag == "!!merge":
			d.add("SL009", d.pos(key), scalarLen(key), `merge key "<<"; a value is written where it is used`, "use defaults: for what jobs share, or write it out")
		case key.Tag == "!!null":
			d.add("SL011", d.pos(key), scalarLen(key), "a key has no name", "quote it if the text is meant")
		default:
			if at, twice := first[key.Value]; twice {
				p := d.add("SL008", d.pos(key), scalarLen(key), fmt.Sprintf("key %s stands twice; first at line %d", show(key.Value), at.Line), "")
				p.Related = []diag.Related{{Pos: at, Msg: "first here"}}
			} else {
				first[key.Value] = d.pos(key)
			}
		}
		if isNull(value) {
			d.add("SL011", d.pos(key), scalarLen(key), fmt.Sprintf("%s has no value", show(key.Value)), `give it one, or remove the key; quote it ("" or "null") if the text is meant`)
		}
	}
}

func (c *treeCheck) scalar(n *yaml.Node) {
	d := c.d
	if len(n.Value) > d.limits.Scalar {
		c.limit(n, fmt.Sprintf("a value of %d bytes; at most %d are allowed", len(n.Value), d.limits.Scalar), "--max-scalar")
		return
	}
	c.escapes(n)
	c.joiners(n)
}

// joiners warns of the first invisible character of n that is right in some
// scripts and not where it stands.
func (c *treeCheck) joiners(n *yaml.Node) {
	if c.literal || !strings.ContainsFunc(n.Value, func(r rune) bool { return r == 0x200c || r == 0x200d || isSelector(r) }) {
		return
	}
	text := []rune(n.Value)
	for i, r := range text {
		if strayJoiner(text, i) {
			p := c.d.add("SL005", c.d.str(n).At(i), 1, fmt.Sprintf("U+%04X, which changes nothing here and is invisible", r), removeHint(r))
			p.Severity = diag.Warning
			return
		}
	}
}

// escapes reports what scanBytes could not see, because double quotes write it
// as an escape.
func (c *treeCheck) escapes(n *yaml.Node) {
	if n.Style&yaml.DoubleQuotedStyle == 0 {
		return
	}
	d := c.d
	for i, r := range n.Value {
		if r >= 0x20 && r < 0x7f || r == '\n' || r == '\t' {
			continue
		}
		rule, what := badRune(r)
		if rule == "" || c.literal && r != 0 {
			continue // {literal: …} means what it says, and an escape is in plain sight
		}
		pos := d.str(n).At(utf8.RuneCountInString(n.Value[:i]))
		if d.src.runeAt(pos) != r {
			d.add(rule, pos, 1, fmt.Sprintf("%s U+%04X in a value", what, r), removeHint(r))
			return // one of a kind tells enough
		}
	}
}

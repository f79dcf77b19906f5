package schemas

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// mutator breaks job files in one place.
type mutator struct {
	*generator
	donors map[string][]*yaml.Node // values of each key, from files made before
	near   map[string][]string     // keys of each kind of mapping
}

func newMutator(g *generator) *mutator {
	return &mutator{generator: g, donors: map[string][]*yaml.Node{}, near: map[string][]string{}}
}

// spot is a value in a tree, and of which kind it is: the key above it, or
// "jobs.*" for a job.
type spot struct {
	*yaml.Node
	kind string
}

// spots are all values of the tree n, itself included.
func spots(n *yaml.Node, kind string) (all []spot) {
	all = append(all, spot{n, kind})
	for i, c := range n.Content {
		below := kind
		if n.Kind == yaml.MappingNode {
			below = n.Content[i-i%2].Value
			if kind == "jobs" || kind == "params" {
				below = kind + ".*"
			}
		}
		if n.Kind == yaml.SequenceNode || i%2 == 1 {
			all = append(all, spots(c, below)...)
		}
	}
	return all
}

// learn remembers the keys of n and their values.
func (m *mutator) learn(n *yaml.Node) {
	for _, s := range spots(n, "") {
		for i := 0; i+1 < len(s.Content) && s.Kind == yaml.MappingNode; i += 2 {
			key := s.Content[i].Value
			if len(m.donors[key]) < 50 {
				m.donors[key] = append(m.donors[key], s.Content[i+1])
			}
			if !slices.Contains(m.near[s.kind], key) {
				m.near[s.kind] = append(m.near[s.kind], key)
			}
		}
	}
}

// keys are those that were learnt.
func (m *mutator) keys() (keys []string) {
	for key := range m.donors {
		keys = append(keys, key)
	}
	slices.Sort(keys) // the same run for the same seed
	return keys
}

// clone is a copy that can be changed.
func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = nil
	for _, child := range n.Content {
		c.Content = append(c.Content, clone(child))
	}
	return &c
}

// odd are values that are right in some places only.
func (m *mutator) odd() *yaml.Node {
	switch m.IntN(8) {
	case 0:
		return list()
	case 1:
		return list(m.odd())
	case 2:
		return pairs()
	case 3:
		return pairs(m.one("a", "file", "run", "literal", "x y"), m.odd())
	case 4:
		return quoted(m.one("", " ", "1", "0.5", "true", "null", "1s", "027", "a b", "9x", "é", "stdout", "SIGTERM", "TERM", "enum"))
	}
	return m.scalar("~", "null", "0", "1", "-1", "1.5", "1.0", "256", "255", "10001", "true", "false", "yes", "True", "word", "a b", "9x", "a=b", "A", "1s", "0s", "0.0s", "1d", "-1s",
		"5", "0B", "1B", "1K", "1KiB", "64 KiB", "log", "stdout", "inherit", "none", "TERM", "SIGTERM", "linux", "beos", "amd64", "x86", "int", "integer", "enum", "path", "append", "overwrite",
		"SL401", "SL014", "SL999", "027", "0x10", "1e3", "2001-01-01", "~x", ".5", "+1", "j0", "x-y", "1_000", "1h30", "1h30m", "1.5h")
}

// spot is a value in root. Half of the time it is a mapping or a list of
// any kind, so that rare ones have their turn.
func (m *mutator) spot(root *yaml.Node) spot {
	all := spots(root, "")
	some := all[m.IntN(len(all))]
	if m.IntN(2) == 0 || root.Kind == yaml.ScalarNode {
		return some
	}
	byKind, kinds := map[string][]spot{}, []string{}
	for _, s := range all {
		if s.Kind == yaml.ScalarNode {
			continue
		}
		if byKind[s.kind] == nil {
			kinds = append(kinds, s.kind)
		}
		byKind[s.kind] = append(byKind[s.kind], s)
	}
	same := byKind[kinds[m.IntN(len(kinds))]]
	return same[m.IntN(len(same))]
}

// change breaks n, or what is in it, or leaves it as good as it was.
func (m *mutator) change(root *yaml.Node) {
	at := m.spot(root)
	n := at.Node
	if n.Kind == yaml.MappingNode && m.IntN(2) == 0 {
		m.changeKeys(n, at.kind)
		return
	}
	switch m.IntN(10) {
	case 0, 1:
		*n = *m.odd()
	case 9:
		if n.Kind == yaml.ScalarNode && n.Value != "" && strings.Trim(n.Value, "0123456789.") == "" {
			*n = *m.scalar("-1", "0", "2", "1.5", "101", "256", "10001")
		}
	case 2:
		if n.Kind == yaml.ScalarNode && n.Style == 0 {
			*n = *quoted(n.Value)
		} else {
			n.Style, n.Tag = 0, ""
		}
	case 3:
		n.Content = nil // of a list or a mapping: an empty one
	case 4: // a text, a list or a mapping of what was there
		switch m.IntN(2) {
		case 0:
			*n = *list(clone(n))
		default:
			*n = *pairs(m.one(m.keys()...), clone(n))
		}
	case 5:
		if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
			n.Content = append(n.Content, m.pick(n.Content[0], clone(n.Content[0]), m.odd()))
		}
	default:
		if n.Kind == yaml.MappingNode {
			m.changeKeys(n, at.kind)
		}
	}
}

func (m *mutator) pick(nodes ...*yaml.Node) *yaml.Node { return clone(nodes[m.IntN(len(nodes))]) }

// changeKeys adds a key to a mapping of that kind, takes one away, or gives one
// another name.
func (m *mutator) changeKeys(n *yaml.Node, kind string) {
	key, value := m.one(m.keys()...), m.odd()
	if near := m.near[kind]; len(near) > 0 && m.IntN(4) > 0 {
		key = m.one(near...)
	}
	if m.IntN(3) > 0 {
		value = m.pick(m.donors[key]...)
	}
	if m.IntN(5) == 0 {
		key = m.one("", "9x", "a b", "x-y", "x_y", "tiemout", "é", "A.b", "exclude")
	}
	some := 0
	if len(n.Content) > 0 {
		some = 2 * m.IntN(len(n.Content)/2)
	}
	switch n2 := m.IntN(4); {
	case n2 == 0 && len(n.Content) > 0:
		n.Content = slices.Delete(n.Content, some, some+2)
	case keyed(n, key): // twice is SL008
	case n2 == 1 && len(n.Content) > 0:
		n.Content[some] = quoted(key)
	default:
		n.Content = append(n.Content, quoted(key), value)
	}
}

package spec

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// Format returns the text of a job file in the one style of all job files:
// the keys that the language has in the order of the structs of this package,
// names that the author chose as they stand, and the keys that the language
// does not have at the end; two spaces for a level, and none but needed spaces
// elsewhere; at most one empty line in a row. Scalars are kept as they are
// written, and comments with what they stand above or behind.
//
// Where the text can't be read, or has something that no job file may have
// and that can't be moved with certainty, it returns the problems and no text.
// Other problems do not matter. The error is a fault of Format, which never
// returns a text that does not mean the same.
func Format(name string, text []byte, limits Limits) ([]byte, diag.List, error) {
	d := &decoder{src: &source{name: name}, limits: limits}
	if !d.scanBytes(text) {
		return nil, d.list.Sort(), nil
	}
	source := strings.ReplaceAll(string(text), "\r\n", "\n")
	d.src.split([]byte(source))
	root := d.document([]byte(source))
	if root == nil || d.joinCommas(root) || !d.checkTree(root) || d.unmovable(root) {
		return nil, d.list.Sort(), nil
	}
	formatted, err := format(source, root)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w; the file was left as it is", name, err)
	}
	return []byte(formatted), nil, nil
}

// unmovable reports whether a problem that was found in the tree root is of a
// kind that a formatter should not touch.
func (d *decoder) unmovable(root *yaml.Node) bool {
	for _, p := range d.list {
		if p.Rule == "SL007" || p.Rule == "SL009" || p.Rule == "SL010" {
			return true
		}
	}
	return d.hasOddKey(root)
}

// hasOddKey reports whether a key in n is a collection, has no text, or has
// neither value nor colon within braces: elsewhere it would be text of what
// stands before it.
func (d *decoder) hasOddKey(n *yaml.Node) bool {
	for i, inner := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			bare := n.Style&yaml.FlowStyle != 0 && isNothing(n.Content[i+1]) && d.isBare(inner)
			if inner.Kind != yaml.ScalarNode || isNothing(inner) || bare {
				return true
			}
		}
		if d.hasOddKey(inner) {
			return true
		}
	}
	return false
}

// format is source, whose root node is root, in the one style.
func format(source string, root *yaml.Node) (string, error) {
	tokens, err := lex(source, root)
	if err != nil {
		return "", err
	}
	places := orders{}
	g := &gatherer{tokens: tokens, orders: places}
	s, err := g.sheet(root, places.of(reflect.TypeFor[File]()))
	if err != nil {
		return "", err
	}
	p := &printer{orders: places}
	p.sheet(s)
	if formatted := p.out.String(); formatted != source {
		return formatted, checkSame(tokens, root, formatted)
	}
	return source, nil
}

// checkSame says how formatted differs from the text of root and tokens in
// more than its style, or nil.
func checkSame(tokens []token, root *yaml.Node, formatted string) error {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(formatted), &doc); err != nil || len(doc.Content) != 1 {
		return fmt.Errorf("what it would become is not YAML: %w", err)
	}
	if at := difference(root, doc.Content[0]); at != nil {
		return fmt.Errorf("line %d: %s would not keep its meaning", at.Line, show(at.Value))
	}
	again, err := lex(formatted, doc.Content[0])
	if err != nil {
		return fmt.Errorf("what it would become can't be read: %w", err)
	}
	if !slices.Equal(comments(tokens), comments(again)) {
		return errors.New("a comment would be lost")
	}
	return nil
}

// comments are the texts of all comments, sorted.
func comments(tokens []token) (list []string) {
	for _, t := range tokens {
		if t.kind == '#' {
			list = append(list, t.lines[0])
		} else if t.note != "" {
			list = append(list, t.note)
		}
	}
	slices.Sort(list)
	return list
}

// difference is the first node of a that is not the same in b, or nil. Keys
// may stand in another order, unless they are the same.
func difference(a, b *yaml.Node) *yaml.Node {
	if a.Kind != b.Kind || a.Tag != b.Tag || a.Value != b.Value || a.Style != b.Style || len(a.Content) != len(b.Content) {
		return a
	}
	if a.Kind != yaml.MappingNode {
		for i := range a.Content {
			if at := difference(a.Content[i], b.Content[i]); at != nil {
				return at
			}
		}
		return nil
	}
	values := map[string][]*yaml.Node{}
	for i := 0; i+1 < len(b.Content); i += 2 {
		key := b.Content[i].Value
		values[key] = append(values[key], b.Content[i], b.Content[i+1])
	}
	for i := 0; i+1 < len(a.Content); i += 2 {
		key := a.Content[i].Value
		others := values[key]
		if len(others) == 0 {
			return a.Content[i]
		}
		values[key] = others[2:]
		for j, other := range others[:2] {
			if at := difference(a.Content[i+j], other); at != nil {
				return at
			}
		}
	}
	return nil
}

package spec

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// token is a piece of a file's text between white space. Its kind is 's' for
// a scalar, '#' for a comment, 'D' for ---, 'E' for ..., and else the one
// character that it is.
type token struct {
	kind  byte
	node  *yaml.Node // of a scalar
	lines []string   // of a scalar or comment: its lines as written, without indentation
	note  string     // of a block scalar: the comment beside its | or >
	block bool       // a block scalar
	keep  bool       // a block scalar to which the empty lines at its end belong
	line  int        // where it begins, 1-based
	last  int        // its last line
	col   int        // where it begins in its line, 0-based
	first bool       // nothing stands before it in its line
	blank bool       // an empty line stands before its own
}

// oneLine reports whether t can stand beside others in a line.
func (t token) oneLine() bool { return len(t.lines) == 1 && !t.block }

// lexer cuts text into tokens. The scalars and where they begin are those of
// the YAML parser; between them there is only what the lexer finds itself.
type lexer struct {
	text      string
	at        int // the next byte
	line, col int // of the next byte: 1-based, and 0-based in code points
	tokens    []token
}

// lex returns the tokens of text, whose document has the root node root.
func lex(text string, root *yaml.Node) ([]token, error) {
	l := &lexer{text: text, line: 1}
	if err := l.node(root, 0); err != nil {
		return nil, err
	}
	return l.tokens, l.gap(-1, -1)
}

// node reads up to the end of the last scalar of n, which stands in a block
// collection that begins in column parent.
func (l *lexer) node(n *yaml.Node, parent int) error {
	if n.Kind == yaml.ScalarNode {
		if n.Value == "" && n.Style == 0 {
			return nil // no value: it has no text
		}
		if err := l.gap(n.Line, n.Column-1); err != nil {
			return err
		}
		return l.scalar(n, parent)
	}
	if n.Style&yaml.FlowStyle == 0 {
		parent = n.Column - 1
	}
	for _, inner := range n.Content {
		if err := l.node(inner, parent); err != nil {
			return err
		}
	}
	return nil
}

// gap reads what stands before the scalar at line and col, or before the end
// of the file where line is -1.
func (l *lexer) gap(line, col int) error {
	for l.at < len(l.text) && (l.line != line || l.col != col) {
		rest := l.text[l.at:]
		switch b := rest[0]; {
		case b == '\n':
			l.at, l.line, l.col = l.at+1, l.line+1, 0
			continue
		case b == ' ' || b == '\t':
			l.step(1)
		case b == '#':
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			l.add(token{kind: '#', lines: []string{strings.TrimRight(rest[:end], " \t")}})
			l.step(end)
		case l.col == 0 && strings.HasPrefix(rest, "---"):
			l.add(token{kind: 'D'})
			l.step(3)
		case l.col == 0 && strings.HasPrefix(rest, "..."):
			l.add(token{kind: 'E'})
			l.step(3)
		case strings.IndexByte("-:?,{}[]", b) >= 0:
			l.add(token{kind: b})
			l.step(1)
		default:
			return fmt.Errorf("line %d: %q stands between the values", l.line, b)
		}
		if line > 0 && (l.line > line || l.line == line && l.col > col) {
			return fmt.Errorf("line %d: no value begins in column %d", line, col+1)
		}
	}
	if line > 0 && (l.line != line || l.col != col) {
		return fmt.Errorf("line %d: the file ends before column %d", line, col+1)
	}
	return nil
}

// step goes on by n bytes of the same line.
func (l *lexer) step(n int) {
	l.col += utf8.RuneCountInString(l.text[l.at : l.at+n])
	l.at += n
}

// add appends t, which begins here.
func (l *lexer) add(t token) {
	end := 0
	if n := len(l.tokens); n > 0 {
		end = l.tokens[n-1].last
	}
	t.line, t.col = l.line, l.col
	t.first, t.blank = end < l.line, end < l.line-1
	t.last = max(t.last, l.line)
	l.tokens = append(l.tokens, t)
}

func (l *lexer) scalar(n *yaml.Node, parent int) error {
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return l.blockScalar(n, parent)
	}
	rest := l.text[l.at:]
	size := 0
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		size = doubleQuoted(rest)
	case n.Style&yaml.SingleQuotedStyle != 0:
		size = singleQuoted(rest)
	default:
		size = plain(rest, n.Value)
	}
	if size <= 0 {
		return fmt.Errorf("line %d: %s does not end", n.Line, show(n.Value))
	}
	lines := strings.Split(rest[:size], "\n")
	for i := 1; i < len(lines); i++ {
		lines[i] = strings.TrimLeft(lines[i], " \t")
		if n.Style == 0 {
			lines[i-1] = strings.TrimRight(lines[i-1], " \t")
		}
	}
	l.add(token{kind: 's', node: n, lines: lines, last: l.line + len(lines) - 1})
	if breaks := len(lines) - 1; breaks > 0 {
		end := strings.LastIndexByte(rest[:size], '\n') + 1
		l.at, l.line, l.col = l.at+end, l.line+breaks, 0
		size -= end
	}
	l.step(size)
	return nil
}

// doubleQuoted is the length of the scalar in double quotes at the beginning
// of text, or 0.
func doubleQuoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// singleQuoted is the same for single quotes.
func singleQuoted(text string) int {
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			continue
		}
		if i+1 == len(text) || text[i+1] != '\'' {
			return i + 1
		}
		i++
	}
	return 0
}

// plain is how much of text is the scalar without quotes that means value: a
// line break in it is a space, and each further one is itself.
func plain(text, value string) int {
	i := 0
	for value != "" {
		if i >= len(text) {
			return 0
		}
		end := i
		for end < len(text) && (text[end] == ' ' || text[end] == '\t' || text[end] == '\n') {
			end++
		}
		means := text[i:end]
		switch breaks := strings.Count(means, "\n"); {
		case end == i:
			end++
			means = text[i:end]
		case breaks == 1:
			means = " "
		case breaks > 1:
			means = strings.Repeat("\n", breaks-1)
		}
		var ok bool
		if value, ok = strings.CutPrefix(value, means); !ok {
			return 0
		}
		i = end
	}
	return i
}

// blockScalar reads a literal or folded scalar. Of a digit beside its | or >
// only that it is there matters: the indentation that is written is always 2.
func (l *lexer) blockScalar(n *yaml.Node, parent int) error {
	header, body, _ := strings.Cut(l.text[l.at:], "\n")
	t := token{kind: 's', node: n, block: true}
	marks := header[:len(header)-len(strings.TrimLeft(header, "|>+-0123456789"))]
	if at := strings.IndexByte(header, '#'); at >= 0 {
		t.note = strings.TrimRight(header[at:], " \t")
	}
	indent := 0
	if at := strings.IndexAny(marks, "123456789"); at >= 0 {
		indent = parent + int(marks[at]-'0')
	} else {
		indent = blockIndent(body, parent)
	}
	lines, size, whole := blockLines(body, indent)
	t.keep = strings.Contains(marks, "+")
	used := len(lines)
	for used > 0 && lines[used-1] == "" {
		used--
	}
	if !t.keep {
		lines = lines[:used]
	}
	t.lines = append([]string{blockMarks(marks, whole || used == 0)}, lines...)
	t.last = l.line + len(lines)
	l.add(t)
	at := l.at + len(header)
	if at < len(l.text) {
		at, l.line, l.col = at+1+size, l.line+1+strings.Count(body[:size], "\n"), 0
	}
	l.at = at
	return nil
}

// blockMarks is the header of a block scalar as it is written anew. Where the
// file ends within its last line, it has no line break at its end.
func blockMarks(marks string, whole bool) string {
	text := marks[:1]
	if strings.ContainsAny(marks, "123456789") {
		text += "2"
	}
	switch {
	case !whole || strings.Contains(marks, "-"):
		text += "-"
	case strings.Contains(marks, "+"):
		text += "+"
	}
	return text
}

// blockIndent is the indentation of the block scalar whose lines are at the
// beginning of body: that of the first line that is not empty, and more than
// parent's.
func blockIndent(body string, parent int) int {
	indent := parent + 1
	for line := range strings.SplitSeq(body, "\n") {
		rest := strings.TrimLeft(line, " ")
		indent = max(indent, len(line)-len(rest))
		if rest != "" {
			break
		}
	}
	return indent
}

// blockLines are the lines of a block scalar without its indentation, and
// their size in body. whole is false where the file ends within the last one.
func blockLines(body string, indent int) (lines []string, size int, whole bool) {
	for line := range strings.Lines(body) {
		text, ended := strings.CutSuffix(line, "\n")
		spaces := len(text) - len(strings.TrimLeft(text, " "))
		if spaces < indent && spaces < len(text) {
			break
		}
		size += len(line)
		text = text[min(indent, len(text)):]
		if !ended && text == "" {
			break // spaces at the end of the file are no line
		}
		lines = append(lines, text)
		if !ended {
			return lines, size, false
		}
	}
	return lines, size, true
}

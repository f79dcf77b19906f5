package spec

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// source is the text of one file, for finding the place of a character within
// a value.
type source struct {
	name  string
	text  []byte
	lines []string // filled by line on its first use
}

func (s *source) line(n int) string {
	if s.lines == nil {
		s.lines = strings.Split(string(s.text), "\n")
	}
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// At is the place of the code point of s.Value with index off. In a value
// that runs over several lines of the file it is exact only for a literal
// block; else it is the value's beginning.
func (s String) At(off int) diag.Pos {
	if s.src == nil || off == 0 && s.style == 0 {
		return s.Pos
	}
	switch {
	case s.style&yaml.LiteralStyle != 0:
		return s.atLiteral(off)
	case s.style&yaml.FoldedStyle != 0:
		return s.Pos
	}
	line := []rune(s.src.line(s.Pos.Line))
	col := s.Pos.Col - 1 // 0-based index into line of the next character
	switch {
	case s.style&yaml.DoubleQuotedStyle != 0:
		col++
		for range off {
			col += escapeLen(line, col)
		}
	case s.style&yaml.SingleQuotedStyle != 0:
		col++
		for range off {
			if col+1 < len(line) && line[col] == '\'' {
				col++
			}
			col++
		}
	default:
		col += off
	}
	if col >= len(line) {
		return s.Pos
	}
	return diag.Pos{Line: s.Pos.Line, Col: col + 1}
}

// escapeLen is how many characters of a double-quoted scalar make the one
// that begins at col (YAML 1.2, section 5.7).
func escapeLen(line []rune, col int) int {
	if col+1 >= len(line) || line[col] != '\\' {
		return 1
	}
	switch line[col+1] {
	case 'x':
		return 4
	case 'u':
		return 6
	case 'U':
		return 10
	}
	return 2
}

func (s String) atLiteral(off int) diag.Pos {
	before := []rune(s.Value)
	if off > len(before) {
		return s.Pos
	}
	before = before[:off]
	lines := strings.Split(string(before), "\n")
	n := s.Pos.Line + len(lines)
	text := s.src.line(n)
	indent := len(text) - len(strings.TrimLeft(text, " "))
	// An empty or deeper first line hides the block's indent: the first
	// line of the value tells it.
	first, _, _ := strings.Cut(s.Value, "\n")
	if src := s.src.line(s.Pos.Line + 1); strings.HasSuffix(src, first) {
		indent = len(src) - len(first)
	}
	return diag.Pos{Line: n, Col: indent + utf8.RuneCountInString(lines[len(lines)-1]) + 1}
}

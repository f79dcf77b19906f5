package spec

import (
	"bytes"
	"strings"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// source is the text of one file, for finding the place of a character within
// a value. It does not change after split.
type source struct {
	name  string
	lines [][]rune // without their endings
}

func (s *source) split(text []byte) {
	s.lines = make([][]rune, 0, bytes.Count(text, []byte{'\n'})+1)
	for line := range strings.Lines(string(text)) {
		s.lines = append(s.lines, []rune(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")))
	}
}

func (s *source) line(n int) []rune {
	if n < 1 || n > len(s.lines) {
		return nil
	}
	return s.lines[n-1]
}

// runeAt is the character at pos, or 0 where there is none.
func (s *source) runeAt(pos diag.Pos) rune {
	line := s.line(pos.Line)
	if pos.Col < 1 || pos.Col > len(line) {
		return 0
	}
	return line[pos.Col-1]
}

// At is the place of the code point of s.Value with index off. Where s runs
// over several lines of the file and is no literal block, it is the value's
// beginning. It is linear in the length of s.
func (s String) At(off int) diag.Pos { return s.places().at(off) }

// Places is At for many places of s: linear once, and not for each.
func (s String) Places() func(off int) diag.Pos { return s.places().at }

// Len is how many code points s takes where it stands, its quotes included.
// Of a text of several lines it is those in the first one.
func (s String) Len() int {
	value := []rune(s.Value)
	if s.src == nil {
		return len(value)
	}
	line, from := s.src.line(s.Pos.Line), s.Pos.Col-1
	length := len(value)
	switch {
	case s.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return 1 // the | or >
	case s.style&yaml.DoubleQuotedStyle != 0:
		length = quotedLen(line, from, len(value), escapeLen)
	case s.style&yaml.SingleQuotedStyle != 0:
		length = quotedLen(line, from, len(value), quoteLen)
	}
	return max(1, min(length, len(line)-from))
}

// places are where the code points of a value stand.
type places struct {
	start diag.Pos
	each  []diag.Pos // nil where only the start is known
}

func (p places) at(off int) diag.Pos {
	if off < 0 || off >= len(p.each) {
		return p.start
	}
	return p.each[off]
}

func (s String) places() places {
	p := places{start: s.Pos}
	if s.src == nil {
		return p
	}
	value := []rune(s.Value)
	switch {
	case s.style&yaml.LiteralStyle != 0:
		p.each = s.literalPlaces(value)
	case s.style&yaml.FoldedStyle != 0:
	case s.style&yaml.DoubleQuotedStyle != 0:
		p.each = s.linePlaces(value, '"', escapeLen)
	case s.style&yaml.SingleQuotedStyle != 0:
		p.each = s.linePlaces(value, '\'', quoteLen)
	default:
		p.each = s.linePlaces(value, 0, func([]rune, int) int { return 1 })
	}
	return p
}

// linePlaces are the places of a value that stands on one line, in quote
// unless that is 0; nil where the value goes on in the next line. size is how
// many characters of the file, from an index of the line, make the next one
// of the value.
func (s String) linePlaces(value []rune, quote rune, size func(line []rune, at int) int) []diag.Pos {
	line, at := s.src.line(s.Pos.Line), s.Pos.Col-1
	if quote != 0 {
		at++
	}
	each := make([]diag.Pos, len(value))
	for i, r := range value {
		n := size(line, at)
		if at+n > len(line) || quote == 0 && line[at] != r {
			return nil
		}
		each[i] = diag.Pos{Line: s.Pos.Line, Col: at + 1}
		at += n
	}
	if quote != 0 && (at >= len(line) || line[at] != quote) {
		return nil
	}
	return each
}

// quotedLen is how many characters a scalar of count code points takes that
// is quoted from index from of line.
func quotedLen(line []rune, from, count int, size func(line []rune, at int) int) int {
	at := from + 1
	for range count {
		at += size(line, at)
	}
	return at + 1 - from
}

// quoteLen is how many characters of a single-quoted scalar make the one that
// begins at index at.
func quoteLen(line []rune, at int) int {
	if at < len(line) && line[at] == '\'' {
		return 2
	}
	return 1
}

// escapeLen is the same for a double-quoted scalar (YAML 1.2, section 5.7).
func escapeLen(line []rune, at int) int {
	if at+1 >= len(line) || line[at] != '\\' {
		return 1
	}
	switch line[at+1] {
	case 'x':
		return 4
	case 'u':
		return 6
	case 'U':
		return 10
	}
	return 2
}

func (s String) literalPlaces(value []rune) []diag.Pos {
	begin := s.blockIndent() + 1
	pos := diag.Pos{Line: s.Pos.Line + 1, Col: begin}
	each := make([]diag.Pos, len(value))
	for i, r := range value {
		each[i] = pos
		pos.Col++
		if r == '\n' {
			pos = diag.Pos{Line: pos.Line + 1, Col: begin}
		}
	}
	return each
}

// blockIndent is how many spaces the lines of the literal block s lose. The
// first line with a text tells it: that of the value is shorter by them.
func (s String) blockIndent() int {
	n := s.Pos.Line + 1
	for line := range strings.SplitSeq(s.Value, "\n") {
		if line != "" {
			return max(0, len(s.src.line(n))-len([]rune(line)))
		}
		n++
	}
	return 0
}

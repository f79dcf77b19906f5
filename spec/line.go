package spec

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mattn/go-shellwords"
	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// Line is a command on one line. It is split once, here, by the quoting rules
// of POSIX; nothing in it is ever expanded but ${…} outside single quotes.
type Line struct {
	String
	Words []Arg     // empty where it could not be split
	Found []Finding // unquoted characters that a shell would act on
}

func (l *Line) decode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.ScalarNode {
		hint := ""
		if n.Kind == yaml.SequenceNode {
			hint = "a list of arguments goes into command: and args:, stages into pipe:"
		}
		d.wrongKindHint(n, what, "a command on one line", hint)
		return
	}
	*l = parseLine(d.str(n))
	before := d.words
	if d.words += len(l.Words); d.words > d.limits.Nodes && before <= d.limits.Nodes {
		d.add("SL015", l.Pos, 1, fmt.Sprintf("more than %d words in the commands of one file", d.limits.Nodes), "split the file, or raise the limit with --max-nodes")
	}
	if d.words > d.limits.Nodes {
		l.Words = nil
	}
}

// parseLine splits s. go-shellwords does the splitting, but it is lenient: it
// stops without an error at a metacharacter and knows escapes that POSIX does
// not. So a scan first finds everything that a shell would act on, and writes
// the line anew in the one form that both read alike: text in single quotes,
// references as marks.
func parseLine(s String) Line {
	l := Line{String: s}
	if strings.Contains(s.Value, refMark) {
		return l // reported by checkTree
	}
	sc := lineScan{places: s.places(), text: []rune(s.Value)}
	sc.scan()
	l.Found = sc.found
	for _, f := range sc.found {
		if f.Kind == FoundQuote {
			return l
		}
	}
	p := shellwords.Parser{} // NewParser's follows the package's variables
	words, err := p.Parse(sc.out.String())
	if err != nil || p.Position >= 0 || len(words) != len(sc.starts) {
		l.Found = append(l.Found, Finding{Kind: FoundQuote, Text: s.Value, Pos: s.Pos})
		return l
	}
	l.Words = make([]Arg, 0, len(words))
	for i, w := range words {
		l.Words = append(l.Words, sc.word(w, sc.places.at(sc.starts[i])))
	}
	return l
}

// refMark stands around the index of a reference in the rewritten line. No
// text of a job file may have a NUL.
const refMark = "\x00"

// lineScan walks a line by the quoting rules of POSIX.1-2024, XCU 2.2.
type lineScan struct {
	places  places
	text    []rune
	at      int
	out     strings.Builder // the line in the form for go-shellwords
	inWord  bool
	inRun   bool  // a single quote is open in out
	starts  []int // where each word begins in text
	refs    []*Ref
	found   []Finding
	parens  int     // of $( that are open: their ) is not told again
	ticks   int     // backquotes so far: only the first of a pair is told
	bracket int     // where an unquoted [ stands in this word, or -1
	braces  []brace // unquoted { of this word that are open
	spread  bool    // a brace list was found in this word: one is enough
}

// brace is an unquoted {.
type brace struct {
	at     int
	listed bool // an unquoted , or .. follows, so that bash would spread it
}

func (s *lineScan) scan() {
	for s.at < len(s.text) {
		switch r := s.text[s.at]; {
		case r == ' ' || r == '\t':
			s.endWord()
			s.at++
		case r == '\'':
			s.single()
		case r == '"':
			s.double()
		case r == '\\':
			s.backslash()
		default:
			s.plain(r)
		}
	}
	s.endWord()
}

func (s *lineScan) find(kind FindKind, from, to int) {
	s.found = append(s.found, Finding{Kind: kind, Text: string(s.text[from:to]), Pos: s.places.at(from), At: from, Word: max(0, len(s.starts)-1)})
}

func (s *lineScan) beginWord() {
	if !s.inWord {
		s.inWord, s.bracket, s.braces, s.spread = true, -1, s.braces[:0], false
		s.starts = append(s.starts, s.at)
	}
}

func (s *lineScan) endWord() {
	if s.inWord {
		s.closeRun()
		s.out.WriteByte(' ')
		s.inWord = false
	}
}

// put adds one character of a word to the rewritten line.
func (s *lineScan) put(r rune) {
	if r == '\'' {
		s.closeRun()
		s.out.WriteString(`"'"`)
		return
	}
	s.openRun()
	s.out.WriteRune(r)
}

func (s *lineScan) openRun() {
	if !s.inRun {
		s.out.WriteByte('\'')
		s.inRun = true
	}
}

func (s *lineScan) closeRun() {
	if s.inRun {
		s.out.WriteByte('\'')
		s.inRun = false
	}
}

func (s *lineScan) single() {
	s.beginWord()
	from := s.at
	s.openRun() // so that '' is a word
	for s.at++; s.at < len(s.text); s.at++ {
		if s.text[s.at] == '\'' {
			s.at++
			return
		}
		s.put(s.text[s.at])
	}
	s.find(FoundQuote, from, len(s.text))
}

func (s *lineScan) double() {
	s.beginWord()
	from := s.at
	s.openRun()
	for s.at++; s.at < len(s.text); {
		switch r := s.text[s.at]; r {
		case '"':
			s.at++
			return
		case '\\':
			s.at++
			if s.at == len(s.text) {
				continue
			}
			switch next := s.text[s.at]; next {
			case '$', '`', '"', '\\':
				s.put(next)
			case '\n': // a continued line
			default:
				s.put('\\')
				s.put(next)
			}
			s.at++
		case '`':
			s.tick()
			s.put(r)
			s.at++
		case '$':
			s.dollar(true)
		default:
			s.put(r)
			s.at++
		}
	}
	s.find(FoundQuote, from, len(s.text))
}

func (s *lineScan) backslash() {
	s.beginWord()
	if s.at+1 == len(s.text) {
		s.find(FoundQuote, s.at, s.at+1)
		s.at++
		return
	}
	if s.text[s.at+1] == '\n' {
		s.find(FoundOperator, s.at+1, s.at+2)
	}
	s.put(s.text[s.at+1])
	s.at += 2
}

// dollar reads a $ outside single quotes.
func (s *lineScan) dollar(quoted bool) {
	ref, kind, length := parseDollar(s.text[s.at:])
	if quoted && length == 2 && s.text[s.at+1] == '"' || quoted && length == 2 && s.text[s.at+1] == '\'' {
		ref, kind, length = nil, nil, 1 // "…$" ends here, and $' is no quote inside "…"
	}
	switch {
	case ref != nil:
		ref.Pos = s.places.at(s.at)
		s.openRun()
		s.out.WriteString(refMark + strconv.Itoa(len(s.refs)) + refMark)
		s.refs = append(s.refs, ref)
	case kind == nil:
		s.put('$')
	default:
		s.find(*kind, s.at, s.at+length)
		switch s.text[s.at+length-1] {
		case '\'', '"':
			length-- // the quote is scanned on its own
		case '(':
			s.parens++
		}
		for _, r := range s.text[s.at : s.at+length] {
			s.put(r)
		}
	}
	s.at += length
}

func (s *lineScan) tick() {
	if s.ticks++; s.ticks%2 == 1 {
		s.find(FoundExpansion, s.at, s.at+1)
	}
}

// plain reads one unquoted character that is no quote and no blank.
func (s *lineScan) plain(r rune) {
	if strings.ContainsRune("|&;<>()\n", r) {
		s.operator(r)
		return
	}
	from, first := s.at, !s.inWord
	s.beginWord()
	switch {
	case r == '$':
		s.dollar(false)
		return
	case r == '#' && first:
		s.find(FoundComment, from, from+1)
	case r == '~' && first:
		s.find(FoundTilde, from, from+1)
	case r == '`':
		s.tick()
	case r == '*' || r == '?':
		s.find(FoundGlob, from, from+1)
	case r == '[' && s.bracket < 0:
		s.bracket = from
	case r == ']' && s.bracket >= 0 && from > s.bracket+1:
		s.find(FoundGlob, s.bracket, from+1)
		s.bracket = -1
	case r == '{':
		s.braces = append(s.braces, brace{at: from})
	case r == ',', r == '.' && s.text[max(0, from-1)] == '.':
		if n := len(s.braces); n > 0 {
			s.braces[n-1].listed = true
		}
	case r == '}' && len(s.braces) > 0:
		s.closeBrace()
	}
	s.put(r)
	s.at++
}

func (s *lineScan) closeBrace() {
	last := s.braces[len(s.braces)-1]
	s.braces = s.braces[:len(s.braces)-1]
	if last.listed && !s.spread {
		s.find(FoundBrace, last.at, s.at+1)
		s.spread = true
	}
}

// operator reads a run of operator characters. To a redirection belong the
// number before it and, as in 2>&1, the one that it copies.
func (s *lineScan) operator(r rune) {
	from, to := s.at, s.at+1
	if strings.ContainsRune("|&;<>", r) {
		for to < len(s.text) && strings.ContainsRune("|&;<>", s.text[to]) {
			to++
		}
	}
	if s.inWord && (r == '<' || r == '>') {
		if start := s.starts[len(s.starts)-1]; isDigits(s.text[start:from]) {
			from = start
		}
	}
	if end := string(s.text[s.at:to]); strings.HasSuffix(end, ">&") || strings.HasSuffix(end, "<&") {
		for to < len(s.text) && s.text[to] >= '0' && s.text[to] <= '9' {
			to++
		}
	}
	if r == ')' && s.parens > 0 {
		s.parens--
	} else {
		s.find(FoundOperator, from, to)
	}
	s.endWord()
	s.at = to
}

func isDigits(text []rune) bool {
	for _, r := range text {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(text) > 0
}

// word makes an Arg of a word that go-shellwords gave back.
func (s *lineScan) word(w string, pos diag.Pos) Arg {
	a := Arg{Pos: pos, FromLine: true}
	var written strings.Builder
	for i, piece := range strings.Split(w, refMark) {
		if i%2 == 1 {
			n, _ := strconv.Atoi(piece)
			a.Text.Parts = append(a.Text.Parts, Part{Ref: s.refs[n]})
			written.WriteString(s.refs[n].Text)
			continue
		}
		if piece != "" {
			a.Text.Parts = append(a.Text.Parts, Part{Text: piece})
		}
		written.WriteString(piece)
	}
	a.Text.String = String{Value: written.String(), Pos: pos, Tag: "!!str"}
	return a
}

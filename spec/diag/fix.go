package diag

import (
	"bytes"
	"slices"
	"strings"
)

// Fix is a change of the file's text that mends a problem for certain: the
// author can have meant nothing else.
type Fix struct {
	Msg   string // what it does, in a few words: "write stdout: {file: out.txt}"
	Edits []Edit // in the order of the file; they do not overlap
}

// Edit replaces the text from From up to but not including To. Where both are
// one place, Text is put in before it.
type Edit struct {
	From, To Pos
	Text     string
}

// Apply makes the changes of every problem of l that has a Fix in text, which
// is the file that all of l is about, and returns how many problems that mends.
// Of fixes that touch one another only the first is made, so a second reading
// of the result may have more to mend.
func (l List) Apply(text []byte) (fixed []byte, mended int) {
	var edits []Edit
	made := map[*Fix]bool{} // problems may share one
	for _, p := range l {
		if made[p.Fix] {
			mended++
			continue
		}
		if p.Fix == nil || slices.ContainsFunc(p.Fix.Edits, func(e Edit) bool { return touches(edits, e) }) {
			continue
		}
		edits = append(edits, p.Fix.Edits...)
		made[p.Fix] = true
		mended++
	}
	slices.SortStableFunc(edits, func(a, b Edit) int { return comparePos(a.From, b.From) })
	at := newOffsets(text)
	var out bytes.Buffer
	done := 0
	for _, e := range edits {
		from, to := at.of(e.From), at.of(e.To)
		out.Write(text[done:from])
		out.WriteString(e.Text)
		done = to
	}
	out.Write(text[done:])
	return out.Bytes(), mended
}

// WithLineEnds has the fixes of l end their lines as text does.
func (l List) WithLineEnds(text []byte) List {
	if first := bytes.IndexByte(text, '\n'); first < 1 || text[first-1] != '\r' {
		return l
	}
	for _, p := range l {
		if p.Fix == nil {
			continue
		}
		for i, e := range p.Fix.Edits { // a second time nothing is left to do
			p.Fix.Edits[i].Text = strings.ReplaceAll(strings.ReplaceAll(e.Text, "\r\n", "\n"), "\n", "\r\n")
		}
	}
	return l
}

// touches reports whether e shares a place with one of edits.
func touches(edits []Edit, e Edit) bool {
	return slices.ContainsFunc(edits, func(o Edit) bool { return !o.To.Before(e.From) && !e.To.Before(o.From) })
}

// offsets finds the byte at a place.
type offsets struct {
	text  string
	lines []int // where each line begins
}

func newOffsets(text []byte) offsets {
	o := offsets{text: string(text), lines: []int{0}}
	for i, b := range text {
		if b == '\n' {
			o.lines = append(o.lines, i+1)
		}
	}
	return o
}

// of is the offset of pos. A column behind the end of its line is that end,
// before its CR LF or LF, and a line behind the last one is the end of the text.
func (o offsets) of(pos Pos) int {
	if pos.Line > len(o.lines) {
		return len(o.text)
	}
	begin := o.lines[pos.Line-1]
	line, _, _ := strings.Cut(o.text[begin:], "\n")
	line = strings.TrimSuffix(line, "\r")
	n := 0
	for i := range line {
		if n++; n == pos.Col {
			return begin + i
		}
	}
	return begin + len(line)
}

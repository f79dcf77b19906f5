package diag

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Style says how Print writes. The zero Style is plain text of 100 cells.
type Style struct {
	Color bool
	Width int // cells of a line of the terminal; 0 means 100
}

// Print writes every problem of l, in its order, with the line of the file
// that it is about and a caret below the place:
//
//	jobs/build.yaml:12:7: error: unknown key "comand" in job "build" [SL014]
//	   12 │       comand: make
//	      │       ^^^^^^
//	      = help: …
//
// sources returns the text of a file by the name that problems call it, or
// nil where the text is not at hand; then only the messages are written. The
// error is that of w.
func (l List) Print(w io.Writer, sources func(file string) []byte, s Style) error {
	if s.Width <= 0 {
		s.Width = defaultWidth
	}
	p := printer{style: s, sources: sources, lines: map[string][]string{}}
	for i, problem := range l {
		if i > 0 {
			p.out.WriteByte('\n')
		}
		p.problem(problem)
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// PrintOneline writes every problem of l as one line, as compilers do, for
// editors and grep: file:line:col: error: message [SL014].
func (l List) PrintOneline(w io.Writer) error {
	p := printer{}
	for _, problem := range l {
		p.headline(problem)
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// Counts is how many problems of each severity l has. Fatal ones are errors.
func (l List) Counts() (errors, warnings, infos int) {
	for _, p := range l {
		switch p.Severity {
		case Fatal, Error:
			errors++
		case Warning:
			warnings++
		default:
			infos++
		}
	}
	return errors, warnings, infos
}

const (
	defaultWidth = 100
	gutterWidth  = 8 // "   12 │ "
	leastWidth   = 20
)

// The colours of a terminal (ECMA-48, SGR).
const (
	bold    = "1"
	boldRed = "1;31"
	yellow  = "33"
	cyan    = "36"
	blue    = "34"
)

type printer struct {
	out     strings.Builder
	style   Style
	sources func(file string) []byte
	lines   map[string][]string // of files whose lines were asked for
	last    row                 // the line that was shown last; problems come in order
}

// row is one line of a file. Where its code points begin is known, because a
// line may have millions of them, and as many problems.
type row struct {
	file   string
	n      int // 1-based; 0 is no line
	text   string
	starts []int // byte offset of each code point, and of the end
}

func (r row) len() int { return len(r.starts) - 1 }

func (p *printer) problem(problem Problem) {
	p.headline(problem)
	p.body(problem)
}

// body is what stands below the headline.
func (p *printer) body(problem Problem) {
	p.snippet(problem.File, problem.Pos, problem.Len, color(problem.Severity))
	if problem.Hint != "" {
		for i, line := range strings.Split(problem.Hint, "\n") {
			label := "      = help: "
			if i > 0 {
				label = strings.Repeat(" ", len(label))
			}
			p.paint(blue, label)
			p.out.WriteString(Visible(line) + "\n")
		}
	}
	for _, r := range problem.Related {
		p.paint(bold, place(problem.File, r.Pos)+":")
		p.out.WriteByte(' ')
		p.paint(cyan, "note:")
		p.out.WriteString(" " + Visible(r.Msg) + "\n")
		p.snippet(problem.File, r.Pos, 1, cyan)
	}
}

func (p *printer) headline(problem Problem) {
	p.paint(bold, place(problem.File, problem.Pos)+":")
	p.out.WriteByte(' ')
	p.paint(color(problem.Severity), problem.Severity.String()+":")
	p.out.WriteString(" " + Visible(problem.Msg))
	if problem.Rule != "" {
		p.out.WriteString(" [" + problem.Rule + "]")
	}
	p.out.WriteByte('\n')
}

// place is file:line:col, or the file alone where there is no place in it.
func place(file string, pos Pos) string {
	if pos.IsZero() {
		return Visible(file)
	}
	return fmt.Sprintf("%s:%d:%d", Visible(file), pos.Line, pos.Col)
}

func color(s Severity) string {
	switch s {
	case Fatal, Error:
		return boldRed
	case Warning:
		return yellow
	default:
		return cyan
	}
}

func (p *printer) paint(sgr, text string) {
	if !p.style.Color {
		p.out.WriteString(text)
		return
	}
	p.out.WriteString("\x1b[" + sgr + "m" + text + "\x1b[m")
}

// snippet writes the line of the file that pos is in, with length code points
// from pos underlined. It writes nothing where the file has no such line.
func (p *printer) snippet(file string, pos Pos, length int, sgr string) {
	if !p.seek(file, pos.Line) {
		return
	}
	e := excerptOf(p.last, pos.Col-1, max(1, length), max(leastWidth, p.style.Width-gutterWidth))
	p.paint(blue, fmt.Sprintf("%5s │", strconv.Itoa(pos.Line)))
	if e.text != "" {
		p.out.WriteString(" " + e.text)
	}
	p.out.WriteByte('\n')
	p.paint(blue, strings.Repeat(" ", max(5, len(strconv.Itoa(pos.Line))))+" │")
	p.out.WriteString(strings.Repeat(" ", e.before+1))
	p.paint(sgr, strings.Repeat("^", e.under))
	p.out.WriteByte('\n')
}

// seek makes line n of the file the last one, without its ending. ok is false
// where the file has no such line.
func (p *printer) seek(file string, n int) (ok bool) {
	if p.last.n == n && p.last.file == file {
		return n > 0
	}
	if p.sources == nil {
		return false
	}
	lines, known := p.lines[file]
	if !known {
		if text := p.sources(file); text != nil {
			lines = strings.Split(string(text), "\n")
		}
		p.lines[file] = lines
	}
	if n < 1 || n > len(lines) {
		return false
	}
	p.last = newRow(file, n, strings.TrimSuffix(lines[n-1], "\r"))
	return true
}

func newRow(file string, n int, text string) row {
	r := row{file: file, n: n, text: text}
	for i := range text {
		r.starts = append(r.starts, i)
	}
	r.starts = append(r.starts, len(text))
	return r
}

// excerpt is a piece of a line that fits, and where its caret goes.
type excerpt struct {
	text   string
	before int // cells before the caret
	under  int // carets
}

// excerptOf cuts line to room cells around length code points from the one
// with index at, an end of the line that is cut off standing as "…".
func excerptOf(line row, at, length, room int) excerpt {
	// What is further than room from at can't be shown.
	at = max(0, min(at, line.len()))
	from, to := max(0, at-room), min(line.len(), at+min(length, room)+room)
	cells := make([]cell, 0, to-from)
	for i := from; i < to; i++ {
		raw := line.text[line.starts[i]:line.starts[i+1]]
		r, _ := utf8.DecodeRuneInString(raw)
		cells = append(cells, cellOf(r, raw))
	}
	cutLeft, cutRight := from > 0, to < line.len()
	at -= from
	end := min(len(cells), at+length)
	lo, hi := 0, len(cells)
	if cutLeft || cutRight || width(cells) > room {
		lo, hi = window(cells, at, end, room-2) // less a "…" at both ends
	}
	var e excerpt
	var text strings.Builder
	if cutLeft || lo > 0 {
		text.WriteString("…")
		e.before++
	}
	for i, c := range cells[lo:hi] {
		text.WriteString(c.text)
		switch i += lo; {
		case i < at:
			e.before += c.width
		case i < end:
			e.under += c.width
		}
	}
	if cutRight || hi < len(cells) {
		text.WriteString("…")
	}
	e.text = strings.TrimRight(text.String(), " ")
	e.under = max(1, e.under)
	return e
}

// window is which of cells to show so that they take at most room: those from
// at to end first, then as many before them as after them.
func window(cells []cell, at, end, room int) (lo, hi int) {
	lo, hi = at, at
	right := func(room, most int) (left int) {
		for hi < most && cells[hi].width <= room {
			room -= cells[hi].width
			hi++
		}
		return room
	}
	left := func(room int) (left int) {
		for lo > 0 && cells[lo-1].width <= room {
			lo--
			room -= cells[lo].width
		}
		return room
	}
	room = right(room, end)
	room = room - room/2 + left(room/2)
	room = right(room, len(cells))
	left(room)
	return lo, hi
}

func width(cells []cell) (sum int) {
	for _, c := range cells {
		sum += c.width
	}
	return sum
}

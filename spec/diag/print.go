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
}

func (p *printer) problem(problem Problem) {
	p.headline(problem)
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
	line, ok := p.line(file, pos.Line)
	if !ok {
		return
	}
	e := excerptOf(line, pos.Col-1, max(1, length), max(leastWidth, p.style.Width-gutterWidth))
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

// line is the line n of the file, without its ending.
func (p *printer) line(file string, n int) (string, bool) {
	if p.sources == nil {
		return "", false
	}
	lines, known := p.lines[file]
	if !known {
		if text := p.sources(file); text != nil {
			lines = strings.Split(string(text), "\n")
		}
		p.lines[file] = lines
	}
	if n < 1 || n > len(lines) {
		return "", false
	}
	return strings.TrimSuffix(lines[n-1], "\r"), true
}

// excerpt is a piece of a line that fits, and where its caret goes.
type excerpt struct {
	text   string
	before int // cells before the caret
	under  int // carets
}

// excerptOf cuts line to room cells around length code points from the one
// with index at, an end of the line that is cut off standing as "…".
func excerptOf(line string, at, length, room int) excerpt {
	cells, at, cutLeft, cutRight := cellsAround(line, at, length, room)
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

// cellsAround are the cells of line near the code point with index at, which
// is the one with index newAt of them. What is further than room from it can't
// be shown and is left out, for a line may have millions.
func cellsAround(line string, at, length, room int) (cells []cell, newAt int, cutLeft, cutRight bool) {
	at = max(0, min(at, utf8.RuneCountInString(line)))
	from := max(0, at-room)
	to := at + min(length, room) + room
	n := 0
	for len(line) > 0 {
		r, size := utf8.DecodeRuneInString(line)
		if n >= to {
			cutRight = true
			break
		}
		if n >= from {
			cells = append(cells, cellOf(r, line[:size]))
		}
		line = line[size:]
		n++
	}
	return cells, at - from, from > 0, cutRight
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

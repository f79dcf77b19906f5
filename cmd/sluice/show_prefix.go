package main

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"maps"
	"slices"
	"strings"

	"sluice/runner/event"
	"sluice/runner/plumb"
	"sluice/runner/report"
)

// maxPrefix bounds the column of ids; a wider id pushes its own lines right.
const maxPrefix = 32

// prefixLayout shows every line when it is complete, behind its job's id.
type prefixLayout struct {
	show     *show
	out, err *bufio.Writer // empty between two calls; they make one write of many lines
	width    int           // of the widest id so far
	bound    int
}

func newPrefixLayout(s *show) *prefixLayout {
	bound := maxPrefix
	if s.opts.Width > 0 {
		bound = min(bound, s.opts.Width/3) // the lines need room too
	}
	const batch = 64 << 10
	return &prefixLayout{
		show: s, bound: bound,
		out: bufio.NewWriterSize(s.screen.out, batch), err: bufio.NewWriterSize(s.screen.err, batch),
	}
}

func (l *prefixLayout) start(j *showJob) {
	if w := report.Width(j.id); w <= l.bound {
		l.width = max(l.width, w)
	}
	j.parts = map[showSource]*plumb.Spool{}
}

// prefix is what stands before every line of j.
func (l *prefixLayout) prefix(j *showJob) string {
	hues := [...]report.Paint{report.Cyan, report.Magenta, report.Green, report.Blue, report.Yellow}
	space := strings.Repeat(" ", max(0, l.width-report.Width(j.id)))
	style := l.show.style
	return style.Paint(hues[j.number%len(hues)], report.Visible(report.Clip(j.id))) + space + style.Paint(report.Dim, " │ ")
}

func (l *prefixLayout) text(j *showJob, from showSource, data []byte) {
	w := l.line(j, from)
	part := j.parts[from]
	for len(data) > 0 {
		i := bytes.IndexByte(data, '\n') + 1
		if i == 0 {
			break
		}
		w.begin()
		if part != nil {
			l.drain(part, w)
		}
		w.end(data[:i])
		data = data[i:]
	}
	_ = w.out.Flush() // a showStream takes everything and reports errors itself
	if len(data) == 0 {
		return
	}
	if part == nil {
		part = plumb.NewSpool(recordMemory)
		j.parts[from] = part
	}
	if _, err := part.Write(data); err != nil {
		l.show.fail(err)
	}
}

// drain moves what part holds to w.
func (l *prefixLayout) drain(part *plumb.Spool, w io.Writer) {
	if part.Len() == 0 {
		return
	}
	if _, err := part.WriteTo(w); err != nil {
		l.show.fail(err)
	}
	part.Reset()
}

func (l *prefixLayout) say(_ *showJob, lines string) { l.show.screen.say(lines) }

// endAttempt shows the lines that will never end. They get their newline, for
// other jobs' lines follow.
func (l *prefixLayout) endAttempt(j *showJob) {
	for _, from := range slices.SortedFunc(maps.Keys(j.parts), compareSources) {
		part := j.parts[from]
		l.last(l.line(j, from), part)
		if err := part.Close(); err != nil {
			l.show.fail(err)
		}
	}
	clear(j.parts)
}

// last shows part as a line, unless it is nothing but the end of a colour.
func (l *prefixLayout) last(w *prefixLine, part *plumb.Spool) {
	var short bytes.Buffer
	if part.Len() <= 64 {
		l.drain(part, &short)
		if b := short.Bytes(); len(b) == 0 || w.tty && len(trimColours(b)) == 0 {
			return
		}
	}
	w.begin()
	l.drain(part, w)
	w.end(append(short.Bytes(), '\n'))
	_ = w.out.Flush()
}

func compareSources(a, b showSource) int {
	return cmp.Or(cmp.Compare(a.stage, b.stage), -cmp.Compare(a.stream, b.stream)) // stdout first
}

func (l *prefixLayout) end(j *showJob, block string) {
	l.endAttempt(j)
	if block != "" {
		l.show.screen.say(block)
	}
}

func (l *prefixLayout) close() {
	for _, j := range l.show.running() {
		l.endAttempt(j)
	}
}

// prefixLine writes one line after the other, each behind a prefix.
type prefixLine struct {
	prefix string
	out    *bufio.Writer
	tty    bool
	n      report.Neutralizer
	buf    []byte
}

func (l *prefixLayout) line(j *showJob, from showSource) *prefixLine {
	w := &prefixLine{prefix: l.prefix(j), out: l.out, tty: l.show.screen.out.tty}
	if from.stream == event.Stderr {
		w.out, w.tty = l.err, l.show.screen.err.tty
	}
	return w
}

func (w *prefixLine) begin() { _, _ = w.out.WriteString(w.prefix) }

// Write writes a part of a line that is not the last.
func (w *prefixLine) Write(p []byte) (int, error) {
	if !w.tty {
		return w.out.Write(p)
	}
	w.buf = w.n.Append(w.buf[:0], p)
	_, err := w.out.Write(w.buf)
	return len(p), err
}

// end writes the last part of a line, its newline included, and on a terminal
// ends its colours, so that they do not colour the next prefix.
func (w *prefixLine) end(p []byte) {
	if !w.tty {
		_, _ = w.out.Write(p)
		return
	}
	w.buf = w.n.Append(w.buf[:0], p)
	w.buf = w.n.Untint(w.buf[:len(w.buf)-1])
	_, _ = w.out.Write(append(w.buf, '\n'))
}

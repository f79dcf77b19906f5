package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"sluice/runner/event"
	"sluice/runner/report"
)

// showPen takes what is shown of a job, piece by piece.
type showPen interface {
	text(from showSource, data []byte) // of a child, cut anywhere; data is the caller's again afterwards
	say(lines string)                  // whole lines of sluice's own
	end(job bool)                      // no more text of this attempt, or of this job, follows
}

// showScreen is the showPen that writes at once, for one job at a time.
type showScreen struct {
	mute     bool // nobody reads any more: sluice says nothing
	out, err *showStream
	neutral  []*showNeutral // of the running attempt, for streams on a terminal
	buf      []byte
}

// showNeutral neutralises what comes from one stream of a child.
type showNeutral struct {
	report.Neutralizer
	from showSource
}

// showStream is one of sluice's own two output streams.
type showStream struct {
	w    io.Writer
	name string
	tty  bool
	line *showLine
	fail func(error)
	dead bool // a write failed; the rest is dropped
}

// showLine is where the writing on a stream stands. Both streams have the same
// one where they end on the same terminal or in the same file.
type showLine struct {
	mid bool // within a line
	cut bool // and that line is not continued: other text needs a new one
}

func newShowScreen(o showOptions, fail func(error)) *showScreen {
	out := &showStream{w: o.Stdout, name: "standard output", tty: o.StdoutTTY, line: &showLine{}, fail: fail}
	err := &showStream{w: o.Stderr, name: "standard error", tty: o.StderrTTY, line: &showLine{}, fail: fail}
	if o.StdoutTTY && o.StderrTTY || sameFile(o.Stdout, o.Stderr) {
		err.line = out.line
	}
	if o.GitHub {
		err = out
	}
	return &showScreen{out: out, err: err}
}

func sameFile(a, b io.Writer) bool {
	f, ok := a.(*os.File)
	g, ok2 := b.(*os.File)
	if !ok || !ok2 {
		return false
	}
	fi, err := f.Stat()
	gi, err2 := g.Stat()
	return err == nil && err2 == nil && os.SameFile(fi, gi)
}

// stream is sluice's own stream for one of a child.
func (s *showScreen) stream(name event.Stream) *showStream {
	if name == event.Stdout {
		return s.out
	}
	return s.err
}

func (s *showScreen) text(from showSource, data []byte) {
	st := s.stream(from.stream)
	if st.tty {
		s.buf = s.neutralizer(from).Append(s.buf[:0], data)
		data = s.buf
	}
	st.text(data)
}

func (s *showScreen) neutralizer(from showSource) *showNeutral {
	for _, n := range s.neutral {
		if n.from == from {
			return n
		}
	}
	n := &showNeutral{from: from}
	s.neutral = append(s.neutral, n)
	return n
}

// say ends the line that stands there, and its colours, and writes lines.
func (s *showScreen) say(lines string) {
	if s.mute {
		return
	}
	s.resetColours()
	if s.err.line.mid {
		s.err.put("\n")
	}
	s.err.line.mid, s.err.line.cut = false, false
	s.err.put(lines)
}

func (s *showScreen) end(job bool) {
	for _, n := range s.neutral {
		s.stream(n.from.stream).text(n.Flush(nil))
	}
	s.resetColours()
	s.neutral = nil
	if job {
		s.out.line.cut = s.out.line.mid
		s.err.line.cut = s.err.line.mid
	}
}

// resetColours ends the colours that a child has left on a terminal.
func (s *showScreen) resetColours() {
	for _, n := range s.neutral {
		s.stream(n.from.stream).put(string(n.Untint(nil)))
	}
}

// text writes what a child printed.
func (st *showStream) text(data []byte) {
	if len(data) == 0 {
		return
	}
	if st.line.cut {
		st.put("\n")
		st.line.mid, st.line.cut = false, false
	}
	_, _ = st.Write(data)
	if st.tty {
		data = trimColours(data)
	}
	if len(data) > 0 {
		st.line.mid = data[len(data)-1] != '\n'
	}
}

func (st *showStream) put(text string) { _, _ = st.Write([]byte(text)) }

// Write writes to the stream. Its error goes to fail, and the caller goes on.
func (st *showStream) Write(p []byte) (int, error) {
	if st.dead || len(p) == 0 {
		return len(p), nil
	}
	n, err := st.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		st.dead = true
		st.fail(fmt.Errorf("writing to %s: %w", st.name, err))
	}
	return len(p), nil
}

// trimColours is b without the colours at its end, which take no place.
func trimColours(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 'm' {
		i := bytes.LastIndexByte(b, 0x1b)
		if i < 0 || i+1 >= len(b) || b[i+1] != '[' || len(bytes.Trim(b[i+2:len(b)-1], "0123456789;:")) > 0 {
			return b
		}
		b = b[:i]
	}
	return b
}

package plumb

import (
	"bytes"
	"os"
	"unicode/utf8"
)

// Log passes on what a child writes, and keeps its end.
type Log struct {
	*Drain
	tail tail // the goroutine's until Wait
}

// ReadLog reads r, the reading end of a ReadPipe, to its end and closes it. It
// calls fn from its goroutine with each piece, cut anywhere and valid during
// the call only, and once with an empty one when no more will come. A call that
// takes its time holds up the child. The last tailBytes bytes are kept.
func ReadLog(r *os.File, fn func(chunk []byte), tailBytes int) *Log {
	l := &Log{tail: tail{max: tailBytes}}
	l.Drain = newDrain(r, &pieces{hand: func(p []byte) {
		l.tail.add(p)
		fn(p)
	}})
	return l
}

// Tail is the last whole lines within the bytes that are kept, or the end of
// the last line where that alone is longer. It is valid after Wait.
func (l *Log) Tail() string { return l.tail.String() }

// tail keeps the last max bytes, and the one before to see whether a line
// began there.
type tail struct {
	max int
	buf []byte
}

func (t *tail) add(p []byte) {
	keep := t.max + 1
	if len(p) >= keep {
		t.buf = append(t.buf[:0], p[len(p)-keep:]...)
		return
	}
	t.buf = append(t.buf, p...)
	// Moving everything for each small piece would cost more than the room.
	if over := len(t.buf) - keep; over > keep {
		t.buf = t.buf[:copy(t.buf, t.buf[over:])]
	}
}

func (t *tail) String() string {
	over := len(t.buf) - t.max
	if over <= 0 {
		return string(t.buf)
	}
	b := t.buf[over:]
	if t.buf[over-1] == '\n' {
		return string(b)
	}
	if i := bytes.IndexByte(b, '\n'); i >= 0 && i+1 < len(b) {
		return string(b[i+1:])
	}
	// One long line is left. It begins with a whole rune.
	for n := 0; n < utf8.UTFMax-1 && len(b) > 0 && !utf8.RuneStart(b[0]); n++ {
		b = b[1:]
	}
	return string(b)
}

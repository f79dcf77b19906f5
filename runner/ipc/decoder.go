package ipc

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// decoder cuts what comes from the child into messages. What it tells depends
// on the bytes alone, and not on where reads cut them.
type decoder struct {
	limit int                // Limits.Message, at least startBytes
	large int                // the buffer of a busy stream
	emit  func(Message) bool // false ends it
	ack   func()             // a handle is to be acknowledged

	buf        []byte
	start, end int  // buf[start:end] is the line that has begun
	looked     int  // no newline before
	busy       bool // the last read filled the room that it had
	skipping   bool // the line that has begun was told as too long
	line       int64
	received   bool // descriptors came by the line that has begun, or before it, and no line was their handle
	stopped    bool

	scan     scanner
	controls controls
}

const (
	smallBuffer = 4 << 10  // hundreds of channels say little or nothing
	largeBuffer = 64 << 10 // and a busy one gets more room
	keepBuffer  = 1 << 20  // what is larger is given back between messages
)

func newDecoder(limit int, emit func(Message) bool, ack func()) *decoder {
	return &decoder{limit: limit, large: largeBuffer, emit: emit, ack: ack, buf: make([]byte, smallBuffer)}
}

// room is where the next bytes belong. It is not empty.
func (d *decoder) room() []byte {
	if d.start == d.end {
		d.start, d.end, d.looked = 0, 0, 0
		if len(d.buf) > max(keepBuffer, d.large) {
			d.buf = make([]byte, d.large)
		}
	}
	tight := len(d.buf)-d.end < len(d.buf)/4+1
	if tight && d.start > 0 {
		d.end = copy(d.buf, d.buf[d.start:d.end])
		d.looked -= d.start
		d.start = 0
		tight = len(d.buf)-d.end < len(d.buf)/4+1
	}
	if tight || d.busy && len(d.buf) < d.large {
		// A line that is not too long yet, and a read.
		size := max(d.large, min(2*len(d.buf), d.limit+d.large))
		if size > len(d.buf) {
			buf := make([]byte, size)
			d.end = copy(buf, d.buf[d.start:d.end])
			d.looked -= d.start
			d.buf, d.start = buf, 0
		}
	}
	return d.buf[d.end:]
}

// filled takes the first n bytes of the room. descriptors tells that some came
// with them.
func (d *decoder) filled(n int, descriptors bool) {
	d.busy = n == len(d.buf)-d.end
	d.end += n
	before := d.received
	d.received = before || descriptors
	for !d.stopped {
		i := bytes.IndexByte(d.buf[d.looked:d.end], '\n')
		if i < 0 {
			break
		}
		line := d.buf[d.start : d.looked+i]
		d.start = d.looked + i + 1
		d.looked = d.start
		d.line++
		if !d.skipping {
			d.whole(line)
		}
		d.skipping = false
		if before && d.received {
			d.stray()
			d.received = descriptors
		}
		before = false
	}
	d.looked = d.end
	if d.end-d.start > d.limit && !d.skipping && !d.stopped {
		d.line++
		d.tooLong(d.buf[d.start:d.end])
		d.line--
		d.skipping = true
	}
	if d.skipping {
		d.start = d.end
	}
	if d.received && d.start == d.end && !d.skipping {
		d.stray()
	}
}

// close tells what the channel has ended in.
func (d *decoder) close() {
	if d.start < d.end && !d.stopped {
		d.line++
		rest := d.buf[d.start:d.end]
		d.fault(Fault{Kind: Truncated, Bytes: len(rest)}, rest)
	}
	if d.received {
		d.stray()
	}
}

// stray tells of descriptors that no handle was said to be.
func (d *decoder) stray() {
	d.received = false
	d.fault(Fault{Kind: Descriptors}, nil)
}

func (d *decoder) fault(f Fault, line []byte) {
	f.Line = d.line
	f.Start = slices.Clip(line[:min(len(line), startBytes)])
	d.tell(Message{Kind: Bad, Fault: f})
}

func (d *decoder) tell(m Message) {
	if !d.stopped {
		d.stopped = !d.emit(m)
	}
}

// tooLong takes a line, or as much of it as there is.
func (d *decoder) tooLong(line []byte) {
	// Node writes the keys in this order. It would wait for the answer for ever.
	if bytes.HasPrefix(line, []byte(`{"cmd":"NODE_HANDLE",`)) {
		d.received = false
		d.ack()
	}
	d.fault(Fault{Kind: TooLong, Bytes: d.limit}, line)
}

// whole takes a line without its newline.
func (d *decoder) whole(line []byte) {
	if len(line) > d.limit {
		d.tooLong(line)
		return
	}
	text := bytes.Trim(line, " \t\r")
	at := cap(line) - cap(text)
	switch {
	case len(text) == 0:
		d.fault(Fault{Kind: Empty}, line)
		return
	case bytes.HasPrefix(text, []byte("\xEF\xBB\xBF")):
		d.fault(Fault{Kind: NotJSON, At: at, Want: "a value without a byte order mark before it"}, line)
		return
	case !utf8.Valid(text):
		d.fault(Fault{Kind: NotUTF8, At: at + validBytes(text)}, line)
		return
	}
	d.text(text, line, false)
}

func validBytes(p []byte) (n int) {
	for n < len(p) {
		r, size := utf8.DecodeRune(p[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// text takes the text of a message, a part of line. inner tells that it is what
// was sent along with a handle.
func (d *decoder) text(text, line []byte, inner bool) {
	var has members
	at := cap(line) - cap(text)
	if bad := d.scan.check(text, has.member); bad.want != "" {
		d.fault(Fault{Kind: NotJSON, At: at + bad.at, Want: bad.want}, line)
		return
	}
	switch {
	case !inner && has.handle():
		d.received = false
		d.ack()
		d.fault(Fault{Kind: Handle}, line)
		if has.msg != nil {
			d.text(has.msg, line, true)
		}
	case has.reserved():
		d.fault(Fault{Kind: Reserved}, line)
	case has.sluice == nil || has.others:
		d.tell(Message{Kind: User, JSON: slices.Clip(text)})
	case has.twice:
		d.fault(Fault{Kind: NotControl, At: at, Want: `"sluice" once`}, line)
	default:
		control, bad := d.controls.read(text, has.sluice)
		if bad.want != "" {
			d.fault(Fault{Kind: NotControl, At: at + bad.at, Want: bad.want}, line)
			return
		}
		d.tell(Message{Kind: Sluice, JSON: slices.Clip(text), Control: control})
	}
}

package ipc

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// Why Send takes no message, besides a MessageError.
var (
	ErrClosed = errors.New("the channel is closed: messages can be sent until the child ends or disconnects")
	ErrFull   = errors.New("too many messages wait: the child does not read its channel")
)

// MessageError says why a message can't be sent to any child.
type MessageError struct {
	Why   FaultKind // NotUTF8, NotJSON, Reserved or TooLong
	At    int       // how many bytes are right, for NotUTF8 and NotJSON
	Want  string    // what was expected there, for NotJSON
	Bytes int       // how long it is, for TooLong
	Limit int       // how long it may be, for TooLong
}

func (e *MessageError) Error() string {
	switch e.Why {
	case NotUTF8:
		return fmt.Sprintf("the message is not UTF-8 behind byte %d", e.At)
	case NotJSON:
		return fmt.Sprintf("the message is not JSON: behind byte %d, %s is expected", e.At, e.Want)
	case Reserved:
		return `a message with a "cmd" that begins with NODE_ is for Node itself; use another word`
	}
	return fmt.Sprintf("the message has %d bytes, and %d are the most", e.Bytes, e.Limit)
}

// Send queues a message, which is one JSON value, and does not wait for it to be
// written. White space between its elements is left out, so that it is one
// line; the rest goes out as it is. text is not kept. The error is ErrClosed,
// ErrFull or a *MessageError. Messages are written in order, from when Receive
// runs.
//
// A nil error does not tell that the child will read it: see Ended.Unread.
func (c *Channel) Send(text []byte) error {
	if !utf8.Valid(text) {
		return &MessageError{Why: NotUTF8, At: validBytes(text)}
	}
	var scan scanner
	var has members
	if bad := scan.check(text, has.member); bad.want != "" {
		return &MessageError{Why: NotJSON, At: bad.at, Want: bad.want}
	}
	if has.reserved() {
		return &MessageError{Why: Reserved}
	}
	return c.queue.add(text, c.limits)
}

// Disconnect lets no more messages be sent, and closes the way to the child when
// those that wait are written. A child of Node gets 'disconnect' then; any
// other reads the end. What it still sends is received, until it closes its end
// in turn.
func (c *Channel) Disconnect() { c.queue.finish() }

// write is the goroutine that writes what is queued, until the channel ends on
// either side. The error is one of this process.
func (c *Channel) write() error {
	var rest []byte // of what is to be written
	var failed error
	send := func(fd uintptr) bool {
		for len(rest) > 0 {
			var n int
			n, failed = unix.SendmsgN(int(fd), rest, nil, nil, sendFlags)
			switch failed {
			case nil:
				c.queue.wrote(n)
				rest = rest[n:]
			case unix.EINTR:
			case unix.EAGAIN:
				return false
			default:
				return true
			}
		}
		return true
	}
	var buf []byte
	for {
		var ended bool
		if buf, ended = c.queue.next(buf); ended {
			return nil
		}
		if len(buf) == 0 {
			// The child has read all, or will: this way ends behind it. An error
			// says that the channel is closed already.
			_ = c.conn.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_WR) })
			return nil
		}
		rest = buf
		if err := c.conn.Write(send); err != nil {
			return nil // closed
		}
		if failed != nil {
			c.queue.end()
			if gone(failed) {
				return nil
			}
			return os.NewSyscallError("sendmsg", failed)
		}
	}
}

// gone reports whether err says that the child's end is closed. Linux says
// ECONNRESET where there was something unread in it.
func gone(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

package ipc

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Ended is how a channel ended.
type Ended struct {
	// Child tells that the child's end was closed: by the child, or by its
	// ending. Else Close, Interrupt or an error ended the channel.
	Child bool
	// Unread tells that the child's end was closed before everything that Send
	// took was read from it, as far as the system tells.
	Unread bool
	// Err is an error of this process, and nil at any other end.
	Err error
}

// Receive calls take for each message in order until the channel ends, and
// closes it. No message is lost before the child's end: what it sent before it
// ended still comes. While take runs nothing is read, which lets a child wait
// that sends faster than it is taken.
//
// A goroutine that ends with Receive writes what Send queues.
func (c *Channel) Receive(take func(Message)) Ended {
	var writer sync.WaitGroup
	var failed error
	writer.Go(func() { failed = c.write() })
	defer writer.Wait() // also where take panics
	defer c.Close()

	r := &reader{c: c}
	r.decoder = newDecoder(c.limits.Message, func(m Message) bool {
		take(m)
		return !c.closed.Load()
	}, c.queue.acknowledge)
	err := r.read()
	c.Close()
	writer.Wait()
	ended := Ended{Child: err == io.EOF || gone(err)}
	ended.Unread = ended.Child && c.queue.unread(gone(err))
	if !ended.Child && err != errInterrupted && err != os.ErrClosed {
		ended.Err = err
	}
	ended.Err = errors.Join(ended.Err, failed)
	return ended
}

var errInterrupted = errors.New("the reading was interrupted")

// reader reads a channel into a decoder.
type reader struct {
	c       *Channel
	decoder *decoder

	// Of the last call.
	n           int
	descriptors bool
	err         error
}

// read reads until an end, which is io.EOF where the child's side is closed.
func (r *reader) read() error {
	receive := r.receive // one closure for all calls
	for {
		err := r.c.conn.Read(receive)
		if err == nil {
			err = r.take()
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = r.rest()
		}
		if r.c.closed.Load() {
			return os.ErrClosed
		}
		if err != nil {
			r.decoder.close()
			return err
		}
	}
}

// rest takes what is in the socket after the deadline, without waiting.
func (r *reader) rest() error {
	if err := r.c.file.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	// Whoever writes on while this reads must not keep it here. The call beyond
	// what waits finds out whether the child's end is closed.
	left := 0
	var failed error
	err := r.c.conn.Control(func(fd uintptr) { left, failed = unread(int(fd)) })
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	for left >= 0 {
		if err := r.c.conn.Read(func(fd uintptr) bool { r.receive(fd); return true }); err != nil {
			return err
		}
		if r.err == unix.EAGAIN {
			break
		}
		if err := r.take(); err != nil {
			return err
		}
		left -= r.n
	}
	return errInterrupted
}

// receive makes one call. It is false where nothing has come.
func (r *reader) receive(fd uintptr) bool {
	for {
		r.n, r.descriptors, r.err = receive(int(fd), r.decoder.room())
		if r.err != unix.EINTR {
			return r.err != unix.EAGAIN
		}
	}
}

// take hands on what the last call has brought.
func (r *reader) take() error {
	switch {
	case r.err != nil:
		return os.NewSyscallError("recvmsg", r.err)
	case r.n == 0:
		return io.EOF
	}
	r.decoder.filled(r.n, r.descriptors)
	return nil
}

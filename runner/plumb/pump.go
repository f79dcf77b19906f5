package plumb

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Pump copies between a pipe and a file that is none, for a Tee, which knows
// only pipes. Whoever made it calls Wait. It is one goroutine, which keeps a
// thread.
type Pump struct {
	done chan struct{}
	err  error // once done
}

// FeedPipe makes a pipe and copies from into it, until its end or until nobody
// reads the pipe any more, which is no error. from stays the caller's, who
// closes it after Wait. The result is the reading end, which the caller closes.
func FeedPipe(from *os.File) (r *os.File, p *Pump, err error) {
	r, w, err := Pipe()
	if err != nil {
		return nil, nil, err
	}
	p = &Pump{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer w.Close()
		if err := pump(from, w, true); !errors.Is(err, unix.EPIPE) {
			p.err = err
		}
	}()
	return r, p, nil
}

// DrainTo makes a pipe and copies what comes through it to a file, until its
// end. After an error nothing more is read, which the writer sees as the end of
// a reader. to stays the caller's, who uses it no more before Wait. The result
// is the writing end, which the caller closes.
func DrainTo(to *os.File) (w *os.File, p *Pump, err error) {
	r, w, err := Pipe()
	if err != nil {
		return nil, nil, err
	}
	p = &Pump{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer r.Close()
		p.err = pump(r, to, false)
	}()
	return w, p, nil
}

// Wait returns when no more is copied, and why that is not at the end: an error
// of reading or writing.
func (p *Pump) Wait() error {
	<-p.done
	return p.err
}

// pump copies from to to. With watch it ends with EPIPE as soon as nobody reads
// to, also where nothing comes.
func pump(from, to *os.File, watch bool) error {
	in, err := descriptor(from)
	if err != nil {
		return err
	}
	out, err := descriptor(to)
	if err != nil {
		return err
	}
	move := mover()
	for {
		if watch {
			if err := await(in, out); err != nil {
				return &os.PathError{Op: "write", Path: to.Name(), Err: err}
			}
		}
		n, err := move(in, out)
		if err != nil {
			return &os.PathError{Op: "copy " + from.Name() + " to", Path: to.Name(), Err: err}
		}
		if n == 0 {
			return nil
		}
	}
}

// descriptor is f's number. f stays in the mode that it is in: a terminal or a
// pipe of somebody else's may be shared.
func descriptor(f *os.File) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	err = conn.Control(func(fd uintptr) { n = int(fd) })
	return n, err
}

// await returns when in has something to read, or EPIPE when nobody reads out.
func await(in, out int) error {
	fds := []unix.PollFd{{Fd: int32(in), Events: unix.POLLIN}, {Fd: int32(out)}}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return os.NewSyscallError("poll", err)
		case fds[1].Revents != 0: // POLLERR alone is not asked for and told (poll(2))
			return unix.EPIPE
		}
		return nil
	}
}

// copier returns a function that reads a piece and writes all of it. It returns
// 0 at the end.
func copier() func(in, out int) (int, error) {
	var buf []byte
	return func(in, out int) (int, error) {
		if buf == nil {
			buf = make([]byte, PipeSize)
		}
		n, err := again2(func() (int, error) { return unix.Read(in, buf) })
		for err == unix.EAGAIN { // somebody else has made a terminal or a pipe non-blocking
			if err = able(in, unix.POLLIN); err == nil {
				n, err = again2(func() (int, error) { return unix.Read(in, buf) })
			}
		}
		for rest := buf[:max(n, 0)]; len(rest) > 0 && err == nil; {
			var written int
			if written, err = again2(func() (int, error) { return unix.Write(out, rest) }); err == nil {
				rest = rest[written:]
			}
			if err == unix.EAGAIN {
				err = able(out, unix.POLLOUT)
			}
		}
		return n, err
	}
}

// able returns when fd can be read or written, as event says.
func able(fd int, event int16) error {
	_, err := again2(func() (int, error) { return unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: event}}, -1) })
	return err
}

// again2 calls f until no signal interrupts it.
func again2(f func() (int, error)) (int, error) {
	for {
		if n, err := f(); err != unix.EINTR {
			return n, err
		}
	}
}

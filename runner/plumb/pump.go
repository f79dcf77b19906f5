package plumb

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Pump copies between a pipe and a file that is none, for a Tee, which knows
// only pipes. Whoever made it calls Wait. It is one goroutine, which keeps a
// thread.
type Pump struct {
	done chan struct{}
	err  error // once done

	// A pipe of which the first end is polled and the second is closed by Stop.
	// Without one, the other side of the Pump's own pipe ends it.
	wake [2]*os.File
}

// ErrStopped is the error of a Pump that Stop ended before it had written all.
var ErrStopped = errors.New("stopped before all was written")

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
		if err := p.copy(from, w, true); err != nil && !errors.Is(err, unix.EPIPE) {
			p.err = &fs.PathError{Op: "read", Path: from.Name(), Err: err}
		}
	}()
	return r, p, nil
}

// DrainTo makes a pipe and copies what comes through it to a file, until its
// end. After an error nothing more is read, which the writer sees as the end of
// a reader. to stays the caller's, who uses it no more before Wait. The result
// is the writing end, which the caller closes.
func DrainTo(to *os.File) (w *os.File, p *Pump, err error) {
	p = &Pump{done: make(chan struct{})}
	fds, err := pipe()
	if err != nil {
		return nil, nil, os.NewSyscallError("pipe", err)
	}
	p.wake = [2]*os.File{os.NewFile(uintptr(fds[0]), "|0"), os.NewFile(uintptr(fds[1]), "|1")}
	r, w, err := Pipe()
	if err != nil {
		p.wake[0].Close()
		p.wake[1].Close()
		return nil, nil, err
	}
	go func() {
		defer close(p.done)
		defer p.wake[0].Close()
		defer r.Close()
		if err := p.copy(r, to, false); err != nil {
			p.err = &fs.PathError{Op: "write", Path: to.Name(), Err: err}
		}
	}()
	return w, p, nil
}

// Stop ends a Pump of DrainTo although what it writes to may take no more, as a
// pipe that is not read. It is nothing to one that has ended.
func (p *Pump) Stop() { p.wake[1].Close() } // a second time is an error of no interest

// Wait returns when no more is copied, and why that is not at the end: an error
// of reading or writing, or ErrStopped.
func (p *Pump) Wait() error {
	<-p.done
	if p.wake[1] != nil {
		p.wake[1].Close()
	}
	return p.err
}

// copy copies from to to. With watch it ends with EPIPE as soon as nobody reads
// to, also where nothing comes.
//
// It waits in poll(2) only, where Stop and that wake it. from and to stay in
// the mode that they are in: a terminal or a pipe of somebody else's may be
// shared.
func (p *Pump) copy(from, to *os.File, watch bool) error {
	in, err := descriptor(from)
	if err != nil {
		return err
	}
	out, err := descriptor(to)
	if err != nil {
		return err
	}
	wake, watched := -1, -1
	if p.wake[0] != nil {
		if wake, err = descriptor(p.wake[0]); err != nil {
			return err
		}
	}
	if watch {
		watched = out
	}
	hand := handCopy{most: mostAtOnce(out)}
	splices := canSplice && hand.most > carefully
	for {
		if len(hand.rest) == 0 {
			if err := await(in, unix.POLLIN, wake, watched); err != nil {
				return err
			}
		}
		if err := await(out, unix.POLLOUT, wake, -1); err != nil {
			return err
		}
		n := 0
		if splices {
			n, err = splice(in, out)
			splices = err != unix.EINVAL // from a terminal, to a file that is appended to, …
		}
		if !splices {
			n, err = hand.move(in, out)
		}
		switch {
		case err == unix.EAGAIN: // another process was faster
		case err != nil:
			return err
		case n == 0:
			return nil
		}
	}
}

// descriptor is f's number.
func descriptor(f *os.File) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	err = conn.Control(func(fd uintptr) { n = int(fd) })
	return n, err
}

// await returns when fd can be read or written, as event says, or will never
// be. It is ErrStopped when wake has hung up, and EPIPE when nobody reads
// watched. Both may be -1.
func await(fd int, event int16, wake, watched int) error {
	fds := []unix.PollFd{{Fd: int32(fd), Events: event}, {Fd: int32(wake)}, {Fd: int32(watched)}}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return os.NewSyscallError("poll", err)
		case fds[1].Revents != 0: // POLLHUP and POLLERR are told without being asked for (poll(2))
			return ErrStopped
		case fds[2].Revents != 0:
			return unix.EPIPE
		}
		return nil
	}
}

// carefully is how much is written at once to what could block in the middle of
// more, although it has room for some: a terminal, a socket.
const carefully = 4 << 10

// mostAtOnce is how much may be written to fd at once.
func mostAtOnce(fd int) int {
	var info unix.Stat_t
	if unix.Fstat(fd, &info) != nil || info.Mode&unix.S_IFMT == unix.S_IFSOCK {
		return carefully
	}
	if _, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ); err == nil {
		return carefully
	}
	return PipeSize
}

// handCopy reads and writes.
type handCopy struct {
	most int // bytes, at once
	buf  []byte
	rest []byte // of buf: what is not written
}

// move writes a piece, which it reads where there is no rest of one. It
// returns 0 at the end.
func (c *handCopy) move(in, out int) (int, error) {
	if len(c.rest) == 0 {
		if c.buf == nil {
			c.buf = make([]byte, c.most)
		}
		n, err := readFD(in, c.buf)
		if n <= 0 || err != nil {
			return 0, err
		}
		c.rest = c.buf[:n]
	}
	n, err := writeFD(out, c.rest)
	c.rest = c.rest[max(n, 0):]
	return n, err
}

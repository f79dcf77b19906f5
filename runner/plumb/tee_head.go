package plumb

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A head is the stream's front: the bytes that some branches have and others do
// not. They are in the pipe itself, or in memory.
type head interface {
	// more reports whether nothing is known to be there, so that poll(2) is to
	// tell when there is.
	more() bool

	// fill says that there is something now, or the end. At most max bytes are
	// taken from the pipe, which is more than 0. io.EOF is the end.
	fill(max int64) error

	// has reports whether there is something that b can be given.
	has(b *branch) bool

	// give lets b have at most max bytes of what it lacks, without waiting.
	// shared is how much every other branch has that b lacks. gone is true if
	// b got what it got from the start of the head, which is not there any more.
	// EAGAIN says that b's pipe is full, EPIPE that nobody reads it, and io.EOF
	// that the stream ends here.
	give(b *branch, shared, max int64) (n int64, gone bool, err error)

	// take removes n bytes, which some branch has, from the start, and hands
	// them to sink in pieces.
	take(n int64, sink func([]byte) error) error

	// atEnd reports whether nothing is there, and nobody can write any more.
	atEnd() bool
}

// copyHead holds a piece of the stream in memory. It is for systems without
// tee(2).
type copyHead struct {
	in   int
	buf  []byte
	data []byte // of buf
}

func newCopyHead(in int) head { return &copyHead{in: in, buf: make([]byte, largeBuffer)} }

func (h *copyHead) more() bool { return len(h.data) == 0 }

func (h *copyHead) fill(max int64) error {
	n, err := readFD(h.in, h.buf[:min(int64(len(h.buf)), max)])
	switch {
	case err == unix.EAGAIN:
		return nil
	case err != nil:
		return os.NewSyscallError("read", err)
	case n == 0:
		return io.EOF
	}
	h.data = h.buf[:n]
	return nil
}

func (h *copyHead) has(b *branch) bool { return b.ahead < int64(len(h.data)) }

func (h *copyHead) give(b *branch, _, _ int64) (int64, bool, error) {
	n, err := writeFD(b.fd, h.data[b.ahead:])
	return int64(n), false, err
}

func (h *copyHead) take(n int64, sink func([]byte) error) error {
	p := h.data[:n]
	h.data = h.data[n:]
	return sink(p)
}

func (h *copyHead) atEnd() bool { return len(h.data) == 0 && atEnd(h.in) }

// atEnd reports whether nothing is in the pipe that fd reads, and nobody can
// write to it.
func atEnd(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents == unix.POLLHUP
}

// again calls fn until no signal interrupts it.
func again(fn func() error) error {
	for {
		if err := fn(); err != unix.EINTR {
			return err
		}
	}
}

func readFD(fd int, p []byte) (n int, err error) {
	err = again(func() error { n, err = unix.Read(fd, p); return err })
	return max(n, 0), err
}

func writeFD(fd int, p []byte) (n int, err error) {
	err = again(func() error { n, err = unix.Write(fd, p); return err })
	return max(n, 0), err
}

package plumb

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// newHead leaves the copying to the kernel, unless something that confines this
// process forbids that.
func newHead(in int) head {
	// Asked for nothing, tee(2) looks at nothing.
	if _, err := unix.Tee(-1, -1, 0, 0); err != nil {
		return newCopyHead(in)
	}
	return &pipeHead{in: in}
}

// pipeHead leaves the head in the pipe. tee(2) gives a branch what is at the
// start, and nothing from the middle: one that is ahead gets no more until the
// others have as much and that has left the pipe.
type pipeHead struct {
	in     int
	filled bool // something or the end is there for sure
	buf    []byte
}

func (h *pipeHead) more() bool { return !h.filled }

func (h *pipeHead) fill(int64) error {
	h.filled = true
	return nil
}

func (h *pipeHead) has(b *branch) bool { return h.filled && b.ahead == 0 }

func (h *pipeHead) give(b *branch, shared, most int64) (n int64, gone bool, err error) {
	name := "tee"
	err = again(func() error {
		if shared > 0 { // b is the last to need it
			name, gone = "splice", true
			n, err = unix.Splice(h.in, nil, b.fd, nil, int(min(shared, most, PipeSize)), unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		} else {
			n, err = unix.Tee(h.in, b.fd, int(min(most, PipeSize)), unix.SPLICE_F_NONBLOCK)
		}
		return err
	})
	switch {
	case err == unix.EAGAIN || err == unix.EPIPE:
		return 0, false, err
	case err != nil:
		return 0, false, os.NewSyscallError(name, err)
	case n == 0:
		return 0, false, io.EOF
	}
	h.filled = h.filled && !gone
	return n, gone, nil
}

func (h *pipeHead) take(n int64, sink func([]byte) error) error {
	if h.buf == nil {
		h.buf = make([]byte, largeBuffer)
	}
	h.filled = false
	for n > 0 {
		got, err := readFD(h.in, h.buf[:min(n, int64(len(h.buf)))])
		if err != nil {
			return os.NewSyscallError("read", err)
		}
		if got == 0 {
			return io.ErrUnexpectedEOF // somebody else reads the pipe
		}
		n -= int64(got)
		if err := sink(h.buf[:got]); err != nil {
			return err
		}
	}
	return nil
}

func (h *pipeHead) atEnd() bool { return atEnd(h.in) }

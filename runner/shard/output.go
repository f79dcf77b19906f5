package shard

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/plumb"
)

// linger is how long a copy's output is read on after its end, where a process
// that it has left holds it.
const linger = time.Second

// output is the reading end of the pipe that a copy writes to. It is not in Go's
// poller: while a pipe is, each write to its other end wakes this process.
type output struct {
	*os.File
	deadline atomic.Pointer[time.Time] // nil while the copy runs
	late     int                       // bytes that were read after that
}

// outputPipe makes such a pipe. The caller closes both ends.
func outputPipe() (r *output, w *os.File, err error) {
	f, w, err := plumb.Pipe()
	return &output{File: f}, w, err
}

// ended says that the copy has exited.
func (o *output) ended() { o.until(time.Now().Add(linger)) }

func (o *output) until(deadline time.Time) { o.deadline.Store(&deadline) }

// Read is io.Reader's. Any error is the end of the output. All that the copy
// wrote is read, however late: that is no more than the pipe can hold.
func (o *output) Read(buf []byte) (int, error) {
	for {
		wait, over := linger, false
		if d := o.deadline.Load(); d != nil {
			wait = max(0, time.Until(*d))
			over = wait == 0
		}
		fds := []unix.PollFd{{Fd: int32(o.Fd()), Events: unix.POLLIN}}
		// A copy that runs is looked for once in a while: whoever else holds the
		// pipe does not wake who waits here.
		n, err := unix.Poll(fds, int((wait+time.Millisecond-1)/time.Millisecond))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case n > 0 && over && o.late >= plumb.PipeSize, n == 0 && over:
			return 0, io.EOF
		case n > 0:
			n, err := o.File.Read(buf)
			if over {
				o.late += n
			}
			return n, err
		}
	}
}

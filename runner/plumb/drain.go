package plumb

import (
	"io"
	"os"
	"syscall"
	"time"
)

// Drain is a goroutine that reads a pipe to its end. Whoever made it calls
// Wait.
type Drain struct {
	r    *os.File
	done chan struct{}
	cut  bool // once done
}

const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
)

// newDrain reads r, which it closes, and hands each piece to sink, at last an
// empty one.
func newDrain(r *os.File, sink func([]byte)) *Drain {
	d := &Drain{r: r, done: make(chan struct{})}
	go func() {
		defer close(d.done)
		d.cut = d.read(sink)
		sink(nil)
		d.r.Close()
	}()
	return d
}

// Wait returns when no more is read. cut is false if the end was reached: every
// process that could write has closed the pipe. It is true if Interrupt ended
// the reading before.
func (d *Drain) Wait() (cut bool) {
	<-d.done
	return d.cut
}

// Interrupt bounds the reading, for a process that left the group may hold the
// pipe for ever. What is in the pipe at the deadline is still read, up to its
// capacity. The pipe must come from ReadPipe.
func (d *Drain) Interrupt(deadline time.Time) {
	// An error says that the reading is over.
	_ = d.r.SetReadDeadline(deadline)
}

// read is the loop of the goroutine.
func (d *Drain) read(sink func([]byte)) (cut bool) {
	// Hundreds of streams say little or nothing; a busy one gets more room.
	buf := make([]byte, smallBuffer)
	for {
		n, err := d.r.Read(buf)
		if n > 0 {
			sink(buf[:n])
		}
		switch {
		case err == io.EOF:
			return false
		case err != nil:
			return d.rest(buf, sink)
		case n == len(buf) && n < largeBuffer:
			buf = make([]byte, largeBuffer)
		}
	}
}

// rest reads what is in the pipe after its deadline, without waiting. It is
// false if that was all there will ever be.
func (d *Drain) rest(buf []byte, sink func([]byte)) (cut bool) {
	if d.r.SetReadDeadline(time.Time{}) != nil {
		return true
	}
	conn, err := d.r.SyscallConn()
	if err != nil {
		return true
	}
	// Whoever writes on while this reads must not keep it here.
	for left := PipeSize; left > 0; {
		n := 0
		var failed error
		err := conn.Read(func(fd uintptr) bool {
			for {
				n, failed = syscall.Read(int(fd), buf)
				if failed != syscall.EINTR {
					return true
				}
			}
		})
		if err != nil || failed != nil {
			return true
		}
		if n == 0 {
			return false
		}
		sink(buf[:n])
		left -= n
	}
	return true
}

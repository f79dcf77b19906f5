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
	to   sink
	done chan struct{}
	cut  bool // once done
}

// sink is where a Drain puts what it reads.
type sink interface {
	// room is where the next piece goes, and is not empty.
	room() []byte
	// took says that so many bytes of the last room were read; 0 comes once,
	// at the end.
	took(n int)
}

// pieces hands what is read to a function, and uses its room again.
type pieces struct {
	buf  []byte
	hand func([]byte)
}

func (p *pieces) room() []byte {
	if p.buf == nil {
		p.buf = make([]byte, smallBuffer)
	}
	return p.buf
}

func (p *pieces) took(n int) {
	p.hand(p.buf[:n])
	// Hundreds of streams say little or nothing; a busy one gets more room.
	if n == smallBuffer {
		p.buf = make([]byte, largeBuffer)
	}
}

const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
)

// newDrain reads r, which it closes, into to.
func newDrain(r *os.File, to sink) *Drain {
	d := &Drain{r: r, to: to, done: make(chan struct{})}
	go func() {
		defer close(d.done)
		d.cut = d.read()
		to.took(0)
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
func (d *Drain) read() (cut bool) {
	for {
		n, err := d.r.Read(d.to.room())
		if n > 0 {
			d.to.took(n)
		}
		switch {
		case err == io.EOF:
			return false
		case err != nil:
			return d.rest()
		}
	}
}

// rest reads what is in the pipe after its deadline, without waiting. It is
// false if that was all there will ever be.
func (d *Drain) rest() (cut bool) {
	if d.r.SetReadDeadline(time.Time{}) != nil {
		return true
	}
	conn, err := d.r.SyscallConn()
	if err != nil {
		return true
	}
	// Whoever writes on while this reads must not keep it here.
	for left := PipeSize; left > 0; {
		n, buf := 0, d.to.room()
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
		d.to.took(n)
		left -= n
	}
	return true
}

package plumb

import (
	"os"
	"sync/atomic"
)

// Capture keeps what a child writes, up to a limit.
type Capture struct {
	*Drain
	kept     []byte // the goroutine's until Wait
	exceeded atomic.Bool
}

// ReadCapture reads r, the reading end of a ReadPipe, to its end and closes it.
// It keeps at most max bytes. When there are more it calls over, once and from
// its goroutine, and goes on reading, so that no writer is stuck.
func ReadCapture(r *os.File, max int64, over func()) *Capture {
	c := &Capture{kept: []byte{}}
	c.Drain = newDrain(r, func(p []byte) {
		room := max - int64(len(c.kept))
		if int64(len(p)) <= room {
			c.kept = append(c.kept, p...)
			return
		}
		c.kept = append(c.kept, p[:room]...)
		if c.exceeded.CompareAndSwap(false, true) {
			over()
		}
	})
	return c
}

// Bytes is what was kept: everything, or its first max bytes. It is valid after
// Wait, and never nil.
func (c *Capture) Bytes() []byte { return c.kept }

// Exceeded reports whether there was more than max bytes. It may be called at
// any time.
func (c *Capture) Exceeded() bool { return c.exceeded.Load() }

package plumb

import (
	"os"
	"sync/atomic"
)

// Capture keeps what a child writes, up to a limit.
type Capture struct {
	*Drain
	max      int64
	over     func()
	kept     []byte // the goroutine's until Wait
	surplus  []byte // room for what is not kept
	exceeded atomic.Bool
}

// ReadCapture reads r, the reading end of a ReadPipe, to its end and closes it.
// It keeps at most max bytes. When there are more it calls over, once and from
// its goroutine, and goes on reading, so that no writer is stuck.
func ReadCapture(r *os.File, max int64, over func()) *Capture {
	c := &Capture{max: max, over: over, kept: []byte{}}
	c.Drain = newDrain(r, captureSink{c})
	return c
}

// captureSink is what a Capture is to its Drain.
type captureSink struct{ *Capture }

// room is behind what is kept, so that nothing is copied but when that grows.
// It grows by much at once: what of it is not used takes no memory but that of
// an address (mmap(2), a page is made when it is written).
func (c captureSink) room() []byte {
	const least, growth, piece = 4 << 10, 16, 64 << 10
	free := int64(cap(c.kept) - len(c.kept))
	if free == 0 && int64(len(c.kept)) < c.max {
		size := min(max(least, growth*int64(len(c.kept))), c.max)
		c.kept = append(make([]byte, 0, size), c.kept...)
		free = size - int64(len(c.kept))
	}
	if free = min(free, c.max-int64(len(c.kept))); free == 0 {
		if c.surplus == nil {
			c.surplus = make([]byte, piece)
		}
		return c.surplus
	}
	return c.kept[len(c.kept):][:min(free, PipeSize)]
}

func (c captureSink) took(n int) {
	switch {
	case n == 0:
	case int64(len(c.kept)) < c.max:
		c.kept = c.kept[:len(c.kept)+n]
	case c.exceeded.CompareAndSwap(false, true):
		c.over()
	}
}

// Bytes is what was kept: everything, or its first max bytes. It is valid after
// Wait, and never nil.
func (c *Capture) Bytes() []byte { return c.kept }

// Exceeded reports whether there was more than max bytes. It may be called at
// any time.
func (c *Capture) Exceeded() bool { return c.exceeded.Load() }

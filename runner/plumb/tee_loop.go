package plumb

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// run copies until every branch is closed.
func (t *Tee) run() error {
	for {
		for _, step := range []func() error{t.flush, t.hand, t.settle} {
			if err := step(); err != nil {
				return err
			}
		}
		if t.over() {
			return nil
		}
		if err := t.wait(); err != nil {
			return err
		}
	}
}

// flush writes to the branches that are behind what is kept for them.
func (t *Tee) flush() error {
	for _, b := range t.branches {
		if b.closed || b.live() || !b.room {
			continue
		}
		if err := b.flush(); err != nil {
			return err
		}
	}
	return nil
}

// hand gives the branches what they lack of the head.
func (t *Tee) hand() error {
	for _, b := range t.branches {
		most := t.end - t.pos - b.ahead
		if t.stopped || most == 0 || !b.live() || !b.room || !t.head.has(b) {
			continue
		}
		n, gone, err := t.head.give(b, t.shared(b), most)
		if err == io.EOF {
			t.stop()
			return nil
		}
		if err := b.failed(err); err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		b.ahead += n
		b.bytes += n
		b.wants = false
		t.result.Bytes = max(t.result.Bytes, t.pos+b.ahead)
		if gone {
			t.advance(n)
		}
	}
	return nil
}

// shared is how many bytes at the start of the head every branch but b has.
func (t *Tee) shared(b *branch) int64 {
	n := int64(math.MaxInt64)
	for _, other := range t.branches {
		switch {
		case other == b || other.closed:
		case !other.live():
			return 0
		default:
			n = min(n, other.ahead)
		}
	}
	return n
}

// settle removes from the head what every branch has. Where a branch has
// nothing of it and the others have waited long enough, it is kept for that one.
func (t *Tee) settle() error {
	t.held = false
	for {
		n := t.common()
		if n == 0 || t.held {
			return nil
		}
		if len(t.sinks) > 0 {
			n = min(n, (t.o.Spill-t.kept())/int64(len(t.sinks)))
		}
		if n <= 0 {
			t.full()
			return nil
		}
		if err := t.head.take(n, t.keep); err != nil {
			return err
		}
		t.advance(n)
		t.result.Spilled = max(t.result.Spilled, t.kept())
	}
}

// common is how many bytes of the head can be removed from it. Those branches
// for which they must be kept are the sinks then. It is 0 too if it is up to
// others first, and held says that this is so because some wait for one.
func (t *Tee) common() int64 {
	n, stuck := int64(math.MaxInt64), false
	t.sinks = t.sinks[:0]
	for _, b := range t.branches {
		switch {
		case b.closed:
		case !b.live():
			t.sinks = append(t.sinks, b)
		case b.ahead > 0:
			n = min(n, b.ahead)
		case b.room:
			return 0 // it gets something first
		default:
			t.sinks = append(t.sinks, b)
			stuck = true
		}
	}
	if n == math.MaxInt64 {
		return 0 // nobody lacks what another has
	}
	t.held = stuck && t.patience() > 0
	return n
}

// keep puts p into the spools of the sinks.
func (t *Tee) keep(p []byte) error {
	for _, b := range t.sinks {
		if err := b.keep(p); err != nil {
			return err
		}
	}
	return nil
}

// advance says that n bytes left the head.
func (t *Tee) advance(n int64) {
	t.pos += n
	for _, b := range t.branches {
		if b.live() {
			b.ahead -= n
		}
	}
}

// kept is how many bytes are in the spools.
func (t *Tee) kept() (n int64) {
	for _, b := range t.branches {
		n += b.spool.Len()
	}
	return n
}

// patience is how much longer the others wait for the branches that are stuck.
func (t *Tee) patience() (most time.Duration) {
	now := time.Now()
	for _, b := range t.branches {
		if b.live() && b.stuck() {
			most = max(most, b.patience.of(now))
		}
	}
	return most
}

// full tells, once, for whom the others wait at the bound.
func (t *Tee) full() {
	slow := t.sinks[0]
	for _, b := range t.sinks {
		if b.spool.Len() > slow.spool.Len() {
			slow = b
		}
	}
	if !t.waited && t.o.Waits != nil {
		t.o.Waits(slow.index)
	}
	t.waited = true
}

// over closes the branches that have all they will get, and reports whether
// none is left.
func (t *Tee) over() bool {
	open := false
	for _, b := range t.branches {
		if t.stopped && b.live() {
			b.close()
		}
		open = open || !b.closed
	}
	if !open && !t.stopped {
		t.result.Early = !t.head.atEnd()
		t.stop()
	}
	return !open
}

// stop ends the reading.
func (t *Tee) stop() {
	if !t.stopped {
		t.stopped = true
		t.in.Close()
	}
}

// fill lets the head know that the pipe has something, or is at its end.
func (t *Tee) fill() error {
	err := t.head.fill(t.end - t.pos)
	if errors.Is(err, io.EOF) {
		t.stop()
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what is to be copied: %w", err)
	}
	return nil
}

package shard

import (
	"os"
	"time"

	"sluice/runner/plumb"
)

// pace spares wake-ups. Most programs read and write 4 KiB at a time, and who
// waits at the other end of their pipe is woken for each of these, on a
// processor that a copy could have. So who could move but little rests until
// there is probably enough to be worth it, as network drivers do ("interrupt
// coalescing").
//
// It rests after it moved something, and never twice for nothing: an idle
// stream costs nothing, and what comes after a pause is moved at once.
type pace struct {
	enough int // bytes

	since time.Time // of the last time that all there was had been moved
	bytes int       // moved since then
	until time.Time // when to go on
}

const (
	most     = 32 << 10             // bytes that are waited for
	longest  = 2 * time.Millisecond // of what is held up by a rest, also an end
	shortest = longest / 4          // Go's timers are not finer than a millisecond
)

// paceOf is the pace at the pipe f. Half of what the pipe holds is enough: when
// it is full, the program at its other end has to wait.
func paceOf(f *os.File) pace {
	p := pace{enough: most}
	if half := plumb.Capacity(f) / 2; half > 0 {
		p.enough = min(p.enough, half)
	}
	return p
}

// moved says that n bytes were moved, and whether there may be more at once.
func (p *pace) moved(n int, more bool) {
	p.bytes += n
	if more || p.bytes == 0 {
		return
	}
	now := time.Now()
	if p.bytes < p.enough && !p.since.IsZero() {
		perByte := float64(now.Sub(p.since)) / float64(p.bytes)
		p.until = now.Add(time.Duration(min(perByte*float64(p.enough), float64(longest))))
	}
	p.since, p.bytes = now, 0
}

// rest waits until it is worth to go on.
func (p *pace) rest() {
	if d := time.Until(p.until); d >= shortest {
		time.Sleep(d)
	}
}

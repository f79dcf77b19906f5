package shard

import "time"

// pace spares wake-ups. Most programs read and write 4 KiB at a time, and who
// waits at the other end of their pipe is woken for each of these, on a
// processor that a copy could have. So who could move but little rests until
// there is probably enough to be worth it, as network drivers do ("interrupt
// coalescing").
//
// It rests after it moved something, and never twice for nothing: an idle
// stream costs nothing, and what comes after a pause is moved at once. The zero
// value is ready.
type pace struct {
	since time.Time // of the last time that all there was had been moved
	bytes int       // moved since then
	until time.Time // when to go on
}

const (
	// enough is less than any pipe has room for, in bytes: one that is full
	// holds up the program at its other end.
	enough   = 32 << 10
	longest  = 2 * time.Millisecond // of what is held up by a rest, also an end
	shortest = longest / 4          // Go's timers are not finer than a millisecond
)

// moved says that n bytes were moved, and whether there may be more at once.
func (p *pace) moved(n int, more bool) {
	p.bytes += n
	if more || p.bytes == 0 {
		return
	}
	now := time.Now()
	if p.bytes < enough && !p.since.IsZero() {
		perByte := float64(now.Sub(p.since)) / float64(p.bytes)
		p.until = now.Add(time.Duration(min(perByte*enough, float64(longest))))
	}
	p.since, p.bytes = now, 0
}

// rest waits until it is worth to go on.
func (p *pace) rest() {
	if d := time.Until(p.until); d >= shortest {
		time.Sleep(d)
	}
}

package shard

import (
	"testing"
	"testing/synctest"
	"time"
)

// rested is how long p rests.
func rested(p *pace) time.Duration {
	began := time.Now()
	p.rest()
	return time.Since(began)
}

func TestPace(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration // the time from one move to the next
		bytes int
		more  bool
		want  time.Duration // of the rest after it
	}{
		{"a slow program", time.Millisecond, 4 << 10, false, longest},
		{"one that is idle nearly always", time.Hour, 1, false, longest},
		{"a quicker one", time.Millisecond / 4, 8 << 10, false, time.Millisecond},
		{"one that is quicker than timers", time.Millisecond / 64, 4 << 10, false, 0},
		{"enough", 2 * time.Millisecond, enough, false, 0},
		{"a full buffer", time.Millisecond, 4 << 10, true, 0},
		{"nothing", time.Millisecond, 0, false, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			var p pace
			if p.moved(4<<10, false); rested(&p) != 0 {
				t.Errorf("%s: it rests before it knows how fast the stream is", c.name)
			}
			for range 3 {
				time.Sleep(c.every)
				p.moved(c.bytes, c.more)
				if got := rested(&p); got != c.want && !(c.want == 0 && got < shortest) {
					t.Errorf("%s: it rests for %v, want %v", c.name, got, c.want)
				}
				if got := rested(&p); got != 0 {
					t.Errorf("%s: it rests for %v once more", c.name, got)
				}
				p = pace{since: time.Now()}
			}
		})
	}
}

package shard

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"sluice/runner/plumb"
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
		{"enough", 2 * time.Millisecond, most, false, 0},
		{"a full buffer", time.Millisecond, 4 << 10, true, 0},
		{"nothing", time.Millisecond, 0, false, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := pace{enough: most}
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
				p = pace{enough: most, since: time.Now()}
			}
		})
	}
}

// Where pipes are small, half of one is enough.
func TestPaceOfSmallPipe(t *testing.T) {
	r, w, err := plumb.WritePipe(4 << 10)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if p := paceOf(r); p.enough <= 0 || p.enough > most || p.enough > plumb.Capacity(w)/2 {
		t.Errorf("%d bytes are waited for at a pipe that holds %d", p.enough, plumb.Capacity(w))
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if p := paceOf(f); p.enough <= 0 || p.enough > most {
		t.Errorf("%d bytes are waited for at what is no pipe", p.enough)
	}
}

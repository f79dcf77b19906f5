package runner

import (
	"testing"
	"testing/synctest"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
)

// Silence is counted from the last piece that came, or from the beginning, and
// not while a piece is being passed on. The time is that of the test's own
// clock.
func TestSilence(t *testing.T) {
	for _, tt := range []struct {
		name string
		play func(*silence)
		want time.Duration // after which it has ended
	}{
		{"from the beginning", func(*silence) {}, 5 * time.Second},
		{"after a word", func(s *silence) {
			time.Sleep(3 * time.Second)
			s.heard(func() {})
		}, 8 * time.Second},
		{"after many", func(s *silence) {
			for range 1000 {
				time.Sleep(4999 * time.Millisecond)
				s.heard(func() {})
			}
		}, 5004 * time.Second},
		{"after a slow reader", func(s *silence) {
			s.heard(func() { time.Sleep(time.Hour) })
		}, time.Hour + 5*time.Second},
		{"after two of them", func(s *silence) {
			go s.heard(func() { time.Sleep(time.Minute) })
			s.heard(func() { time.Sleep(time.Hour) })
		}, time.Hour + 5*time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := silence{began: time.Now()}
				ended := make(chan time.Duration, 1)
				stop := s.watch(5*time.Second, func() { ended <- time.Since(s.began) })
				defer stop()
				tt.play(&s)
				if got := <-ended; got != tt.want {
					t.Errorf("after %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// The end of a watch ends its goroutine; without a bound there is none.
func TestSilenceStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := silence{began: time.Now()}
		for _, most := range []time.Duration{0, time.Hour} {
			stop := s.watch(most, func() { t.Error("it was ended") })
			stop()
		}
	})
}

// A job that falls silent is stopped, on a direct terminal too.
func TestIdleTimeout(t *testing.T) {
	for _, direct := range []bool{false, true} {
		j := job("j", self(t, "hang"), self(t, "copy"))
		j.IdleTimeout = plan.Duration(20 * time.Millisecond)
		o := execute(t, planOf(j), Options{Direct: direct})
		a := o.Jobs[0].Last()
		if a.Status != "timed_out" || a.Cause != "no output for 20ms" || a.CauseBy != -1 {
			t.Errorf("%s: stage %d: %s", a.Status, a.CauseBy, a.Cause)
		}
		stops := find[event.Stopping](o.recorder)
		if len(stops) != 1 || stops[0].Reason != "no output for 20ms" || stops[0].Signal != "TERM" || stops[0].Grace != time.Hour {
			t.Errorf("the events tell of %+v", stops)
		}
	}
}

package runner

import (
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
)

// stuckSink hears of nothing else from when an attempt is being stopped until
// its process has exited.
type stuckSink struct {
	t      *testing.T
	exited chan struct{}
}

func (s stuckSink) Event(e event.Event) {
	switch e.(type) {
	case event.StageExited:
		close(s.exited)
	case event.Stopping:
		select {
		case <-s.exited:
		case <-time.After(30 * time.Second):
			s.t.Error("KILL did not come")
		}
	}
}

// KILL comes when the grace is over, also where who hears of the stop is stuck,
// as a pipe is that nobody reads.
func TestStopWithStuckSink(t *testing.T) {
	j := job("j", self(t, "ignore"))
	j.Timeout = plan.Duration(20 * time.Millisecond)
	j.Stop = plan.Stop{Signal: "TERM", Grace: plan.Duration(20 * time.Millisecond)}
	if _, err := Run(t.Context(), planOf(j), Options{Sink: stuckSink{t, make(chan struct{})}}); err != nil {
		t.Error(err)
	}
}

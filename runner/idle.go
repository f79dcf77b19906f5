package runner

import (
	"sync"
	"sync/atomic"
	"time"

	"sluice/runner/report"
)

// silence is how long nothing has come on the logged streams of an attempt.
type silence struct {
	last    atomic.Int64 // when something came, in nanoseconds since the attempt began
	passing atomic.Int32 // pieces that are being passed on: their reader is slow, not the child
}

// heard calls pass, with which something that came is passed on.
func (a *attempt) heard(pass func()) {
	if a.job.IdleTimeout == 0 {
		pass()
		return
	}
	a.silence.passing.Add(1)
	pass()
	a.silence.last.Store(int64(time.Since(a.res.Start)))
	a.silence.passing.Add(-1)
}

// watchSilence ends the attempt when nothing has come for its idle timeout.
// stop ends the watch. A child that prints much costs no more than one that
// prints little: no timer is set for what comes, but one looks when it fires.
func (a *attempt) watchSilence() (stop func()) {
	most := time.Duration(a.job.IdleTimeout)
	if most == 0 {
		return func() {}
	}
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		t := time.NewTimer(most)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-t.C:
			}
			left := most
			if a.silence.passing.Load() == 0 {
				left -= time.Since(a.res.Start) - time.Duration(a.silence.last.Load())
			}
			if left <= 0 {
				a.end(stopped{status: report.TimedOut, reason: "no output for " + a.job.IdleTimeout.String()})
				return
			}
			t.Reset(left)
		}
	})
	return func() {
		close(done)
		watch.Wait()
	}
}

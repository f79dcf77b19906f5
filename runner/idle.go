package runner

import (
	"sync"
	"sync/atomic"
	"time"
)

// silence is how long nothing has come on the logged streams of an attempt.
// Its zero value is of one that has just begun.
type silence struct {
	began   time.Time
	last    atomic.Int64 // when something came, in nanoseconds since then
	passing atomic.Int32 // pieces that are being passed on: their reader is slow, not the child
}

// heard calls pass, with which something that came is passed on.
func (s *silence) heard(pass func()) {
	s.passing.Add(1)
	pass()
	s.last.Store(int64(time.Since(s.began)))
	s.passing.Add(-1)
}

// watch calls end when nothing has come for so long, unless the function that
// it returns is called before. A child that prints much costs no more than one
// that prints little: no timer is set for what comes, but one looks when it
// fires. 0 is for ever.
func (s *silence) watch(most time.Duration, end func()) (stop func()) {
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
			if s.passing.Load() == 0 {
				left -= time.Since(s.began) - time.Duration(s.last.Load())
			}
			if left <= 0 {
				end()
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

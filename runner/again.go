package runner

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// again decides what follows the attempts of an instance. It knows no process
// and no clock: it is told when an attempt ended.
type again struct {
	job      *plan.Job
	began    time.Time     // the first attempt
	restarts []time.Time   // within the window, the oldest first
	delay    time.Duration // before the next restart; 0: the first one's
}

// then is what follows an attempt.
type then int

const (
	nothing then = iota
	retried
	restarted
)

// after says what follows a, which ended now and by itself, and after which
// delay. Where it is the policy that lets nothing follow, it tells so in a.
func (g *again) after(a *report.Attempt, now time.Time) (then, time.Duration) {
	if g.job.Retry != nil {
		if delay, ok := g.retry(a, now); ok {
			return retried, delay
		}
	}
	if g.job.Restart != nil {
		if delay, ok := g.restart(a, now); ok {
			return restarted, delay
		}
	}
	return nothing, 0
}

func (g *again) retry(a *report.Attempt, now time.Time) (time.Duration, bool) {
	r := g.job.Retry
	if a.Status == report.Succeeded || a.Number >= r.Attempts || r.On != nil && !listed(r.On, a) {
		return 0, false
	}
	delay := jitter(time.Duration(r.Delays[a.Number-1]), r.Jitter)
	if r.Budget > 0 && now.Add(delay).Sub(g.began) >= time.Duration(r.Budget) {
		a.Warnings = append(a.Warnings, fmt.Sprintf("attempt %d of %d is not made: it would begin after the retry budget of %s", a.Number+1, r.Attempts, r.Budget))
		return 0, false
	}
	return delay, true
}

// jitter makes d up to the given share longer or shorter.
func jitter(d time.Duration, share float64) time.Duration {
	return time.Duration(float64(d) * (1 + share*(2*rand.Float64()-1)))
}

// listed reports whether on names the ending of a, which is that of its stage
// at fault. What failed without a process, as a missing input, did not start.
func listed(on *plan.RetryOn, a *report.Attempt) bool {
	if a.Status == report.TimedOut {
		return on.Timeout
	}
	if a.CauseBy < 0 {
		return on.Start && !slices.ContainsFunc(a.Stages, func(s *report.Stage) bool { return s.PID != 0 })
	}
	switch s := a.Stages[a.CauseBy]; {
	case s.Status == report.StageNotStarted:
		return on.Start
	case s.Status != report.StageFailed: // it was stopped for what it did
		return false
	case s.Signal != "":
		return slices.Contains(on.Signal, s.Signal)
	default:
		return slices.Contains(on.Exit, s.Code)
	}
}

func (g *again) restart(a *report.Attempt, now time.Time) (time.Duration, bool) {
	r := g.job.Restart
	if !r.Always && endedWell(g.job, a) {
		return 0, false
	}
	window := time.Duration(r.Window)
	if g.delay == 0 || a.Took >= window {
		g.delay = time.Duration(r.Delay)
	}
	delay := g.delay
	at := now.Add(delay)
	g.restarts = slices.DeleteFunc(g.restarts, func(t time.Time) bool { return at.Sub(t) >= window })
	if len(g.restarts) >= r.Max {
		times := fmt.Sprintf("%d times", r.Max)
		if r.Max == 1 {
			times = "once"
		}
		told := fmt.Sprintf("restarted %s within %s, and not again", times, r.Window)
		if a.Cause != "" {
			told = a.Cause + "; " + told
		}
		a.Status, a.Cause = report.Failed, told
		return 0, false
	}
	g.restarts = append(g.restarts, at)
	g.delay = min(time.Duration(float64(g.delay)*r.Factor), time.Duration(r.MaxDelay))
	return delay, true
}

// endedWell reports whether nothing was wrong with a but that a service should
// not end by itself.
func endedWell(j *plan.Job, a *report.Attempt) bool {
	if a.Status == report.Succeeded {
		return true
	}
	return j.Service && a.Status == report.Failed && a.CauseBy < 0 && !slices.ContainsFunc(a.Stages, func(s *report.Stage) bool {
		return s.Status != report.StageSucceeded && s.Status != report.StageClosedEarly
	})
}

// unrepeatable says why inst can't be tried again as its job asks for, or "".
func unrepeatable(j *plan.Job, inst *plan.Instance) string {
	if j.Retry == nil || j.Retry.Attempts < 2 {
		return ""
	}
	for _, in := range inst.Inputs() {
		if in.Kind != plan.InFile {
			continue
		}
		if info, err := os.Stat(in.Path); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
			return fmt.Sprintf("stdin is the FIFO %s, which a second attempt could not read again; leave retry out, or have a job write it to a file first", in.Path)
		}
	}
	return ""
}

package runner

import (
	"context"
	"slices"
	"strings"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// keptAttempts is how many attempts a report keeps of an instance, the last
// ones: a service may be started again for months.
const keptAttempts = 20

// instance runs one instance: its attempts, and the delays between them. The
// error is sluice's own, never the child's.
func (r *run) instance(ctx context.Context, j *plan.Job, inst *plan.Instance) (*report.Job, error) {
	res := &report.Job{ID: inst.ID, Name: j.Name, Start: time.Now()}
	var err error
	if j.Detach {
		r.detach(ctx, j, inst, res)
	} else if why := unrepeatable(j, inst); why != "" {
		res.Status, res.Reason = report.Failed, why
	} else {
		err = r.attempts(ctx, j, inst, res)
	}
	res.Stopped = j.Service && res.Status == report.Succeeded
	res.Took = time.Since(res.Start)
	return res, err
}

// attempts makes attempts of inst until no other follows, and records them.
func (r *run) attempts(ctx context.Context, j *plan.Job, inst *plan.Instance, res *report.Job) error {
	g := again{job: j, began: res.Start}
	for n := 1; ; n++ {
		a, outputs, err := r.attempt(ctx, j, inst, n)
		var next then
		var delay time.Duration
		if err == nil && a.Status != report.Cancelled && ctx.Err() == nil && r.kill.Err() == nil {
			next, delay = g.after(a, time.Now())
		}
		keep(res, a)
		res.Outputs = nil
		if a.Status == report.Succeeded {
			res.Outputs = slices.SortedFunc(slices.Values(outputs), func(x, y report.Output) int { return strings.Compare(x.Path, y.Path) })
		}
		r.emit(event.AttemptEnded{ID: inst.ID, Result: a}) // from here on a is the reader's
		going := false
		switch next {
		case retried:
			r.emit(event.RetryScheduled{ID: inst.ID, Attempt: n + 1, Of: j.Retry.Attempts, Delay: delay})
			going = r.pause(ctx, delay, nil)
		case restarted:
			if r.stopping.Err() != nil {
				return nil // what restarts while all else ends would never let it end
			}
			r.emit(event.RestartScheduled{ID: inst.ID, Attempt: n + 1, Delay: delay})
			going = r.pause(ctx, delay, r.stopping.Done())
		}
		switch {
		case going:
			continue
		case next == restarted && j.Service && ctx.Err() != nil && r.stopping.Err() == nil:
			res.Status, res.Reason = report.Succeeded, "told to stop while it waited to be started again"
		}
		return err
	}
}

// keep adds a to the attempts of res.
func keep(res *report.Job, a *report.Attempt) {
	res.Status = a.Status
	if len(res.Attempts) == keptAttempts {
		copy(res.Attempts, res.Attempts[1:])
		res.Attempts = res.Attempts[:keptAttempts-1]
		res.Earlier++
	}
	res.Attempts = append(res.Attempts, a)
}

// pause waits for d, and returns false at once when the run is stopped or when
// other is done.
func (r *run) pause(ctx context.Context, d time.Duration, other <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-r.kill.Done():
	case <-other:
	}
	return false
}

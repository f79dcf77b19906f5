package runner

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/go-multierror"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// coordinator is the one goroutine that asks the schedule, starts what may
// start, each instance on a goroutine of its own, and waits for all of them.
type coordinator struct {
	*run
	ctx   context.Context // the caller's
	jobs  context.Context // what jobs run under; --fail-fast ends it alone
	stop  context.CancelCauseFunc
	done  <-chan struct{} // of ctx; nil when it was heard
	sched *schedule

	total   int // instances of the plan
	running int
	results chan result
	rep     *report.Report
	byID    map[string]*report.Job
	errs    *multierror.Error // of sluice itself
}

// result is how an instance ended. The error is sluice's own.
type result struct {
	job  *plan.Job
	inst *plan.Instance
	res  *report.Job
	err  error
}

func newCoordinator(r *run, ctx context.Context) *coordinator {
	c := &coordinator{
		run: r, ctx: ctx, done: ctx.Done(),
		results: make(chan result, 1), // room for the one that runs on this goroutine
		rep:     &report.Report{Version: report.Version, RunID: r.o.RunID, File: r.plan.File, Start: time.Now()},
		byID:    map[string]*report.Job{},
	}
	c.jobs, c.stop = context.WithCancelCause(ctx)
	for _, j := range r.plan.Jobs {
		c.total += len(j.Instances)
	}
	return c
}

func (c *coordinator) coordinate() (*report.Report, error) {
	defer c.stop(nil)
	c.emit(event.RunStarted{RunID: c.rep.RunID, File: c.rep.File, Instances: c.total})
	told := make(chan struct{})
	untold := context.AfterFunc(c.ctx, func() {
		defer close(told)
		c.emit(event.RunStopping{Reason: context.Cause(c.ctx).Error(), Kill: true})
	})
	for _, j := range c.plan.Jobs {
		if j.Skip != "" {
			c.record(&report.Job{ID: j.Name, Name: j.Name, Status: report.Skipped, Reason: j.Skip})
		}
	}
	sched, never := newSchedule(c.plan)
	c.sched = sched
	c.drop(never)
	for {
		c.startReady()
		if c.running == 0 {
			break
		}
		select {
		case res := <-c.results:
			c.ended(res)
		case <-c.done:
			c.cancelled()
		}
	}
	if !untold() {
		<-told // nothing comes after RunEnded
	}
	c.finish()
	if err := c.monitorLost(); err != nil {
		c.errs = multierror.Append(c.errs, err)
		c.errs.ErrorFormat = oneLine
	}
	return c.rep, c.errs.ErrorOrNil()
}

func (c *coordinator) record(j *report.Job) {
	c.byID[j.ID] = j
	c.emit(event.JobEnded{ID: j.ID, Result: j})
}

// drop records instances that never start.
func (c *coordinator) drop(list []unstarted) {
	for _, u := range list {
		c.record(&report.Job{ID: u.inst.ID, Name: u.job.Name, Status: report.NotStarted, Reason: u.reason})
	}
}

// cancelled lets nothing start any more but clean-up, since ctx is cancelled.
func (c *coordinator) cancelled() {
	c.done = nil
	c.drop(c.sched.stop(context.Cause(c.ctx).Error())) // the first call counts
}

// startReady starts instances until nothing is ready or enough run.
func (c *coordinator) startReady() {
	for c.running < c.o.Parallel {
		// Before each start, and not on the channels' word alone: a select
		// takes any of those that are ready.
		if c.kill.Err() != nil {
			c.drop(c.sched.halt(context.Cause(c.kill).Error()))
		}
		if c.ctx.Err() != nil {
			c.cancelled()
		}
		j, inst, ok := c.sched.start()
		if !ok {
			return
		}
		c.running++
		c.emit(event.JobStarted{ID: inst.ID}) // here, so that they come in the order of the starts
		ctx := c.contextOf()
		execute := func() {
			res, err := c.instance(ctx, j, inst)
			c.results <- result{j, inst, res, err}
		}
		if c.total == 1 {
			execute() // nothing else can happen meanwhile
		} else {
			go execute()
		}
	}
}

// contextOf is what the next instance runs under. What starts when the
// schedule is stopped is clean-up: what stopped the others does not stop it.
func (c *coordinator) contextOf() context.Context {
	switch {
	case c.sched.stopped && c.ctx.Err() != nil:
		return context.WithoutCancel(c.ctx)
	case c.sched.stopped:
		return c.ctx
	}
	return c.jobs
}

// ended records a result and decides what it means for the rest of the run.
func (c *coordinator) ended(r result) {
	c.running--
	c.record(r.res)
	if r.err != nil {
		c.errs = multierror.Append(c.errs, r.err)
		c.errs.ErrorFormat = oneLine
	}
	if status := r.res.Status; !status.OK() && c.ctx.Err() == nil && !c.sched.stopped {
		switch {
		case status == report.Cancelled:
			// By itself: it owned the terminal and got its Ctrl-C, or nobody
			// reads what it prints.
			c.stopRun(r.res.Last().Cause, true)
		case !c.o.KeepGoing || r.err != nil:
			c.stopRun(r.inst.ID+" failed", c.o.FailFast)
		}
	}
	c.drop(c.sched.ended(r.job, r.inst, r.res.Status))
}

// stopRun lets nothing start any more but clean-up, and with running stops
// what runs.
func (c *coordinator) stopRun(reason string, running bool) {
	c.drop(c.sched.stop(reason))
	if running {
		c.stop(errors.New(reason))
	}
	c.emit(event.RunStopping{Reason: reason, Kill: running})
}

// finish puts the results into the order of the plan and gives the run its
// status.
func (c *coordinator) finish() {
	c.rep.Contained = c.contained()
	c.rep.Status = report.Succeeded
	for _, j := range c.plan.Jobs {
		if j.Skip != "" {
			c.rep.Jobs = append(c.rep.Jobs, c.byID[j.Name])
		}
		for _, inst := range j.Instances {
			res := c.byID[inst.ID]
			c.rep.Jobs = append(c.rep.Jobs, res)
			if !res.Status.OK() {
				c.rep.Status = report.Failed
			}
		}
	}
	if c.rep.Status == report.Failed && (c.ctx.Err() != nil || onlyCancelled(c.rep.Jobs)) {
		c.rep.Status = report.Cancelled
	}
	c.rep.Took = time.Since(c.rep.Start)
	c.emit(event.RunEnded{Status: c.rep.Status, Took: c.rep.Took})
}

// onlyCancelled reports whether none of jobs failed by itself.
func onlyCancelled(jobs []*report.Job) bool {
	return !slices.ContainsFunc(jobs, func(j *report.Job) bool { return j.Status == report.Failed || j.Status == report.TimedOut })
}

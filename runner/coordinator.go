package runner

import (
	"context"
	"errors"
	"slices"
	"sync"
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
	news  chan news

	total     int                               // instances that may start
	alive     int                               // tasks that are not over
	running   int                               // those that have a slot
	recording int                               // those whose result is being recorded
	failing   int                               // and is a failure, which may let nothing more start
	held      []*task                           // those that wait for a slot or for descriptors
	waiting   map[*task]context.CancelCauseFunc // those that wait for their lock, and how to end that
	services  map[string]*service               // by name, those that were started
	files     files
	tellKill  func() // tells, once, that what still runs is killed

	why  string // the run is stopping
	rep  *report.Report
	byID map[string]*report.Job
	errs *multierror.Error // of sluice itself

	found   map[string][]*plan.Instance // by job, those that only the run could know
	writers plan.Writers                // of the files of all that are known; nil until a job is spread
}

func newCoordinator(r *run, ctx context.Context) *coordinator {
	c := &coordinator{
		run: r, ctx: ctx, done: ctx.Done(),
		news:     make(chan news, 1), // room for that of a task on this goroutine
		waiting:  map[*task]context.CancelCauseFunc{},
		services: map[string]*service{},
		rep:      &report.Report{Version: report.Version, RunID: r.o.RunID, File: r.plan.File, Start: time.Now()},
		byID:     map[string]*report.Job{},
		found:    map[string][]*plan.Instance{},
		files:    newFiles(r.o.Parallel),
	}
	c.jobs, c.stop = context.WithCancelCause(ctx)
	r.stopping = c.jobs
	c.tellKill = sync.OnceFunc(func() {
		r.emit(event.RunStopping{Reason: context.Cause(r.kill).Error(), Kill: true, Now: true})
	})
	r.announce = func(j *plan.Job, inst *plan.Instance) {
		c.news <- news{what: ready, task: &task{job: j, inst: inst}}
	}
	for _, j := range r.plan.Jobs {
		for _, inst := range j.Instances {
			if j.Service || !c.isPrior(inst) {
				c.total++
			}
		}
		if j.Vague() {
			c.total++
		}
	}
	return c
}

// isPrior reports whether inst succeeded in an earlier run.
func (c *coordinator) isPrior(inst *plan.Instance) bool {
	_, ok := c.o.Prior[inst.ID]
	return ok
}

func (c *coordinator) coordinate() (*report.Report, error) {
	defer c.stop(nil)
	c.emit(event.RunStarted{RunID: c.rep.RunID, File: c.rep.File, Instances: c.total})
	told := make(chan struct{})
	untold := context.AfterFunc(c.ctx, func() {
		defer close(told)
		c.emit(event.RunStopping{Reason: context.Cause(c.ctx).Error(), Kill: true})
	})
	unkilled := context.AfterFunc(c.kill, c.tellKill)
	c.tellEarlier()
	sched, never := newSchedule(c.plan, c.isPrior, c.spread)
	c.sched = sched
	c.drop(never)
	for {
		c.startReady()
		c.stopServices()
		if c.alive == 0 {
			never := c.sched.stuck()
			if len(never) == 0 {
				break
			}
			c.drop(never)
			continue
		}
		select {
		case n := <-c.news:
			c.hear(n)
		case <-c.done:
			c.cancelled()
		}
	}
	if !untold() {
		<-told // nothing comes after RunEnded
	}
	if !unkilled() {
		c.tellKill() // returns when it was told
	}
	if err := c.monitorLost(); err != nil {
		c.fail(err)
	}
	c.finish()
	return c.rep, c.errs.ErrorOrNil()
}

// tellEarlier tells of what is skipped, and of what an earlier run has done.
func (c *coordinator) tellEarlier() {
	for _, j := range c.plan.Jobs {
		if j.Skip != "" {
			c.tell(&report.Job{ID: j.Name, Name: j.Name, Status: report.Skipped, Reason: j.Skip})
		}
		if j.Service {
			continue // nothing is left of it
		}
		for _, inst := range j.Instances {
			if c.isPrior(inst) {
				c.tellPrior(j, inst)
			}
		}
	}
}

// tellPrior tells of inst, which succeeded in an earlier run.
func (c *coordinator) tellPrior(j *plan.Job, inst *plan.Instance) {
	prior := c.o.Prior[inst.ID]
	res := &report.Job{ID: inst.ID, Name: j.Name, Status: report.Succeeded, Reason: "succeeded in run " + prior.RunID}
	if prior.Result != nil {
		res.RunID, res.Outputs, res.Values = prior.Result.RunID, prior.Result.Outputs, prior.Result.Values
		c.setValues(inst.ID, res.Values)
	}
	if inst.Stdout.Kind == plan.OutCapture {
		c.setStdout(inst.ID, prior.Stdout, inst.Stdout.Trim)
	}
	c.tell(res)
}

// fail notes an error of sluice itself.
func (c *coordinator) fail(err error) {
	c.errs = multierror.Append(c.errs, err)
	c.errs.ErrorFormat = oneLine
}

func (c *coordinator) tell(j *report.Job) {
	if c.kill.Err() != nil {
		c.tellKill() // before what comes of it; no KILL waits for that
	}
	c.byID[j.ID] = j
	c.emit(event.JobEnded{ID: j.ID, Result: j})
}

// drop tells of instances that never start. A job that could not be spread is a
// failure like any other.
func (c *coordinator) drop(list []unstarted) {
	failed := ""
	for _, u := range list {
		c.tell(&report.Job{ID: u.inst.ID, Name: u.job.Name, Status: u.status, Reason: u.reason})
		if u.status == report.Failed && failed == "" {
			failed = u.job.Name
		}
	}
	if failed != "" && !c.o.KeepGoing && c.ctx.Err() == nil && !c.sched.stopped {
		c.stopRun(failed+" failed", c.o.FailFast)
	}
}

// startReady starts instances until nothing is ready or enough run.
func (c *coordinator) startReady() {
	for {
		// Before each start, and not on the channels' word alone: a select
		// takes any of those that are ready.
		if c.kill.Err() != nil {
			c.drop(c.sched.halt(context.Cause(c.kill).Error()))
			c.abandon(context.Cause(c.kill).Error())
		}
		if c.ctx.Err() != nil {
			c.cancelled()
		}
		room := c.running < c.o.Parallel && c.recording < c.mostRecording() && (c.failing == 0 || c.o.KeepGoing)
		if len(c.held) > 0 {
			if t := c.held[0]; room && c.files.fits(t.inst) {
				c.held = c.held[1:]
				c.launch(t)
				continue
			}
			room = false
		}
		j, inst, ok := c.sched.start(room)
		if !ok {
			return
		}
		c.begin(&task{job: j, inst: inst})
	}
}

// cancelled lets nothing start any more but clean-up, since ctx is cancelled.
func (c *coordinator) cancelled() {
	if c.done == nil {
		return
	}
	c.done = nil
	c.letNothingStart(context.Cause(c.ctx).Error()) // the first call counts
}

// letNothingStart lets nothing start any more but clean-up.
func (c *coordinator) letNothingStart(reason string) {
	if c.why == "" {
		c.why = reason
	}
	c.drop(c.sched.stop(reason))
	c.abandon(reason)
}

// stopRun lets nothing start any more but clean-up, and with running stops
// what runs.
func (c *coordinator) stopRun(reason string, running bool) {
	c.letNothingStart(reason)
	if running {
		c.stop(errors.New(reason))
	}
	c.emit(event.RunStopping{Reason: reason, Kill: running})
}

// over records the end of a task and decides what it means for the rest of
// the run. err is sluice's own.
func (c *coordinator) over(t *task, res *report.Job, err error) {
	c.alive--
	c.tell(res)
	if err != nil {
		c.fail(err)
	}
	c.drop(c.sched.ended(t.job, t.inst, res.Status))
	stands := res.Status.OK() && err == nil || res.Status == report.NotStarted
	if !stands && c.ctx.Err() == nil && !c.sched.stopped {
		switch {
		case res.Status == report.Cancelled:
			// By itself: it owned the terminal and got its Ctrl-C, or nobody
			// reads what it prints. Or it was killed.
			c.stopRun(res.Why(), true)
		case res.Status.OK():
			c.stopRun(t.inst.ID+" could not be recorded", c.o.FailFast)
		case !c.o.KeepGoing || err != nil:
			c.stopRun(t.inst.ID+" failed", c.o.FailFast)
		}
	}
}

// finish puts the results into the order of the plan and gives the run its
// status.
func (c *coordinator) finish() {
	c.rep.Contained = c.contained()
	c.rep.Status = report.Succeeded
	for _, j := range c.plan.Jobs {
		ids := []string{j.Name} // of a job that was skipped, or never spread
		if list := c.instances(j); len(list) > 0 {
			ids = ids[:0]
			for _, inst := range list {
				ids = append(ids, inst.ID)
			}
		}
		for _, id := range ids {
			res := c.byID[id]
			if res == nil {
				continue // a matrix of nothing
			}
			c.rep.Jobs = append(c.rep.Jobs, res)
			if !res.Status.OK() {
				c.rep.Status = report.Failed
			}
		}
	}
	if c.rep.Status == report.Failed && (c.ctx.Err() != nil || onlyCancelled(c.rep.Jobs)) {
		c.rep.Status = report.Cancelled
	}
	if err := c.errs.ErrorOrNil(); err != nil {
		c.rep.Status, c.rep.Error = report.Failed, err.Error()
	}
	c.rep.Took = time.Since(c.rep.Start)
	c.emit(event.RunEnded{Status: c.rep.Status, Took: c.rep.Took})
}

// onlyCancelled reports whether none of jobs failed by itself.
func onlyCancelled(jobs []*report.Job) bool {
	return !slices.ContainsFunc(jobs, func(j *report.Job) bool { return j.Status == report.Failed || j.Status == report.TimedOut })
}

package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"sluice/runner/event"
	"sluice/runner/lock"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// mostRecording is how many results may be on their way to the disk. Beyond
// that the disk is slower than the jobs, and they wait for it. Where one
// instance runs at a time, each is done before the next begins, so that what
// is told of them comes in one order.
func (c *coordinator) mostRecording() int {
	if c.o.Parallel == 1 {
		return 1
	}
	return 32
}

// task is an instance that the schedule gave out. It goes through: begin,
// where it may wait for its lock; held, where it may wait for a slot or for
// descriptors; launch; ended; over. Only the coordinator's goroutine touches it.
type task struct {
	job  *plan.Job
	inst *plan.Instance
	lock *lock.Lock // nil: it is not exclusive
	free func()     // takes the lock back from the Keeper; nil where that has it not
}

// news is what a goroutine tells the coordinator of a task. The error is
// sluice's own.
type news struct {
	what    what
	task    *task
	res     *report.Job
	durable func() error // of Options.Record
	err     error
}

type what int

const (
	ready    what = iota // a service is
	locked               // the wait for a lock is over
	ended                // nothing of it runs any more
	recorded             // its result is durable, so it is over
)

func (c *coordinator) hear(n news) {
	switch n.what {
	case ready:
		c.drop(c.sched.announce(n.task.job, n.task.inst))
	case locked:
		c.locked(n.task, n.err)
	case ended:
		c.ended(n)
	case recorded:
		c.recording--
		if !n.res.Status.OK() {
			c.failing--
		}
		c.over(n.task, n.res, n.err)
	}
}

// begin starts t, or has it wait for its lock.
func (c *coordinator) begin(t *task) {
	c.alive++
	held := t.inst.Exclusive
	if held == nil || t.job.Detach { // the run that it becomes is the holder
		c.admit(t)
		return
	}
	var err error
	if t.lock, err = lock.Open(c.o.Locks, held.Name); err != nil {
		c.refused(t, err.Error(), err)
		return
	}
	ok, err := t.lock.Try(c.holder(t))
	switch {
	case ok && err == nil:
		c.admit(t)
	case err != nil:
		c.refused(t, err.Error(), err)
	case held.Fail:
		c.refused(t, fmt.Sprintf("exclusive %s is held by %s", held.Name, c.heldBy(t)), nil)
	default:
		c.await(t)
	}
}

// admit launches t, which has a slot if it needs one, unless there are too few
// descriptors: then it is held.
func (c *coordinator) admit(t *task) {
	if t.job.Service || c.files.fits(t.inst) {
		c.launch(t)
		return
	}
	c.held = append(c.held, t)
}

// holder is what this run writes into the lock of t.
func (c *coordinator) holder(t *task) lock.Holder {
	return lock.Holder{Run: c.o.RunID, PID: os.Getpid(), Job: t.inst.ID, File: c.plan.File}
}

// heldBy is who has the lock of t, for a person who waits for it.
func (c *coordinator) heldBy(t *task) string {
	h := t.lock.Holder()
	if h.Run == c.o.RunID && h.Job != "" {
		return "job " + h.Job + " of this run"
	}
	return h.String()
}

// refused ends a task that can't have its lock.
func (c *coordinator) refused(t *task, reason string, err error) {
	c.emit(event.JobStarted{ID: t.inst.ID})
	c.unlock(t)
	c.over(t, &report.Job{ID: t.inst.ID, Name: t.job.Name, Status: report.Failed, Reason: reason}, err)
}

// await has a goroutine wait for the lock of t, which takes no slot meanwhile.
func (c *coordinator) await(t *task) {
	name := t.inst.Exclusive.Name
	c.emit(event.Waiting{ID: t.inst.ID, Reason: fmt.Sprintf("exclusive %s is held by %s", name, c.heldBy(t))})
	ctx, cancel := context.WithCancelCause(c.kill)
	c.waiting[t] = cancel
	me := c.holder(t)
	go func() {
		err := t.lock.Wait(ctx, me)
		c.news <- news{what: locked, task: t, err: err}
	}()
}

// locked hears that t has its lock, or why it has not.
func (c *coordinator) locked(t *task, err error) {
	ended := c.waiting[t]
	delete(c.waiting, t)
	ended(nil)
	stopped, ours := errors.AsType[*abandoned](err)
	switch {
	case ours:
		c.unstart(t, stopped.reason)
	case c.kill.Err() != nil:
		c.unstart(t, context.Cause(c.kill).Error())
	case err != nil:
		c.refused(t, err.Error(), err)
	case !c.mayStart(t):
		c.unstart(t, c.why)
	case t.job.Service && c.serviceOf(t.job).ctx.Err() != nil:
		c.unstart(t, context.Cause(c.serviceOf(t.job).ctx).Error())
	case t.job.Service:
		c.launch(t)
	default:
		c.held = append(c.held, t)
	}
}

// abandoned is why a wait for a lock ended before it was had.
type abandoned struct{ reason string }

func (a *abandoned) Error() string { return a.reason }

// mayStart reports whether t may start although the run may be stopping.
func (c *coordinator) mayStart(t *task) bool {
	return !c.sched.stopped || c.sched.isCleanup(c.sched.byName[t.job.Name])
}

// abandon gives up what waits for a lock or a slot, but for clean-up.
func (c *coordinator) abandon(reason string) {
	for t, end := range c.waiting {
		if !c.mayStart(t) {
			end(&abandoned{reason})
		}
	}
	c.held = slices.DeleteFunc(c.held, func(t *task) bool {
		if c.mayStart(t) {
			return false
		}
		c.unstart(t, reason)
		return true
	})
}

// unstart ends a task that was never started.
func (c *coordinator) unstart(t *task, reason string) {
	c.unlock(t)
	c.over(t, &report.Job{ID: t.inst.ID, Name: t.job.Name, Status: report.NotStarted, Reason: reason}, nil)
}

func (c *coordinator) unlock(t *task) error {
	if t.lock == nil {
		return nil
	}
	err := t.lock.Close()
	if t.free != nil {
		t.free()
	}
	return err
}

// launch runs t on a goroutine of its own. Its lock is held from then on for
// as long as anything of the run lives, also when this process is killed.
func (c *coordinator) launch(t *task) {
	if t.lock != nil && c.o.Keeper != nil {
		var err error
		if t.free, err = c.o.Keeper.Hold(t.lock.File()); err != nil {
			c.refused(t, err.Error(), err)
			return
		}
	}
	if !t.job.Service {
		c.running++
	}
	c.files.take(t.inst)
	c.emit(event.JobStarted{ID: t.inst.ID}) // here, so that they come in the order of the starts
	ctx := c.contextOf(t)
	c.spawn(t, func() news {
		res, err := c.instance(ctx, t.job, t.inst)
		err = errors.Join(err, c.unlock(t))
		durable, failed := c.record(res)
		return news{what: ended, task: t, res: res, durable: durable, err: errors.Join(err, failed)}
	})
}

// record keeps a result, if that of something that ran.
func (c *coordinator) record(res *report.Job) (durable func() error, err error) {
	if c.o.Record == nil || len(res.Attempts) == 0 && res.RunID == "" {
		return nil, nil
	}
	stdout, _ := c.stdoutOf(res.ID) // an error says that it captured nothing
	return c.o.Record(res, stdout)
}

// spawn calls f and hears what it says.
func (c *coordinator) spawn(t *task, f func() news) {
	if c.total == 1 && !t.job.Service {
		c.news <- f() // nothing else can happen meanwhile
		return
	}
	go func() { c.news <- f() }()
}

// contextOf is what t runs under. What starts when the schedule is stopped is
// clean-up: what stopped the others does not stop it. Services are stopped by
// name.
func (c *coordinator) contextOf(t *task) context.Context {
	switch {
	case t.job.Service:
		return c.serviceOf(t.job).ctx
	case c.sched.stopped && c.ctx.Err() != nil:
		return context.WithoutCancel(c.ctx)
	case c.sched.stopped:
		return c.ctx
	}
	return c.jobs
}

// ended frees the slot of a task, and has its result made durable while the
// next one runs.
func (c *coordinator) ended(n news) {
	c.files.giveBack(n.task.inst)
	if !n.task.job.Service {
		c.running--
	}
	if n.durable == nil {
		c.over(n.task, n.res, n.err)
		return
	}
	c.recording++
	if !n.res.Status.OK() {
		c.failing++
	}
	c.spawn(n.task, func() news {
		return news{what: recorded, task: n.task, res: n.res, err: errors.Join(n.err, n.durable())}
	})
}

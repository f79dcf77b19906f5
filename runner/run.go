package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-multierror"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/proc"
	"sluice/runner/report"
)

const (
	sigpipe = syscall.SIGPIPE
	sigkill = syscall.SIGKILL
)

// Options say how a plan is run. The zero Options run it with nobody
// listening and nothing inherited. They are read once, when Run begins.
type Options struct {
	Parallel  int        // instances at once; 0 means the plan's max_parallel, else the number of CPUs
	KeepGoing bool       // a failure keeps only its dependents from starting; else nothing new starts
	FailFast  bool       // a failure also stops what runs
	Sink      event.Sink // hears what happens; nil means nobody

	// Stdin, Stdout and Stderr are what `inherit` means; nil is /dev/null.
	// The caller keeps them.
	Stdin, Stdout, Stderr *os.File
	// Direct lets logged streams be inherited too: they go straight to Stdout
	// and Stderr, no Output events come, and no tail of stderr is kept.
	Direct bool

	// Kill, when it is done, ends at once what a cancelled context is
	// stopping. nil is never.
	Kill  context.Context
	RunID string // names the run; empty means a new id
}

// Run executes p and returns what happened. A child that ends badly is in the
// Report; the error says that sluice itself could not go on, and comes with
// the Report of what happened until then.
//
// When ctx is cancelled, no new job starts but clean-up jobs (`after`), and
// running ones are stopped as the plan says: signal, grace, KILL. The text of
// context.Cause(ctx) is the reason that reports give. Run returns when every
// process that it started is reaped and every goroutine has ended.
func Run(ctx context.Context, p *plan.Plan, o Options) (*report.Report, error) {
	if err := proc.CloseOnExec(); err != nil {
		return nil, fmt.Errorf("keep inherited descriptors from children: %w", err)
	}
	null, err := plumb.Null()
	if err != nil {
		return nil, err
	}
	defer null.Close()
	r := &run{plan: p, o: o, null: null, kill: o.Kill, captures: map[string]captured{}, results: make(chan result, 1)}
	if r.kill == nil {
		r.kill = context.Background()
	}
	if r.o.RunID == "" {
		r.o.RunID = NewRunID(time.Now())
	}
	if r.o.Parallel <= 0 {
		r.o.Parallel = p.MaxParallel
	}
	if r.o.Parallel <= 0 {
		r.o.Parallel = runtime.GOMAXPROCS(0)
	}
	return r.run(ctx)
}

// NewRunID makes an id that sorts by time: 20261123-160501-4f2a.
func NewRunID(now time.Time) string {
	return now.UTC().Format("20060102-150405-") + fmt.Sprintf("%04x", rand.IntN(1<<16))
}

// run is one execution of a plan.
type run struct {
	plan    *plan.Plan
	o       Options
	null    *os.File // /dev/null, for reading and writing
	kill    context.Context
	results chan result
	errs    *multierror.Error // of sluice itself; only the coordinator touches it

	mu       sync.Mutex
	captures map[string]captured // by instance ID
}

// captured is what a succeeded instance wrote to a captured stream.
type captured struct {
	data []byte
	trim bool
}

type result struct {
	job  *plan.Job
	inst *plan.Instance
	res  *report.Job
	err  error
}

func (r *run) emit(e event.Event) {
	if r.o.Sink != nil {
		r.o.Sink.Event(e)
	}
}

// run is the coordinator: it alone asks the schedule, starts an instance's
// goroutine, and waits for every one of them.
func (r *run) run(ctx context.Context) (*report.Report, error) {
	rep := &report.Report{Version: report.Version, RunID: r.o.RunID, File: r.plan.File, Start: time.Now()}
	byID := map[string]*report.Job{}
	record := func(j *report.Job) {
		byID[j.ID] = j
		r.emit(event.JobEnded{ID: j.ID, Result: j})
	}
	total := 0
	for _, j := range r.plan.Jobs {
		total += len(j.Instances)
	}
	r.emit(event.RunStarted{RunID: rep.RunID, File: rep.File, Instances: total})
	for _, j := range r.plan.Jobs {
		if j.Skip != "" {
			record(&report.Job{ID: j.Name, Name: j.Name, Status: report.Skipped, Reason: j.Skip})
		}
	}

	// The jobs' own context, so that --fail-fast can stop them; clean-up jobs
	// that start after that have ctx, or none that is cancelled.
	jobs, stopJobs := context.WithCancelCause(ctx)
	defer stopJobs(nil)
	sched, never := newSchedule(r.plan)
	drop := func(list []unstarted) {
		for _, u := range list {
			record(&report.Job{ID: u.inst.ID, Name: u.job.Name, Status: report.NotStarted, Reason: u.reason})
		}
	}
	drop(never)
	running, failed := 0, false
	done := ctx.Done() // nil when it was heard
	cancelled := func() {
		done = nil
		drop(sched.stop(context.Cause(ctx).Error())) // the first call counts
	}
	told := make(chan struct{})
	untold := context.AfterFunc(ctx, func() {
		defer close(told)
		r.emit(event.RunStopping{Reason: context.Cause(ctx).Error(), Kill: true})
	})
	for {
		for running < r.o.Parallel {
			// Before each start, and not on the channels' word alone: a
			// select takes any of those that are ready.
			if r.kill.Err() != nil {
				drop(sched.halt(context.Cause(r.kill).Error()))
			}
			if ctx.Err() != nil {
				cancelled()
			}
			j, inst, ok := sched.start()
			if !ok {
				break
			}
			running++
			jobCtx := jobs
			switch { // what starts when the schedule is stopped is clean-up
			case sched.stopped && ctx.Err() != nil:
				jobCtx = context.WithoutCancel(ctx)
			case sched.stopped:
				jobCtx = ctx
			}
			r.emit(event.JobStarted{ID: inst.ID}) // here, so that they come in the order of the starts
			execute := func() {
				res, err := r.instance(jobCtx, j, inst)
				r.results <- result{j, inst, res, err}
			}
			if total == 1 {
				execute() // nothing else can happen meanwhile; results has room for one
			} else {
				go execute()
			}
		}
		if running == 0 {
			break
		}
		select {
		case res := <-r.results:
			running--
			record(res.res)
			if res.err != nil {
				r.errs = multierror.Append(r.errs, res.err)
			}
			if res.res.Status == report.Cancelled && ctx.Err() == nil && jobs.Err() == nil {
				drop(sched.stop(res.res.Last().Cause)) // it was cancelled by itself: the terminal's Ctrl-C, or nobody reads
			}
			if st := res.res.Status; !st.OK() && ctx.Err() == nil && !failed && (!r.o.KeepGoing || res.err != nil) && !sched.stopped {
				failed = true
				reason := res.inst.ID + " failed"
				drop(sched.stop(reason))
				if r.o.FailFast {
					stopJobs(errors.New(reason))
				}
				r.emit(event.RunStopping{Reason: reason, Kill: r.o.FailFast})
			}
			drop(sched.ended(res.job, res.inst, res.res.Status))
		case <-done:
			cancelled()
		}
	}
	if !untold() {
		<-told // nothing comes after RunEnded
	}
	r.finish(ctx, rep, byID)
	return rep, r.errs.ErrorOrNil()
}

// finish puts the results into the order of the plan and gives the run its
// status.
func (r *run) finish(ctx context.Context, rep *report.Report, byID map[string]*report.Job) {
	rep.Status = report.Succeeded
	for _, j := range r.plan.Jobs {
		if j.Skip != "" {
			rep.Jobs = append(rep.Jobs, byID[j.Name])
		}
		for _, inst := range j.Instances {
			rep.Jobs = append(rep.Jobs, byID[inst.ID])
			if !byID[inst.ID].Status.OK() {
				rep.Status = report.Failed
			}
		}
	}
	if rep.Status == report.Failed && (ctx.Err() != nil || onlyCancelled(rep.Jobs)) {
		rep.Status = report.Cancelled
	}
	rep.Took = time.Since(rep.Start)
	r.emit(event.RunEnded{Status: rep.Status, Took: rep.Took})
}

// onlyCancelled reports whether none of jobs failed by itself.
func onlyCancelled(jobs []*report.Job) bool {
	return !slices.ContainsFunc(jobs, func(j *report.Job) bool { return j.Status == report.Failed || j.Status == report.TimedOut })
}

// instance runs one instance: its attempts, and the delays between them. The
// error is sluice's own, never the child's.
func (r *run) instance(ctx context.Context, j *plan.Job, inst *plan.Instance) (*report.Job, error) {
	res := &report.Job{ID: inst.ID, Name: j.Name, Start: time.Now()}
	var err error
	for n := 1; ; n++ {
		var a *report.Attempt
		a, err = r.attempt(ctx, j, inst, n)
		res.Attempts = append(res.Attempts, a)
		res.Status = a.Status
		r.emit(event.AttemptEnded{ID: inst.ID, Result: a})
		if a.Status == report.Succeeded || a.Status == report.Cancelled || err != nil || j.Retry == nil || n >= j.Retry.Attempts || ctx.Err() != nil || r.kill.Err() != nil {
			break
		}
		delay := jitter(time.Duration(j.Retry.Delays[n-1]), j.Retry.Jitter)
		r.emit(event.RetryScheduled{ID: inst.ID, Attempt: n + 1, Of: j.Retry.Attempts, Delay: delay})
		if !r.pause(ctx, delay) {
			break
		}
	}
	res.Took = time.Since(res.Start)
	return res, err
}

// jitter makes d up to the given share longer or shorter.
func jitter(d time.Duration, share float64) time.Duration {
	return time.Duration(float64(d) * (1 + share*(2*rand.Float64()-1)))
}

// pause waits for d, and returns false at once when the run is stopped.
func (r *run) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	case <-r.kill.Done():
		return false
	}
}

package runner

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"sluice/runner/contain"
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

	// Keeper keeps together what the run starts, so that nothing of it is left
	// whatever happens. The caller closes it after Run. nil: what leaves its
	// process group outlives its attempt.
	Keeper *contain.Keeper

	// Prior are the instances, by ID, that succeeded in an earlier run. They
	// are not started, and count as success for what needs them.
	Prior map[string]Prior

	// Record makes the result of an instance that ran durable, and what it
	// captured. Until it returns, the instance does not count as done: no
	// dependent starts, and no JobEnded comes. It is called from several
	// goroutines at once. Its error is sluice's own and ends the run. nil:
	// nothing is recorded.
	Record func(res *report.Job, stdout []byte) error

	// Detach starts p, the plan of one detached instance, as a run of its own
	// and returns its id when it is ready. The error says why it is not, and
	// then nothing of it is left. nil: detached jobs are refused.
	Detach func(ctx context.Context, p *plan.Plan) (runID string, err error)

	// Locks is the directory of the locks of `exclusive`, which is made where
	// it is missing. Empty: jobs with one are refused.
	Locks string
}

// Prior is what an instance left that succeeded in an earlier run.
type Prior struct {
	RunID  string
	Result *report.Job
	Stdout []byte // what it captured
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
	r := &run{plan: p, o: o, null: null, kill: o.Kill, captures: map[string]captured{}}
	if r.kill == nil {
		r.kill = context.Background()
	}
	if r.o.RunID == "" {
		r.o.RunID = report.NewRunID(time.Now())
	}
	if r.o.Parallel <= 0 {
		r.o.Parallel = p.MaxParallel
	}
	if r.o.Parallel <= 0 {
		r.o.Parallel = runtime.GOMAXPROCS(0)
	}
	return newCoordinator(r, ctx).coordinate()
}

// run is one execution of a plan.
type run struct {
	plan *plan.Plan
	o    Options
	null *os.File // /dev/null, for reading and writing
	kill context.Context

	mu       sync.Mutex
	captures map[string]captured // by instance ID
}

// captured is what a succeeded instance wrote to a captured stream.
type captured struct {
	data []byte
	trim bool
}

func (r *run) emit(e event.Event) {
	if r.o.Sink != nil {
		r.o.Sink.Event(e)
	}
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

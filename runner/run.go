package runner

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
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

	// Record keeps the result of an instance that ran, and what it captured,
	// before its slot is free: what a runner that is killed has not recorded are
	// no more instances than may run at once. durable does what may be done
	// while the next one runs, and is nil where nothing is left to do. Until
	// both have returned, the instance does not count as done: no dependent
	// starts, and no JobEnded comes. They are called from several goroutines at
	// once. An error is sluice's own and ends the run. nil: nothing is recorded.
	Record func(res *report.Job, stdout []byte) (durable func() error, err error)

	// Spread hears what a job printed whose lines are values of another one's
	// matrix, before an instance of that starts. Its error is sluice's own. nil:
	// nobody does.
	Spread func(job string, printed []byte) error

	// Detach starts p, the plan of one detached instance, as a run of its own
	// and returns its id when it is ready. The error says why it is not, and
	// then nothing of it is left; it is a *NotReady where it was tried. nil:
	// detached jobs are refused.
	Detach func(ctx context.Context, p *plan.Plan) (runID string, err error)

	// Mailbox sends messages to processes while the run goes on. nil: nobody but
	// the processes themselves does.
	Mailbox *Mailbox

	// Shard is how this program is called, argv[0] first, so that it is
	// shard.Main with the arguments that follow, and writes the error of that to
	// descriptor ShardErrors, which no copy may have. nil: a plan with stages
	// that are to share their stream is refused.
	Shard []string

	// NoSync leaves it to the system when output files reach the disk; else
	// they are there before the instance counts as done.
	NoSync bool

	// Locks is the directory of the locks of `exclusive`, which is made where
	// it is missing. Empty: jobs with one are refused.
	Locks string
}

// NotReady is the error of Options.Detach where the run began and ended before
// it was ready.
type NotReady struct {
	Err    error
	Result *report.Job // what became of the instance in that run; nil where that is not known
}

func (e *NotReady) Error() string { return e.Err.Error() }
func (e *NotReady) Unwrap() error { return e.Err }

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
	if err := o.refuse(p); err != nil {
		return nil, err
	}
	if err := proc.CloseOnExec(); err != nil {
		return nil, fmt.Errorf("keep inherited descriptors from children: %w", err)
	}
	null, err := plumb.Null()
	if err != nil {
		return nil, err
	}
	defer null.Close()
	r := &run{plan: p, o: o, null: null, kill: o.Kill}
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
	if r.o.Mailbox == nil {
		r.o.Mailbox = &Mailbox{}
	}
	defer r.o.Mailbox.begin(p)()
	defer r.stops.begin()()
	defer r.watchMonitor()()
	return newCoordinator(r, ctx).coordinate()
}

// refuse returns why these options can't run p.
func (o *Options) refuse(p *plan.Plan) error {
	for _, j := range p.Jobs {
		for _, inst := range j.Shapes() {
			shards := slices.ContainsFunc(inst.Stages, func(s *plan.Stage) bool { return s.Shard != nil })
			switch {
			case shards && !j.Detach && len(o.Shard) == 0:
				return fmt.Errorf("%s has a stage whose copies are to share its stream, and the caller gave no means for that (Options.Shard)", inst.ID)
			case j.Detach && o.Detach == nil:
				return fmt.Errorf("%s is to be detached, and the caller gave no means for that (Options.Detach)", inst.ID)
			case !j.Detach && inst.Exclusive != nil && o.Locks == "":
				return fmt.Errorf("%s is exclusive, and the caller gave no directory for locks (Options.Locks)", inst.ID)
			}
		}
	}
	return nil
}

// run is one execution of a plan.
type run struct {
	plan     *plan.Plan
	o        Options
	null     *os.File // /dev/null, for reading and writing
	kill     context.Context
	stopping context.Context                        // done when jobs are told to stop
	announce func(j *plan.Job, inst *plan.Instance) // tells the coordinator that a service is ready
	stops    stopWatch
	captures
}

func (r *run) emit(e event.Event) {
	if r.o.Sink != nil {
		r.o.Sink.Event(e)
	}
}

package state

import (
	"errors"
	"os"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

var errLater = errors.New("not yet written")

// Run is a run's folder while its runner writes it. It is an event.Sink: of
// what the runner tells it, it keeps the journal and the logs. All methods may
// be called at the same time.
type Run struct {
	meta Meta
	dir  string
	lock *os.File
}

// Create makes the folder of a run that this process is to execute, and takes
// its lock. m.RunID may be empty: Create then finds a new id. The caller must
// end the Run with Finish or Close.
func (s *Store) Create(p *plan.Plan, m Meta, d Durability) (*Run, error) { return nil, errLater }

// Adopt takes over the folder of a run that another process has created, and
// whose Lock this one has inherited as lock: from now on it is this process
// that runs it. lock belongs to the Run. The other process calls Close when
// it knows of that.
func Adopt(dir string, lock *os.File, d Durability) (*Run, error) { return nil, errLater }

// Meta says what is run, and for whom.
func (r *Run) Meta() Meta { return r.meta }

// Dir is the run's folder.
func (r *Run) Dir() string { return r.dir }

// Lock is the locked file. A process that inherits it shares the lock: the run
// counts as going on until that has ended too. It belongs to the Run.
func (r *Run) Lock() *os.File { return r.lock }

// Plan reads the plan, for who adopted the run.
func (r *Run) Plan() (*plan.Plan, error) { return nil, errLater }

// Event keeps e. The first error is remembered: Record and Finish return it.
func (r *Run) Event(e event.Event) {}

// Record makes the result of an instance durable, and what it captured, as
// runner.Options.Record asks for.
func (r *Run) Record(res *report.Job, stdout []byte) error { return errLater }

// Finish writes what is left of the journal and the logs, then the result, and
// gives the lock back. A nil report is that of a run of which nothing is known:
// it will be told as lost.
func (r *Run) Finish(rep *report.Report) error { return errLater }

// Close gives the lock back without a result, and does nothing after Finish.
// Where another process has adopted the run, that one holds the lock still.
func (r *Run) Close() error { return errLater }

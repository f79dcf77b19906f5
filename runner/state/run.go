package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

const (
	metaName    = "run.json"
	planName    = "plan.json"
	spreadName  = "spread.json"
	inputsName  = "inputs.json"
	journalName = "events.jsonl"
	resultName  = "result.json"
	postName    = "messages.sock"
	logsName    = "logs"
	captureName = "captures"
)

// Run is a run's folder while its runner writes it. It is an event.Sink: of
// what the runner tells it, it keeps the journal and the logs. Its methods may
// be called at the same time, but for Finish and Close.
type Run struct {
	// OnError hears, once, of the first error of keeping an event: what happens
	// from then on is not kept, so the run had better end. It is set before
	// the first event, must not call the Run, and may be nil.
	OnError func(error)

	store  *Store
	meta   Meta
	plan   *plan.Plan
	folder folder
	sync   bool // to the disk
	single bool // one instance runs: the run is over with it

	journal *journal
	logs    *logs
	haste   *haste

	captures sync.Once         // makes their folder
	post     *post             // nil: nobody can send messages
	last     sync.WaitGroup    // for the sync of the record of a single instance
	written  func() error      // writes, once, what says what the run is
	printed  map[string]string // what is in spread.json
	over     bool              // finished or closed
	told     sync.Once         // OnError was
}

// Create makes the folder of a run that this process is to execute, and takes
// its lock. An empty m.RunID becomes a new id. m.Start and what
// follows are set here; of a detached run the Runner is set by Adopt. The caller must end the Run with Finish or Close.
//
// Only what must be there before anything starts is made now. The rest is
// written when the first process runs, for then there is time.
func (s *Store) Create(p *plan.Plan, m Meta, d Durability) (*Run, error) {
	dir, err := s.makeFolder(&m)
	if err != nil {
		return nil, err
	}
	m.Runner, m.Launcher = Process{}, Process{}
	r := &Run{store: s, meta: m, plan: p}
	if err := r.open(dir, nil, unix.O_CREAT|unix.O_EXCL); err != nil {
		return nil, err
	}
	inputs := statInputs(p)
	r.begin(d)
	r.written = sync.OnceValue(func() error { return r.prepare(inputs) })
	return r, nil
}

// makeFolder makes the run's folder and those above it, which nobody else can
// look into: a plan holds the environment, and with it what is secret there.
func (s *Store) makeFolder(m *Meta) (string, error) {
	given := m.RunID != ""
	for range 100 {
		if !given {
			m.RunID = report.NewRunID(time.Now()) // the next try has another
		}
		dir := filepath.Join(s.runs(), m.RunID)
		err := os.Mkdir(dir, 0o700)
		if errors.Is(err, fs.ErrNotExist) {
			if err = os.MkdirAll(s.runs(), 0o700); err == nil {
				err = os.Mkdir(dir, 0o700)
			}
		}
		if err == nil || given || !errors.Is(err, fs.ErrExist) {
			return dir, err
		}
	}
	return "", fmt.Errorf("%s has a folder for every id that was tried, the last is %s", s.runs(), m.RunID)
}

// open opens the folder and its journal, whose lock is taken unless another
// process has given it.
func (r *Run) open(dir string, locked *os.File, flags int) (err error) {
	if r.folder, err = openFolder(dir); err != nil {
		return err
	}
	f := locked
	if f == nil {
		if f, err = r.folder.open(journalName, unix.O_WRONLY|unix.O_APPEND|flags); err == nil {
			err = lock(f)
		}
	}
	if err != nil {
		return errors.Join(err, r.folder.Close())
	}
	r.journal = newJournal(f)
	return nil
}

// begin makes r ready for events.
func (r *Run) begin(d Durability) {
	r.sync = d != None
	r.meta.Durability = d
	r.meta.Start = time.Now()
	count := 0
	limits := map[string]plan.Log{}
	for _, j := range r.plan.Jobs {
		limits[j.Name] = j.Log
		count += len(j.Shapes())
	}
	r.single = count == 1 // one that is spread comes after another
	r.haste = newHaste(r.plan)
	r.logs = newLogs(r.folder, func(id string) plan.Log {
		job, _, _ := strings.Cut(id, "[")
		return limits[job]
	})
}

// ID is the run's id.
func (r *Run) ID() string { return r.meta.RunID }

// Dir is the run's folder.
func (r *Run) Dir() string { return r.folder.path }

// Plan is what is run.
func (r *Run) Plan() *plan.Plan { return r.plan }

// Lock is the locked file, which belongs to the Run. A process that inherits
// it shares the lock: the run counts as going on until that has ended too.
func (r *Run) Lock() *os.File { return r.journal.f }

// Event keeps e. The first error is remembered: OnError hears of it, and Record
// and Finish return it.
func (r *Run) Event(e event.Event) {
	if err := r.keep(e); err != nil && r.OnError != nil {
		r.told.Do(func() { r.OnError(err) })
	}
}

// keep returns the first error so far.
func (r *Run) keep(e event.Event) error {
	r.logs.Event(e)
	r.haste.hear(e)
	switch e.(type) {
	case event.Output, event.OutputEnded:
		return r.logs.failed()
	}
	r.journal.Event(e)
	var err error
	if !waits(e) {
		err = r.written()
	}
	return errors.Join(r.journal.failed(), r.logs.failed(), err)
}

// Record keeps the result of an instance, and what it captured, as
// runner.Options.Record asks for; its JobEnded may follow. A nil stdout is
// that of an instance that captures nothing. What is captured must be on the
// disk before the result may be, so all of that is left to durable.
//
// A single instance is done when the run is, so its record reaches the disk
// while the run is ended, and Finish returns when it is there.
func (r *Run) Record(res *report.Job, stdout []byte) (durable func() error, err error) {
	if stdout == nil || !r.sync {
		return r.record(res, stdout)
	}
	return func() error {
		durable, err := r.record(res, stdout)
		if durable != nil {
			err = durable()
		}
		return err
	}, nil
}

func (r *Run) record(res *report.Job, stdout []byte) (durable func() error, err error) {
	if stdout != nil {
		if err := r.capture(res.ID, stdout); err != nil {
			return nil, err
		}
	}
	upTo, err := r.journal.record(event.JobEnded{ID: res.ID, Result: res})
	if err = errors.Join(err, r.logs.failed()); err != nil {
		return nil, err
	}
	if err := r.Written(); err != nil || !r.sync {
		return nil, err
	}
	if r.single {
		r.last.Go(func() { r.journal.sync(upTo, 0) }) // its error is the journal's
		return nil, nil
	}
	return func() error { return r.journal.sync(upTo, r.haste.patience(res)) }, nil
}

// capture writes what the instance id captured. Nobody looks for it before
// its record is there.
func (r *Run) capture(id string, data []byte) error {
	var err error
	r.captures.Do(func() { err = r.folder.mkdir(captureName) })
	if err != nil {
		return err
	}
	dir, err := openFolder(r.folder.path + "/" + captureName)
	if err != nil {
		return err
	}
	err = dir.write(fileName(id), data, r.sync)
	if err == nil && r.sync {
		err = flush(dir.File)
	}
	return errors.Join(err, dir.Close())
}

// Finish writes what is left of the journal and the logs, then the result, and
// frees the lock, whoever shares it. With a nil report it is Close.
func (r *Run) Finish(rep *report.Report) error {
	switch {
	case rep == nil:
		return r.Close()
	case r.over:
		return os.ErrClosed
	}
	err := errors.Join(r.end(rep), unlock(r.journal.f))
	return errors.Join(err, r.release())
}

// end writes what is left, and the result if there is one.
func (r *Run) end(rep *report.Report) error {
	r.post.close()
	r.journal.end() // its error is asked for again
	err := errors.Join(r.logs.end(), r.Written())
	if rep != nil {
		err = errors.Join(err, r.writeResult(rep))
	}
	r.last.Wait()
	return errors.Join(r.journal.end(), err)
}

// writeResult writes the result. That of a single instance is not synced: its
// record is, and a second time would be felt in a run of one short job.
func (r *Run) writeResult(rep *report.Report) error {
	durable := r.sync && !r.single
	err := r.folder.replace(resultName, append(rep.AppendJSON(nil), '\n'), durable)
	if err == nil && durable {
		err = flush(r.folder.File)
	}
	return err
}

// Close gives the lock back without a result, and does nothing after Finish.
// Where another process has adopted the run, that one has the lock still; else
// the run is lost.
func (r *Run) Close() error {
	if r.over {
		return nil
	}
	return errors.Join(r.end(nil), r.release())
}

func (r *Run) release() error {
	r.over = true
	return errors.Join(r.journal.f.Close(), r.folder.Close())
}

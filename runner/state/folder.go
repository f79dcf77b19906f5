package state

import (
	"context"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// Folder is a run's folder, for reading. Nothing is kept of what was read: each
// method tells what is there now.
type Folder struct {
	ID  string
	dir string
}

// Open finds a run by its id, by the beginning of an id that no other run has,
// or as "last": the newest. The error names what there is instead.
func (s *Store) Open(ref string) (*Folder, error) { return nil, errLater }

// List are the runs, the newest first. What is no run's folder is left out. A
// missing state directory has none.
func (s *Store) List() ([]*Folder, error) { return nil, errLater }

// At is the folder of a run that is known by its path.
func FolderAt(dir string) *Folder { return nil }

// Dir is the path of the folder.
func (f *Folder) Dir() string { return f.dir }

// Meta reads run.json.
func (f *Folder) Meta() (*Meta, error) { return nil, errLater }

// Plan reads plan.json.
func (f *Folder) Plan() (*plan.Plan, error) { return nil, errLater }

// Result reads result.json. While there is none the error is fs.ErrNotExist.
func (f *Folder) Result() (*report.Report, error) { return nil, errLater }

// State is what has become of a run.
type State string

// The states.
const (
	Running State = "running"
	Final   State = "final" // it has ended, and its result is known
	Lost    State = "lost"  // it has ended, and nobody knows how
)

// Status is what is known of a run now.
type Status struct {
	State    State
	Result   *report.Report // of a Final one
	Rebooted bool           // of a Lost one: its machine was started anew since
}

// Status looks whether the run has a result, and else whether its runner lives.
func (f *Folder) Status() (Status, error) { return Status{}, errLater }

// Wait returns the Status of the run when it has ended. It doesn't poll where
// the kernel can tell (Linux).
func (f *Folder) Wait(ctx context.Context) (Status, error) { return Status{}, errLater }

// Entry is an event of a journal.
type Entry struct {
	Event event.Event
	At    time.Time
}

// Events reads the journal up to its end or its first damage.
func (f *Folder) Events() ([]Entry, error) { return nil, errLater }

// Follow calls fn with the events of the journal, and goes on with those that
// come until the run has ended, fn returns an error, or ctx is done.
func (f *Folder) Follow(ctx context.Context, fn func(Entry) error) error { return errLater }

// Done is an instance that has succeeded.
type Done struct {
	RunID  string // where it ran: this run, or one that this one repeats
	Result *report.Job
	Stdout []byte // what it captured; nil where it captures nothing
}

// Done are the instances whose success is recorded, by id: those of this run,
// and those that it took over from earlier ones.
func (f *Folder) Done() (map[string]Done, error) { return nil, errLater }

// Line is a piece of a line that an instance logged.
type Line struct {
	ID      string // of the instance
	At      time.Time
	Stage   int // 0-based
	Stream  event.Stream
	Text    []byte // without its newline; valid during the call only
	Partial bool   // the line goes on with the next Line of this stream
}

// LogOptions say which logs are read. The zero LogOptions read all there are.
type LogOptions struct {
	IDs    []string // of instances; nil is all
	Follow bool     // wait for more until the run has ended
}

// Logs calls fn with what the instances logged, in the order of the times.
// Lines that come while it follows come as they are found. It ends when
// everything was told, when fn returns an error, or when ctx is done.
func (f *Folder) Logs(ctx context.Context, o LogOptions, fn func(Line) error) error { return errLater }

package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// Folder is a run's folder, for reading. Nothing is kept of what was read: each
// method tells what is there now.
type Folder struct {
	ID  string
	dir string
}

// FolderAt is the folder of a run that is known by its path.
func FolderAt(dir string) *Folder {
	dir = filepath.Clean(dir)
	return &Folder{ID: filepath.Base(dir), dir: dir}
}

// Dir is the path of the folder.
func (f *Folder) Dir() string { return f.dir }

// store is where the folder is.
func (f *Folder) store() *Store { return At(filepath.Dir(filepath.Dir(f.dir))) }

func (f *Folder) open(name string) (*os.File, error) {
	path := filepath.Join(f.dir, name)
	file, err := openAt(unix.AT_FDCWD, path, path, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return file, nil
}

// errUnreadable says that a file is not what its writer wrote.
var errUnreadable = errors.New("damaged")

// readJSON reads a file into v.
func (f *Folder) readJSON(name string, v any) error {
	path := filepath.Join(f.dir, name)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s is %w: %w", path, errUnreadable, err)
	}
	return nil
}

// Meta reads run.json. In the first moments of a run it is not there yet.
func (f *Folder) Meta() (*Meta, error) {
	m := &Meta{}
	if err := f.readJSON(metaName, m); err != nil {
		return nil, err
	}
	return m, nil
}

// Plan reads plan.json. In the first moments of a run it is not there yet.
func (f *Folder) Plan() (*plan.Plan, error) {
	p := &plan.Plan{}
	if err := f.readJSON(planName, p); err != nil {
		return nil, err
	}
	if p.Version != plan.Version {
		return nil, fmt.Errorf("%s/%s has version %d, expected %d", f.dir, planName, p.Version, plan.Version)
	}
	return p, nil
}

// HasPlan reports whether p is the plan of the run to the letter. It is much
// quicker than to read that one.
func (f *Folder) HasPlan(p *plan.Plan) bool {
	text, err := os.ReadFile(filepath.Join(f.dir, planName))
	return err == nil && bytes.Equal(text, planText(p))
}

// Result reads result.json. While there is none the error is fs.ErrNotExist.
func (f *Folder) Result() (*report.Report, error) {
	r := &report.Report{}
	if err := f.readJSON(resultName, r); err != nil {
		return nil, err
	}
	if r.Version != report.Version {
		return nil, fmt.Errorf("%s/%s has version %d, expected %d", f.dir, resultName, r.Version, report.Version)
	}
	return r, nil
}

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

// Status looks whether the run has a result, and else whether its runner
// lives. A result that is damaged is none, for a machine that loses power may
// leave one. An error says that the folder, or its result, can't be read.
func (f *Folder) Status() (Status, error) {
	s, err := f.final()
	if err != nil || s.State == Final {
		return s, err
	}
	alive, err := f.alive()
	if err != nil {
		return Status{}, err
	}
	if alive {
		return Status{State: Running}, nil
	}
	// It may have finished between the two looks.
	if s, err = f.final(); err != nil || s.State == Final {
		return s, err
	}
	if _, err := os.Stat(f.dir); err != nil {
		return Status{}, err
	}
	s = Status{State: Lost}
	if m, err := f.Meta(); err == nil {
		boot, err := bootID()
		s.Rebooted = err == nil && m.owner().Boot != "" && m.owner().Boot != boot
	}
	return s, nil
}

func (f *Folder) final() (Status, error) {
	rep, err := f.Result()
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errUnreadable):
		return Status{}, nil
	case err != nil:
		return Status{}, err
	}
	return Status{State: Final, Result: rep}, nil
}

// alive reports whether the run's lock is held: by its runner, or by a monitor
// that ends what the runner left. Where the disk has no locks, the runner
// itself is looked for, or what is about to start it.
func (f *Folder) alive() (bool, error) {
	journal, err := f.open(journalName)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // whoever made the folder ended at once
	} else if err != nil {
		return false, err
	}
	defer journal.Close()
	if is, err := held(journal); !noLocks(err) {
		return is, err
	}
	m, err := f.Meta()
	if err != nil {
		return false, nil // as above
	}
	return m.owner().Alive()
}

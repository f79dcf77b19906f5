package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Adopt takes over the folder of a run that another process has created, and
// whose Lock this one has inherited: from now on it is this process that runs
// it. locked belongs to the Run. The other process has waited for Written, and
// calls Close at any time. A run that has ended, or whose lock is held by
// somebody else, is refused.
func Adopt(dir string, locked *os.File, d Durability) (*Run, error) {
	f := FolderAt(dir)
	if err := f.mayAdopt(locked); err != nil {
		return nil, err
	}
	m, err := f.Meta()
	if err != nil {
		return nil, err
	}
	p, err := f.Plan()
	if err != nil {
		return nil, err
	}
	r := &Run{store: At(filepath.Dir(filepath.Dir(f.dir))), meta: *m, plan: p}
	if err := r.open(f.dir, locked, 0); err != nil {
		return nil, err
	}
	r.begin(d)
	r.written = func() error { return nil }
	if r.meta.Runner, err = whoami(); err == nil {
		err = r.writeMeta(r.sync)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// mayAdopt returns why the run can't be taken over by who has inherited locked.
func (f *Folder) mayAdopt(locked *os.File) error {
	switch _, err := f.Result(); {
	case err == nil:
		return fmt.Errorf("run %s has ended", f.ID)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	journal, err := os.Stat(filepath.Join(f.dir, journalName))
	if err != nil {
		return err
	}
	inherited, err := locked.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(journal, inherited) {
		return fmt.Errorf("%s is not the lock of run %s", locked.Name(), f.ID)
	}
	// Who shares the lock has it already; to others it is refused.
	err = unix.Flock(int(locked.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err != nil {
		return fmt.Errorf("run %s is another process's: %w", f.ID, os.NewSyscallError("flock", err))
	}
	return nil
}

// Meta says what is run, and for whom.
func (r *Run) Meta() Meta { return r.meta }

// Store is where the run's folder is.
func (r *Run) Store() *Store { return r.store }

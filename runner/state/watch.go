package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// next is how long to wait before the next look. Something that happened makes
// the next ones come soon.
func (w *watch) next(happened bool) time.Duration {
	const soon, seldom = 10 * time.Millisecond, time.Second
	if happened || w.pause == 0 {
		w.pause = soon
	}
	now := w.pause
	if !happened {
		w.pause = min(2*w.pause, seldom)
	}
	return now
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Wait returns the Status of the run when it has ended.
func (f *Folder) Wait(ctx context.Context) (Status, error) {
	var s Status
	err := f.until(ctx, func(over bool) (err error) {
		if over {
			s, err = f.Status()
		}
		return err
	})
	return s, err
}

// Runner is the process that runs the run. Who that is, is known when the first
// job runs, or when its supervisor has adopted a detached run; until then it
// waits. The zero Process says that the run ended before.
func (f *Folder) Runner(ctx context.Context) (Process, error) {
	var runner Process
	known := errors.New("known")
	err := f.until(ctx, func(bool) error {
		m, err := f.Meta()
		switch {
		case err == nil && m.Runner != (Process{}):
			runner = m.Runner
			return known
		case errors.Is(err, fs.ErrNotExist):
			return nil
		}
		return err
	})
	if err == known {
		err = nil
	}
	return runner, err
}

// Follow calls fn with the events of the journal, and goes on with those that
// come until the run has ended. It returns the first error of fn, that of ctx,
// or one that says where the journal is damaged.
func (f *Folder) Follow(ctx context.Context, fn func(Entry) error) error {
	journal, err := f.open(journalName)
	if err != nil {
		return err
	}
	defer journal.Close()
	l := &lines{r: journal}
	return f.until(ctx, func(bool) error {
		damaged, err := l.events(fn)
		if damaged {
			return fmt.Errorf("%s is damaged; what comes after %d bytes can't be told", journal.Name(), l.given)
		}
		return err
	})
}

// until calls fn whenever something may have changed in the folder or its
// logs, the last time with over: the run has ended, so nothing will change any
// more.
func (f *Folder) until(ctx context.Context, fn func(over bool) error) error {
	w, err := newWatch(f.dir, filepath.Join(f.dir, logsName))
	if err != nil {
		return err
	}
	defer w.close()
	for {
		over, err := f.over()
		if err != nil {
			return err
		}
		if err := fn(over); err != nil || over {
			return err
		}
		w.add(filepath.Join(f.dir, logsName)) // it is made with the first line
		if err := w.wait(ctx); err != nil {
			return err
		}
	}
}

// over reports whether the run has ended.
func (f *Folder) over() (bool, error) {
	_, err := os.Stat(filepath.Join(f.dir, resultName))
	if err == nil {
		return true, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	alive, err := f.alive()
	return !alive, err
}

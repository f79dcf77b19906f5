package state

import (
	"context"
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A detached run is nobody's until it is adopted.
func TestRunner(t *testing.T) {
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	detached := func() (*Run, *Folder) {
		run := create(t, At(t.TempDir()), planOf("/bin/true", "a"), Meta{Detached: true, Runner: Process{PID: 1}})
		if err := run.Written(); err != nil {
			t.Fatal(err)
		}
		f := FolderAt(run.Dir())
		if m, err := f.Meta(); err != nil || m.Runner != (Process{}) || m.Launcher != self || m.owner() != self {
			t.Errorf("%+v, %v", m, err)
		}
		return run, f
	}
	type answer struct {
		Process
		error
	}
	asked := func(f *Folder) <-chan answer {
		c := make(chan answer)
		go func() {
			p, err := f.Runner(t.Context())
			c <- answer{p, err}
		}()
		return c
	}

	run, f := detached()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := f.Runner(over); p != (Process{}) || !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", p, err)
	}
	is := asked(f)
	fd, err := unix.Dup(int(run.Lock().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	adopted, err := Adopt(f.dir, os.NewFile(uintptr(fd), "lock"), None)
	if err != nil {
		t.Fatal(err)
	}
	if got := <-is; got != (answer{self, nil}) {
		t.Errorf("the runner is %+v", got)
	}
	if err := adopted.Close(); err != nil {
		t.Error(err)
	}

	run, f = detached()
	is = asked(f)
	if err := run.Close(); err != nil {
		t.Error(err)
	}
	if got := <-is; got != (answer{}) {
		t.Errorf("the runner of a run that nobody adopted is %+v", got)
	}
}

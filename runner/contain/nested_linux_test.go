package contain

import (
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sluice/runner/proc"
)

// A runner inside the run that makes a child of its own, and so has the mark of
// its own run, is no orphan for those who look before Fork has told of it.
func TestForkOfARunner(t *testing.T) {
	k := open(t, options(Subreaper))
	life := newLifeline(t)
	s, other := newSet(t, k), newSet(t, k)
	p, err := proc.Start(self(meanwhile{s, func(pid int) {
		life.members(t, 1)
		l := unix.Rlimit{Cur: uint64(k.run ^ 1<<setBits), Max: unix.RLIM_INFINITY}
		if err := unix.Prlimit(pid, unix.RLIMIT_LOCKS, &l, nil); err != nil {
			t.Error(err)
		}
		other.Kill()
		k.sweep()
	}}, []*os.File{nil, nil, os.Stderr, life.File}, "member"))
	if err != nil {
		t.Fatal(err)
	}
	other.Clear()
	other.Free()
	p.Signal(syscall.SIGTERM)
	if e := p.Reap(); e.Signal != syscall.SIGTERM {
		t.Errorf("it was ended by %v", e.Signal)
	}
	s.Clear()
	s.Free()
}

// meanwhile is a set in which something happens between a fork and the end of
// Fork.
type meanwhile struct {
	*Set
	f func(pid int)
}

func (m meanwhile) Fork(sys *syscall.SysProcAttr, fork func() (pid int, err error)) error {
	return m.Set.Fork(sys, func() (int, error) {
		pid, err := fork()
		if err == nil {
			m.f(pid)
		}
		return pid, err
	})
}

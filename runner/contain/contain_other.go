//go:build unix && !linux

package contain

import (
	"context"
	"errors"
	"os"
	"runtime"
	"syscall"

	"sluice/runner/report"
)

// Keeper is documented for Linux. Here there are process groups only.
type Keeper struct{}

// Open makes a Keeper, which does nothing here.
func Open(o Options) (*Keeper, error) { return &Keeper{}, nil }

// Means is Group.
func (k *Keeper) Means() Means { return Group }

// Why says that only Linux has more than Group.
func (k *Keeper) Why() string {
	return "subreapers and control groups are Linux's, and this is " + runtime.GOOS
}

// Lost is never done.
func (k *Keeper) Lost() context.Context { return context.Background() }

// Hold does nothing: the lock lives as long as this process.
func (k *Keeper) Hold(f *os.File) (release func(), err error) { return func() {}, nil }

// Outside is where processes are made that shall outlive the run.
func (k *Keeper) Outside() Outside { return Outside{} }

// Set makes the set of one attempt.
func (k *Keeper) Set() (*Set, error) { return &Set{}, nil }

// End does nothing.
func (k *Keeper) End() []report.Survivor { return nil }

// Close does nothing.
func (k *Keeper) Close() []report.Survivor { return nil }

// Set is the processes of one attempt, of which nothing is known here.
type Set struct{}

// Fork calls fork.
func (s *Set) Fork(sys *syscall.SysProcAttr, fork func() (pid int, err error)) error {
	_, err := fork()
	return err
}

// Kill does nothing.
func (s *Set) Kill() {}

// Lives is false: nothing is known.
func (s *Set) Lives(pgid int) bool { return false }

// GiveUp does nothing.
func (s *Set) GiveUp(pid int) {}

// Clear does nothing.
func (s *Set) Clear() []report.Survivor { return nil }

// Free does nothing.
func (s *Set) Free() {}

// Outside is a proc.Within that is in no set.
type Outside struct{}

// Fork calls fork.
func (o Outside) Fork(sys *syscall.SysProcAttr, fork func() (pid int, err error)) error {
	_, err := fork()
	return err
}

// Monitor is an error: no monitor is ever started here.
func Monitor(args []string) error {
	return errors.New("a monitor is Linux's, and this is " + runtime.GOOS)
}

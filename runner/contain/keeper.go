package contain

import (
	"context"
	"os"
	"syscall"

	"sluice/runner/report"
)

// Keeper keeps the processes of one run together. A process has one Keeper at
// a time, for what it changes is the process's own: that it is a subreaper, and
// a resource limit at the moment of a fork. Its methods may be called from
// several goroutines at once. The zero Keeper is not usable.
type Keeper struct{}

// Open makes the Keeper of a run and starts its monitor, without waiting for
// that: from then on the run is watched over. The error says that there can be
// no monitor; where control groups or marks can't be used, Means says so.
func Open(o Options) (*Keeper, error) { return &Keeper{}, nil }

// Means is what the run is kept together by. It may become less at the first
// fork, where the system refuses to make a process in a control group.
func (k *Keeper) Means() Means { return Group }

// Why tells in words why there is nothing better than Means; empty where that
// is Cgroup.
func (k *Keeper) Why() string { return "" }

// Lost is done when the monitor has ended before its time, with ErrLost as the
// cause. Who runs must end the run then.
func (k *Keeper) Lost() context.Context { return context.Background() }

// Hold gives the monitor f, so that a lock of its open file (flock(2)) is held
// as long as anything of the run may live, also when this process is killed.
// The caller keeps f. release takes it back; who has to free the lock unlocks
// it, for the monitor closes its copy a moment later.
func (k *Keeper) Hold(f *os.File) (release func(), err error) { return func() {}, nil }

// Outside is where processes are made that shall outlive the run: a supervisor
// of a detached job. Every other fork of this process, while jobs are being
// started, has to go through it too.
func (k *Keeper) Outside() Outside { return Outside{k} }

// Set makes the set of one attempt. Its owner frees it.
func (k *Keeper) Set() *Set { return &Set{k} }

// End kills what is left of the run and lets the monitor go. What could not be
// killed is returned. Nothing can be started any more.
func (k *Keeper) End() []report.Survivor { return nil }

// Close ends the run, as End does, and frees what the Keeper holds. Once it
// returns, nothing of it is left in this process and in the system.
func (k *Keeper) Close() []report.Survivor { return nil }

// Set is the processes of one attempt: those that were forked within it, and
// all that came of them.
type Set struct{ k *Keeper }

// Fork calls fork, which makes a child as sys says, so that the child is born
// into the set. It is a proc.Within. fork may be called twice: again without a
// control group, where the system refuses one.
func (s *Set) Fork(sys *syscall.SysProcAttr, fork func() (pid int, err error)) error {
	_, err := fork()
	return err
}

// Kill sends KILL to everything in the set that can be reached at once, and
// does not wait. Processes that were forked within it are left to their own
// group and parent, where there is no control group.
func (s *Set) Kill() {}

// Clear kills until nothing in the set lives, for at most two seconds, and
// reaps what this process was left as the parent of. It is called when the
// processes that were forked within it have exited, or were given up. What
// could not be killed is returned.
func (s *Set) Clear() []report.Survivor { return nil }

// Free gives the set back, after Clear. The processes that were forked within
// it must have been reaped.
func (s *Set) Free() {}

// Outside is a proc.Within that is in no set.
type Outside struct{ k *Keeper }

// Fork calls fork, at a moment at which this process has no mark.
func (o Outside) Fork(sys *syscall.SysProcAttr, fork func() (pid int, err error)) error {
	_, err := fork()
	return err
}

// Monitor is the whole life of the process that watches over a runner: args are
// those that follow Options.Monitor. It returns the process's exit code when
// the runner has ended and nothing of the run is left, or when it was not
// started by Open.
func Monitor(args []string) int { return 2 }

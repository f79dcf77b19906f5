package runner

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"sluice/runner/contain"
	"sluice/runner/plan"
	"sluice/runner/proc"
	"sluice/runner/report"
)

// What Options.Keeper means for a run and for its attempts. Without one, the
// process group is all that is killed.

// despair is how long a stage is waited for that was sent KILL.
const despair = time.Second

// watchMonitor has the run killed when its monitor is: from then on nobody
// would end what it leaves behind.
func (r *run) watchMonitor() (stop func()) {
	if r.o.Keeper == nil {
		return func() {}
	}
	lost := r.o.Keeper.Lost()
	kill, now := context.WithCancelCause(r.kill)
	unwatch := context.AfterFunc(lost, func() { now(context.Cause(lost)) })
	r.kill = kill
	return func() {
		unwatch()
		now(nil)
	}
}

// monitorLost is sluice's own error where the monitor was killed.
func (r *run) monitorLost() error {
	if r.o.Keeper == nil {
		return nil
	}
	return context.Cause(r.o.Keeper.Lost())
}

// contained is what the run is kept together by.
func (r *run) contained() string {
	if r.o.Keeper == nil {
		return string(contain.Group)
	}
	return string(r.o.Keeper.Means())
}

// enter makes the set of the attempt.
func (a *attempt) enter() (err error) {
	if a.r.o.Keeper == nil {
		return nil
	}
	if a.set, err = a.r.o.Keeper.Set(); err != nil {
		return &ownError{err}
	}
	return nil
}

// signalLeft signals the stages that have left the group. The caller holds
// a.mu, and they are unreaped.
func (a *attempt) signalLeft(sig syscall.Signal) {
	for _, s := range a.stages {
		if s.p == nil {
			continue
		}
		if group, err := syscall.Getpgid(s.p.PID()); err != nil || group == a.leader.PID() {
			continue // an error is that there is none such: it is the leader's zombie on some systems
		}
		if err := s.p.Signal(sig); err != nil {
			a.warn("signal %s to %s, which has left the process group: %v", proc.SignalName(sig), s.plan.Name, err)
		}
	}
}

// killSet goes on where the group was sent KILL: with what has left it, and
// with giving up what does not end. The caller holds a.mu.
func (a *attempt) killSet() {
	if a.set != nil {
		a.set.Kill()
	}
	a.despair = time.AfterFunc(despair, a.giveUp)
}

// giveUp waits no longer for the stages that KILL did not end.
func (a *attempt) giveUp() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reaped {
		return
	}
	for _, s := range a.stages {
		if s.p != nil {
			s.p.GiveUp() // nothing to one that has exited
		}
	}
}

// waitRest gives to what the stages have left in their group, which was told to
// end with them, the grace that it has: a script that starts a server ends
// before that. It looks again and again, since the kernel tells of the end of a
// process by its number and not by its group.
func (a *attempt) waitRest() {
	if a.set == nil || a.leader == nil || a.job.Group == plan.GroupInherit {
		return
	}
	for wait := time.Millisecond; a.hasGrace() && a.set.Lives(a.leader.PID()); wait = min(2*wait, 20*time.Millisecond) {
		a.hurry()
		time.Sleep(wait)
	}
}

// hasGrace reports whether the attempt is being stopped and KILL is to come.
func (a *attempt) hasGrace() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stop.happened() && a.stop.signal != "KILL" && a.stop.killed.IsZero()
}

// hurry sends the signal now that was to follow a message, for those who had
// that have ended.
func (a *attempt) hurry() {
	a.mu.Lock()
	asked := a.stop.message != "" && a.stop.signalled.IsZero() && a.grace.Stop()
	a.mu.Unlock()
	if asked {
		sig, _ := proc.ParseSignal(a.stop.signal)
		a.signalAfter(sig, time.Duration(a.job.Stop.Grace))
	}
}

// clearSet kills until nothing lives in the set, and tells what does. The caller
// holds a.mu.
func (a *attempt) clearSet() {
	for _, s := range a.stages {
		if !s.lives {
			continue
		}
		if a.set != nil {
			a.set.GiveUp(s.p.PID())
			continue
		}
		a.survived(report.Survivor{PID: s.p.PID(), Name: s.plan.Name, Why: "it has not ended yet"})
	}
	if a.set == nil {
		return
	}
	for _, left := range a.set.Clear() {
		a.survived(left)
	}
}

func (a *attempt) survived(s report.Survivor) {
	a.res.Survivors = append(a.res.Survivors, s)
	a.warn("%s", outlived(s))
}

func outlived(s report.Survivor) string {
	return fmt.Sprintf("process %d, %s, could not be killed: %s", s.PID, s.Name, s.Why)
}

// freeSet gives the set back. Stages that were started are reaped.
func (a *attempt) freeSet() {
	if a.set != nil {
		a.set.Free()
	}
}

package runner

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"syscall"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/proc"
	"sluice/runner/report"
)

// wait returns when every started stage has exited and is reaped, and every tee
// has passed on what there was.
func (a *attempt) wait(ctx context.Context) {
	if a.leader != nil {
		defer a.bound(ctx)()
	}
	a.waitProcesses()
	a.waitRest()
	a.reap()
	a.copyOn()
}

// bound ends the attempt before its time when the timeout is over, ctx is
// cancelled, or the caller wants no more of it. No goroutine waits for these:
// they call. free takes that back.
func (a *attempt) bound(ctx context.Context) (free func()) {
	timer := time.AfterFunc(math.MaxInt64, func() {
		a.end(stopped{status: report.TimedOut, reason: "timeout of " + a.job.Timeout.String()})
	})
	if d := time.Duration(a.job.Timeout); d > 0 {
		timer.Reset(d)
	}
	unstop := context.AfterFunc(ctx, func() { a.end(a.told(context.Cause(ctx))) })
	unkill := context.AfterFunc(a.r.kill, func() {
		a.stopGroup(stopped{status: report.Cancelled, reason: context.Cause(a.r.kill).Error(), signal: "KILL"}, sigkill)
		a.killGroup(true)
	})
	return func() {
		timer.Stop()
		unstop()
		unkill()
	}
}

// waitProcesses returns when every started process has exited.
func (a *attempt) waitProcesses() {
	var group sync.WaitGroup
	var self *stage // the one that this goroutine waits for
	for _, s := range a.stages {
		switch {
		case s.p == nil:
		case self == nil:
			self = s
		default:
			group.Go(func() { a.waitExit(s) })
		}
	}
	if self == nil {
		return
	}
	defer a.silence.watch(time.Duration(a.job.IdleTimeout), func() {
		a.end(stopped{status: report.TimedOut, reason: "no output for " + a.job.IdleTimeout.String()})
	})()
	defer a.ready.watch()()
	defer a.r.stops.add(a)()
	a.waitExit(self)
	group.Wait()
}

func (a *attempt) waitExit(s *stage) {
	s.ending.lives = !s.p.WaitExit()
	s.ending.end = time.Now()
	if a.r.o.Sink != nil {
		a.r.emit(event.StageExited{ID: a.inst.ID, Attempt: a.res.Number, Stage: slices.Index(a.stages, s), At: s.ending.end})
	}
}

// FromTerminal is the cause of a cancelled context where the terminal sent a
// signal to every process of sluice's group: jobs of that group have it too.
type FromTerminal struct {
	Signal string // "INT", without SIG
	Reason string // what reports say
}

func (f *FromTerminal) Error() string { return f.Reason }

// told is what it means for the attempt that its context is cancelled. To a
// service nothing else happens when it is no longer needed.
func (a *attempt) told(cause error) stopped {
	s := stopped{status: report.Cancelled, reason: cause.Error(), told: true}
	if a.job.Service {
		s.status, s.unneeded = report.Succeeded, errors.Is(cause, errUnneeded)
	}
	if key, ok := errors.AsType[*FromTerminal](cause); ok && a.job.Group == plan.GroupInherit {
		s.has = key.Signal
	}
	return s
}

// end stops the attempt: the job's message to stop now if there is one, its
// signal now or when its grace is over, KILL after that once more. The first
// reason counts.
func (a *attempt) end(s stopped) {
	s.signal = a.job.Stop.Signal
	if s.has != "" {
		s.signal = s.has
	}
	if s.has == "" {
		s.message = a.job.Stop.Message
	}
	sig, _ := proc.ParseSignal(s.signal)
	a.stopGroup(s, sig)
}

// endFull stops the attempt because its capture is over the limit.
func (a *attempt) endFull() {
	a.end(stopped{status: report.Failed, reason: tooMuch(a.inst.Stdout.Max)})
}

// stopGroup asks the group to end with the message of s or with sig, and wakes what is stopped in it so
// that it can; KILL follows when its grace is over. Where only tees go on, they
// are cut off. It does nothing where that was done before, or all is over.
func (a *attempt) stopGroup(s stopped, sig syscall.Signal) {
	a.mu.Lock()
	if a.stop.happened() || a.reaped && !a.copying || a.leader == nil {
		a.mu.Unlock()
		return
	}
	s.at = time.Now()
	asked := !a.reaped && s.message != "" && a.ask(s.message)
	if !asked {
		s.message = ""
	}
	a.stop = s
	if a.reaped {
		a.cutTees()
		a.mu.Unlock()
		return
	}
	var grace time.Duration
	if !asked && s.has == "" { // one signal is enough
		a.signal(sig)
	}
	if asked || sig != sigkill {
		a.signal(syscall.SIGCONT)
		grace = time.Duration(a.job.Stop.Grace)
		then := func() { a.killGroup(false) }
		if asked {
			then = func() { a.signalAfter(sig, grace) }
		}
		a.grace = time.AfterFunc(grace, then)
	}
	a.telling.Add(1)
	a.mu.Unlock()
	// Not under the lock: who hears of it may be stuck, and KILL comes all the
	// same.
	defer a.telling.Done()
	a.r.emit(event.Stopping{ID: a.inst.ID, Attempt: a.res.Number, Reason: s.reason, Signal: s.signal, Grace: grace, Told: s.told, Message: asked})
}

// signalAfter signals the group when its message to stop had its grace.
func (a *attempt) signalAfter(sig syscall.Signal, grace time.Duration) {
	if sig == sigkill {
		a.killGroup(false)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reaped || !a.stop.killed.IsZero() {
		return
	}
	a.stop.signalled = time.Now()
	a.signal(sig)
	a.signal(syscall.SIGCONT)
	a.grace = time.AfterFunc(grace, func() { a.killGroup(false) })
}

// killGroup kills the group once, when its grace is over or at once.
func (a *attempt) killGroup(atOnce bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.reaped && a.leader != nil && a.stop.killed.IsZero() {
		a.stop.killed, a.stop.atOnce = time.Now(), atOnce
		a.signal(sigkill)
		a.killSet()
	}
}

// signal signals the group and the stages that have left it, or each process
// where the group is sluice's own. The caller holds a.mu, and the leader is
// unreaped.
func (a *attempt) signal(sig syscall.Signal) {
	if a.job.Group == plan.GroupInherit {
		for _, s := range a.stages {
			if s.p == nil {
				continue
			}
			if err := s.p.Signal(sig); err != nil {
				a.warn("signal %s to %s: %v", proc.SignalName(sig), s.plan.Name, err)
			}
		}
		return
	}
	if err := proc.SignalGroup(a.leader, sig); err != nil {
		a.warn("signal %s to the process group: %v", proc.SignalName(sig), err)
	}
	a.signalLeft(sig)
}

package runner

import (
	"context"
	"sync"
	"syscall"
	"time"

	"sluice/runner/event"
	"sluice/runner/proc"
	"sluice/runner/report"
)

// wait returns when every started stage has exited. It ends them before their
// time when the timeout is over, ctx is cancelled, a capture is full, or the
// caller wants no more of it. No goroutine waits for these: they call.
func (a *attempt) wait(ctx context.Context) {
	var group sync.WaitGroup
	var self *stage // the one that this goroutine waits for
	for _, s := range a.stages {
		switch {
		case s.p == nil:
		case self == nil:
			self = s
		default:
			group.Go(s.waitExit)
		}
	}
	if self == nil {
		return
	}
	if d := time.Duration(a.job.Timeout); d > 0 {
		defer time.AfterFunc(d, func() {
			a.end(stopped{status: report.TimedOut, reason: "timeout of " + a.job.Timeout.String()})
		}).Stop()
	}
	defer context.AfterFunc(ctx, func() {
		a.end(stopped{status: report.Cancelled, reason: context.Cause(ctx).Error()})
	})()
	defer context.AfterFunc(a.r.kill, func() {
		a.stopGroup(stopped{status: report.Cancelled, reason: context.Cause(a.r.kill).Error(), signal: "KILL"}, sigkill)
		a.killGroup()
	})()
	self.waitExit()
	group.Wait()
}

func (s *stage) waitExit() {
	s.ending.lives = !s.p.WaitExit()
	s.ending.end = time.Now()
}

// end stops the attempt: the job's signal now, KILL when its grace is over.
// The first reason counts.
func (a *attempt) end(s stopped) {
	s.signal = a.job.Stop.Signal
	sig, _ := proc.ParseSignal(s.signal)
	a.stopGroup(s, sig)
}

// endFull stops the attempt because its capture is over the limit.
func (a *attempt) endFull() {
	a.end(stopped{status: report.Failed, reason: tooMuch(a.inst.Stdout.Max)})
}

// stopGroup asks the group to end with sig, and wakes what is stopped in it so
// that it can; KILL follows when its grace is over. It does nothing where that
// was done before, or all is over.
func (a *attempt) stopGroup(s stopped, sig syscall.Signal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stop.happened() || a.reaped || a.leader == nil {
		return
	}
	s.at = time.Now()
	a.stop = s
	a.signal(sig)
	if sig != sigkill {
		a.signal(syscall.SIGCONT)
		a.grace = time.AfterFunc(time.Duration(a.job.Stop.Grace), a.killGroup)
	}
	a.r.emit(event.Stopping{ID: a.inst.ID, Attempt: a.res.Number, Reason: s.reason, Signal: s.signal})
}

func (a *attempt) killGroup() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.reaped && a.stop.killed.IsZero() {
		a.stop.killed = time.Now()
		a.signal(sigkill)
		a.killSet()
	}
}

// signal signals the group, and the stages that have left it. The caller holds
// a.mu, and the leader is unreaped.
func (a *attempt) signal(sig syscall.Signal) {
	if err := proc.SignalGroup(a.leader, sig); err != nil {
		a.warn("signal %s to the process group: %v", proc.SignalName(sig), err)
	}
	a.signalLeft(sig)
}

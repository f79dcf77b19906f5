package runner

import (
	"os"
	"syscall"

	"sluice/runner/plan"
	"sluice/runner/proc"
	"sluice/runner/report"
)

// loan is the terminal while an attempt has it: its group is the foreground
// group, which alone may read, and which Ctrl-C and Ctrl-Z reach.
type loan struct {
	terminal *os.File
	own      bool               // it was opened for this
	lent     bool               // to the attempt's own group
	mode     *proc.TerminalMode // before; nil where that is unknown
}

// borrow is the terminal for an attempt that begins now and has a use for it,
// or nil. It is nil too where sluice itself is in the background, and where
// there is no terminal.
func (a *attempt) borrow() *loan {
	l := &loan{terminal: a.r.o.Stdin, lent: a.job.Group != plan.GroupInherit}
	switch {
	case a.job.Interactive:
		var err error
		if l.terminal, err = proc.Terminal(); err != nil {
			return nil
		}
		l.own = true
	case !a.readsCaller() || a.job.Group == plan.GroupSession || !l.lent:
		return nil
	}
	if !proc.HasForeground(l.terminal) {
		l.close()
		return nil
	}
	l.mode, _ = proc.ModeOf(l.terminal) // without it there is nothing to put back
	return l
}

// readsCaller reports whether a process of the attempt inherits standard input.
// Where a tee does, sluice itself reads, and needs the terminal.
func (a *attempt) readsCaller() bool {
	for i, s := range a.inst.Stages {
		if s.Tee == nil && a.flow.Source[i] < 0 && a.inst.InputOf(a.flow, i).Kind == plan.InInherit {
			return true
		}
	}
	return false
}

func (l *loan) close() {
	if l.own {
		l.terminal.Close() // nothing was written through this number
	}
}

// endLoan takes the terminal back, and leaves it as it was.
func (a *attempt) endLoan() {
	l := a.loan
	if l == nil {
		return
	}
	defer l.close()
	if l.lent {
		if err := proc.TakeForeground(l.terminal); err != nil {
			a.warn("the terminal could not be taken back: %v", err)
			return
		}
	}
	if l.mode != nil {
		if err := proc.SetMode(l.terminal, l.mode); err != nil {
			a.warn("the mode of the terminal could not be put back: %v", err)
		}
	}
}

// noticeStops looks whether the terminal has stopped the attempt. Ctrl-Z to
// the group that has the terminal is for the whole job of the shell, so sluice
// stops too. Any other group is stopped for touching the terminal, and would
// wait for ever.
func (a *attempt) noticeStops() {
	for _, s := range a.stages {
		if s.p == nil {
			continue
		}
		sig := s.p.Stopped()
		switch {
		case sig == 0 || a.job.Group == plan.GroupInherit: // what stops that group stops sluice
		case a.loan != nil:
			a.suspend()
			return
		case sig == syscall.SIGTTIN:
			a.touched("reading")
		case sig == syscall.SIGTTOU:
			a.touched("changing")
		}
	}
}

// touched ends an attempt that the terminal has stopped. It is woken to end by
// itself; one that is stopped again instead can't, and is killed.
func (a *attempt) touched(doing string) {
	a.mu.Lock()
	ending := a.stop.happened()
	a.mu.Unlock()
	if ending {
		a.killGroup(true)
		return
	}
	a.end(stopped{status: report.Failed, reason: "stopped for " + doing + " the terminal, which only a job with interactive: true may"})
}

// suspend stops sluice with the job that has the terminal, and goes on with it
// when the shell does. Then the terminal is lent again, unless the shell has
// put sluice into the background: as soon as the job reads, it is stopped, and
// sluice with it.
func (a *attempt) suspend() {
	l := a.loan
	var mode *proc.TerminalMode // the job's
	a.mu.Lock()
	// Where sluice has the terminal, the shell has brought it back after a
	// stop that came to sluice alone, a moment before it lent the terminal.
	// The job was stopped for not having it.
	regained := !a.reaped && proc.HasForeground(l.terminal)
	if !a.reaped && proc.LeadsForeground(l.terminal, a.leader) {
		mode, _ = proc.ModeOf(l.terminal)
		_ = proc.TakeForeground(l.terminal) // whoever fails here is stopped all the same
		if l.mode != nil {
			_ = proc.SetMode(l.terminal, l.mode)
		}
	}
	a.mu.Unlock()
	if !regained && proc.SuspendSelf() != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reaped {
		return
	}
	if proc.HasForeground(l.terminal) {
		if mode != nil {
			_ = proc.SetMode(l.terminal, mode)
		}
		_ = proc.GiveForeground(l.terminal, a.leader)
	}
	a.signal(syscall.SIGCONT)
}

package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"sluice/runner"
	"sluice/runner/event"
	"sluice/runner/proc"
	"sluice/runner/report"
)

// signals turns the signals that end a run into calls: the first cancels it,
// the second ends kill. It listens until the process ends.
type signals struct {
	ctx   context.Context // done when one came, with its reason as the cause
	stop  context.CancelCauseFunc
	kill  context.Context // done when a second signal came
	ready chan struct{}   // closed when it listens
	armed atomic.Bool     // there are children, or soon will be

	// supervises: of a run that has left its terminal. What becomes of that is
	// nothing to it, so HUP is ignored. All else is obeyed, also where the
	// launcher ignored it, for signals are how a detached run is ended.
	supervises bool

	mu    sync.Mutex
	began syscall.Signal // the first that came
}

// watchSignals begins to listen. To have a signal delivered takes the runtime
// two threads and a quarter of a millisecond, so that happens beside the
// reading of the job file; who starts children waits for ready first.
//
// Being caught, the signals are at their default again in every child, also
// where this process's parent ignored them. One that the parent ignored, as
// nohup does, goes on to be ignored here.
func watchSignals(supervises bool) *signals {
	s := &signals{ready: make(chan struct{}), supervises: supervises}
	s.armed.Store(supervises)
	s.ctx, s.stop = context.WithCancelCause(context.Background())
	var kill context.CancelCauseFunc
	s.kill, kill = context.WithCancelCause(context.Background())
	go s.watch(kill) // owned by the process
	return s
}

func (s *signals) watch(kill context.CancelCauseFunc) {
	caught := []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}
	ignored := map[os.Signal]bool{}
	for _, sig := range caught {
		ignored[sig] = signal.Ignored(sig)
		if s.supervises {
			ignored[sig] = sig == syscall.SIGHUP
		}
	}
	ch := make(chan os.Signal, 4)
	signal.Notify(ch, caught...)
	close(s.ready)
	count := 0
	for sig := range ch {
		if ignored[sig] {
			continue
		}
		if !s.armed.Load() {
			count = 2 // nothing is started yet that would have to end first
		}
		switch count++; count {
		case 1:
			s.mu.Lock()
			s.began = sig.(syscall.Signal)
			s.mu.Unlock()
			s.stop(reason(sig.(syscall.Signal)))
		case 2:
			kill(s.again(sig))
		default:
			if s.supervises {
				continue // sluice stop knows what to do with one that is stuck
			}
			// Before anything is started; or every child is killed, and sluice
			// is still here: it is stuck, such as in a write that nobody
			// reads. The signal now does what it does to any program.
			if sig == syscall.SIGQUIT {
				sig = syscall.SIGTERM // Go's own answer to QUIT is a dump of its stacks
			}
			signal.Reset(sig)
			syscall.Kill(os.Getpid(), sig.(syscall.Signal))
		}
	}
}

// again is why what still runs is killed: sig is the second one. To sluice
// stop --now, which sends both, they are one order.
func (s *signals) again(sig os.Signal) error {
	if sig == syscall.SIGINT && !s.supervises {
		return errors.New("interrupted again")
	}
	return errors.New("told to stop at once")
}

// interrupted is why a run ends on Ctrl-C.
const interrupted = "interrupted"

func reason(sig syscall.Signal) error {
	text := interrupted
	if sig != syscall.SIGINT {
		text = "told to stop by SIG" + proc.SignalName(sig)
	}
	if (sig == syscall.SIGINT || sig == syscall.SIGQUIT) && hasTerminal() {
		return &runner.FromTerminal{Signal: proc.SignalName(sig), Reason: text}
	}
	return errors.New(text)
}

// hasTerminal reports whether the keys of a terminal send signals to this
// process's group. Who sent one can't be known, but then it was most likely
// the terminal, and to the whole group.
func hasTerminal() bool {
	terminal, err := proc.Terminal()
	if err != nil {
		return false
	}
	defer terminal.Close()
	return proc.HasForeground(terminal)
}

// first is the name of the signal that stopped the run, or "".
func (s *signals) first() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began == 0 {
		return ""
	}
	return proc.SignalName(s.began)
}

// stamp writes into rep what the signals did to its run.
func (s *signals) stamp(rep *report.Report) {
	rep.Signal = s.first()
	rep.Killed = rep.Signal != "" && s.kill.Err() != nil
}

func signalNumber(name string) syscall.Signal {
	sig, _ := proc.ParseSignal(name)
	return sig
}

// logSink writes the events that --verbose shows to sluice's own log.
type logSink struct{ log *slog.Logger }

func (l logSink) Event(e event.Event) {
	switch e := e.(type) {
	case event.StageStarted:
		l.log.Debug("started", "job", e.ID, "stage", e.Name, "pid", e.PID, "pgid", e.PGID, "path", e.Path)
	case event.StageEnded:
		l.log.Debug("ended", "job", e.ID, "stage", e.Result.Name, "pid", e.Result.PID, "ending", e.Result.Ending, "took", e.Result.Took, "user", e.Result.User, "system", e.Result.System)
	case event.Stopping:
		l.log.Debug("stopping", "job", e.ID, "reason", e.Reason, "signal", e.Signal)
	}
}

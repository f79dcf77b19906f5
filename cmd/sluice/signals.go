package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"sluice/runner/event"
	"sluice/runner/proc"
)

// signals turns the signals that end a run into calls: the first cancels it,
// the second ends kill.
type signals struct {
	ch   chan os.Signal
	kill context.Context // done when a second signal came
	done sync.WaitGroup

	mu    sync.Mutex
	began syscall.Signal // the first that came
}

// watchSignals begins to listen. Being caught here, the signals are at their
// default again in every child, also where this process's parent ignored them.
// One that the parent ignored, as nohup does, goes on to be ignored.
func (c *cli) watchSignals(cancel context.CancelCauseFunc) *signals {
	kill, cancelKill := context.WithCancelCause(context.Background())
	s := &signals{ch: make(chan os.Signal, 4), kill: kill}
	ignored := map[os.Signal]bool{}
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		ignored[sig] = signal.Ignored(sig)
	}
	// SIGPIPE is caught so that a write to a closed pipe is an error that
	// stops the run in good order, and not sluice's sudden end.
	signal.Notify(s.ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	s.done.Go(func() {
		count := 0
		for sig := range s.ch {
			if ignored[sig] || sig == syscall.SIGPIPE {
				continue
			}
			switch count++; count {
			case 1:
				s.mu.Lock()
				s.began = sig.(syscall.Signal)
				s.mu.Unlock()
				cancel(reason(sig.(syscall.Signal)))
			case 2:
				cancelKill(errors.New("a second signal"))
			}
		}
	})
	return s
}

func reason(sig syscall.Signal) error {
	if sig == syscall.SIGINT {
		return errors.New("interrupted")
	}
	return errors.New("told to stop by SIG" + proc.SignalName(sig))
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

func (s *signals) close() {
	signal.Stop(s.ch)
	close(s.ch)
	s.done.Wait()
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

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sluice/runner/event"
	"sluice/runner/state"
)

func (c *cli) stopCommand() *cobra.Command {
	var now bool
	cmd := &cobra.Command{
		Use:   "stop ID…",
		Short: "Stop runs, and wait until they have ended",
		Long: `Stop runs in good order, as Ctrl-C does in a terminal, and wait until they have
ended: their jobs get their signal, and KILL after their grace; clean-up runs.
With --now, KILL at once and no clean-up.

It succeeds when the runs have ended, also where they had before, and exits with
4 where one is lost, since nobody knows how its jobs ended.

ID is a run's id, the beginning of one, or last.`,
		Args: someRuns,
		RunE: func(_ *cobra.Command, args []string) error { return c.stop(args, now) },
	}
	cmd.Flags().BoolVar(&now, "now", false, "kill the jobs at once")
	c.completeRuns(cmd, goesOn)
	return cmd
}

func (c *cli) stop(refs []string, now bool) error {
	list, err := c.findRuns(refs)
	if err != nil {
		return err
	}
	lost := false
	for _, f := range list {
		before, err := f.Status()
		var st state.Status
		if err == nil {
			st, err = stopRun(f, now)
		}
		if err != nil {
			return own(fmt.Errorf("run %s: %w", f.ID, err))
		}
		if before.State == state.Final {
			c.complain("run " + f.ID + " had ended already: it " + ending(st))
		} else {
			c.sayEnding(f, st)
		}
		lost = lost || st.State == state.Lost
	}
	if lost {
		return code(exitError)
	}
	return nil
}

// stopRun stops f and returns what became of it.
func stopRun(f *state.Folder, now bool) (state.Status, error) {
	st, err := f.Status()
	if err != nil || st.State != state.Running {
		return st, err
	}
	process, err := runnerOf(f, now)
	if err != nil {
		return st, err
	}
	runner, err := process.Hold()
	switch {
	case errors.Is(err, state.ErrEnded):
		return afterRunner(f, process, patience)
	case err != nil:
		return st, err
	}
	defer runner.Close()
	if now {
		err = endNow(f, runner, patience)
	} else if err = terminate(runner); err == nil {
		err = runner.Wait(context.Background())
	}
	if err != nil {
		return st, err
	}
	return f.Wait(context.Background())
}

// runnerOf is the process that runs f, which may be just about to take it over.
func runnerOf(f *state.Folder, now bool) (state.Process, error) {
	ctx := context.Background()
	if now {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	p, err := f.Runner(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("nothing has taken it over within %s, and nothing was signalled", patience)
	}
	return p, err
}

// afterRunner returns what became of f, whose runner has ended: just now, or it
// was killed and its monitor ends what is left.
func afterRunner(f *state.Folder, runner state.Process, patience time.Duration) (state.Status, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := f.Wait(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("process %d, which ran it by %s/run.json, has ended, and yet another process holds its lock; nothing was signalled", runner.PID, f.Dir())
	}
	return st, err
}

// patience is how long a runner may take to do at once what it is told, such
// as one that hangs in a write to a disk that is gone.
const patience = 10 * time.Second

// terminate tells a runner to end in good order. The CONT is for one that was
// stopped, which can't act on TERM.
func terminate(runner *state.Hold) error {
	return errors.Join(runner.Signal(syscall.SIGTERM), runner.Signal(syscall.SIGCONT))
}

// endNow ends the runner of f and its jobs at once, and returns when it has
// ended: by itself, or killed when it takes longer than patience.
func endNow(f *state.Folder, runner *state.Hold, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := terminateTwice(ctx, f, runner); err != nil {
		return err
	}
	err := runner.Wait(ctx)
	if ctx.Err() == nil {
		return err
	}
	// Its monitor ends what it has started.
	if err := runner.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	return runner.Wait(context.Background())
}

// terminateTwice sends the second TERM too, which has the jobs killed.
func terminateTwice(ctx context.Context, f *state.Folder, runner *state.Hold) error {
	before, err := f.Events()
	if err == nil {
		err = terminate(runner)
	}
	if err != nil || slices.ContainsFunc(before, isTold) {
		return err
	}
	// While the first waits to be delivered, a second is dropped. So it waits
	// until the run says that it is stopping.
	told := errors.New("told")
	err = f.Follow(ctx, func(e state.Entry) error {
		if isTold(e) {
			return told
		}
		return nil
	})
	if errors.Is(err, told) {
		return terminate(runner)
	}
	return nil // it has ended, or says nothing: patience decides
}

// isTold reports whether e says that the run is stopping because of a TERM.
func isTold(e state.Entry) bool {
	stopping, ok := e.Event.(event.RunStopping)
	return ok && stopping.Reason == reason(syscall.SIGTERM).Error()
}

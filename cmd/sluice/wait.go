package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"sluice/runner/state"
)

func (c *cli) waitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "wait ID…",
		Short: "Wait until runs have ended, and exit as they did",
		Long: `Wait until the runs have ended.

A run of one job gives the exit code of its stage at fault: its own, or 128 and
the signal's number. A run of several gives 0 or 1, as sluice run does. A run
that sluice itself could not go on with gives 4, and so does one that is lost:
its runner ended without a word, and nobody knows how its jobs ended. Of several
runs the first that did not succeed gives the code.

ID is a run's id, the beginning of one, or last.`,
		Example: "  id=$(sluice run --detach jobs/words.yaml)\n  sluice wait $id",
		Args:    someRuns,
		RunE:    func(_ *cobra.Command, args []string) error { return c.wait(args) },
	}
	c.completeRuns(cmd, anyRun)
	return cmd
}

// someRuns wants at least one run.
func someRuns(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage("sluice ps lists the runs that go on", "sluice %s needs the id of a run", cmd.Name())
	}
	return nil
}

func (c *cli) wait(refs []string) error {
	list, err := c.findRuns(refs)
	if err != nil {
		return err
	}
	first := exitOK
	for _, f := range list {
		st, err := awaitEnd(context.Background(), f)
		if err != nil {
			return own(err)
		}
		if n := exitCode(st); n != exitOK {
			c.sayEnding(f, st)
			if first == exitOK {
				first = n
			}
		}
	}
	return code(first)
}

// awaitEnd returns when the run has ended and so has what runs it.
func awaitEnd(ctx context.Context, f *state.Folder) (state.Status, error) {
	process, err := f.Runner(ctx)
	if err == nil { // else ctx is done, of which Wait tells, or its run.json is damaged
		switch runner, err := process.Hold(); {
		case err == nil:
			defer runner.Close()
			if err := runner.Wait(ctx); err != nil {
				return state.Status{}, err
			}
		case !errors.Is(err, state.ErrEnded):
			return state.Status{}, err
		}
	}
	return f.Wait(ctx) // its monitor may still be at work
}

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"sluice/runner/report"
	"sluice/runner/state"
)

// attachLines is how much of what was logged before attach shows.
const attachLines = 10

func (c *cli) attachCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "attach ID",
		Short: "Show a run as if it ran here, until it has ended",
		Long: `Show what happens in a run from now on, and the last lines of before, as sluice
run shows it. It ends with the run, and exits as sluice wait does. Ctrl-C leaves
the run alone. The run gets no input from here.

ID is a run's id, the beginning of one, or last.`,
		Args: oneRun,
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := c.findRun(args[0])
			if err != nil {
				return err
			}
			return c.attach(f)
		},
	}
	c.completeRuns(cmd, goesOn)
	return cmd
}

func (c *cli) attach(f *state.Folder) error {
	p, err := f.FullPlan()
	if err != nil {
		return own(err)
	}
	left, release := signal.NotifyContext(context.Background(), os.Interrupt)
	defer release()
	context.AfterFunc(left, release) // a second Ctrl-C ends this program, whatever it does
	ctx, cancel := context.WithCancelCause(left)
	defer cancel(nil)
	mode := "ordered"
	if count(p) > 1 {
		mode = "prefix" // all of them live, for nobody has seen where they stood
	}
	sh := c.viewer(mode, cancel)
	err = f.Play(ctx, state.PlayOptions{Tail: attachLines, Events: true, Follow: true}, func(e state.Entry) error {
		sh.Event(e.Event)
		return nil
	})
	var st state.Status
	if err == nil {
		st, err = f.Wait(ctx)
	}
	if err == nil && st.State == state.Final {
		st.Result.WriteSummary(sh, report.Style{Color: c.color(c.stderr)})
	}
	writeErr := sh.Close()
	switch {
	case writeErr == nil && left.Err() != nil:
		c.complain("run " + f.ID + " goes on; sluice stop " + f.ID + " ends it")
		return code(exitSignal + int(syscall.SIGINT))
	case writeErr != nil || err != nil:
		return shown(writeErr, err)
	case st.State == state.Lost, st.Result.Error != "":
		c.sayEnding(f, st)
	}
	return code(exitCode(st))
}

// viewer is a show of a run that goes on elsewhere. Where it can't write, it
// calls stop.
func (c *cli) viewer(mode string, stop context.CancelCauseFunc) *show {
	o := c.showOptions(mode)
	o.GitHub, o.OnError = false, stop
	return newShow(o)
}

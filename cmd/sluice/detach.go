package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"sluice/runner"
	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/proc"
	"sluice/runner/report"
	"sluice/runner/state"
)

// attached are the flags of run that are about what happens in this terminal.
var attached = []string{"output", "json", "report", "events"}

// checkDetach complains of flags that a detached run has no use for.
func checkDetach(cmd *cobra.Command) error {
	for _, name := range attached {
		if cmd.Flags().Changed(name) {
			return usage("sluice logs, attach and ps show a detached run", "--%s is about a run in this terminal, and --detach leaves it", name)
		}
	}
	return nil
}

// detach starts the run that args ask for apart from this process, and returns
// when it is ready.
func (c *cli) detach(o *runFlags, args []string) error {
	file, p, err := c.plan(&o.loading, args)
	if err != nil {
		return err
	}
	for _, j := range p.Jobs {
		if j.Interactive && len(j.Shapes()) > 0 {
			return usage("", "job %s is interactive, and a detached run has no terminal", j.Name)
		}
		if j.Detach && len(j.Instances) == 1 && count(p) == 1 {
			// Of this run it is already true.
			inst := j.Instances[0]
			if j.Detach = false; inst.Ready == nil {
				inst.Ready = &plan.Ready{}
			}
		}
	}
	if err := proc.CloseOnExec(); err != nil {
		return own(err)
	}
	s, err := c.store()
	if err != nil {
		return err
	}
	durability, err := o.policy()
	if err != nil {
		return err
	}
	m, err := c.asked(o, p)
	if err != nil {
		return own(err)
	}
	<-c.signals.ready
	c.signals.armed.Store(true)
	id, err := launcher{store: s, durability: durability, kill: c.signals.kill, waits: c.sayWaits}.launch(c.signals.ctx, p, m)
	if err != nil {
		return c.tellNotReady(o, file.Name, p, s, err)
	}
	err = c.print(func(w io.Writer) error { _, err := fmt.Fprintln(w, id); return err })
	c.complain(fmt.Sprintf("run %s is detached; sluice logs -f %s shows its output, sluice stop %s ends it", id, id, id))
	return err
}

// sayWaits says what an instance of a detached run waits for.
func (c *cli) sayWaits(id, reason string) {
	line := report.Visible(waitsLine(event.Waiting{ID: id, Reason: reason}))
	fmt.Fprintln(c.stderr, report.Style{Color: c.color(c.stderr)}.Paint(report.Yellow, line))
}

// tellNotReady tells why a detached run did not become ready: what it printed,
// and what sluice run would have said of it.
func (c *cli) tellNotReady(o *runFlags, file string, p *plan.Plan, s *state.Store, err error) error {
	failed, ok := errors.AsType[*notReady](err)
	if !ok || failed.own {
		return own(err)
	}
	if failed.unstarted { // as a signal asked for
		c.complain(failed.Error())
		return code(exitSignal + int(signalNumber(c.signals.first())))
	}
	f, err := s.Open(failed.id)
	if err != nil {
		return own(err)
	}
	rep, err := f.Result()
	if err != nil {
		return own(err)
	}
	beside := &cli{stdout: c.stderr, stderr: c.stderr} // for standard output is the id's
	if err := beside.logs(f, logFlags{lines: shownLines}); err != nil {
		return err
	}
	style, jobOf := report.Style{Color: c.color(c.stderr)}, jobsOf(p)
	for _, j := range rep.Jobs {
		if j.Status == report.Failed || j.Status == report.TimedOut {
			if of := jobOf(j.ID); of == nil || !of.Detach {
				j = withoutTails(j) // its output stands above
			}
			if err := report.WriteFailure(c.stderr, j, rerun(o, file, j.ID), style); err != nil {
				return own(err)
			}
		}
	}
	c.complain(failed.Error())
	if rep.Signal != "" {
		return code(exitSignal + int(signalNumber(c.signals.first())))
	}
	return code(exitFailed)
}

// resultOfOne is what became of the one instance of a run, or nil.
func resultOfOne(s *state.Store, id string) *report.Job {
	f, err := s.Open(id)
	if err != nil {
		return nil
	}
	rep, err := f.Result()
	if err != nil || len(rep.Jobs) != 1 {
		return nil
	}
	return rep.Jobs[0]
}

// record makes o the options of a run that is recorded by run: its locks and
// detached jobs have their place in the same state directory. The monitor holds
// the run's lock too, for what it has to end belongs to the run.
func (c *cli) record(o *runner.Options, run *state.Run) error {
	m := run.Meta()
	o.RunID, o.Record, o.Spread, o.Locks = m.RunID, run.Record, run.Spread, run.Store().Locks()
	o.NoSync = m.Durability == state.None
	o.Sink = event.Tee{run, o.Sink}
	run.OnError = func(err error) { c.signals.stop(fmt.Errorf("what happens can't be kept: %w", err)) }
	l := launcher{
		store: run.Store(), durability: m.Durability, within: o.Keeper.Outside(), kill: c.signals.kill,
		waits: func(id, reason string) { o.Sink.Event(event.Waiting{ID: id, Reason: reason}) },
	}
	o.Detach = func(ctx context.Context, p *plan.Plan) (string, error) {
		job := m
		job.Parent, job.RunID, job.Prior = m.RunID, "", nil
		job.Name = p.Jobs[0].Instances[0].ID
		job.Asked.Jobs = []string{job.Name}
		id, err := l.launch(ctx, p, job)
		if failed, ok := errors.AsType[*notReady](err); ok {
			res := resultOfOne(l.store, failed.id)
			if res == nil || len(res.Attempts) > 0 {
				err = fmt.Errorf("%w; sluice logs %s shows its output", err, failed.id)
			}
			err = &runner.NotReady{Err: err, Result: res}
		}
		return id, err
	}
	c.takeMessages(o, run, run.Plan())
	_, err := o.Keeper.Hold(run.Lock()) // both end with the run
	return err
}

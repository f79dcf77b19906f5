package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"

	"sluice/runner/plan"
	"sluice/runner/report"
	"sluice/runner/state"
)

// recording is what is kept of a run. The zero recording keeps nothing.
type recording struct{ run *state.Run }

// stateHint says what to do where the state directory is of no use.
const stateHint = "set SLUICE_STATE_DIR to a folder that can be written"

// durability is what --durability asks for.
func (o *runFlags) policy() (state.Durability, error) {
	switch d := state.Durability(o.durability); d {
	case "":
		return state.Fsync, nil
	case state.Fsync, state.None:
		return d, nil
	}
	return "", usage("expected fsync or none", "%q is no durability", o.durability)
}

// startRecording makes the folder of the run of p. Where that is not possible,
// the run goes on without: a home that can't be written must not keep a job
// from running. Who asked for a durability relies on the folder.
func (c *cli) startRecording(o *runFlags, p *plan.Plan, earlier repeated, direct bool) (recording, error) {
	durability, err := o.policy()
	if err != nil {
		return recording{}, err
	}
	run, err := c.createRun(o, p, earlier, durability, direct)
	switch {
	case err == nil:
		return recording{run}, nil
	case o.durability != "":
		return recording{}, &failure{exitError, fmt.Errorf("--durability: %w", err), stateHint}
	case needsState(p) != "":
		return recording{}, &failure{exitError, fmt.Errorf("%s: %w", needsState(p), err), stateHint}
	}
	c.complain(fmt.Sprintf("warning: this run goes on without history: %v", err))
	return recording{}, nil
}

// needsState is which job of p can't do without a state directory, and why, or
// nothing.
func needsState(p *plan.Plan) string {
	for _, j := range p.Jobs {
		for _, inst := range j.Shapes() {
			switch {
			case j.Detach:
				return inst.ID + " is a detached job, of which a folder is kept"
			case inst.Exclusive != nil:
				return inst.ID + " is exclusive, and its lock is kept in a folder"
			}
		}
	}
	return ""
}

// createRun makes the folder of a run.
func (c *cli) createRun(o *runFlags, p *plan.Plan, earlier repeated, d state.Durability, direct bool) (*state.Run, error) {
	store, err := state.Locate(os.Getenv)
	if err != nil {
		return nil, err
	}
	m, err := c.asked(o, p)
	if err != nil {
		return nil, err
	}
	m.Parent, m.Prior, m.Direct = earlier.run, earlier.runs(), direct
	return store.Create(p, m, d)
}

// asked is what sluice run was asked for, and where.
func (c *cli) asked(o *runFlags, p *plan.Plan) (state.Meta, error) {
	dir, err := os.Getwd()
	asked := state.Asked{File: p.File, Jobs: o.jobs, Parallel: o.parallel, KeepGoing: o.keepGoing, FailFast: o.failFast}
	for _, name := range slices.Sorted(maps.Keys(o.values)) {
		g := o.values[name]
		asked.Params = append(asked.Params, state.Given{Name: name, Values: g.Values, Dir: g.Dir, Source: g.Source})
	}
	return state.Meta{
		Version: cmp.Or(moduleVersion(), "(development)"),
		Dir:     dir, Args: append([]string{"sluice"}, c.args...), Asked: asked,
	}, err
}

// finish writes the result. Without a report, the run has no result and will
// be told as lost.
func (r recording) finish(rep *report.Report) error {
	if r.run == nil || rep == nil {
		return r.close()
	}
	return r.run.Finish(rep)
}

func (r recording) close() error {
	if r.run == nil {
		return nil
	}
	return r.run.Close()
}

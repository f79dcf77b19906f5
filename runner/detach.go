package runner

import (
	"context"
	"errors"
	"slices"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// detach has a detached instance started as a run of its own, and writes what
// came of that into res. A kill of this run ends the start.
func (r *run) detach(ctx context.Context, j *plan.Job, inst *plan.Instance, res *report.Job) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(r.kill, func() { cancel(context.Cause(r.kill)) })()
	p, err := r.planOfOne(j, inst)
	var id string
	if err == nil {
		id, err = r.o.Detach(ctx, p)
	}
	switch {
	case err == nil:
		res.Status, res.RunID = report.Succeeded, id
		r.emit(event.Detached{ID: inst.ID, RunID: id})
	case ctx.Err() != nil:
		res.Status, res.Reason = report.Cancelled, context.Cause(ctx).Error()
	default:
		res.Status, res.Reason = report.Failed, err.Error()
		if tried, ok := errors.AsType[*NotReady](err); ok && tried.Result != nil {
			res.Attempts, res.Earlier = tried.Result.Attempts, tried.Result.Earlier
		}
	}
}

// planOfOne is the plan of inst alone: what it needs has happened, and what
// other jobs captured for it stands in the plan. Its run tells when it is
// ready. The plan's own values must not change: they are shared.
func (r *run) planOfOne(j *plan.Job, inst *plan.Instance) (*plan.Plan, error) {
	job, one := *j, *inst
	job.Needs, job.After = nil, nil
	job.MaxParallel, job.Pool = 0, ""
	job.Detach = false
	job.Instances, job.Each = []*plan.Instance{&one}, nil
	if one.Ready == nil {
		one.Ready = &plan.Ready{}
	}
	f := filler{run: r, inst: inst}
	one.Stages = make([]*plan.Stage, len(inst.Stages))
	for i, s := range inst.Stages {
		stage := *s
		stage.Argv = make([]plan.Text, len(s.Argv))
		for k, t := range s.Argv {
			stage.Argv[k] = f.fill(t)
		}
		stage.Env = make([]plan.EnvVar, len(s.Env))
		for k, e := range s.Env {
			e.Value = f.fill(e.Value)
			stage.Env[k] = e
		}
		if s.Stdin != nil {
			in := f.input(*s.Stdin)
			stage.Stdin = &in
		}
		one.Stages[i] = &stage
	}
	one.Stdin = f.input(one.Stdin)
	if f.err != nil {
		return nil, f.err
	}
	return &plan.Plan{
		Version: r.plan.Version, File: r.plan.File, SHA256: r.plan.SHA256, Dir: r.plan.Dir,
		Params: r.plan.Params, Jobs: []*plan.Job{&job},
	}, nil
}

// filler puts what jobs captured into texts, and the values of inst's matrix.
// The other unknowns stay: they are of the new run.
type filler struct {
	*run
	inst *plan.Instance
	err  error // the first
}

// input is in with what jobs captured as its text.
func (f *filler) input(in plan.Input) plan.Input {
	in.Text = f.fill(in.Text)
	if in.Kind != plan.InJob {
		return in
	}
	data, err := f.stdoutOf(in.Job)
	if err != nil && f.err == nil {
		f.err = err
	}
	return plan.Input{Kind: plan.InText, Text: plan.Known(string(data))}
}

func (f *filler) fill(t plan.Text) plan.Text {
	parts := slices.Clone(t.Parts())
	for i, p := range parts {
		if p.Unknown == nil {
			continue
		}
		text, ok, err := f.fromJobs(*p.Unknown)
		if p.Unknown.Kind == plan.UnknownMatrix {
			text, err = axisValue(f.inst, *p.Unknown)
		} else if !ok {
			continue
		}
		if err != nil && f.err == nil {
			f.err = err
		}
		parts[i] = plan.Part{Text: text}
	}
	return plan.TextOf(parts...)
}

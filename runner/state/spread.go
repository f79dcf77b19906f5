package state

import (
	"errors"
	"io/fs"
	"maps"
	"slices"

	"sluice/runner/fields"
	"sluice/runner/plan"
)

// Spread keeps what a job printed whose lines made the instances of another
// one, as runner.Options.Spread asks for: one goroutine calls it. Of bytes that
// are no UTF-8 no instance is made, and they may be lost here.
func (r *Run) Spread(job string, printed []byte) error {
	if err := r.written(); err != nil {
		return err
	}
	if _, kept := r.printed[job]; kept {
		return nil // for another one, or another axis
	}
	if r.printed == nil {
		r.printed = map[string]string{}
	}
	r.printed[job] = string(printed)
	o := fields.Open(nil)
	for _, name := range slices.Sorted(maps.Keys(r.printed)) {
		o.String(name, r.printed[name])
	}
	return r.folder.replace(spreadName, append(o.Close(), '\n'), r.sync)
}

// FullPlan reads the plan with the instances that the run has found.
func (f *Folder) FullPlan() (*plan.Plan, error) {
	p, err := f.Plan()
	if err != nil {
		return nil, err
	}
	return f.Fill(p)
}

// Fill returns p, the plan of f's run, with the instances that this has found.
// What p holds is not changed.
func (f *Folder) Fill(p *plan.Plan) (*plan.Plan, error) {
	vague := func(j *plan.Job) bool { return len(j.Each) > 0 }
	if !slices.ContainsFunc(p.Jobs, vague) {
		return p, nil
	}
	var printed map[string]string
	if err := f.readJSON(spreadName, &printed); errors.Is(err, fs.ErrNotExist) {
		return p, nil
	} else if err != nil {
		return nil, err
	}
	full := *p
	full.Jobs = slices.Clone(p.Jobs)
	for i, j := range p.Jobs {
		if !vague(j) {
			continue
		}
		stdout := func(job string) ([]byte, error) {
			text, ok := printed[job]
			if !ok {
				return nil, errors.New("the run has not come to it")
			}
			return []byte(text), nil
		}
		if list, err := j.Spread(stdout, p.MostInstances()); err == nil { // else it had none either
			job := *j
			if job.Instances = list; len(list) == 0 {
				job.Skip = plan.NoLines
			}
			full.Jobs[i] = &job
		}
	}
	return &full, nil
}

package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// Again is an instance that has succeeded and must run again all the same.
type Again struct {
	ID  string
	Why string // "/src/a.c has changed", "it needs list, which runs again"
}

// Reusable says which instances of p, the plan of f's run, need not run again:
// they have succeeded, what they read is as it was when the run began in which
// they did, or at least since they started, what they made is as they left it,
// and the same is true of what they need. again are the others of those that have succeeded.
//
// A service leaves nothing that could be used again. It never is among them:
// the runner starts it where it is needed.
func (f *Folder) Reusable(p *plan.Plan) (prior map[string]Done, again []Again, err error) {
	if prior, err = f.Done(); err != nil {
		return nil, nil, err
	}
	if p, err = f.Fill(p); err != nil {
		return nil, nil, err
	}
	r := &reuse{
		plan: p, folder: f, prior: prior, made: made(p), appended: appended(p),
		inputs: map[string]map[string]Input{}, changes: map[string]inputChange{},
		anew: map[string]bool{}, why: map[string]string{},
	}
	if err := r.look(); err != nil {
		return nil, nil, err
	}
	r.spread()
	for _, j := range p.Jobs {
		for _, inst := range j.Instances {
			why := r.why[inst.ID]
			if _, done := prior[inst.ID]; done && why != "" && !j.Service {
				again = append(again, Again{inst.ID, why})
			}
			if why != "" || j.Service {
				delete(prior, inst.ID)
			}
		}
	}
	return prior, again, nil
}

// reuse finds out what need not run again.
type reuse struct {
	plan     *plan.Plan
	folder   *Folder
	prior    map[string]Done
	made     map[string]bool // files that instances write
	appended map[string]bool // those that they append to

	inputs  map[string]map[string]Input // of a run, by path
	changes map[string]inputChange      // of an input since a run began, by run and path

	anew map[string]bool   // jobs of which an instance runs again
	why  map[string]string // instances that are done run again, by id
}

// tick is how much too early a file's times may be: the kernel takes them from
// a clock that it moves at each tick, of which it has 100 or more in a second.
const tick = 10 * time.Millisecond

// inputChange is how an input has changed, or "", and when it did.
type inputChange struct {
	how string
	at  time.Time
}

// appended are the files that instances of p append to.
func appended(p *plan.Plan) map[string]bool {
	paths := map[string]bool{}
	for _, j := range p.Jobs {
		for _, inst := range j.Shapes() {
			for _, out := range inst.Outputs() {
				if out.Mode == plan.ModeAppend {
					paths[out.Path] = true
				}
			}
		}
	}
	return paths
}

// look compares what there is with what is recorded, instance by instance.
func (r *reuse) look() error {
	for _, j := range r.plan.Jobs {
		if j.Vague() {
			r.anew[j.Name] = true // that run did not come to it
		}
		for _, inst := range j.Instances {
			d, done := r.prior[inst.ID]
			if !done && !j.Service {
				r.anew[j.Name] = true
				continue
			}
			if !done {
				d.RunID = r.folder.ID // what it served was right if it is what it was
			}
			why, err := r.changed(inst, d)
			if err != nil {
				return err
			}
			r.why[inst.ID] = why
			r.anew[j.Name] = r.anew[j.Name] || why != ""
		}
	}
	return nil
}

// changed says why inst, which has ended as d says, must run again, or "".
func (r *reuse) changed(inst *plan.Instance, d Done) (string, error) {
	inputs, known := r.inputs[d.RunID]
	if !known {
		var err error
		if inputs, err = r.folder.store().folder(d.RunID).Inputs(); err != nil {
			return "", err
		}
		r.inputs[d.RunID] = inputs
	}
	for _, path := range reads(inst, r.made) {
		key := d.RunID + path
		c, looked := r.changes[key]
		if !looked {
			was, recorded := inputs[path]
			if c.how, c.at = was.change(); !recorded {
				c.how, c.at = sinceNamed(path)
			}
			r.changes[key] = c
		}
		// What an earlier job of that run changed, without a word in the job
		// file, was so already when the instance read it.
		seen := d.Result != nil && !c.at.IsZero() && c.at.Add(tick).Before(d.Result.Start)
		if c.how != "" && !seen {
			return c.how, nil
		}
	}
	switch {
	case d.Result == nil: // of a service
		return "", nil
	case d.Result.RunID != "":
		return r.detached(d.Result.RunID)
	case inst.Stdout.Kind == plan.OutCapture && d.Stdout == nil:
		return "what it captured is missing", nil
	}
	for _, out := range d.Result.Outputs {
		if change := r.output(out); change != "" {
			return change, nil
		}
	}
	return "", nil
}

// output says how a file that an instance made differs from what it left, or
// "".
func (r *reuse) output(was report.Output) string {
	info, err := os.Stat(was.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return was.Path + ", which it made, is missing"
	case err != nil:
		return was.Path + ", which it made, can't be looked at"
	case r.appended[was.Path] && info.Size() >= was.Size: // others may have added to it
		return ""
	case info.Size() != was.Size || !info.ModTime().Equal(was.Mtime):
		return was.Path + ", which it made, has changed"
	}
	return ""
}

// detached says why what goes on, or went on, as the run id must be started
// again, or "".
func (r *reuse) detached(id string) (string, error) {
	s, err := r.folder.store().folder(id).Status()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("nothing is known of run %s any more, as which it went on", id), nil
	case err != nil:
		return "", err
	case s.State == Lost:
		return fmt.Sprintf("run %s, as which it went on, is lost", id), nil
	case s.State == Final && s.Result.Status != report.Succeeded:
		return fmt.Sprintf("run %s, as which it went on, ended as %s", id, s.Result.Status), nil
	}
	return "", nil
}

// spread makes everything run again that comes after what runs again.
func (r *reuse) spread() {
	for more := true; more; { // at most as often as the longest chain of jobs has members
		more = false
		for _, j := range r.plan.Jobs {
			why := r.before(j)
			if why != "" && len(j.Each) > 0 && !r.anew[j.Name] {
				r.anew[j.Name], more = true, true // other lines may make it other instances, or some where it had none
			}
			for _, inst := range j.Instances {
				if why != "" && r.why[inst.ID] == "" {
					r.why[inst.ID] = why
					more = more || !r.anew[j.Name]
					r.anew[j.Name] = true
				}
			}
		}
	}
}

// before says what runs again that j comes after, or "".
func (r *reuse) before(j *plan.Job) string {
	again := func(name string) bool { return r.anew[name] }
	if i := slices.IndexFunc(j.Needs, again); i >= 0 {
		return "it needs " + j.Needs[i] + ", which runs again"
	}
	if i := slices.IndexFunc(j.After, again); i >= 0 {
		return "it comes after " + j.After[i] + ", which runs again"
	}
	return ""
}

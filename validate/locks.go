package validate

import (
	"fmt"
	"slices"

	"sluice/spec"
	"sluice/spec/diag"
	"sluice/spec/order"
)

// The locks that jobs hold.

// lock checks the lock that j holds while it runs.
func (c *check) lock(j *spec.Job) {
	e := j.Exclusive
	if e == nil {
		return
	}
	c.word(e.OnConflict, spec.Conflicts(), "answer to a held lock")
	name, fixed := e.Name, len(e.Name.Refs()) == 0
	if name.IsSet() && !couldBeName(name) {
		c.at("SL019", name.String, fmt.Sprintf("%q can't name a lock", name.Value), "a name begins with a letter or _ and has letters, digits, _ and -, at most 128")
	}
	if j.Service.Value && j.Matrix != nil && fixed && name.IsSet() {
		c.at("SL110", name.String, "the instances of a service run at once, and one of them at a time could hold this lock", "put ${matrix.…} into the name")
	}
}

// couldBeName reports whether t is a name, or is one with the right values in it.
func couldBeName(t spec.Template) bool {
	if len(t.Refs()) == 0 {
		return spec.IsName(t.Value)
	}
	for i, p := range t.Parts {
		text := p.Text
		if i > 0 {
			text = "_" + text
		}
		if p.Ref == nil && !spec.IsName(text) {
			return false
		}
	}
	return true
}

// order is the jobs with what they wait for, as far as the file says.
func (c *check) order() *order.Graph {
	var jobs []order.Job
	for _, name := range c.jobNames {
		j := c.jobs[name]
		one := order.Job{Name: name, Service: j.Service.Value, Detach: j.Detach.Value, Maybe: j.When != nil}
		for _, e := range c.edges(j) {
			switch e.why {
			case "needs", "reads":
				one.Needs = append(one.Needs, e.to.Value)
			case "after":
				one.After = append(one.After, e.to.Value)
			}
		}
		jobs = append(jobs, one)
	}
	return order.New(jobs)
}

// together checks the jobs of a file that may run at the same time. What the
// values of params, or an axis, make alike is for the plan to judge.
func (c *check) together(g *order.Graph) {
	lock := func(j *spec.Job) spec.Template {
		if j.Exclusive == nil {
			return spec.Template{}
		}
		return j.Exclusive.Name
	}
	port := func(j *spec.Job) spec.Template {
		if j.Ready == nil || !j.Service.Value {
			return spec.Template{}
		}
		return j.Ready.Port
	}
	c.eachPair(lock, func(name string) string { return name }, func(a, b *spec.Job) {
		if !c.share(g, a, b) {
			c.rivals(g, a, b)
		}
	})
	for _, name := range c.jobNames {
		c.rivalInstances(c.jobs[name])
	}
	c.eachPair(port, spec.Address, func(a, b *spec.Job) {
		if !g.Together(a.Name.Value, b.Name.Value) {
			return
		}
		p := c.at("SL110", b.Ready.Port.String, fmt.Sprintf("services %q and %q are ready by the same port, and they run at once: one would answer for the other", a.Name.Value, b.Name.Value), "give each a port of its own")
		p.Related = []diag.Related{{Pos: a.Ready.Port.Pos, Msg: "the other one"}}
	})
}

// mostPairs bounds how many pairs of jobs are compared. Ten thousand jobs that
// have one lock would be fifty million.
const mostPairs = 200_000

// eachPair calls f with the jobs of which text is the same, as far as same
// tells.
func (c *check) eachPair(text func(*spec.Job) spec.Template, same func(string) string, f func(a, b *spec.Job)) {
	found := map[string][]*spec.Job{}
	left := mostPairs
	for _, name := range c.jobNames {
		j := c.jobs[name]
		t := text(j)
		if !t.IsSet() || !onlyParams(t) {
			continue
		}
		key := same(t.Value)
		for _, other := range found[key] {
			if left--; left < 0 || c.list.Full() {
				return
			}
			f(other, j)
		}
		found[key] = append(found[key], j)
	}
}

// share checks two jobs that have one lock, and reports whether one of them
// would never get it. One problem is told of each job.
func (c *check) share(g *order.Graph, a, b *spec.Job) bool {
	for _, pair := range [][2]*spec.Job{{a, b}, {b, a}} {
		holder, waits := pair[0], pair[1]
		if rule, msg, hint := g.Held(holder.Name.Value, waits.Name.Value); rule != "" {
			p := c.at(rule, waits.Exclusive.Name.String, msg, hint)
			p.Related = []diag.Related{{Pos: holder.Exclusive.Pos, Msg: "held here"}}
			c.told[waits.Exclusive.Name.Pos] = true
			return true // the other way round it is the same
		}
	}
	return false
}

// onlyParams reports whether t has no value but those of params, so that it is
// the same wherever it stands.
func onlyParams(t spec.Template) bool {
	return !slices.ContainsFunc(t.Refs(), func(r *spec.Ref) bool { return r.Root != "params" })
}

// rivals warns of two jobs of which one fails where the other runs (SL706).
func (c *check) rivals(g *order.Graph, a, b *spec.Job) {
	if !fails(b) {
		a, b = b, a
	}
	if !fails(b) || a.When != nil && b.When != nil || c.oneByOne(a, b) || g.Apart(a.Name.Value, b.Name.Value) {
		return
	}
	p := c.at("SL706", b.Exclusive.OnConflict, fmt.Sprintf("job %q fails where job %q holds this lock, and nothing keeps the two from running at once", b.Name.Value, a.Name.Value), "leave on_conflict out to wait; or have one of them come after the other")
	p.Related = []diag.Related{{Pos: a.Exclusive.Pos, Msg: "held here"}}
}

// rivalInstances warns of a job with a matrix of which one instance fails where
// another runs.
func (c *check) rivalInstances(j *spec.Job) {
	if j.Matrix == nil || !fails(j) || j.Service.Value || j.MaxParallel.Value == 1 || !onlyParams(j.Exclusive.Name) || c.oneByOne(j, j) {
		return
	}
	c.at("SL706", j.Exclusive.OnConflict, fmt.Sprintf("the instances of job %q run at once, and all but one of them fail by this lock", j.Name.Value), "leave on_conflict out to wait; or put ${matrix.…} into the name")
}

func fails(j *spec.Job) bool { return j.Exclusive != nil && j.Exclusive.OnConflict.Value == "fail" }

// oneByOne reports whether something else than their lock keeps instances of a
// and b from running at once. A service takes no place, and what is detached
// gives it back.
func (c *check) oneByOne(a, b *spec.Job) bool {
	if lasts := func(j *spec.Job) bool { return j.Service.Value || j.Detach.Value }; lasts(a) || lasts(b) {
		return false
	}
	pool, _ := c.file.Pools.Get(a.Pool.Value)
	return c.file.MaxParallel.Value == 1 || pool.Value == 1 && a.Pool.Value == b.Pool.Value || a.Interactive.Value || b.Interactive.Value
}

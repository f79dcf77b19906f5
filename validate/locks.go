package validate

import (
	"fmt"

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
			case "needs", "stdin":
				one.Needs = append(one.Needs, e.to.Value)
			case "after":
				one.After = append(one.After, e.to.Value)
			}
		}
		jobs = append(jobs, one)
	}
	return order.New(jobs)
}

// together checks the jobs of a file that may run at the same time. What has a
// substitution is for the plan to judge.
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
	c.eachPair(lock, func(name string) string { return name }, func(a, b *spec.Job) { c.share(g, a, b) })
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
		if !t.IsSet() || len(t.Refs()) > 0 {
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

// share checks two jobs that have one lock. One problem is told of each job.
func (c *check) share(g *order.Graph, a, b *spec.Job) {
	for _, pair := range [][2]*spec.Job{{a, b}, {b, a}} {
		holder, waits := pair[0], pair[1]
		if rule, msg, hint := g.Held(holder.Name.Value, waits.Name.Value); rule != "" {
			p := c.at(rule, waits.Exclusive.Name.String, msg, hint)
			p.Related = []diag.Related{{Pos: holder.Exclusive.Pos, Msg: "held here"}}
			c.told[waits.Exclusive.Name.Pos] = true
			return // the other way round it is the same
		}
	}
}

package validate

import (
	"fmt"
	"slices"

	"sluice/spec"
	"sluice/spec/order"
)

// What is allowed and is probably a mistake.

// timeouts tells of jobs that may wait for ever.
func (c *check) timeouts() {
	if d := c.file.Defaults; d != nil && d.Timeout.IsSet() {
		return
	}
	for _, name := range c.jobNames {
		j := c.jobs[name]
		waitedFor := !j.Service.Value && !j.Detach.Value && !j.Interactive.Value
		if waitedFor && !j.Timeout.IsSet() && !c.broken.jobs[name] {
			c.at("SL701", j.Name, fmt.Sprintf("job %q has no timeout", name), "give it one, or all of them: defaults: {timeout: 10m}")
		}
	}
}

// lonely tells of services that nothing in the file needs. In a file of
// services alone that is what they are for.
func (c *check) lonely(g *order.Graph) {
	others := slices.ContainsFunc(c.jobNames, func(name string) bool { return !c.jobs[name].Service.Value })
	if !others || c.broken.any {
		return
	}
	after := map[string]string{} // of each job: one that comes after it
	for _, name := range c.jobNames {
		for _, s := range c.jobs[name].After.Items {
			after[s.Value] = name
		}
	}
	for _, name := range c.jobNames {
		if !g.Endless(name) {
			continue
		}
		msg := fmt.Sprintf("no job needs service %q: it starts with the run, which then goes on until it is stopped", name)
		if later := after[name]; later != "" {
			msg += fmt.Sprintf("; job %q comes after that", later)
		}
		c.add("SL705", c.jobs[name].Service.Pos, 4, msg, "write needs: ["+name+"] in the jobs that use it, and it is stopped after them")
	}
}

// silent reports a service or a detached job of which nothing is kept. Its
// dependents see that it is ready, and nobody what it does.
func (c *check) silent(j *spec.Job) {
	if !j.Detach.Value && !j.Service.Value || j.Stdout.Kind != spec.OutputDiscard || c.broken.jobs[j.Name.Value] {
		return
	}
	heard := func(o spec.Output) bool { return o.Kind != spec.OutputDiscard && o.Kind != spec.OutputStdout }
	for s := range j.Processes() {
		if s.Stderr.Kind == spec.OutputUnset && heard(j.Stderr) || s.Stderr.Kind != spec.OutputUnset && heard(s.Stderr) {
			return
		}
	}
	for _, b := range j.Branches() {
		if heard(b.Stdout.Output) {
			return
		}
	}
	c.add("SL703", j.Stdout.Pos, 1, fmt.Sprintf("%s discards all that it writes: nobody could learn why it ended", kindOf(j)), "leave stderr out to log it, or write it to a {file: …}")
}

// unread warns of what is captured for nobody.
func (c *check) unread() {
	captures := map[string]*spec.Job{}
	for _, name := range c.jobNames {
		if j := c.jobs[name]; j.Stdout.Kind == spec.OutputCapture {
			captures[name] = j
		}
	}
	if len(captures) == 0 {
		return
	}
	for _, name := range c.jobNames {
		for _, from := range c.jobs[name].Sources() {
			delete(captures, from.Job.Value)
		}
		eachValue(c.jobs[name], func(t spec.Template) {
			for _, p := range t.Parts {
				if p.Ref != nil && p.Ref.Root == "jobs" && p.Ref.Prop == "stdout" {
					delete(captures, p.Ref.Name)
				}
			}
		})
	}
	for _, name := range c.jobNames {
		j := captures[name]
		if j == nil {
			continue
		}
		c.add("SL704", j.Stdout.Pos, 1, fmt.Sprintf("no job reads what job %q captures", name), "read it in a job that needs this one, as ${jobs."+name+".stdout}; or leave stdout out to show it")
	}
}

// eachValue calls f with the texts of j in which another job's output can
// stand.
func eachValue(j *spec.Job, f func(spec.Template)) {
	command := func(l []spec.Arg, m spec.Map[spec.Template]) {
		for i := range l {
			f(l[i].Text)
		}
		for _, e := range m.Entries {
			f(e.Value)
		}
	}
	command(j.Argv(), j.Env)
	for _, s := range j.Inner() {
		command(s.Argv(), s.Env)
	}
	f(j.Stdin.Text)
	for _, in := range j.Feeds() {
		f(in.Stdin.Text)
	}
}

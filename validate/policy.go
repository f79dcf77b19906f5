package validate

import (
	"fmt"

	"sluice/spec"
)

// What is allowed and is probably a mistake.

// mostAttempts is how many attempts are still told as trying again.
const mostAttempts = 20

// timeouts tells of jobs that may wait for ever.
func (c *check) timeouts() {
	if d := c.file.Defaults; d != nil && d.Timeout.IsSet() {
		return
	}
	for _, name := range c.jobNames {
		if j := c.jobs[name]; !j.Timeout.IsSet() && !c.broken.jobs[name] {
			c.at("SL701", j.Name, fmt.Sprintf("job %q has no timeout", name), "give it one, or all of them: defaults: {timeout: 10m}")
		}
	}
}

// hammers warns of retries that can't help.
func (c *check) hammers(r *spec.Retry) {
	switch {
	case r.Attempts.Value <= 1:
	case r.Delay.IsSet() && r.Delay.Value == 0:
		c.add("SL702", r.Delay.Pos, len(r.Delay.Raw), "a retry without a delay: nothing can have changed", "leave delay out for 1s, which doubles each time")
	case r.Attempts.Value > mostAttempts && r.Attempts.Value <= 100: // more is out of range
		c.add("SL702", r.Attempts.Pos, len(r.Attempts.Raw), fmt.Sprintf("%s attempts hide for long that something is broken", r.Attempts.Raw), fmt.Sprintf("try at most %d times", mostAttempts))
	}
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
		delete(captures, c.jobs[name].Stdin.Job.Value)
		eachValue(c.jobs[name], func(t spec.Template) {
			for _, p := range t.Parts {
				if p.Ref != nil && p.Ref.Root == "jobs" {
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
	for _, s := range j.Pipe.Items {
		if s != nil {
			command(s.Argv(), s.Env)
		}
	}
	f(j.Stdin.Text)
}

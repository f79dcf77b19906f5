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
	read := map[string]bool{}
	for _, name := range c.jobNames {
		j := c.jobs[name]
		read[j.Stdin.Job.Value] = true
		for _, t := range jobTemplates(j) {
			for _, r := range t.Refs() {
				if r.Root == "jobs" {
					read[r.Name] = true
				}
			}
		}
	}
	for _, name := range c.jobNames {
		if j := c.jobs[name]; j.Stdout.Kind == spec.OutputCapture && !read[name] {
			c.add("SL704", j.Stdout.Pos, 1, fmt.Sprintf("no job reads what job %q captures", name), "read it in a job that needs this one, as ${jobs."+name+".stdout}; or leave stdout out to show it")
		}
	}
}

// jobTemplates are the texts of j in which a job's output can stand.
func jobTemplates(j *spec.Job) (list []spec.Template) {
	args := func(l []spec.Arg) {
		for _, a := range l {
			list = append(list, a.Text)
		}
	}
	env := func(m spec.Map[spec.Template]) {
		for _, e := range m.Entries {
			list = append(list, e.Value)
		}
	}
	args(j.Run.Words)
	args(j.Args.Items)
	env(j.Env)
	for _, s := range j.Pipe.Items {
		if s != nil {
			args(s.Run.Words)
			args(s.Args.Items)
			env(s.Env)
		}
	}
	return append(list, j.Stdin.Text)
}

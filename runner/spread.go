package runner

import (
	"maps"

	"sluice/runner/event"
	"sluice/runner/plan"
)

// spread finds the instances of j, whose lines have been printed, and tells of
// them.
func (c *coordinator) spread(j *plan.Job) (todo []*plan.Instance, done int, err error) {
	printed := func(job string) ([]byte, error) {
		data, err := c.stdoutOf(job)
		if err == nil && c.o.Spread != nil {
			if err = c.o.Spread(job, data); err != nil {
				c.fail(err)
			}
		}
		return data, err
	}
	list, err := j.Spread(printed, c.plan.MostInstances()-c.total+1) // j counts as one of the total
	if err == nil {
		err = c.writes(list)
	}
	if err != nil {
		return nil, 0, err
	}
	c.total--
	c.found[j.Name] = list
	c.o.Mailbox.found(j.Name, list)
	c.emit(event.Spread{ID: j.Name, Instances: len(list)})
	for _, inst := range list {
		if c.isPrior(inst) {
			c.tellPrior(j, inst)
			done++
			continue
		}
		todo = append(todo, inst)
	}
	c.total += len(todo)
	return todo, done, nil
}

// writes notes the files that instances write which have been found. The error
// is that of two that would write one.
func (c *coordinator) writes(list []*plan.Instance) error {
	if c.writers == nil {
		c.writers = plan.Writers{}
		for _, j := range c.plan.Jobs {
			for _, inst := range j.Instances {
				c.writers.Add(inst) // the plan has seen to that
			}
		}
	}
	all := maps.Clone(c.writers)
	for _, inst := range list {
		if err := all.Add(inst); err != nil {
			return err
		}
	}
	c.writers = all
	return nil
}

// instances are those of j as far as they are known.
func (c *coordinator) instances(j *plan.Job) []*plan.Instance {
	if j.Vague() {
		return c.found[j.Name]
	}
	return j.Instances
}

package validate

import (
	"fmt"
	"slices"

	"sluice/spec"
)

// matrix checks the axes of j and what is excluded from them.
func (c *check) matrix(j *spec.Job) {
	m := j.Matrix
	if m == nil {
		return
	}
	var names []string
	if len(m.Axes) == 0 {
		c.add("SL105", m.Pos, 1, "the matrix has no axes", "add one: matrix: {os: [linux, darwin]}")
	}
	for _, a := range m.Axes {
		names = append(names, a.Name.Value)
		c.name(a.Name, "axis")
		c.axis(j, a)
	}
	for _, combination := range m.Exclude.Items {
		if len(combination.Entries) == 0 && combination.IsSet() {
			c.add("SL105", combination.Pos, 1, "an empty combination excludes everything", "name axes and values: {os: darwin}")
		}
		for _, e := range combination.Entries {
			c.excluded(m, e, names)
		}
	}
}

func (c *check) axis(j *spec.Job, a spec.Axis) {
	what := fmt.Sprintf("axis %q", a.Name.Value)
	first := map[string]bool{}
	for _, v := range a.Values {
		if first[v.Value] {
			c.at("SL105", v, fmt.Sprintf("value %q stands twice in %s", v.Value, what), "")
		}
		first[v.Value] = true
	}
	switch {
	case a.Job.IsSet() && j.Service.Value:
		c.at("SL105", a.Job, fmt.Sprintf("the instances of a service must be known before anything runs, and the values of %s are what job %q prints", what, a.Job.Value), "give a list, or make the service one process that serves all")
	case a.Param.IsSet():
		p, ok := c.params[a.Param.Value]
		if !ok {
			c.unknown(a.Param, "param", c.paramNames)
		} else if p != nil && !p.List.Value {
			c.at("SL105", a.Param, fmt.Sprintf("param %q is no list", a.Param.Value), "add list: true to the param")
		}
	case len(a.Range) == 2 && a.Range[0].Value > a.Range[1].Value:
		c.add("SL105", a.Range[0].Pos, len(a.Range[0].Raw), fmt.Sprintf("the range of %s runs backwards, from %s to %s", what, a.Range[0].Raw, a.Range[1].Raw), "")
	case a.Values != nil && len(a.Values) == 0:
		c.add("SL105", a.Pos, 1, what+" has no values", "")
	}
}

func (c *check) excluded(m *spec.Matrix, e spec.Entry[spec.String], names []string) {
	for _, a := range m.Axes {
		if a.Name.Value != e.Key.Value {
			continue
		}
		if a.Job.IsSet() {
			c.at("SL105", e.Value, fmt.Sprintf("the values of axis %q are what job %q prints, and are not known here", a.Name.Value, a.Job.Value), fmt.Sprintf("leave the line out in job %q", a.Job.Value))
			return
		}
		if a.Values == nil || !e.Value.IsSet() {
			return // known only to the plan, or not to be read
		}
		var values []string
		for _, v := range a.Values {
			if v.Value == e.Value.Value {
				return
			}
			if !slices.Contains(values, v.Value) {
				values = append(values, v.Value)
			}
		}
		c.unknownName(e.Value, fmt.Sprintf("axis %q has no value %q", a.Name.Value, e.Value.Value), values)
		return
	}
	c.unknown(e.Key, "axis", names)
}

package plan

import (
	"fmt"
	"slices"
	"strings"

	"sluice/spec"
)

// selection is which jobs, and which of their instances, a run is about.
type selection struct {
	jobs    map[string]bool
	filters map[string][]filter // by job: one of them must match; none: every instance
}

// filter is what stands behind a job's name: the id of an instance, or some
// axes with their values. The nil axes match only by the id.
type filter struct {
	id   string
	axes []Axis
}

// matches reports whether an instance is meant, or may be, where only the run
// knows some of its values.
func (f filter) matches(id string, axes []Axis) bool {
	if f.id == id {
		return true
	}
	known := true
	for _, a := range axes {
		known = known && a.Job == ""
	}
	for _, want := range f.axes {
		if !slices.ContainsFunc(axes, func(a Axis) bool { return a.Name == want.Name && (a.Value == want.Value || a.Job != "") }) {
			return false
		}
	}
	return f.axes != nil || !known
}

func (s selection) has(job string) bool { return s.jobs[job] }

func (s selection) hasInstance(job string, axes []axisValue) bool {
	filters := s.filters[job]
	if len(filters) == 0 {
		return true
	}
	return slices.ContainsFunc(filters, func(f filter) bool { return f.matches(instanceID(job, plainAxes(axes)), plainAxes(axes)) })
}

// only is what of job's instances is meant; nil: all.
func (s selection) only(job string) (ids []string) {
	for _, f := range s.filters[job] {
		ids = append(ids, f.id)
	}
	return ids
}

// unmatched is the filters of job that match none of its combinations.
func (s selection) unmatched(job string, combinations [][]axisValue) (ids []string) {
	for _, f := range s.filters[job] {
		if !slices.ContainsFunc(combinations, func(axes []axisValue) bool { return f.matches(instanceID(job, plainAxes(axes)), plainAxes(axes)) }) {
			ids = append(ids, f.id)
		}
	}
	return ids
}

// CheckJobs says which of the names is no job of f, as one line for a
// command's user. It is nil where all are.
func CheckJobs(f *spec.File, names []string) error {
	_, err := selectJobs(f, names)
	return err
}

// selectJobs finds the jobs called names and all that they need. No names
// means every job.
func selectJobs(f *spec.File, names []string) (selection, error) {
	s := selection{jobs: map[string]bool{}, filters: map[string][]filter{}}
	jobs := map[string]*spec.Job{}
	var all []string
	for _, e := range f.Jobs.Entries {
		jobs[e.Key.Value] = e.Value
		all = append(all, e.Key.Value)
	}
	if len(names) == 0 {
		for _, name := range all {
			s.jobs[name] = true
		}
		return s, nil
	}
	whole := map[string]bool{}
	for _, arg := range names {
		name, axes, err := parseInstance(arg)
		j := jobs[name]
		if err != nil && (j == nil || !strings.Contains(arg, "=") || !strings.HasSuffix(arg, "]")) {
			return s, err // else it may be an instance's id, whose values hold what we split at
		}
		if j == nil {
			msg := fmt.Sprintf("there is no job %q", name)
			if near := spec.Nearest(name, all); near != "" {
				msg += fmt.Sprintf("; did you mean %q?", near)
			}
			return s, fmt.Errorf("%s", msg)
		}
		for i, a := range axes {
			if j.Matrix != nil && slices.ContainsFunc(j.Matrix.Axes, func(x spec.Axis) bool { return x.Name.Value == a.Name }) {
				continue
			}
			if i == 0 || !printed(j) {
				return s, fmt.Errorf("job %q has no axis %q", name, a.Name)
			}
			axes = nil // a line may hold anything, so this may be part of a value
			break
		}
		s.jobs[name] = true
		if arg == name {
			whole[name] = true
		}
		s.filters[name] = append(s.filters[name], filter{arg, axes})
	}
	for name := range whole {
		delete(s.filters, name)
	}
	queue := slices.Clone(all)
	queue = slices.DeleteFunc(queue, func(name string) bool { return !s.jobs[name] })
	for len(queue) > 0 {
		for _, need := range needs(jobs[queue[0]]) {
			delete(s.filters, need) // what is needed is needed whole
			if !s.jobs[need] {
				s.jobs[need] = true
				queue = append(queue, need)
			}
		}
		queue = queue[1:]
	}
	return s, nil
}

// printed reports whether values of j's matrix are what other jobs print.
func printed(j *spec.Job) bool {
	return slices.ContainsFunc(j.Matrix.Axes, func(a spec.Axis) bool { return a.Job.IsSet() })
}

// parseInstance reads "job" or "job[axis=value,…]".
func parseInstance(arg string) (name string, filter []Axis, err error) {
	name, rest, has := strings.Cut(arg, "[")
	if !has {
		return name, nil, nil
	}
	inner, ok := strings.CutSuffix(rest, "]")
	filter = []Axis{}
	for _, pair := range strings.Split(inner, ",") {
		axis, value, isPair := strings.Cut(pair, "=")
		ok = ok && isPair
		filter = append(filter, Axis{Name: axis, Value: value})
	}
	if !ok {
		return name, nil, fmt.Errorf("%q is no instance of a job; expected job[axis=value]", arg)
	}
	return name, filter, nil
}

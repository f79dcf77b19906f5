package plan

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// defaultMaxInstances is how many instances a plan may have where the caller
// says nothing else.
const defaultMaxInstances = 100_000

// MostInstances bounds the instances of all jobs of p together.
func (p *Plan) MostInstances() int { return cmp.Or(p.MaxInstances, defaultMaxInstances) }

// NoLines is why a job is skipped whose matrix holds what others print, and that
// is nothing.
const NoLines = "what it needs printed no lines"

// Vague reports whether only the run knows the instances of j, and these are not
// there yet.
func (j *Job) Vague() bool { return len(j.Each) > 0 && len(j.Instances) == 0 && j.Skip == "" }

// Shapes are the instances of j, or where only the run knows these, what each
// will be but for some values of its matrix. Of a skipped job there are none.
func (j *Job) Shapes() []*Instance {
	if len(j.Instances) == 0 {
		return j.Each
	}
	return j.Instances
}

// spreads reports whether only the run knows a value of i's matrix.
func (i *Instance) spreads() bool {
	return slices.ContainsFunc(i.Matrix, func(a Axis) bool { return a.Job != "" })
}

// Axis is the value of one axis in i, which is no element of Each.
func (i *Instance) Axis(name string) (value string, ok bool) {
	for _, a := range i.Matrix {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// Spread makes the instances of a job with Each: stdout is what another job has
// captured, of which each line is a value. They are at most most, and none is
// success unless some are asked for. What they hold is shared with Each and must
// not be changed.
//
// An error is of that output: a line that can be no value, two that are the
// same or would be called the same, too many, or one that names a file which
// nobody may write.
func (j *Job) Spread(stdout func(job string) ([]byte, error), most int) (list []*Instance, err error) {
	values := map[string][]string{}
	for _, each := range j.Each {
		combinations := [][]Axis{nil}
		for _, a := range each.Matrix {
			if a.Job == "" {
				for i := range combinations {
					combinations[i] = append(combinations[i], a)
				}
				continue
			}
			if _, known := values[a.Job]; !known {
				data, err := stdout(a.Job)
				if err != nil {
					return nil, err
				}
				if values[a.Job], err = lines(data, a.Job); err != nil {
					return nil, err
				}
			}
			if n := len(list) + len(values[a.Job])*len(combinations); n > most {
				return nil, fmt.Errorf("what job %s printed makes %d instances, and %d more are allowed; raise the limit with --max-instances", a.Job, n, most)
			}
			var wider [][]Axis
			for _, c := range combinations {
				for _, v := range values[a.Job] {
					wider = append(wider, append(c[:len(c):len(c)], Axis{Name: a.Name, Value: v}))
				}
			}
			combinations = wider
		}
		for _, axes := range combinations {
			inst := *each
			inst.ID, inst.Matrix = instanceID(j.Name, axes), axes
			list = append(list, &inst)
		}
	}
	if id := namesake(list); id != "" {
		return nil, fmt.Errorf("two instances would be called %s, for commas part the axes there too; print values without them", id)
	}
	if list, err = j.asked(list); err != nil {
		return nil, err
	}
	for _, inst := range list {
		if err := inst.nameFiles(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// namesake is the ID that two of list have, or "". Commas in values can make one.
func namesake(list []*Instance) string {
	seen := make(map[string]bool, len(list))
	for _, inst := range list {
		if seen[inst.ID] {
			return inst.ID
		}
		seen[inst.ID] = true
	}
	return ""
}

// asked leaves of list what Only asks for.
func (j *Job) asked(list []*Instance) ([]*Instance, error) {
	if len(j.Only) == 0 {
		return list, nil
	}
	var filters []filter
	for _, id := range j.Only {
		filters = append(filters, filterOf(id, j.Each[0].Matrix))
	}
	found := make([]bool, len(filters))
	list = slices.DeleteFunc(list, func(inst *Instance) bool {
		wanted := false
		for i, f := range filters {
			if f.matches(inst.ID, inst.Matrix) {
				found[i], wanted = true, true
			}
		}
		return !wanted
	})
	if i := slices.Index(found, false); i >= 0 {
		return nil, fmt.Errorf("no printed line makes %s, which is asked for", j.Only[i])
	}
	return list, nil
}

// lines are the lines that job has printed, the last of which may lack its
// newline. As the value of an axis each must be a name of its own.
func lines(data []byte, job string) (list []string, err error) {
	if len(data) == 0 {
		return nil, nil
	}
	wrong := func(n int, what string) ([]string, error) {
		return nil, fmt.Errorf("line %d of what job %s printed %s", n, job, what)
	}
	first := map[string]int{}
	for i, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		n, text := i+1, string(line)
		switch {
		case text == "":
			return wrong(n, "is empty, and each line names an instance; leave empty lines out")
		case !utf8.ValidString(text):
			return wrong(n, "is not UTF-8, and each line names an instance")
		case strings.Contains(text, "\x00"):
			return wrong(n, "has a NUL byte, which no argument can hold")
		case first[text] != 0:
			return wrong(n, fmt.Sprintf("is line %d again, %q, so two instances would be the same; print each value once, as sort -u does", first[text], text))
		}
		first[text] = n
		list = append(list, text)
	}
	return list, nil
}

// filterOf is what asks for instances as id does, of a matrix with these axes.
func filterOf(id string, matrix []Axis) filter {
	_, axes, err := parseInstance(id)
	for _, a := range axes {
		if err != nil || !slices.ContainsFunc(matrix, func(m Axis) bool { return m.Name == a.Name }) {
			return filter{id: id} // a value holds what is split at
		}
	}
	return filter{id, axes}
}

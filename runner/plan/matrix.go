package plan

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"sluice/spec"
)

// axisValue is one value of one axis. A path's value is absolute in abs; as
// part of an instance's name it stands as the pattern gave it.
type axisValue struct {
	Axis
	path    bool
	abs     string // of a path
	outside bool   // it comes from the caller, not from the file
}

// spread is every combination of j's axes that is not excluded, the last axis
// running fastest. A job without a matrix has one, of no axes.
func (b *builder) spread(j *spec.Job) [][]axisValue {
	combinations := [][]axisValue{nil}
	if j.Matrix == nil {
		return combinations
	}
	for _, a := range j.Matrix.Axes {
		values := b.axisValues(a)
		if len(values)*len(combinations) > b.in.MaxInstances {
			b.at("SL015", a.Name, fmt.Sprintf("the matrix of job %q has more than %d instances", j.Name.Value, b.in.MaxInstances), "raise the limit with --max-instances")
			return nil
		}
		var wider [][]axisValue
		for _, c := range combinations {
			for _, v := range values {
				wider = append(wider, append(c[:len(c):len(c)], v))
			}
		}
		combinations = wider
	}
	var kept [][]axisValue
	for _, c := range combinations {
		if !excluded(j.Matrix, c) {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 && len(combinations) > 0 {
		b.add("SL105", j.Matrix.Pos, 1, fmt.Sprintf("every combination of job %q's matrix is excluded", j.Name.Value), "")
	}
	return kept
}

func (b *builder) axisValues(a spec.Axis) (values []axisValue) {
	switch {
	case a.Job.IsSet():
		b.needsValue(a.Job.Value, a.Job.Pos, len(a.Job.Value))
		values = append(values, axisValue{Axis: Axis{Name: a.Name.Value, Job: a.Job.Value}, outside: true})
	case a.Glob.IsSet():
		matches := b.glob(a.Glob, scope{dir: b.dir}, false)
		for _, m := range matches {
			values = append(values, axisValue{Axis: Axis{Name: a.Name.Value, Value: m}, path: true, abs: absolute(b.dir, m), outside: true})
		}
	case a.Param.IsSet():
		p := b.params[a.Param.Value]
		isPath := p.decl != nil && p.decl.TypeName() == "path"
		for _, v := range p.values {
			shown := v
			if isPath {
				shown = within(b.dir, v)
			}
			if slices.ContainsFunc(values, func(o axisValue) bool { return o.Value == shown }) {
				b.at("SL105", a.Param, fmt.Sprintf("param %q has the value %q twice, so two instances would be the same", a.Param.Value, shown), "give each value once")
				continue
			}
			values = append(values, axisValue{Axis: Axis{Name: a.Name.Value, Value: shown}, path: isPath, abs: v, outside: true})
		}
		if len(values) == 0 {
			b.at("SL105", a.Param, fmt.Sprintf("param %q has no values, so the job would have no instances", a.Param.Value), "give it with -p "+a.Param.Value+"=…")
		}
	case len(a.Range) == 2:
		from, to := a.Range[0].Value, a.Range[1].Value
		more := uint64(to) - uint64(from) // besides the first; unsigned, so that it can't overflow
		if more >= uint64(b.in.MaxInstances) {
			b.at("SL015", a.Name, fmt.Sprintf("the range has %s values; at most %d instances are allowed", new(big.Int).Add(new(big.Int).SetUint64(more), big.NewInt(1)), b.in.MaxInstances), "raise the limit with --max-instances")
			return nil
		}
		for i := range more + 1 {
			values = append(values, axisValue{Axis: Axis{Name: a.Name.Value, Value: strconv.FormatInt(from+int64(i), 10)}})
		}
	default:
		for _, s := range a.Values {
			values = append(values, axisValue{Axis: Axis{Name: a.Name.Value, Value: s.Value}})
		}
	}
	return values
}

func excluded(m *spec.Matrix, c []axisValue) bool {
	for _, combination := range m.Exclude.Items {
		all := len(combination.Entries) > 0
		for _, e := range combination.Entries {
			match := false
			for _, v := range c {
				match = match || v.Name == e.Key.Value && v.Value == e.Value.Value
			}
			all = all && match
		}
		if all {
			return true
		}
	}
	return false
}

// instanceID names an instance: job[axis=value,…]. A value that only the run
// knows stands as ‹job›.
func instanceID(job string, axes []Axis) string {
	if len(axes) == 0 {
		return job
	}
	pairs := make([]string, len(axes))
	for i, a := range axes {
		pairs[i] = a.Name + "=" + a.Value
		if a.Job != "" {
			pairs[i] = a.Name + "=‹" + a.Job + "›"
		}
	}
	return job + "[" + strings.Join(pairs, ",") + "]"
}

func plainAxes(axes []axisValue) (list []Axis) {
	for _, a := range axes {
		list = append(list, a.Axis)
	}
	return list
}

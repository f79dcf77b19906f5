package spec

import (
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// Matrix is the axes of a job and the combinations that are left out.
type Matrix struct {
	Pos     diag.Pos
	Axes    []Axis
	Exclude List[Map[String]]
}

// Axis is one axis of a matrix. Exactly one of its sources is set.
type Axis struct {
	Name   String
	Pos    diag.Pos // of its values
	Values []String
	Glob   Template
	Param  String
	Range  []Int  // from, to: both included
	Job    String // whose captured lines are the values: only the run knows them
}

type axisMapping struct {
	Glob  Template  `key:"glob" doc:"A pattern of file names: each match is a value." example:"cmd/*"`
	Param String    `key:"param" doc:"The name of a list param: each of its values is one." example:"targets"`
	Range List[Int] `key:"range" doc:"Two whole numbers: every number from the first to the second is a value." example:"[1, 10]"`
	Job   String    `key:"job" doc:"The name of a job that captures its output, which is needed: each of its lines is a value. They are known only to the run, so they can stand in args, env, stdin, stdout and stderr, and not in dir, for one." example:"list"`
}

func (m *Matrix) decode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.MappingNode {
		d.wrongKind(n, what, "a mapping of axes")
		return
	}
	m.Pos = d.pos(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || isNull(value): // reported by checkTree
		case key.Value == "exclude":
			d.decode(value, &m.Exclude, "exclude")
		default:
			m.Axes = append(m.Axes, d.axis(d.str(key), value))
		}
	}
}

func (d *decoder) axis(name String, n *yaml.Node) Axis {
	a := Axis{Name: name, Pos: d.pos(n)}
	what := "axis " + show(name.Value)
	switch n.Kind {
	case yaml.SequenceNode:
		var l List[String]
		l.decode(d, n, what)
		a.Values = l.Items
	case yaml.MappingNode:
		var m axisMapping
		meant := d.mapping(n, reflect.ValueOf(&m).Elem(), what)
		given := d.given(n, "glob", "param", "range", "job")
		if len(given) != 1 {
			d.notOne(a.Pos, what, given, meant, "glob", "param", "range", "job")
			break
		}
		a.Glob, a.Param, a.Range, a.Job = m.Glob, m.Param, m.Range.Items, m.Job
		if given[0] == "range" && m.Range.IsSet() && len(a.Range) != 2 {
			d.add("SL016", m.Range.Pos, 1, fmt.Sprintf("a range of length %d; expected two numbers, such as [1, 10]", len(a.Range)), "")
			a.Range = nil
		}
	default:
		hint := ""
		if n.Kind == yaml.ScalarNode {
			hint = "write [" + flowText(n.Value) + "]"
		}
		d.wrongKindHint(n, what, "a list, {glob: …}, {param: …}, {range: [from, to]} or {job: …}", hint)
	}
	return a
}

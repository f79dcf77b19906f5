package plan

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// shape tells how the stages of inst are joined, a line for each.
func shape(inst *Instance, dir string) string {
	var b strings.Builder
	if e := inst.Ends; e != nil {
		fmt.Fprintf(&b, "%d to %d\n", e.First, e.Last)
	}
	for i, s := range inst.Stages {
		fmt.Fprintf(&b, "%d %s", i, s.Name)
		for _, a := range s.Argv {
			b.WriteString(" " + a.String())
		}
		if s.Stdin != nil {
			fmt.Fprintf(&b, " < %s", s.Stdin.Kind)
			switch s.Stdin.Kind {
			case InStage:
				fmt.Fprintf(&b, " %d", s.Stdin.Stage)
			case InFile:
				b.WriteString(" " + s.Stdin.Path)
			}
		}
		for n, from := range s.Inputs {
			fmt.Fprintf(&b, ", %d: %d", 3+n, from)
		}
		if s.Stdout != nil {
			fmt.Fprintf(&b, " > %s %s", s.Stdout.Kind, s.Stdout.Path)
		}
		if s.Tee != nil {
			fmt.Fprintf(&b, " keeps %d", s.Tee.Spill)
			if s.Tee.Fail {
				b.WriteString(" or fails")
			}
			for _, f := range s.Tee.Files {
				fmt.Fprintf(&b, " > %s %s", f.Path, f.Mode)
			}
		}
		if s.Tee == nil && !reflect.DeepEqual(s.OK, []int{0}) {
			fmt.Fprint(&b, " ok ", s.OK)
		}
		b.WriteByte('\n')
	}
	return strings.ReplaceAll(b.String(), dir, "DIR")
}

// Every stage stands behind those that it reads, as few as possible say what
// they read, and names say where a stage belongs.
func TestGraphs(t *testing.T) {
	dir := folder(t, "!bin/a", "!bin/b", "!bin/c", "!bin/d", "in", "other")
	for _, tt := range []struct{ name, job, want string }{
		{"a line", "pipe: [a, b]", "0 a a\n1 b b\n"},
		{"a tee in the middle", "pipe: [a, {tee: [b, {file: f}]}, c]",
			"0 a a\n1 tee keeps 1073741824 > DIR/f atomic\n2 b b > log \n3 c c < stage 1\n"},
		{"a tee first", "stdin: {file: in}\n    pipe: [{tee: [b]}, c]", "0 tee keeps 1073741824\n1 b b > log \n2 c c < stage 0\n"},
		{"a tee last", "pipe: [a, {tee: [b, c]}]", "0 to 1\n0 a a\n1 tee keeps 1073741824\n2 b b > log \n3 c c < stage 1 > log \n"},
		{"a tee of files alone", "pipe: [a, {tee: [{file: f, mode: append}, {file: g, mode: create}]}]", "0 a a\n1 tee keeps 1073741824 > DIR/f append > DIR/g create\n"},
		{"names", "pipe: [a, {name: t, spill: 10KiB, tee: [{name: x, pipe: [b, {spill: {max: 1B, full: fail}, tee: [{name: y, run: c}]}]}]}, {name: end, run: d}]",
			"0 a a\n1 t keeps 10240\n2 x/b b\n3 x/tee > discard  keeps 1 or fails\n4 x/y/c c > log \n5 end d < stage 1\n"},
		{"one input", "command: a\n    args: [{input: l}]\n    inputs: {l: b}", "1 to 1\n0 l/b b < none\n1 a a /dev/fd/3, 3: 0\n"},
		{"inputs in an order of their own", "command: a\n    args: [{input: r}, -x, {input: l}]\n    inputs: {l: {stdin: {file: in}, run: b}, r: {pipe: [c, d]}}",
			"3 to 3\n0 l/b b < file DIR/in\n1 r/c c < none\n2 r/d d\n3 a a /dev/fd/4 -x /dev/fd/3, 3: 0, 4: 2\n"},
		{"nested inputs", "pipe:\n      - b\n      - command: a\n        args: [{input: l}]\n        inputs: {l: {command: c, args: [{input: m}], inputs: {m: d}}}",
			"0 b b\n1 l/m/d d < none\n2 l/c c /dev/fd/3 < none, 3: 1\n3 a a /dev/fd/3 < stage 0, 3: 2\n"},
		{"a branch as an input", "pipe:\n      - a\n      - tee: [{name: x, run: b}, c]\n      - command: d\n        args: ['-', {input: l}]\n        inputs: {l: {branch: x}}",
			"0 a a\n1 tee keeps 1073741824\n2 x/b b\n3 c c < stage 1 > log \n4 d d - /dev/fd/3 < stage 1, 3: 2\n"},
		{"a branch that another opens", "stdin: {file: in}\n    pipe:\n      - tee:\n        - command: d\n          args: [{input: l}]\n          inputs: {l: {branch: x}}\n        - {name: x, run: b}\n      - c",
			"0 tee keeps 1073741824\n1 x/b b\n2 d d /dev/fd/3 < stage 0, 3: 1 > log \n3 c c < stage 0\n"},
		{"ok is of the job's own pipeline", "ok: [0, 1]\n    pipe:\n      - a\n      - tee: [b, {pipe: [{run: c, ok: [2]}]}]\n      - command: d\n        args: [{input: l}]\n        inputs: {l: b}",
			"0 a a ok [0 1]\n1 tee keeps 1073741824\n2 b b > log \n3 c c < stage 1 > log  ok [2]\n4 l/b b < none\n5 d d /dev/fd/3 < stage 1, 3: 4 ok [0 1]\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := build(t, dir, "version: 1\njobs:\n  j:\n    "+tt.job+"\n", Inputs{})
			inst := p.Jobs[0].Instances[0]
			if got := shape(inst, dir); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
			var again Plan
			if err := json.Unmarshal(p.AppendJSON(nil), &again); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(&again, p) {
				t.Errorf("JSON makes another plan of it:\n%s", p.AppendJSON(nil))
			}
			flow := inst.Flow()
			for k := range inst.Stages {
				for _, r := range flow.Readers[k] {
					if r.Stage <= k {
						t.Errorf("stage %d stands before %d, which it reads", r.Stage, k)
					}
				}
				if _, ok := inst.OutputOf(flow, k); !ok && len(flow.Readers[k]) == 0 {
					t.Errorf("stage %d writes nowhere", k)
				}
				if flow.Source[k] < 0 {
					inst.InputOf(flow, k) // there is one
				}
			}
		})
	}
}

// What is changed in a graph is told, of the stage that it is of.
func TestGraphDifferences(t *testing.T) {
	dir := folder(t, "!bin/a", "!bin/b", "!bin/c", "in", "other")
	const file = `version: 1
jobs:
  j:
    pipe:
      - a
      - tee: [{file: f}, {name: x, run: b}]
      - command: c
        args: [{input: x}, {input: l}]
        inputs: {x: {branch: x}, l: {stdin: {file: in}, run: b}}
`
	was := build(t, dir, file, Inputs{})
	for _, tt := range []struct{ old, new, want string }{
		{"file: f", "file: g", "j, stage tee: tee files 1 path is \"DIR/g\" and was \"DIR/f\""},
		{"{file: f}", "{file: f, mode: append}", "j, stage tee: tee files 1 mode is \"append\" and was \"atomic\""},
		{"file: in", "file: other", "j, stage l/b: stdin path is \"DIR/other\" and was \"DIR/in\""},
		{"tee:", "spill: {max: 1GiB, full: fail}\n        tee:", "j, stage tee: tee fail is new"},
		{"- tee:", "- spill: 1KiB\n        tee:", "j, stage tee: tee spill is 1024 and was 1073741824"},
		{"[{input: x}, {input: l}]", "[{input: l}, {input: x}]", "j, stage c: argv 2 is \"/dev/fd/4\" and was \"/dev/fd/3\"\nj, stage c: argv 3 is \"/dev/fd/3\" and was \"/dev/fd/4\""},
	} {
		is := build(t, dir, strings.Replace(file, tt.old, tt.new, 1), Inputs{})
		if got := strings.ReplaceAll(strings.Join(Differences(was, is), "\n"), dir, "DIR"); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.new, got, tt.want)
		}
	}
}

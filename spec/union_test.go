package spec

import (
	"reflect"
	"strings"
	"testing"
)

// TestWrongForms tries every union of the language in every wrong form.
func TestWrongForms(t *testing.T) {
	tests := []struct{ keys, want string }{
		// a command on one line
		{"run: [a]", "4:10 SL016"},
		{"run: {literal: a}", "4:10 SL016"},
		// a template
		{"dir: [a]", "4:10 SL016"},
		{"dir: {a: b}", "4:10 SL016"},
		{"dir: {literal: [a]}", "4:20 SL016"},
		{"dir: {literal: a, b: c}", "4:23 SL014"},
		{"dir: {literal: ~}", "4:11 SL011"},
		{"env: {A: {glob: x}}", "4:14 SL016"},
		{"env: [A=b]", "4:10 SL016"},
		// an element of args
		{"args: a", "4:11 SL016"},
		{"args: {a: b}", "4:11 SL016"},
		{"args: [[a]]", "4:12 SL016"},
		{"args: [{}]", "4:12 SL016"},
		{"args: [{a: b}]", "4:12 SL016"},
		{"args: [{glob: a, literal: b}]", "4:22 SL014"},
		{"args: [{glob: a, param: b}]", "4:22 SL014"},
		{"args: [{optional: true}]", "4:12 SL016"},
		{"args: [{glob: a, optional: yes}]", "4:32 SL016"},
		{"args: [{glob: [a]}]", "4:19 SL016"},
		{"args: [{param: [a]}]", "4:20 SL016"},
		{"args: [{param: a, optional: true}]", "4:23 SL014"},
		{"args: [{literal: a, optional: true}]", "4:25 SL014"},
		// a stage
		{"pipe: a | b", "4:11 SL016"},
		{"pipe: {run: a}", "4:11 SL016"},
		{"pipe: [[a]]", "4:12 SL016"},
		{"pipe: [{a: b}]", "4:13 SL014"},
		{"pipe: [{run: [a]}]", "4:18 SL016"},
		// stdin
		{"stdin: x", "4:12 SL016"},
		{"stdin: None", "4:12 SL016"},
		{"stdin: [a]", "4:12 SL016"},
		{"stdin: {}", "4:12 SL017"},
		{"stdin: {file: a, text: b}", "4:12 SL017"},
		{"stdin: {file: a, job: b, text: c}", "4:12 SL017"},
		{"stdin: {files: a}", "4:13 SL014"},
		{"stdin: {job: [a]}", "4:18 SL016"},
		{"stdin: {file: [a]}", "4:19 SL016"},
		// stdout and stderr
		{"stdout: x", "4:13 SL016"},
		{"stdout: stdout", "4:13 SL016"},
		{"stdout: 'null'", "4:13 SL016"},
		{"stdout: [log]", "4:13 SL016"},
		{"stdout: {}", "4:13 SL017"},
		{"stdout: {mode: append}", "4:13 SL017"},
		{"stdout: {file: a, capture: {}}", "4:13 SL017"},
		{"stdout: {capture: true}", "4:23 SL016"},
		{"stdout: {capture: {}, mode: append}", "4:33 SL017"},
		{"stdout: {capture: {max: 64}}", "4:29 SL016"},
		{"stdout: {capture: {max: 64K}}", "4:29 SL016"},
		{"stdout: {capture: {trim: yes}}", "4:30 SL016"},
		{"stdout: {capture: {size: 1}}", "4:24 SL014"},
		{"stdout: {file: a, mode: [append]}", "4:29 SL016"},
		{"stderr: {stdout: x}", "4:13 SL017, 4:14 SL014"},
		{"pipe: [{run: a, stderr: x}]", "4:29 SL016"},
		// umask
		{"umask: 027", "4:12 SL016"},
		{"umask: 27", "4:12 SL016"},
		{"umask: '27'", "4:12 SL016"},
		{"umask: '028'", "4:12 SL016"},
		{"umask: '1000'", "4:12 SL016"},
		{"umask: '00027'", "4:12 SL016"},
		{"umask: '0o27'", "4:12 SL016"},
		{"umask: u=rwx", "4:12 SL016"},
		{"umask: ''", "4:12 SL016"},
		{"umask: ['027']", "4:12 SL016"},
		{"umask: |\n  027", "4:12 SL016"},
		// a matrix
		{"matrix: [a]", "4:13 SL016"},
		{"matrix: {go: a}", "4:18 SL016"},
		{"matrix: {go: [[a]]}", "4:19 SL016"},
		{"matrix: {go: [a, ~]}", "4:22 SL011"},
		{"matrix: {go: ~}", "4:14 SL011"},
		{"matrix: {go: {}}", "4:18 SL017"},
		{"matrix: {go: {glob: a, param: b}}", "4:18 SL017"},
		{"matrix: {go: {list: [a]}}", "4:18 SL017, 4:19 SL014"},
		{"matrix: {go: {range: [1]}}", "4:26 SL016"},
		{"matrix: {go: {range: [1, 2, 3]}}", "4:26 SL016"},
		{"matrix: {go: {range: 1..3}}", "4:26 SL016"},
		{"matrix: {go: {range: ~}}", "4:19 SL011"},
		{"matrix: {go: {range: [1, x]}}", "4:30 SL013"},
		{"matrix: {go: [a], exclude: {go: a}}", "4:32 SL016"},
		{"matrix: {go: [a], exclude: [a]}", "4:33 SL016"},
		{"matrix: {go: [a], exclude: [{go: [a]}]}", "4:38 SL016"},
		// the rest
		{"needs: a", "4:12 SL016"},
		{"needs: {a: b}", "4:12 SL016"},
		{"ok: 0", "4:9 SL016"},
		{"ok: [0, '1']", "4:13 SL013"},
		{"retry: 3", "4:12 SL016"},
		{"retry: [3]", "4:12 SL016"},
		{"stop: TERM", "4:11 SL016"},
		{"when: linux", "4:11 SL016"},
		{"when: {os: linux}", "4:16 SL016"},
		{"when: {param: [a]}", "4:19 SL016"},
		{"timeout: 30", "4:14 SL016"},
		{"timeout: -1s", "4:14 SL016"},
		{"timeout: [1s]", "4:14 SL016"},
	}
	for _, c := range tests {
		if _, got := read(job(c.keys)); strings.Join(got, ", ") != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.keys, strings.Join(got, ", "), c.want)
		}
	}
	for text, want := range map[string]string{
		"jobs: [a]":                "3:7 SL016",
		"jobs: a":                  "3:7 SL016",
		"jobs: {}\nparams: [a]":    "4:9 SL016",
		"jobs: {}\nparams: {a: b}": "4:13 SL016",
		"jobs: {}\nparams: {a: {default: {b: c}}}": "4:23 SL016",
		"jobs: {}\nparams: {a: {default: [[b]]}}":  "4:24 SL016",
		"jobs: {}\nparams: {a: {values: b}}":       "4:22 SL016",
		"jobs: {}\nparams: {a: {list: 1}}":         "4:20 SL016",
		"jobs: {}\npools: {a: b}":                  "4:12 SL013",
		"jobs: {}\npass_env: A":                    "4:11 SL016",
		"jobs: {}\ndefaults: []":                   "4:11 SL016",
		"jobs: {}\ndefaults: {run: x}":             "4:12 SL014",
		"jobs: {}\ndescription: [a]":               "4:14 SL016",
	} {
		if _, got := read("version: 1\n\n" + text); strings.Join(got, ", ") != want {
			t.Errorf("%s\n got %s\nwant %s", text, strings.Join(got, ", "), want)
		}
	}
}

func TestArgs(t *testing.T) {
	j := goodJob(t, `command: x
args:
- a
- {literal: "${params.x} |"}
- {glob: "${params.d}/*.go"}
- {glob: "*", optional: true}
- {param: files}
- 3
`)
	a := j.Args.Items
	if len(a) != 6 {
		t.Fatal(len(a))
	}
	if a[0].Kind != ArgText || a[0].Text.Value != "a" || a[0].Text.Literal || a[0].Pos != pos(6, 7) {
		t.Errorf("%+v", a[0])
	}
	if a[1].Kind != ArgText || !a[1].Text.Literal || len(a[1].Text.Refs()) != 0 || a[1].Text.Value != "${params.x} |" || len(a[1].Text.Found) != 0 {
		t.Errorf("%+v", a[1])
	}
	if a[2].Kind != ArgGlob || len(a[2].Text.Refs()) != 1 || a[2].Optional.Value {
		t.Errorf("%+v", a[2])
	}
	if a[3].Kind != ArgGlob || !a[3].Optional.Value {
		t.Errorf("%+v", a[3])
	}
	if a[4].Kind != ArgParam || a[4].Param.Value != "files" || a[4].Param.Pos != pos(10, 15) {
		t.Errorf("%+v", a[4])
	}
	if argv := j.Argv(); len(argv) != 7 || argv[0].Text.Value != "x" || argv[6].Text.Value != "3" {
		t.Errorf("%+v", argv)
	}
}

// TestLiteral tries {literal: …} in every place where a template stands.
func TestLiteral(t *testing.T) {
	f := good(t, `version: 1
dir: {literal: $A}
env: {A: {literal: $A}}
env_file: {literal: $A}
defaults: {dir: {literal: $A}, env: {A: {literal: $A}}}
jobs:
  a:
    command: {literal: $A}
    args: [{literal: $A}, {glob: {literal: $A}}]
    env: {A: {literal: $A}}
    env_file: {literal: $A}
    dir: {literal: $A}
    stdin: {file: {literal: $A}}
    stdout: {file: {literal: $A}}
    stderr: {file: {literal: $A}}
    matrix: {x: {glob: {literal: $A}}}
  b:
    stdin: {text: {literal: $A}}
    pipe:
    - {command: {literal: $A}, args: [{literal: $A}], env: {A: {literal: $A}}, dir: {literal: $A}, stderr: {file: {literal: $A}}}
`)
	n := 0
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		if tpl, ok := v.Interface().(Template); ok {
			if tpl.IsSet() {
				n++
				if !tpl.Literal || tpl.Value != "$A" || len(tpl.Found) != 0 || !reflect.DeepEqual(tpl.Parts, []Part{{Text: "$A"}}) {
					t.Errorf("%+v", tpl)
				}
			}
			return
		}
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				visit(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				visit(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					visit(v.Field(i))
				}
			}
		}
	}
	visit(reflect.ValueOf(f))
	if want := strings.Count(string(f.Source), "literal"); n != want {
		t.Errorf("%d templates are literal, expected %d", n, want)
	}
}

func TestStages(t *testing.T) {
	j := goodJob(t, "pipe:\n- sort -rn\n- {name: n, run: 'a b', ok: [1]}\n- {command: c, args: [d]}")
	s := j.Pipe.Items
	if len(s) != 3 || !s[0].Short || s[0].Pos != pos(5, 7) || len(s[0].Argv()) != 2 {
		t.Fatalf("%+v", s)
	}
	if s[1].Short || s[1].Name.Value != "n" || len(s[1].Argv()) != 2 || s[1].OK.Items[0].Value != 1 {
		t.Errorf("%+v", s[1])
	}
	if argv := s[2].Argv(); len(argv) != 2 || argv[0].Text.Value != "c" || argv[1].Text.Value != "d" {
		t.Errorf("%+v", argv)
	}
}

func TestStreams(t *testing.T) {
	for text, want := range map[string]InputKind{
		"none": InputNone, "'none'": InputNone, "inherit": InputInherit, "{file: a}": InputFile, "{text: a}": InputText, "{job: a}": InputJob,
	} {
		if in := goodJob(t, "stdin: "+text).Stdin; in.Kind != want || in.Pos != pos(4, 12) {
			t.Errorf("stdin %s: %+v", text, in)
		}
	}
	for text, want := range map[string]OutputKind{
		"log": OutputLog, "inherit": OutputInherit, "discard": OutputDiscard, "{file: a}": OutputFile, "{file: a, mode: append}": OutputFile,
		"{capture: {}}": OutputCapture, "{capture: {max: 1KiB, trim: false}}": OutputCapture,
	} {
		j := goodJob(t, "stdout: "+text+"\nstderr: "+text)
		if j.Stdout.Kind != want || j.Stderr.Kind != want {
			t.Errorf("%s: %+v", text, j.Stdout)
		}
	}
	j := goodJob(t, "stderr: stdout\nstdout: {capture: {max: 1KiB, trim: false}}")
	if j.Stderr.Kind != OutputStdout || j.Stdout.Max.Value != 1024 || j.Stdout.Trim.Or(true) {
		t.Errorf("%+v %+v", j.Stderr, j.Stdout)
	}
	if j := goodJob(t, "run: x"); j.Stdin.Kind != InputUnset || j.Stdout.Kind != OutputUnset || !j.Stdout.Pos.IsZero() {
		t.Errorf("%+v", j)
	}
	if j := goodJob(t, "pipe: [{run: x, stderr: stdout}]"); j.Pipe.Items[0].Stderr.Kind != OutputStdout {
		t.Errorf("%+v", j.Pipe.Items[0])
	}
}

func TestUmask(t *testing.T) {
	for text, want := range map[string]int{`"027"`: 0o27, `'0022'`: 0o22, `"777"`: 0o777, `"000"`: 0} {
		if u := goodJob(t, "umask: "+text).Umask; !u.IsSet() || u.Value != want {
			t.Errorf("%s: %+v", text, u)
		}
	}
}

func TestMatrix(t *testing.T) {
	m := goodJob(t, `run: x
matrix:
  go: ['1.25', 1.26]
  file: {glob: "*.go"}
  target: {param: targets}
  n: {range: [-1, 10]}
  none: []
  line: {job: list}
  exclude: [{go: '1.25', n: 3}]
`).Matrix
	if len(m.Axes) != 6 || len(m.Exclude.Items) != 1 {
		t.Fatalf("%+v", m)
	}
	if a := m.Axes[0]; a.Name.Value != "go" || len(a.Values) != 2 || a.Values[1].Value != "1.26" || a.Pos != pos(6, 11) {
		t.Errorf("%+v", a)
	}
	if a := m.Axes[1]; a.Glob.Value != "*.go" || a.Values != nil {
		t.Errorf("%+v", a)
	}
	if a := m.Axes[2]; a.Param.Value != "targets" {
		t.Errorf("%+v", a)
	}
	if a := m.Axes[3]; len(a.Range) != 2 || a.Range[0].Value != -1 || a.Range[1].Value != 10 {
		t.Errorf("%+v", a)
	}
	if a := m.Axes[5]; a.Job.Value != "list" || a.Values != nil {
		t.Errorf("%+v", a)
	}
	if v, ok := m.Exclude.Items[0].Get("n"); !ok || v.Value != "3" {
		t.Errorf("%+v", m.Exclude)
	}
}

func TestParamDefaults(t *testing.T) {
	f := good(t, "version: 1\njobs: {}\nparams:\n  a: {default: 010}\n  b: {default: [x, ''], list: true}\n  c: {}\n  d: {default: ''}\n  e: {default: []}\n")
	p := func(name string) ParamDefault {
		v, _ := f.Params.Get(name)
		return v.Default
	}
	if d := p("a"); d.List || len(d.Values) != 1 || d.Values[0].Value != "010" {
		t.Errorf("%+v", d)
	}
	if d := p("b"); !d.List || len(d.Values) != 2 || d.Values[1].Value != "" {
		t.Errorf("%+v", d)
	}
	if d := p("c"); d.IsSet() {
		t.Errorf("%+v", d)
	}
	if d := p("d"); !d.IsSet() || d.List || d.Values[0].Value != "" {
		t.Errorf("%+v", d)
	}
	if d := p("e"); !d.IsSet() || !d.List || len(d.Values) != 0 {
		t.Errorf("%+v", d)
	}
}

package plan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProblems holds what only a machine can tell, with its places.
func TestProblems(t *testing.T) {
	dir := folder(t, "!bin/a", "in.txt", "sub/x", "!sub/prog", "bad.env")
	if err := os.WriteFile(filepath.Join(dir, "bad.env"), []byte("A=1\nno value\n1B=2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("in.txt", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	head := "version: 1\nparams: {any: {default: '-x', pattern: '.*'}, all: {list: true, default: [-y], pattern: '.*'}, void: {list: true, required: false}, exe: {default: ''}}\n"
	for _, c := range []struct {
		name, text string
		problems   []string
	}{
		{"a dash", "jobs: {a: {run: 'a ${params.any}'}}", []string{`3:20+1 SL401: this element is "-x", a value from outside that the program may read as an option`}},
		{"a dash in a list", "jobs: {a: {command: a, args: [{param: all}]}}", []string{`3:31+1 SL401: this element is "-y", a value from outside that the program may read as an option`}},
		{"a dash of the environment", "env: {X: -z}\njobs: {a: {command: a, args: ['${env.X}']}}", []string{`4:31+1 SL401: this element is "-z", a value from outside that the program may read as an option`}},
		{"no dash", "env: {X: -z}\njobs: {a: {command: a, args: [--, '${params.any}', {param: all}]}, b: {run: 'a --x=${params.any}'}}", nil},
		{"an empty command", "jobs: {a: {command: '${params.exe}'}}", []string{"3:21+1 SL402: the command is empty, or only the run knows it"}},
		{"an output is a directory", "jobs: {a: {run: a, stdout: {file: sub}}}", []string{"3:35+3 SL602: DIR/sub is a directory"}},
		{"an output is a link", "jobs: {a: {run: a, stdout: {file: link}}}", []string{"3:35+4 SL602: DIR/link is a symbolic link, and mode atomic replaces what stands there"}},
		{"through a link", "jobs: {a: {run: a, stdout: {file: link, mode: truncate}}}", nil},
		{"a device", "jobs: {a: {run: a, stdout: {file: /dev/zero}}}", []string{"3:35+9 SL602: /dev/zero is a device, and mode atomic replaces what stands there"}},
		{"nowhere", "jobs: {a: {run: a, stdout: {file: /dev/null}}}", []string{"3:35+9 SL602: /dev/null can't be replaced"}},
		{"create", "jobs: {a: {run: a, stdout: {file: in.txt, mode: create}}}", []string{"3:35+6 SL602: DIR/in.txt exists, and mode create never replaces a file"}},
		{"two writers", "jobs:\n  a: {run: a, stdout: {file: o}}\n  b: {run: a, stderr: {file: ./o}}", []string{"5:30+3 SL603: DIR/o is written by a and by b"}},
		{"two that append", "jobs:\n  a: {run: a, stdout: {file: o, mode: append}}\n  b: {run: a, stdout: {file: o, mode: append}}", nil},
		{"instances write one file", "jobs: {a: {matrix: {n: [1, 2]}, run: a, stdout: {file: o}}}", []string{"3:56+1 SL603: DIR/o is written by a[n=1] and by a[n=2]"}},
		{"reads what it empties", "jobs: {a: {run: a, stdin: {file: in.txt}, stdout: {file: in.txt, mode: truncate}}}", []string{"3:58+6 SL603: a reads and writes DIR/in.txt"}},
		{"reads what it replaces", "jobs: {a: {run: a, stdin: {file: in.txt}, stdout: {file: in.txt}}}", nil},
		{"no program", "jobs: {a: {pipe: [a, {run: none}]}}", []string{`3:28+4 SL610: there is no program "none" on the job's PATH`}},
		{"no directory", "jobs: {a: {run: a, dir: none}}", []string{"3:25+4 SL611: dir: DIR/none: no such file or directory"}},
		{"a quoted directory", "jobs: {a: {run: a, dir: \"none\"}}", []string{"3:25+6 SL611: dir: DIR/none: no such file or directory"}},
		{"no directory", "jobs: {a: {run: a, dir: in.txt}}", []string{"3:25+6 SL611: dir: DIR/in.txt is no directory"}},
		{"a stage's directory", "jobs: {a: {pipe: [{run: a, dir: none}]}}", []string{"3:33+4 SL611: dir: DIR/none: no such file or directory"}},
		{"no input", "jobs: {a: {run: a, stdin: {file: none}}}", []string{"3:34+4 SL612: stdin: DIR/none: no such file or directory"}},
		{"a directory as input", "jobs: {a: {run: a, stdin: {file: sub}}}", []string{"3:34+3 SL612: stdin: DIR/sub is a directory"}},
		{"no env_file", "jobs: {a: {run: a, env_file: none}}", []string{"3:30+4 SL612: env_file: DIR/none: no such file or directory"}},
		{"a bad env_file", "jobs: {a: {run: a, env_file: bad.env}}", []string{"3:30+7 SL612: env_file: DIR/bad.env:2 is not NAME=value", "3:30+7 SL612: env_file: DIR/bad.env:3 is not NAME=value"}},
		{"no match", "jobs: {a: {command: a, args: [{glob: '*.none'}]}}", []string{"3:38+8 SL613: the pattern matches no file in DIR"}},
		{"no pattern", "jobs: {a: {command: a, args: [{glob: '[a'}]}}", []string{"3:38+4 SL613: the pattern can't be read"}},
		{"an empty pattern", "jobs: {a: {command: a, args: [{glob: ''}]}}", []string{"3:38+2 SL613: the pattern is empty"}},
		{"no match for an axis", "jobs: {a: {run: a, matrix: {f: {glob: '*.none'}}}}", []string{"3:39+8 SL613: the pattern matches no file in DIR"}},
		{"no variable", "jobs: {a: {run: 'a ${env.NONE} ${env.SECRET}'}}", []string{"3:20+11 SL614: ${env.NONE}: the child's environment has no NONE", "3:32+13 SL614: ${env.SECRET}: the child's environment has no SECRET"}},
		{"no values for an axis", "jobs: {a: {run: a, matrix: {v: {param: void}}}}", []string{`3:40+4 SL105: param "void" has no values, so the job would have no instances`}},
		{"all excluded", "jobs: {a: {run: a, matrix: {v: [1], exclude: [{v: 1}]}}}", []string{`3:28+1 SL105: every combination of job "a"'s matrix is excluded`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := try(t, dir, head+c.text+"\n", Inputs{})
			want(t, problems, c.problems)
		})
	}
}

// TestLater holds that what a job before may make is no problem, and is
// marked.
func TestLater(t *testing.T) {
	dir := folder(t, "!bin/a")
	p := build(t, dir, `version: 1
jobs:
  make: {run: a}
  use: {needs: [make], dir: made, command: ./tool, stdin: {file: in.txt}}
  clean: {after: [make], command: ./tool, dir: made}
`, Inputs{})
	use := p.Jobs[1].Instances[0]
	if s := use.Stages[0]; !s.Later || s.Path != dir+"/made/tool" || !use.Stdin.Later || !p.Jobs[2].Instances[0].Stages[0].Later || p.Jobs[0].Instances[0].Stages[0].Later {
		t.Errorf("%+v", s)
	}
	// A name on PATH is looked for now, and what is there is looked at now.
	_, problems := try(t, dir, "version: 1\njobs:\n  make: {run: a}\n  use: {needs: [make], run: tool}\n", Inputs{})
	want(t, problems, []string{`4:29+4 SL610: there is no program "tool" on the job's PATH`})
	// Without the job before it, there is nothing to wait for.
	_, problems = try(t, dir, "version: 1\njobs:\n  make: {run: a}\n  clean: {after: [make], command: ./tool}\n", Inputs{Jobs: []string{"clean"}})
	if len(problems) > 1 {
		t.Errorf("%q", problems)
	}
}

func TestLimits(t *testing.T) {
	dir := folder(t, "!bin/a")
	long := strings.Repeat("x", 60_000)
	count := argSpace()/60_000 + 1
	for _, c := range []struct {
		name, text string
		in         Inputs
		problems   []string
	}{
		{"instances of a matrix", "jobs: {a: {run: a, matrix: {x: [1, 2, 3], y: [1, 2, 3]}}}", Inputs{MaxInstances: 8}, []string{`3:43+1 SL015: the matrix of job "a" has more than 8 instances`}},
		{"as many as allowed", "jobs: {a: {run: a, matrix: {x: [1, 2, 3], y: [1, 2, 3]}}}", Inputs{MaxInstances: 9}, nil},
		{"a range", "jobs: {a: {run: a, matrix: {x: {range: [1, 1000000000]}}}}", Inputs{}, []string{"3:29+1 SL015: the range has 1000000000 values; at most 100000 instances are allowed"}},
		{"instances of all jobs", "jobs:\n  a: {run: a, matrix: {x: {range: [1, 5]}}}\n  b: {run: a, matrix: {x: {range: [1, 5]}}}\n  c: {run: a}", Inputs{MaxInstances: 9}, []string{"5:3+1 SL015: more than 9 instances of jobs"}},
		{"an argument", "env: {A: " + long + ", B: " + long + "}\njobs: {a: {command: a, args: ['${env.A}${env.B}${env.A}']}}", Inputs{}, []string{"4:21+1 SL615: argument 1 has 180000 bytes; the kernel takes at most 131071"}},
		{"a variable", "env: {A: " + long + "}\ndefaults: {env: {A: '${env.A}${env.A}${env.A}'}}\njobs: {a: {run: a}}", Inputs{}, []string{"5:17+1 SL615: environment variable A has 180002 bytes; the kernel takes at most 131071"}},
		{"all arguments", "env: {A: " + long + "}\njobs: {a: {command: a, args: [" + strings.Repeat("'${env.A}', ", count) + "]}}", Inputs{}, []string{"4:21+1 SL615: " + tooLarge(len(dir+"/bin/a")+1+count*(60_000+9)+1+9+len("A=")+60_000+9+len("HOME=/home/me")+9+len("PATH=/bin")+len(dir)+9, argSpace())}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := try(t, dir, "version: 1\n\n"+c.text+"\n", c.in)
			want(t, problems, c.problems)
		})
	}
}

// TestParams holds what a caller may give.
func TestParams(t *testing.T) {
	dir := folder(t, "!bin/a")
	text := "version: 1\nparams:\n  n: {type: int, max: 9}\n  list: {list: true, required: false}\n  path: {type: path, default: p}\njobs: {a: {command: a, args: [--, '${params.n}', {param: list}, '${params.path}']}}\n"
	p := build(t, dir, text, Inputs{Params: map[string]Given{"n": given("-3"), "list": given("x", "y z"), "path": given("q")}})
	want(t, p.argv(), []string{"a -- -3 x y z /given/q"})
	if len(p.Params) != 3 || p.Params[2].Values[0] != "/given/q" || !p.Params[1].List {
		t.Errorf("%+v", p.Params)
	}
	p = build(t, dir, text, Inputs{Params: map[string]Given{"n": given("3")}})
	want(t, p.argv(), []string{"a -- 3 p"})
	_, problems := try(t, dir, text, Inputs{Params: map[string]Given{"n": given("10", "x"), "lsit": given("a")}})
	want(t, problems, []string{
		`0:0+1 SL403: -p: the file has no param "lsit"; did you mean "list"?`,
		`3:3+1 SL403: -p: it is above the max of 9`,
		`3:3+1 SL403: -p: it is no whole number`,
		`3:3+1 SL403: param "n" is given 2 times and is no list`,
	})
	_, problems = try(t, dir, text, Inputs{})
	want(t, problems, []string{`3:3+1 SL403: param "n" is required`})
}

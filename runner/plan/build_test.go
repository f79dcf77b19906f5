package plan

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/spec"
)

// folder is a temporary directory with files in it: a name that ends in / is a
// directory, one that begins with ! an executable.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		mode := os.FileMode(0o666)
		if rest, ok := strings.CutPrefix(name, "!"); ok {
			name, mode = rest, 0o777
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(path, 0o777)
		} else {
			err = os.WriteFile(path, nil, mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// try makes the plan of the job file text, which stands in dir, and returns
// its problems as "line:col rule: message". PATH is dir/bin unless in says.
func try(t *testing.T, dir, text string, in Inputs) (*Plan, []string) {
	t.Helper()
	name := filepath.Join(dir, "job.yaml")
	f, list := spec.Parse(name, []byte(text), spec.DefaultLimits())
	if len(list) > 0 {
		t.Fatalf("%+v", list)
	}
	if in.Dir == "" {
		in.Dir = dir
	}
	if in.Env == nil {
		in.Env = []string{"PATH=" + dir + "/bin", "HOME=/home/me", "SECRET=s"}
	}
	if in.OS == "" {
		in.OS = "linux"
	}
	p, problems := Build(f, in)
	var told []string
	for _, w := range problems {
		if w.File != name {
			t.Errorf("a problem of %q", w.File)
		}
		told = append(told, strings.ReplaceAll(fmt.Sprintf("%d:%d+%d %s: %s", w.Pos.Line, w.Pos.Col, w.Len, w.Rule, w.Msg), dir, "DIR"))
	}
	if (p == nil) != (len(problems) > 0) {
		t.Errorf("plan %v and problems %q", p != nil, told)
	}
	return p, told
}

// build is try for a job file without problems.
func build(t *testing.T, dir, text string, in Inputs) *Plan {
	t.Helper()
	p, problems := try(t, dir, text, in)
	if p == nil {
		t.Fatalf("%q", problems)
	}
	return p
}

func (p *Plan) ids() (ids []string) {
	for _, j := range p.Jobs {
		for _, inst := range j.Instances {
			ids = append(ids, inst.ID)
		}
	}
	return ids
}

// argv is the arguments of every stage of p, as texts.
func (p *Plan) argv() (list []string) {
	for _, j := range p.Jobs {
		for _, inst := range j.Instances {
			for _, s := range inst.Stages {
				var words []string
				for _, a := range s.Argv {
					words = append(words, a.String())
				}
				list = append(list, strings.Join(words, " "))
			}
		}
	}
	return list
}

func want(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %q\nwant\n  %q", got, want)
	}
}

func given(values ...string) Given { return Given{Values: values, Dir: "/given", Source: "-p"} }

const matrixFile = `version: 1
params:
  names: {list: true, default: [x, y]}
  paths: {type: path, list: true, default: [sub/p.txt]}
jobs:
  plain: {run: a}
  grid:
    needs: [plain]
    matrix:
      os: [linux, bsd]
      arch: [amd, arm]
      exclude: [{os: bsd, arch: amd}]
    run: a ${matrix.os}-${matrix.arch}
  files: {matrix: {f: {glob: "sub/*.txt"}}, run: "a ${matrix.f} ${matrix.f.stem}"}
  numbers: {matrix: {n: {range: [-1, 1]}}, run: "a ${matrix.n}"}
  params: {matrix: {name: {param: names}, path: {param: paths}}, dir: sub, run: "a ${matrix.name} ${matrix.path}"}
`

func TestMatrix(t *testing.T) {
	dir := folder(t, "!bin/a", "sub/b.txt", "sub/a.txt", "sub/.c.txt", "sub/d.md")
	p := build(t, dir, matrixFile, Inputs{})
	want(t, p.ids(), []string{
		"plain", "grid[os=linux,arch=amd]", "grid[os=linux,arch=arm]", "grid[os=bsd,arch=arm]",
		"files[f=sub/a.txt]", "files[f=sub/b.txt]", "numbers[n=-1]", "numbers[n=0]", "numbers[n=1]",
		"params[name=x,path=sub/p.txt]", "params[name=y,path=sub/p.txt]",
	})
	want(t, p.argv(), []string{
		"a", "a linux-amd", "a linux-arm", "a bsd-arm", "a sub/a.txt a", "a sub/b.txt b", "a -1", "a 0", "a 1", "a x p.txt", "a y p.txt",
	})
	if got := p.Jobs[1].Instances[2].Matrix; !slices.Equal(got, []Axis{{Name: "os", Value: "bsd"}, {Name: "arch", Value: "arm"}}) {
		t.Errorf("%+v", got)
	}
}

func TestSelection(t *testing.T) {
	dir := folder(t, "!bin/a", "sub/a.txt")
	for names, ids := range map[string]string{
		"plain":                      "plain",
		"grid":                       "plain grid[os=linux,arch=amd] grid[os=linux,arch=arm] grid[os=bsd,arch=arm]",
		"grid[os=linux]":             "plain grid[os=linux,arch=amd] grid[os=linux,arch=arm]",
		"grid[arch=arm,os=bsd]":      "plain grid[os=bsd,arch=arm]",
		"numbers[n=1] numbers[n=-1]": "numbers[n=-1] numbers[n=1]",
		"numbers[n=1] numbers":       "numbers[n=-1] numbers[n=0] numbers[n=1]",
		"files[f=sub/a.txt]":         "files[f=sub/a.txt]",
	} {
		p := build(t, dir, matrixFile, Inputs{Jobs: strings.Fields(names)})
		if got := strings.Join(p.ids(), " "); got != ids {
			t.Errorf("%s: got %s, want %s", names, got, ids)
		}
	}
	for name, msg := range map[string]string{
		"gird":         `there is no job "gird"; did you mean "grid"?`,
		"grid[cpu=x]":  `job "grid" has no axis "cpu"`,
		"plain[os=x]":  `job "plain" has no axis "os"`,
		"grid[os]":     `"grid[os]" is no instance of a job; expected job[axis=value]`,
		"grid[os=x":    `"grid[os=x" is no instance of a job; expected job[axis=value]`,
		"grid[os=x],y": `"grid[os=x],y" is no instance of a job; expected job[axis=value]`,
	} {
		_, problems := try(t, dir, matrixFile, Inputs{Jobs: []string{name}})
		want(t, problems, []string{"0:0+0 SL101: " + msg})
	}
}

func TestPaths(t *testing.T) {
	dir := folder(t, "!bin/a", "sub/deep/")
	text := `version: 1
dir: sub
params:
  own: {type: path, default: x/own.tar.gz}
  up: {type: path, default: ../-up}
  given: {type: path}
jobs:
  here: {run: "a ${params.own} ${params.own.dir} ${params.own.base} ${params.own.stem} ${params.own.ext} ${params.up} ${params.given}"}
  deep: {dir: deep, run: "a ${params.own} ${params.given}"}
  above: {dir: .., run: "a ${params.own} ${params.up} -- ${params.up.base}"}
  stage: {pipe: [{run: "a ${params.own}", dir: ../sub/deep}, "a ${params.own}"]}
`
	p := build(t, dir, text, Inputs{Params: map[string]Given{"given": {Values: []string{"g.txt"}, Dir: dir + "/sub/deep", Source: "-p"}}})
	own := dir + "/sub/x/own.tar.gz"
	want(t, p.argv(), []string{
		"a x/own.tar.gz x own.tar.gz own.tar .gz " + dir + "/-up deep/g.txt",
		"a " + own + " g.txt",
		"a sub/x/own.tar.gz ./-up -- -up",
		"a " + own,
		"a x/own.tar.gz",
	})
	if p.Dir != dir+"/sub" || p.Jobs[1].Instances[0].Stages[0].Dir != dir+"/sub/deep" || p.Jobs[2].Instances[0].Stages[0].Dir != dir {
		t.Errorf("%s", p.Dir)
	}
}

func TestEnvLayers(t *testing.T) {
	dir := folder(t, "!bin/a", "!own/a")
	for name, text := range map[string]string{
		"file.env": "# comment\n\nA=file.env\r\nexport B='file.env'\nC=\"$HOME\"\n",
		"job.env":  "D=job.env\nE=\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text := `version: 1
env_file: file.env
env: {B: file, C2: "${env.C}", D: file, E: file, F: file}
pass_env: [EDITOR, UNSET]
defaults: {env: {F: "${env.F}+defaults", G: defaults}}
jobs:
  a:
    env_file: job.env
    pass_env: [PAGER, B]
    env: {G: "job ${env.G}", R: "${run.id}", PATH: "${env.HOME}/../../own"}
    pipe: [{run: a, env: {G: "stage ${env.G}", R: "${env.R}!"}}, a]
`
	p := build(t, dir, strings.Replace(text, "${env.HOME}/../..", dir, 1), Inputs{Env: []string{
		"PATH=" + dir + "/bin", "HOME=/h", "LC_ALL=C", "LC_TIME=C", "LANG=", "SECRET=s", "EDITOR=ed", "PAGER=less", "B=caller", "BROKEN",
	}})
	var got []string
	for _, v := range p.Jobs[0].Instances[0].Stages[0].Env {
		got = append(got, v.From+" "+v.Name+"="+v.Value.String())
	}
	want(t, got, []string{
		"env_file A=file.env", "file B=file", "env_file C=$HOME", "file C2=$HOME", "env_file D=job.env", "env_file E=", "caller EDITOR=ed",
		"defaults F=file+defaults", "stage G=stage job defaults", "caller HOME=/h", "caller LANG=", "caller LC_ALL=C", "caller LC_TIME=C",
		"caller PAGER=less", "job PATH=" + dir + "/own", "stage R=‹run.id›!",
	})
	for _, s := range p.Jobs[0].Instances[0].Stages {
		if s.Path != dir+"/own/a" {
			t.Errorf("found %s: the job's own PATH decides", s.Path)
		}
	}
	if n := len(p.Jobs[0].Instances[0].Stages[1].Env); n != len(got) {
		t.Errorf("%d variables", n)
	}
}

func TestLookup(t *testing.T) {
	dir := folder(t, "!one/a", "!two/a", "!two/b", "one/b", "one/c/", "!d", "!rel/e", "sub/", "!sub/tool")
	path := "PATH=rel:" + dir + "/one::" + dir + "/none:" + dir + "/two"
	p := build(t, dir, `version: 1
jobs:
  first: {run: a}
  not-executable-before: {run: b}
  dot: {run: ./d}
  absolute: {command: "`+dir+`/two/b"}
  from-dir: {dir: sub, run: ./tool}
  from-above: {dir: sub, run: ../d}
`, Inputs{Env: []string{path}})
	var got []string
	for _, j := range p.Jobs {
		s := j.Instances[0].Stages[0]
		got = append(got, s.Name+" "+s.Argv[0].String()+" "+strings.TrimPrefix(s.Path, dir))
	}
	want(t, got, []string{"a a /one/a", "b b /two/b", "d ./d /d", "b " + dir + "/two/b /two/b", "tool ./tool /sub/tool", "d ../d /d"})

	_, problems := try(t, dir, `version: 1
jobs:
  none: {run: nothing}
  relative: {run: e}
  directory: {run: c}
  dot: {run: ./nothing}
  dot-directory: {run: ./sub}
  not-executable: {run: one/b}
`, Inputs{Env: []string{path}})
	want(t, problems, []string{
		`3:15+7 SL610: there is no program "nothing" on the job's PATH`,
		`4:19+1 SL610: "e" is found by the entry "rel" of PATH, which means another program in every directory`,
		`5:20+1 SL610: there is no program "c" on the job's PATH; DIR/one/c: it is a directory`,
		`6:14+9 SL610: ./nothing: DIR/nothing: no such file or directory`,
		`7:24+5 SL610: ./sub: DIR/sub: it is a directory`,
		`8:25+5 SL610: one/b: DIR/one/b: it is not executable`,
	})
}

func TestGlobs(t *testing.T) {
	dir := folder(t, "!bin/a", "w/b.c", "w/a b.c", "w/-x.c", "w/.h.c", "w/sub/d.c", "w/sub/deeper/e.c", "w/.git/f.c", "w/[x]/g.c", "w/x/g.c", "w/{p}*?.c", "other/o.c")
	for pattern, matches := range map[string]string{
		`*.c`:                      `./-x.c a b.c b.c {p}*?.c`,
		`**/*.c`:                   `./-x.c [x]/g.c a b.c b.c sub/d.c sub/deeper/e.c x/g.c {p}*?.c`,
		`.*.c`:                     `.h.c`,
		`.git/*`:                   `.git/f.c`,
		`*/g.c`:                    `[x]/g.c x/g.c`,
		`[x]/*`:                    `x/g.c`,
		`\[x\]/*`:                  `[x]/g.c`,
		`${params.special}/*`:      `[x]/g.c`,
		`${params.odd}.c`:          `{p}*?.c`,
		`{b,sub/d}.c`:              `b.c sub/d.c`,
		`../other/*`:               `../other/o.c`,
		`./b.c`:                    `b.c`,
		`s*/`:                      `sub`,
		dir + `/other/*.c`:         dir + `/other/o.c`,
		`${params.where}/deeper/*`: `sub/deeper/e.c`,
	} {
		t.Run(pattern, func(t *testing.T) {
			text := `version: 1
dir: w
params:
  special: {default: "[x]", pattern: ".*"}
  odd: {default: "{p}*?", pattern: ".*"}
  where: {type: path, default: sub}
jobs: {a: {command: a, args: [{glob: '` + pattern + `'}]}}
`
			p := build(t, dir, text, Inputs{})
			if got := strings.TrimPrefix(p.argv()[0], "a "); got != matches {
				t.Errorf("got %s, want %s", got, matches)
			}
		})
	}
	p := build(t, dir, "version: 1\njobs: {a: {command: a, args: [x, {glob: '*.none', optional: true}, {glob: 'none/*', optional: true}, y]}}\n", Inputs{})
	want(t, p.argv(), []string{"a x y"})
}

func TestRetryAndStop(t *testing.T) {
	dir := folder(t, "!bin/a")
	p := build(t, dir, `version: 1
defaults: {retry: {attempts: 2, delay: 5s}, stop: {signal: INT, grace: 3s}, timeout: 1m}
jobs:
  defaults: {run: a}
  usual: {run: a, retry: {attempts: 3}, stop: {grace: 1s}}
  grows: {run: a, retry: {attempts: 5, delay: 100ms, factor: 3, max_delay: 1s, jitter: 0.5}, stop: {signal: HUP}, timeout: 2s}
  steady: {run: a, retry: {attempts: 3, delay: 2m, factor: 1}}
  at-once: {run: a, retry: {attempts: 2, delay: 0s}}
  most: {run: a, retry: {attempts: 9, delay: 30s}}
  once: {run: a, retry: {attempts: 1}}
`, Inputs{})
	var got []string
	for _, j := range p.Jobs {
		line := fmt.Sprint(j.Name, " ", j.Timeout, " ", j.Stop.Signal, " ", j.Stop.Grace)
		if j.Retry != nil {
			line += fmt.Sprint(" ", j.Retry.Attempts, " ", j.Retry.Delays, " ", j.Retry.Jitter)
		}
		got = append(got, line)
	}
	want(t, got, []string{
		"defaults 1m INT 3s 2 [5s] 0",
		"usual 1m INT 1s 3 [1s 2s] 0",
		"grows 2s HUP 3s 5 [100ms 300ms 900ms 1s] 0.5",
		"steady 1m INT 3s 3 [2m 2m] 0",
		"at-once 1m INT 3s 2 [0s] 0",
		"most 1m INT 3s 9 [30s 1m 1m 1m 1m 1m 1m 1m] 0",
		"once 1m INT 3s",
	})
	plain := build(t, dir, "version: 1\njobs: {a: {run: a}}\n", Inputs{}).Jobs[0]
	if plain.Stop != (Stop{Signal: "TERM", Grace: Duration(10 * time.Second)}) || plain.Timeout != 0 || plain.Retry != nil {
		t.Errorf("%+v", plain)
	}
}

func TestWhen(t *testing.T) {
	dir := folder(t, "!bin/a")
	p := build(t, dir, `version: 1
params: {mode: {default: debug}, tags: {list: true, default: [x, y]}}
jobs:
  os: {run: a, when: {os: [linux, darwin]}}
  not-os: {run: missing, when: {os: [darwin]}}
  arch: {run: a, when: {arch: [arm64]}}
  not-arch: {run: a, when: {os: [linux], arch: [amd64]}}
  param: {run: a, when: {param: {mode: debug, tags: y}}}
  not-param: {run: a, when: {param: {mode: release}}}
  not-list: {run: a, when: {param: {tags: z}}, needs: [os]}
`, Inputs{OS: "linux", Arch: "arm64"})
	var got []string
	for _, j := range p.Jobs {
		got = append(got, fmt.Sprintf("%s %d %s", j.Name, len(j.Instances), j.Skip))
	}
	want(t, got, []string{
		"os 1 ", "not-os 0 when: os is linux", "arch 1 ", "not-arch 0 when: arch is arm64", "param 1 ",
		"not-param 0 when: param mode is debug", "not-list 0 when: param tags is x, y",
	})
}

// TestJSON holds that a plan with everything in it is the same after a way
// through JSON.
func TestJSON(t *testing.T) {
	dir := folder(t, "!bin/a", "in.txt", "sub/")
	if err := os.WriteFile(filepath.Join(dir, "sub", "\xff"), nil, 0o666); err != nil {
		t.Skipf("this file system refuses a name: %v", err)
	}
	p := build(t, dir, `version: 1
params: {who: {default: you}, all: {list: true, default: [a, b]}, none: {list: true, default: []}}
max_parallel: 3
pools: {db: 2}
jobs:
  first: {description: It is first, run: a, stdout: {capture: {max: 5B, trim: false}}, umask: "027"}
  second:
    needs: [first]
    after: [skipped]
    matrix: {n: [1, 2]}
    max_parallel: 2
    pool: db
    dir: sub
    timeout: 1m
    retry: {attempts: 3, jitter: 0.5}
    stop: {signal: INT}
    env: {E: "${jobs.first.stdout}"}
    stdin: {text: "n ${attempt}"}
    pipe:
      - {name: one, command: a, args: ["${jobs.first.stdout}", {glob: "*"}, "${run.id}-x"], ok: [3, 0], stderr: stdout}
      - {run: a, stderr: discard}
    stdout: {file: "${matrix.n}.txt", mode: append}
    stderr: stdout
  third: {run: a, stdin: {job: first}, stderr: inherit}
  fourth: {run: a, stdin: {file: in.txt}, stdout: {file: out.txt}}
  skipped: {run: a, when: {os: [plan9]}}
`, Inputs{})
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	back := new(Plan)
	if err := json.Unmarshal(text, back); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(back)
	if string(again) != string(text) {
		t.Errorf("got\n%s\nwant\n%s", again, text)
	}
	for _, q := range []*Plan{p, back} { // JSON has no difference between no list and an empty one
		for i := range q.Params {
			if len(q.Params[i].Values) == 0 {
				q.Params[i].Values = nil
			}
		}
	}
	if !reflect.DeepEqual(back, p) {
		t.Errorf("got %+v, want %+v", back, p)
	}
	argv := p.Jobs[1].Instances[0].Stages[0].Argv
	if first := argv[1].Parts()[0].Unknown; first == nil || !first.NoDash || argv[2].String() != "\xff" {
		t.Errorf("%q", argv)
	}
}

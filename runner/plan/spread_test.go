package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const spreadFile = `version: 1
jobs:
  list: {run: a, stdout: {capture: {}}}
  other: {run: a, stdout: {capture: {}}}
  use:
    matrix: {n: ['1', '2'], x: {job: list}, again: {job: list}, y: {job: other}}
    command: a
    args: ['${matrix.n}', '${matrix.x}', '-o${matrix.y}']
    env: {Y: '${matrix.y}'}
    stdin: {text: '${matrix.x}'}
    stdout: {file: 'out-${matrix.n}', mode: append}
`

// printer is what jobs have printed, by name.
func printer(texts map[string]string) func(string) ([]byte, error) {
	return func(job string) ([]byte, error) {
		text, ok := texts[job]
		if !ok {
			return nil, errors.New(job + " captured nothing")
		}
		return []byte(text), nil
	}
}

func TestSpread(t *testing.T) {
	p := build(t, folder(t, "!bin/a"), spreadFile, Inputs{})
	use := p.Jobs[2]
	if len(use.Instances) != 0 || len(use.Each) != 2 || !slices.Equal(use.Needs, []string{"list", "other"}) {
		t.Fatalf("%d instances, %d of each, needs %v", len(use.Instances), len(use.Each), use.Needs)
	}
	each := use.Each[1]
	if each.ID != "use[n=2,x=‹list›,again=‹list›,y=‹other›]" {
		t.Error(each.ID)
	}
	if out := each.Stdout; !out.Shared || !strings.HasSuffix(out.Path, "/out-2") {
		t.Errorf("%+v", out)
	}
	var argv []string
	for _, a := range each.Stages[0].Argv {
		argv = append(argv, a.String())
	}
	want(t, argv, []string{"a", "2", "‹matrix.x›", "-o‹matrix.y›"})
	if u := each.Stages[0].Argv[2].Parts()[0].Unknown; !u.NoDash {
		t.Error("a line that begins with a dash could be read as an option")
	}
	list, err := use.Spread(printer(map[string]string{"list": "a\nb c\n", "other": "1,2"}), 8)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, inst := range list {
		ids = append(ids, inst.ID)
	}
	want(t, ids, []string{
		"use[n=1,x=a,again=a,y=1,2]", "use[n=1,x=a,again=b c,y=1,2]", "use[n=1,x=b c,again=a,y=1,2]", "use[n=1,x=b c,again=b c,y=1,2]",
		"use[n=2,x=a,again=a,y=1,2]", "use[n=2,x=a,again=b c,y=1,2]", "use[n=2,x=b c,again=a,y=1,2]", "use[n=2,x=b c,again=b c,y=1,2]",
	})
	if v, ok := list[6].Axis("x"); !ok || v != "b c" {
		t.Errorf("%q, %t", v, ok)
	}
	if each.Matrix[1].Value != "" || len(use.Instances) != 0 {
		t.Error("the job was changed")
	}
}

// TestSpreadWrong holds what can't be the value of an axis.
func TestSpreadWrong(t *testing.T) {
	use := &Job{Name: "use", Each: []*Instance{{Matrix: []Axis{{Name: "x", Job: "list"}, {Name: "n", Value: "1"}}}}}
	for _, tt := range []struct{ printed, want string }{
		{"a\n\nb\n", "line 2 of what job list printed is empty, and each line names an instance; leave empty lines out"},
		{"\n", "line 1 of what job list printed is empty, and each line names an instance; leave empty lines out"},
		{"a\nb\na", `line 3 of what job list printed is line 1 again, "a", so two instances would be the same; print each value once, as sort -u does`},
		{"a\nb\xff\n", "line 2 of what job list printed is not UTF-8, and each line names an instance"},
		{"a\x00b\n", "line 1 of what job list printed has a NUL byte, which no argument can hold"},
		{"1\n2\n3\n4\n", "what job list printed makes 4 instances, and 3 more are allowed; raise the limit with --max-instances"},
	} {
		if _, err := use.Spread(printer(map[string]string{"list": tt.printed}), 3); err == nil || err.Error() != tt.want {
			t.Errorf("%q: %v, want %s", tt.printed, err, tt.want)
		}
	}
	if _, err := use.Spread(printer(nil), 3); err == nil || err.Error() != "list captured nothing" {
		t.Error(err)
	}
	if list, err := use.Spread(printer(map[string]string{"list": ""}), 3); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// TestSpreadNamesake holds that no two instances have one name, which their logs
// and results are kept by.
func TestSpreadNamesake(t *testing.T) {
	const called = "would be called use[x=1,y=2,y=3], for commas part the axes there too"
	use := &Job{Name: "use", Each: []*Instance{{Matrix: []Axis{{Name: "x", Job: "list"}, {Name: "y", Job: "other"}}}}}
	_, err := use.Spread(printer(map[string]string{"list": "1\n1,y=2\n", "other": "3\n2,y=3\n"}), 99)
	if err == nil || err.Error() != "two instances "+called+"; print values without them" {
		t.Error(err)
	}
	text := "version: 1\njobs:\n  use: {matrix: {x: ['1', '1,y=2'], y: ['3', '2,y=3']}, run: 'a ${matrix.x}'}\n"
	_, problems := try(t, folder(t, "!bin/a"), text, Inputs{})
	want(t, problems, []string{`3:3+3 SL105: two instances of job "use" ` + called})
}

func TestSpreadProblems(t *testing.T) {
	dir := folder(t, "!bin/a")
	_, problems := try(t, dir, "version: 1\njobs:\n  list: {run: a, stdout: {capture: {}}, when: {arch: [riscv64]}}\n  use: {matrix: {x: {job: list}}, run: 'a ${matrix.x}'}\n", Inputs{Arch: "amd64"})
	want(t, problems, []string{`4:27+4 SL104: job "list" is skipped here (when: arch is amd64), so it gives nothing`})
	text := "version: 1\njobs:\n  list: {run: a, stdout: {capture: {}}}\n  use: {matrix: {x: {job: list}}, run: a, stderr: {file: o}}\n"
	_, problems = try(t, dir, text, Inputs{})
	want(t, problems, []string{"4:58+1 SL603: DIR/o is written by every instance of use[x=‹list›], and how many there are only the run knows"})
}

// TestSpreadOnly holds that instances can be asked for that only the run knows.
func TestSpreadOnly(t *testing.T) {
	dir := folder(t, "!bin/a")
	printed := printer(map[string]string{"list": "a\nb,c=d]\n", "other": "1"})
	for _, tt := range []struct {
		asked     []string
		each, ids string
	}{
		{[]string{"use[n=2]"}, "2", "use[n=2,x=a,again=a,y=1] use[n=2,x=a,again=b,c=d],y=1] use[n=2,x=b,c=d],again=a,y=1] use[n=2,x=b,c=d],again=b,c=d],y=1]"},
		{[]string{"use[x=a,again=a]"}, "12", "use[n=1,x=a,again=a,y=1] use[n=2,x=a,again=a,y=1]"},
		{[]string{"use[n=1,x=a,again=a,y=1]", "use[n=2,x=a,again=b,c=d],y=1]"}, "12", "use[n=1,x=a,again=a,y=1] use[n=2,x=a,again=b,c=d],y=1]"},
		{[]string{"use[n=1,x=a]", "use"}, "12", "8"},
		{[]string{"use[n=1,x=z]"}, "1", "no printed line makes use[n=1,x=z], which is asked for"},
	} {
		p := build(t, dir, spreadFile, Inputs{Jobs: tt.asked})
		each := ""
		for _, inst := range p.Jobs[2].Each {
			each += inst.Matrix[0].Value
		}
		list, err := p.Jobs[2].Spread(printed, 99)
		var ids []string
		for _, inst := range list {
			ids = append(ids, inst.ID)
		}
		got := strings.Join(ids, " ")
		if err != nil {
			got = err.Error()
		} else if len(p.Jobs[2].Only) == 0 {
			got = strconv.Itoa(len(ids))
		}
		if got != tt.ids || each != tt.each {
			t.Errorf("%q: of each %s\n got %s\nwant %s", tt.asked, each, got, tt.ids)
		}
	}
	_, problems := try(t, dir, spreadFile, Inputs{Jobs: []string{"use[n=3,x=a]"}})
	want(t, problems, []string{`0:0+0 SL101: job "use" has no instance use[n=3,x=a]`})
}

const namedFile = `version: 1
dir: top
jobs:
  list: {run: a, stdout: {capture: {}}}
  use:
    matrix: {x: {job: list}}
    dir: sub
    stdin: {file: '${matrix.x}'}
    pipe:
      - {run: a, stderr: {file: 'log/${matrix.x}', mode: append}, dir: more}
      - tee: [{file: 'copy-${matrix.x}'}]
      - a
    stdout: {file: 'out/${matrix.x}.gz'}
`

// TestSpreadFiles holds that lines name files.
func TestSpreadFiles(t *testing.T) {
	dir := folder(t, "!bin/a", "top/sub/more/")
	use := build(t, dir, namedFile, Inputs{}).Jobs[1]
	list, err := use.Spread(printer(map[string]string{"list": "x y\n/etc/d/z\n"}), 9)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, inst := range list {
		got = append(got, "< "+inst.Stdin.Path)
		for _, out := range inst.Outputs() {
			if out.Kind == OutFile {
				got = append(got, fmt.Sprint("> ", out.Path, " ", out.Mode, " ", out.Shared))
			}
		}
	}
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], dir, "DIR")
	}
	want(t, got, []string{
		"< DIR/top/sub/x y", "> DIR/top/sub/out/x y.gz atomic false", "> DIR/top/sub/more/log/x y append true", "> DIR/top/sub/copy-x y atomic false",
		"< /etc/d/z", "> DIR/top/sub/out/etc/d/z.gz atomic false", "> DIR/top/sub/more/log/etc/d/z append true", "> DIR/top/sub/copy-/etc/d/z atomic false",
	})
	if each := use.Each[0]; each.Stdin.Path != "" || each.Stdout.Named == nil || each.Stages[0].Stderr.Path != "" || each.Stages[1].Tee.Files[0].Path != "" {
		t.Error("the job was changed")
	}
}

// TestSpreadBadFiles holds which files a line can't name.
func TestSpreadBadFiles(t *testing.T) {
	dir := folder(t, "!bin/a", "out/in/b/", "elsewhere/")
	for name, target := range map[string]string{"out/link": "../elsewhere", "out/in/c": "../../elsewhere/c", "out/dead": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ job, line, want string }{
		{"stdout: {file: 'out/${matrix.x}'}", "../a", "use[x=../a] would write DIR/a, which is not below DIR/out"},
		{"stdout: {file: 'out/${matrix.x}'}", "../out", "use[x=../out] would write DIR/out, which is not below DIR/out"},
		{"stdout: {file: 'out/${matrix.x}'}", "../outer", "use[x=../outer] would write DIR/outer, which is not below DIR/out"},
		{"stdout: {file: 'out/a-${matrix.x}'}", "/../../b", "use[x=/../../b] would write DIR/b, which is not below DIR/out"},
		{"stderr: {file: '${matrix.x}'}", "/etc/passwd", "use[x=/etc/passwd] would write /etc/passwd, which is not below DIR"},
		{"stderr: {file: '${matrix.x}'}", ".", "use[x=.] would write DIR, which is not below DIR"},
		{"stderr: {file: '${matrix.x}'}", ".git/hooks/post-commit", "use[x=.git/hooks/post-commit] would write DIR/.git/hooks/post-commit, and other programs execute or obey what stands there"},
		{"stdout: {file: 'out/${matrix.x}'}", "link/b", "use[x=link/b] would write DIR/out/link/b, and DIR/out/link is a symbolic link, which only the job file may lead through"},
		{"stdout: {file: 'out/${matrix.x}', mode: truncate}", "in/c", "use[x=in/c] would write DIR/out/in/c, and DIR/out/in/c is a symbolic link, which only the job file may lead through"},
		{"stdout: {file: 'out/${matrix.x}'}", "dead", "use[x=dead] would write DIR/out/dead, and DIR/out/dead is a symbolic link, which only the job file may lead through"},
		{"stderr: {file: 'out/${matrix.x}', mode: append}", "link/b", "use[x=link/b] would write DIR/out/link/b, and DIR/out/link is a symbolic link, which only the job file may lead through"},
		{"stdin: none, pipe: [a, {tee: [{file: 'out/${matrix.x}'}]}]", "link/b", "use[x=link/b] would write DIR/out/link/b, and DIR/out/link is a symbolic link, which only the job file may lead through"},
		{"stdout: {file: 'out/link/${matrix.x}'}", "b", ""},
		{"stdout: {file: 'out/${matrix.x}'}", "in/b/new", ""},
		{"stdin: {file: '${matrix.x}'}, stdout: {file: './${matrix.x}', mode: append}", "a", "use[x=a] reads and writes DIR/a; mode atomic would replace it when all is read"},
		{"stdin: {file: '${matrix.x}'}, stdout: {file: './${matrix.x}'}", "a", ""},
	} {
		if !strings.Contains(tt.job, "pipe:") {
			tt.job = "run: a, " + tt.job
		}
		p := build(t, dir, "version: 1\njobs:\n  list: {run: a, stdout: {capture: {}}}\n  use: {matrix: {x: {job: list}}, "+tt.job+"}\n", Inputs{})
		_, err := p.Jobs[1].Spread(printer(map[string]string{"list": tt.line + "\n"}), 9)
		got := ""
		if err != nil {
			got = strings.ReplaceAll(err.Error(), dir, "DIR")
		}
		if got != tt.want {
			t.Errorf("%s: %s:\n got %s\nwant %s", tt.job, tt.line, got, tt.want)
		}
	}
	text := "version: 1\njobs:\n  list: {run: a, stdout: {capture: {}}}\n  use: {run: a, matrix: {x: {job: list}}, stdout: {file: '${matrix.x}-${jobs.list.stdout}'}, needs: [list]}\n"
	_, problems := try(t, dir, text, Inputs{})
	want(t, problems, []string{"4:58+33 SL104: this must be known before anything runs, and ‹matrix.x›-‹jobs.list.stdout› is not"})
}

// TestWriters holds that no two instances write one file.
func TestWriters(t *testing.T) {
	instance := func(id string, mode FileMode, path string) *Instance {
		out := Output{Kind: OutFile, Path: path, Mode: mode}
		return &Instance{ID: id, Stdout: out, Stages: []*Stage{{Stderr: out}}}
	}
	w := Writers{}
	for _, tt := range []struct {
		inst *Instance
		want string
	}{
		{instance("a", ModeAtomic, "/x"), ""},
		{instance("b", ModeAppend, "/y"), ""},
		{instance("c", ModeAppend, "/y"), ""},
		{instance("d", ModeTruncate, "/y"), "c and d would both write /y"},
		{instance("e", ModeAppend, "/x"), "a and e would both write /x"},
		{&Instance{ID: "f"}, ""},
	} {
		got := ""
		if err := w.Add(tt.inst); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.inst.ID, got, tt.want)
		}
	}
}

// TestSpreadDifferences holds that the instances that a run has found are no
// part of what it was asked for.
func TestSpreadDifferences(t *testing.T) {
	dir := folder(t, "!bin/a")
	was, is := build(t, dir, spreadFile, Inputs{}), build(t, dir, spreadFile, Inputs{MaxInstances: 9})
	var err error
	if was.Jobs[2].Instances, err = was.Jobs[2].Spread(printer(map[string]string{"list": "a", "other": "b"}), 9); err != nil {
		t.Fatal(err)
	}
	want(t, Differences(was, is), nil)
	is = build(t, dir, strings.Replace(spreadFile, "'2'", "'3'", 1), Inputs{})
	want(t, Differences(was, is), []string{"use[n=2,x=‹list›,again=‹list›,y=‹other›] is gone", "use[n=3,x=‹list›,again=‹list›,y=‹other›] is new"})
	is = build(t, dir, strings.Replace(spreadFile, "'-o$", "'-p$", 1), Inputs{})
	if list := Differences(was, is); len(list) != 2 || !strings.HasPrefix(list[0], "use[n=1,x=‹list›,again=‹list›,y=‹other›], stage a: argv") {
		t.Errorf("%q", list)
	}
	text, err := json.Marshal(was)
	if err != nil {
		t.Fatal(err)
	}
	var back Plan
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back.Jobs[2].Each, was.Jobs[2].Each) {
		t.Errorf("%v: %s", err, text)
	}
}

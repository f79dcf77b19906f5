package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// broken are stages that can't start, each with the exit code that stands for
// it and words of the reason.
func broken(t *testing.T) []brokenStage {
	t.Helper()
	dir := t.TempDir()
	script := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		write(t, path, text)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	at := func(path string, args ...string) *plan.Stage {
		return stageOf("broken", path, append([]string{"broken"}, args...), nil)
	}
	elsewhere := self(t, "exit", "0")
	elsewhere.Dir = filepath.Join(dir, "nowhere")
	inFile := self(t, "exit", "0")
	inFile.Dir = script("file", "", 0o644)
	nul := at("/dev/null")
	nul.Env = []plan.EnvVar{{Name: "X", Value: plan.Known("a\x00b")}}
	unknown := self(t, "exit")
	unknown.Argv = append(unknown.Argv, plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownJobStdout, Job: "none"}}))
	unknownEnv := self(t, "exit", "0")
	unknownEnv.Env = []plan.EnvVar{{Name: "X", Value: unknown.Argv[1]}}
	return []brokenStage{
		{"no such program", at(filepath.Join(dir, "none")), 127, "no such"},
		{"not executable", at(script("plain", "#!/bin/cat\n", 0o644)), 126, "execut"},
		{"a directory", at(dir), 126, "directory"},
		{"no first line", at(script("text", "echo hi\n", 0o755)), 126, "#!"},
		{"no interpreter", at(script("lost", "#!/no/such/interpreter\n", 0o755)), 126, "/no/such/interpreter"},
		{"below a file", at(inFile.Dir + "/x"), 126, "not a directory"},
		{"no directory", elsewhere, 126, "does not exist"},
		{"a file as directory", inFile, 126, "is not a directory"},
		{"an argument too long", self(t, "exit", strings.Repeat("x", 200_000)), 126, "argument 1 has 200000 bytes"},
		{"a NUL byte", nul, 126, "NUL"},
		{"an unknown argument", unknown, 126, "captured nothing"},
		{"an unknown variable", unknownEnv, 126, "captured nothing"},
	}
}

type brokenStage struct {
	name  string
	stage *plan.Stage
	code  int
	words string
}

// Whatever can't start, and wherever it stands, the pipeline fails by it, and
// nothing of the pipeline is left.
func TestStartFails(t *testing.T) {
	for _, b := range broken(t) {
		t.Run(b.name, func(t *testing.T) {
			if b.name == "an argument too long" && runtime.GOOS != "linux" {
				t.Skip("the limit of one argument is Linux's")
			}
			for _, shape := range []string{"x", "xh", "hx", "hxh", "hhx", "xhh", "hhhx"} {
				startFails(t, b, shape)
			}
		})
	}
}

// startFails runs a pipeline of shape: h is a stage that hangs, x is b.
func startFails(t *testing.T, b brokenStage, shape string) {
	t.Helper()
	var stages []*plan.Stage
	var want []string
	at := strings.IndexByte(shape, 'x')
	for i := range shape {
		s, status := self(t, "hang"), "not_started"
		switch {
		case i == at:
			s = b.stage
		case i < at:
			status = "cancelled"
		}
		stages, want = append(stages, s), append(want, status)
	}
	o := execute(t, planOf(job("j", stages...)), Options{})
	a := o.wants(t, strings.Join(want, " ")+"; failed")
	s := a.Stages[at]
	if s.Code != b.code || s.PID != 0 || !strings.Contains(s.Error, b.words) {
		t.Errorf("%s: code %d, error %q; want %d and %q", shape, s.Code, s.Error, b.code, b.words)
	}
	if a.CauseBy != at || !strings.Contains(a.Cause, s.Error) || len(shape) > 1 && !strings.HasPrefix(a.Cause, fmt.Sprintf("stage %d of %d, ", at+1, len(shape))) {
		t.Errorf("%s: the cause is stage %d: %s", shape, a.CauseBy, a.Cause)
	}
	for _, s := range a.Stages[:at] {
		if s.Signal != "KILL" || s.Code != -1 {
			t.Errorf("%s: an earlier stage ended with %s", shape, s.Ending)
		}
	}
	if started := find[event.StageStarted](o.recorder); len(started) != at {
		t.Errorf("%s: %d stages started, want %d", shape, len(started), at)
	}
}

// An earlier stage that writes is killed before its reader is taken away, so
// that the report does not tell now of KILL and now of PIPE.
func TestStartFailsBehindAWriter(t *testing.T) {
	missing := stageOf("missing", "/no/such/program", []string{"missing"}, nil)
	for range 30 {
		a := execute(t, planOf(job("j", self(t, "flood"), self(t, "copy"), missing)), Options{}).wants(t, "cancelled cancelled not_started; failed")
		if t.Failed() {
			t.Fatalf("%s: %s, %s", a.Cause, a.Stages[0].Ending, a.Stages[1].Ending)
		}
	}
}

// A stream that can't be opened is the cause, not what it does to the stages
// before it.
func TestStreamsFail(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, "")
	for _, tt := range []struct {
		name  string
		spoil func(*plan.Instance)
		want  string
	}{
		{"no input file", func(i *plan.Instance) {
			i.Stdin = plan.Input{Kind: plan.InFile, Path: filepath.Join(dir, "none")}
		}, "none: no such file"},
		{"a directory as input", func(i *plan.Instance) { i.Stdin = plan.Input{Kind: plan.InFile, Path: dir} }, "it is a directory"},
		{"output below a file", func(i *plan.Instance) { i.Stdout = toFile(file+"/x", plan.ModeAtomic) }, "not a directory"},
		{"output exists", func(i *plan.Instance) { i.Stdout = toFile(file, plan.ModeCreate) }, "file already exists"},
		{"standard error of the first", func(i *plan.Instance) { i.Stages[0].Stderr = toFile(dir, plan.ModeAppend) }, "it is a directory"},
		{"standard error of the last", func(i *plan.Instance) { i.Stages[2].Stderr = toFile(dir, plan.ModeAppend) }, "it is a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 10 {
				j := job("j", self(t, "flood"), self(t, "copy"), self(t, "hang"))
				tt.spoil(j.Instances[0])
				o := execute(t, planOf(j), Options{})
				a := o.Jobs[0].Last()
				if a.Status != report.Failed || !strings.Contains(a.Cause, tt.want) || a.CauseBy != -1 {
					t.Fatalf("%s, stage %d: %s; want %q", words(a), a.CauseBy, a.Cause, tt.want)
				}
			}
		})
	}
}

// A job that can't start is tried again as often as any other.
func TestStartFailsAgain(t *testing.T) {
	j := job("j", stageOf("missing", "/no/such/program", []string{"missing"}, nil))
	j.Retry = &plan.Retry{Attempts: 3, Delays: make([]plan.Duration, 2)}
	o := execute(t, planOf(j), Options{})
	o.wants(t, "not_started; failed")
	if n := len(o.Jobs[0].Attempts); n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
}

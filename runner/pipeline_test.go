package runner

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// words are the statuses of an attempt's stages, and its own.
func words(a *report.Attempt) string {
	var list []string
	for _, s := range a.Stages {
		list = append(list, string(s.Status))
	}
	return strings.Join(list, " ") + "; " + string(a.Status)
}

// wants checks the statuses of the last attempt of the only job.
func (o outcome) wants(t *testing.T, want string) *report.Attempt {
	t.Helper()
	a := o.Jobs[0].Last()
	if a == nil {
		t.Fatalf("%s is %s: %s", o.Jobs[0].ID, o.Jobs[0].Status, o.Jobs[0].Reason)
	}
	if got := words(a); got != want {
		t.Errorf("%s, want %s\n%s", got, want, a.Cause)
		for _, s := range a.Stages {
			t.Logf("%s: %s %s", s.Name, s.Ending, s.Error)
		}
	}
	run := a.Status
	if run == report.TimedOut {
		run = report.Failed
	}
	if o.Jobs[0].Status != a.Status || len(o.Jobs) == 1 && o.Status != run {
		t.Errorf("the run is %s, the job %s, the attempt %s", o.Status, o.Jobs[0].Status, a.Status)
	}
	return a
}

// Ten stages pass on 50 MB, byte for byte and in their order.
func TestLongPipeline(t *testing.T) {
	const size = 50 << 20
	j := job("long", self(t, "emit", fmt.Sprint(size)))
	inst := j.Instances[0]
	h := sha256.New()
	for i := range 8 {
		tag := string(rune('a' + i))
		inst.Stages = append(inst.Stages, self(t, "tag", tag))
		h.Write([]byte{byte('h' - i)})
	}
	inst.Stages = append(inst.Stages, self(t, "sum"))
	io.Copy(h, noise(size))
	o := execute(t, planOf(j), Options{})
	o.wants(t, strings.Repeat("succeeded ", 9)+"succeeded; succeeded")
	want := fmt.Sprintf("%d %x", size+8, h.Sum(nil))
	if got := o.logged("long", 9, event.Stdout); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for i, s := range o.Jobs[0].Last().Stages {
		if s.PID == 0 || s.Took <= 0 || s.User+s.System <= 0 || s.MaxRSS <= 0 {
			t.Errorf("stage %d has figures %+v", i, s)
		}
	}
	pgid := o.Jobs[0].Last().Stages[0].PID
	for _, e := range find[event.StageStarted](o.recorder) {
		if e.PGID != pgid {
			t.Errorf("stage %d is in group %d, want %d", e.Stage, e.PGID, pgid)
		}
	}
}

// A pipeline of which the end is enough for its readers succeeds, however many
// writers that cuts off.
func TestClosedEarly(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stages []*plan.Stage
		want   string
	}{
		{"one writer", []*plan.Stage{self(t, "flood"), self(t, "first", "10")}, "closed_early succeeded; succeeded"},
		{"a chain", []*plan.Stage{self(t, "flood"), self(t, "copy"), self(t, "copy"), self(t, "first", "10")}, "closed_early closed_early closed_early succeeded; succeeded"},
		{"the reader reads nothing", []*plan.Stage{self(t, "flood"), self(t, "exit", "0")}, "closed_early succeeded; succeeded"},
		{"the reader fails", []*plan.Stage{self(t, "flood"), self(t, "exit", "3")}, "failed failed; failed"},
		{"the last of a chain fails", []*plan.Stage{self(t, "flood"), self(t, "copy"), self(t, "exit", "3")}, "failed failed failed; failed"},
		{"by a code of its own", []*plan.Stage{self(t, "exit", "141"), self(t, "copy")}, "closed_early succeeded; succeeded"},
		{"nobody reads from the last", []*plan.Stage{self(t, "copy"), self(t, "die", "13")}, "succeeded failed; failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := execute(t, planOf(job("j", tt.stages...)), Options{}).wants(t, tt.want)
			if last := len(tt.stages) - 1; a.Status == report.Failed && a.CauseBy != last {
				t.Errorf("stage %d is at fault, want %d", a.CauseBy, last)
			}
		})
	}
}

func TestOKCodes(t *testing.T) {
	grep := self(t, "exit", "1")
	grep.OK = []int{0, 1}
	execute(t, planOf(job("j", grep, self(t, "copy"))), Options{}).wants(t, "succeeded succeeded; succeeded")
	strict := self(t, "exit", "0")
	strict.OK = []int{3}
	execute(t, planOf(job("j", strict)), Options{}).wants(t, "failed; failed")
}

// Standard error that is joined to standard output keeps its place in it.
func TestJoinedStderr(t *testing.T) {
	stage := self(t, "turns", "500")
	stage.Stderr.Kind = plan.OutStdout
	var want strings.Builder
	for i := range 500 {
		fmt.Fprintln(&want, i)
	}
	o := execute(t, planOf(job("j", stage)), Options{})
	if got := o.logged("j", 0, event.Stdout); got != want.String() {
		t.Errorf("got %q", got)
	}
	// Of a stage in the middle it goes on to the next stage.
	o = execute(t, planOf(job("j", stage, self(t, "copy"))), Options{})
	if got := o.logged("j", 1, event.Stdout); got != want.String() {
		t.Errorf("got %q", got)
	}
	// Or, as `stderr: stdout` of a job means, to where the job's output goes.
	stage = self(t, "say", "-e", "first")
	stage.Stderr.Kind = plan.OutJob
	o = execute(t, planOf(job("j", stage, self(t, "tag", "second"))), Options{})
	got := o.logged("j", 1, event.Stdout)
	if got != "first\nsecond" && got != "secondfirst\n" {
		t.Errorf("got %q", got)
	}
}

func TestStderrIsKept(t *testing.T) {
	quiet := self(t, "say", "-e", "nobody hears this")
	quiet.Stderr.Kind = plan.OutDiscard
	o := execute(t, planOf(job("j", self(t, "say", "-e", "one", "two"), quiet)), Options{})
	o.wants(t, "succeeded succeeded; succeeded")
	if got := o.Jobs[0].Last().Stages[0].Stderr; got != "one\ntwo\n" {
		t.Errorf("the report keeps %q", got)
	}
	if got := o.Jobs[0].Last().Stages[1].Stderr + o.logged("j", 1, event.Stderr); got != "" {
		t.Errorf("what is discarded came: %q", got)
	}
}

func TestStdin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in")
	write(t, path, "from a file")
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	attempt := plan.TextOf(plan.Part{Text: "attempt "}, plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownAttempt}})
	big := strings.Repeat("0123456789abcdef", 1<<16) // more than a pipe holds
	for _, tt := range []struct {
		name  string
		stdin plan.Input
		want  string
	}{
		{"none", plan.Input{Kind: plan.InNone}, ""},
		{"zero", plan.Input{}, ""},
		{"file", plan.Input{Kind: plan.InFile, Path: path}, "from a file"},
		{"text", plan.Input{Kind: plan.InText, Text: plan.Known("some\x00text")}, "some\x00text"},
		{"no text", plan.Input{Kind: plan.InText}, ""},
		{"much text", plan.Input{Kind: plan.InText, Text: plan.Known(big)}, big},
		{"text of the run", plan.Input{Kind: plan.InText, Text: attempt}, "attempt 1"},
		{"inherit", plan.Input{Kind: plan.InInherit}, "from a file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := job("j", self(t, "copy"))
			j.Instances[0].Stdin = tt.stdin
			o := execute(t, planOf(j), Options{Stdin: in})
			o.wants(t, "succeeded; succeeded")
			if got := o.logged("j", 0, event.Stdout); got != tt.want {
				t.Errorf("%d bytes: %.60q", len(got), got)
			}
		})
	}
}

// What one job captured is another's standard input, argument and text.
func TestCapture(t *testing.T) {
	list := job("list", self(t, "say", "one", "two", ""))
	list.Instances[0].Stdout = capture(100)
	unknown := plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownJobStdout, Job: "list"}})
	read := job("read", self(t, "copy"))
	read.Instances[0].Stdin = plan.Input{Kind: plan.InJob, Job: "list"}
	arg := job("arg", self(t, "say"))
	arg.Instances[0].Stages[0].Argv = append(arg.Instances[0].Stages[0].Argv, unknown)
	read.Needs, arg.Needs = []string{"list"}, []string{"list"}
	o := execute(t, planOf(list, read, arg), Options{})
	if got := o.logged("read", 0, event.Stdout); got != "one\ntwo\n\n" {
		t.Errorf("standard input was %q", got)
	}
	if got := o.logged("arg", 0, event.Stdout); got != "one\ntwo\n" {
		t.Errorf("the argument was %q", got)
	}
}

// An output that is captured by one job must not become another's option.
func TestCaptureRefused(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		noDash     bool
	}{
		{"-rf", "could be read as an option", true},
		{"a\x00b", "NUL byte", false},
	} {
		list := job("list", self(t, "tag", ""))
		list.Instances[0].Stdin = plan.Input{Kind: plan.InText, Text: plan.Known(tt.text)}
		list.Instances[0].Stdout = capture(100)
		use := job("use", self(t, "say"))
		use.Needs = []string{"list"}
		stage := use.Instances[0].Stages[0]
		stage.Argv = append(stage.Argv, plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownJobStdout, Job: "list", NoDash: tt.noDash}}))
		o := execute(t, planOf(list, use), Options{})
		if a := o.Jobs[1].Last(); a.Status != report.Failed || !strings.Contains(a.Cause, tt.want) {
			t.Errorf("%q: %s: %s, want %q", tt.text, a.Status, a.Cause, tt.want)
		}
	}
}

// With Direct, and with `inherit`, children have the streams of the caller and
// no byte passes through here.
func TestInherit(t *testing.T) {
	for _, direct := range []bool{true, false} {
		dir := t.TempDir()
		stdout, err := os.Create(filepath.Join(dir, "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer stdout.Close()
		stderr, err := os.Create(filepath.Join(dir, "err"))
		if err != nil {
			t.Fatal(err)
		}
		defer stderr.Close()
		j := job("j", self(t, "turns", "4"))
		if !direct {
			j.Instances[0].Stdout.Kind = plan.OutInherit
			j.Instances[0].Stages[0].Stderr.Kind = plan.OutInherit
		}
		o := execute(t, planOf(j), Options{Stdout: stdout, Stderr: stderr, Direct: direct})
		a := o.wants(t, "succeeded; succeeded")
		if got := text(t, stdout.Name()) + text(t, stderr.Name()); got != "0\n2\n1\n3\n" {
			t.Errorf("direct %v: %q", direct, got)
		}
		if n := len(find[event.Output](o.recorder)) + len(find[event.OutputEnded](o.recorder)); n > 0 || a.Stages[0].Stderr != "" {
			t.Errorf("direct %v: %d events of output, tail %q", direct, n, a.Stages[0].Stderr)
		}
	}
	// Without streams of the caller there is /dev/null.
	execute(t, planOf(job("j", self(t, "turns", "4"))), Options{Direct: true}).wants(t, "succeeded; succeeded")
}

// A child receives exactly what the plan says.
func TestWhatAChildReceives(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"", "a b", "*", "$HOME", "'\"`\\", "\xff\xfe", "-n", "\n", strings.Repeat("x", 100_000)}
	stage := self(t, "inspect", args...)
	stage.Dir = dir
	stage.Env = append(stage.Env, plan.EnvVar{Name: "odd name", Value: plan.Known("a=b\nc")})
	j := job("j", stage)
	var want strings.Builder
	fmt.Fprintf(&want, "argv %q\nenv %q\ndir %s\n", append([]string{"inspect"}, args...),
		[]string{"GORACE=atexit_sleep_ms=0", play + "=inspect", "odd name=a=b\nc"}, dir)
	if runtime.GOOS == "linux" {
		j.Instances[0].Umask = "027"
		want.WriteString("umask 027\nfds 0 1 2\n")
	}
	o := execute(t, planOf(j), Options{})
	o.wants(t, "succeeded; succeeded")
	if got := o.logged("j", 0, event.Stdout); !strings.HasPrefix(got, want.String()) {
		t.Errorf("got  %s\nwant %s", shorten(got), shorten(want.String()))
	}
}

// shorten makes long repetitions readable.
func shorten(s string) string { return strings.ReplaceAll(s, strings.Repeat("x", 1000), "…") }

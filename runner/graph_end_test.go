package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/report"
)

// A branch or an input that ends early is no failure and holds up nobody; one
// that fails is one. by is the stage at fault.
func TestGraphVerdicts(t *testing.T) {
	const size = 3 << 20
	emit := func() *plan.Stage { return self(t, "emit", fmt.Sprint(size)) }
	flood := func() *plan.Stage { return self(t, "flood") }
	for _, tt := range []struct {
		name string
		job  *plan.Job
		want string
		by   int
		all  int // the stage that prints the sum of all; 0: none
	}{
		{"a branch ends early", graph(0, 3, emit(), teeTo(), branch(1, self(t, "first", "10")), from(1, self(t, "sum"))),
			"succeeded succeeded succeeded succeeded; succeeded", -1, 3},
		{"a branch reads nothing", graph(0, 3, emit(), teeTo(), branch(1, self(t, "exit", "0")), from(1, self(t, "sum"))),
			"succeeded succeeded succeeded succeeded; succeeded", -1, 3},
		{"a branch fails", graph(0, 3, emit(), teeTo(), branch(1, self(t, "exit", "3")), from(1, self(t, "sum"))),
			"succeeded succeeded failed succeeded; failed", 2, 3},
		{"a branch is killed", graph(0, 3, emit(), teeTo(), branch(1, self(t, "die", "9")), from(1, self(t, "sum"))),
			"succeeded succeeded failed succeeded; failed", 2, 3},
		{"a stage of a branch is cut off", graph(0, 4, emit(), teeTo(), from(1, flood()), to(plan.Output{Kind: plan.OutLog}, self(t, "first", "10")), from(1, self(t, "sum"))),
			"succeeded succeeded closed_early succeeded succeeded; succeeded", -1, 4},
		{"the stage after the tee ends early", graph(0, 3, emit(), teeTo(), branch(1, self(t, "sum")), from(1, self(t, "first", "10"))),
			"succeeded succeeded succeeded succeeded; succeeded", -1, 2},
		{"the stage after the tee fails", graph(0, 3, emit(), teeTo(), branch(1, self(t, "sum")), from(1, self(t, "exit", "3"))),
			"succeeded succeeded succeeded failed; failed", 3, 2},
		{"all end early", graph(0, 3, flood(), teeTo(), branch(1, self(t, "first", "10")), from(1, self(t, "first", "99999"))),
			"closed_early closed_early succeeded succeeded; succeeded", -1, 0},
		{"all end early behind two tees", graph(0, 4, flood(), teeTo(), from(1, teeTo()), branch(2, self(t, "first", "10")), from(1, self(t, "exit", "0"))),
			"closed_early closed_early closed_early succeeded succeeded; succeeded", -1, 0},
		{"all fail", graph(0, 3, flood(), teeTo(), branch(1, self(t, "exit", "3")), from(1, self(t, "exit", "4"))),
			"closed_early closed_early failed failed; failed", 3, 0},
		{"the writer fails", graph(0, 3, self(t, "exit", "3"), teeTo(), branch(1, self(t, "sum")), from(1, self(t, "sum"))),
			"failed succeeded succeeded succeeded; failed", 0, 0},
		{"an input is not read to its end", graph(1, 1, fed(none, flood()), opens(self(t, "exit", "0"), 0)), "closed_early succeeded; succeeded", -1, 0},
		{"an input of a chain is not read", graph(2, 2, fed(none, flood()), self(t, "copy"), opens(self(t, "exit", "0"), 1)), "closed_early closed_early succeeded; succeeded", -1, 0},
		{"the reader of an input fails", graph(1, 1, fed(none, flood()), opens(self(t, "exit", "3"), 0)), "failed failed; failed", 1, 0},
		{"an input fails", graph(1, 1, fed(none, self(t, "exit", "3")), opens(self(t, "cat"), 0)), "failed succeeded; failed", 0, 0},
		{"of two inputs one fails", graph(2, 2, fed(none, emit()), fed(none, self(t, "exit", "3")), opens(self(t, "cat"), 0, 1)), "succeeded failed succeeded; failed", 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := execute(t, planOf(tt.job), Options{})
			if a := o.wants(t, tt.want); a.CauseBy != tt.by {
				t.Errorf("stage %d is at fault, want %d: %s", a.CauseBy, tt.by, a.Cause)
			}
			if got := o.logged("j", tt.all, event.Stdout); tt.all > 0 && got != summed(size) {
				t.Errorf("stage %d has %q", tt.all, got)
			}
		})
	}
}

// Whatever of a graph can't start, the others end, nothing is copied, and no
// file has changed. Standard input stays open all the time.
func TestGraphStartFailure(t *testing.T) {
	in, w, err := plumb.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer w.Close()
	w.WriteString("not to be copied")
	missing := func() *plan.Stage { return stageOf("missing", "/no/such/program", []string{"missing"}, nil) }
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write(t, path("log"), "before\n")
	write(t, path("file"), "a file and no folder")
	shapes := []func() *plan.Job{
		func() *plan.Job { // tee first
			return graph(0, 3, teeTo(toFile(path("log"), plan.ModeAppend), toFile(path("new"), plan.ModeAtomic)), branch(0, self(t, "copy")), from(0, teeTo()), from(2, self(t, "copy")))
		},
		func() *plan.Job { // inputs, and a tee in the middle
			return graph(2, 5, fed(none, self(t, "flood")), self(t, "copy"), opens(self(t, "cat"), 1), teeTo(toFile(path("log"), plan.ModeAppend)), from(3, self(t, "copy")),
				opens(from(3, self(t, "cat", "-")), 4))
		},
	}
	for _, shape := range shapes {
		for k, st := range shape().Instances[0].Stages {
			j := shape()
			inst := j.Instances[0]
			inst.Stdin.Kind = plan.InInherit
			inst.Stdout = toFile(path("out"), plan.ModeAtomic)
			if st.Tee == nil {
				s := missing()
				s.Stdin, s.Stdout, s.Inputs = st.Stdin, st.Stdout, st.Inputs
				inst.Stages[k] = s
			} else {
				inst.Stages[k].Tee.Files = append(inst.Stages[k].Tee.Files, toFile(path("file/in"), plan.ModeAtomic))
			}
			o := execute(t, planOf(j), Options{Stdin: in})
			a := o.Jobs[0].Last()
			if a.Status != report.Failed || a.CauseBy != k {
				t.Errorf("stage %d: %s, by stage %d: %s", k, words(a), a.CauseBy, a.Cause)
			}
			for i, s := range a.Stages {
				if want := i >= k || st.Tee != nil && i == k || s.PID == 0; want != (s.Status == report.StageNotStarted) {
					t.Errorf("stage %d could not start, and %d is %s", k, i, s.Status)
				}
			}
		}
	}
	if got := text(t, path("log")); got != "before\n" {
		t.Errorf("the log became %q", got)
	}
	for _, name := range []string{"new", "out"} {
		if _, err := os.Stat(path(name)); err == nil {
			t.Errorf("%s was made", name)
		}
	}
}

// What a tee can't write is its failure. The others have all.
func TestTeeDiskFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	const size = 3 << 20
	full := toFile("/dev/full", plan.ModeTruncate)
	made := filepath.Join(t.TempDir(), "made")
	j := job("j", self(t, "emit", fmt.Sprint(size)), teeTo(full, toFile(made, plan.ModeAtomic)), self(t, "sum"))
	o := execute(t, planOf(j), Options{})
	a := o.wants(t, "succeeded failed succeeded; failed")
	if want := "stage 2, tee: write /dev/full: no space left on device"; a.Cause != want || a.CauseBy != 1 {
		t.Errorf("the cause is %q, want %q", a.Cause, want)
	}
	if got := o.logged("j", 2, event.Stdout); got != summed(size) {
		t.Errorf("the other branch has %q", got)
	}
	if _, err := os.Stat(made); err == nil {
		t.Error("the other file was made")
	}
	// Where it is the only one, the writer is cut off.
	last := job("j", self(t, "flood"), teeTo(full))
	last.Instances[0].Stdout.Kind = plan.OutDiscard
	execute(t, planOf(last), Options{}).wants(t, "failed failed; failed")
}

// Nobody reads sluice's own standard output any more: that is nobody's fault.
func TestTeeReaderGone(t *testing.T) {
	r, w, err := plumb.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	j := job("j", self(t, "flood"), teeTo())
	j.Instances[0].Stdout.Kind = plan.OutInherit
	a := execute(t, planOf(j), Options{Stdout: w}).wants(t, "closed_early closed_early; cancelled")
	if a.Cause != unread {
		t.Errorf("%q", a.Cause)
	}
}

// A capture behind a tee, and the tee's own, have their limit.
func TestTeeCaptureFull(t *testing.T) {
	for _, stages := range [][]*plan.Stage{{self(t, "flood"), teeTo()}, {self(t, "flood"), teeTo(), self(t, "copy")}} {
		j := job("j", stages...)
		j.Instances[0].Stdout = capture(1 << 20)
		a := execute(t, planOf(j), Options{}).Jobs[0].Last()
		if want := "it printed more than the 1MiB that stdout: {capture: {max}} allows"; a.Status != report.Failed || a.Cause != want {
			t.Errorf("%s: %s", words(a), a.Cause)
		}
	}
}

// A process that has left the group holds the pipe of a tee, and is not waited
// for, unless a stage reads on, which gets all then, as from a pipe.
func TestTeeIsHeld(t *testing.T) {
	life := newLifeline(t)
	path := filepath.Join(t.TempDir(), "copy")
	quiet := func(j *plan.Job) *plan.Job {
		for _, s := range j.Instances[0].Stages {
			s.Stderr.Kind = plan.OutDiscard
		}
		return j
	}
	j := quiet(graph(0, 1, self(t, "fork", life.path, "leave"), teeTo(), from(1, teeTo(toFile(path, plan.ModeAtomic)))))
	j.Instances[0].Stages[2].Stdout = &plan.Output{Kind: plan.OutDiscard}
	a := execute(t, planOf(j), Options{}).wants(t, "succeeded succeeded succeeded; succeeded")
	if got := text(t, path); got != "ended\n" {
		t.Errorf("came %q", got)
	}
	want := "a process that left the group still holds stdout of stage 1, fork; what it writes later than 1s after the end is not read"
	if got := strings.Join(a.Warnings, "|"); got != want {
		t.Errorf("warnings %q", got)
	}
	life.release()
	<-life.dead

	life = newLifeline(t)
	o := executeContext(t, t.Context(), planOf(quiet(job("j", self(t, "fork", life.path, "leave"), teeTo(), self(t, "copy")))), Options{}, func(_ *recorder, e any) {
		if _, ok := e.(event.StageExited); ok {
			life.release()
		}
	})
	if a := o.wants(t, "succeeded succeeded succeeded; succeeded"); len(a.Warnings) > 0 {
		t.Errorf("warnings %q", a.Warnings)
	}
	<-life.dead
}

// What a failed attempt appended is cut off again, and what it wrote beside a
// file is gone.
func TestGraphRetry(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "log"), "before\n")
	flaky := self(t, "retake", "2")
	flaky.Argv = append(flaky.Argv, plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownAttempt}}))
	side := toFile(filepath.Join(dir, "side"), plan.ModeCreate)
	j := graph(0, 3, self(t, "say", "text"), teeTo(toFile(filepath.Join(dir, "log"), plan.ModeAppend), toFile(filepath.Join(dir, "new"), plan.ModeCreate)),
		from(1, to(side, self(t, "copy"))), from(1, flaky))
	j.Retry = &plan.Retry{Attempts: 2, Delays: []plan.Duration{0}}
	j.Instances[0].Stdout = toFile(filepath.Join(dir, "out"), plan.ModeAtomic)
	o := execute(t, planOf(j), Options{})
	o.wants(t, "succeeded succeeded succeeded succeeded; succeeded")
	if n := len(o.Jobs[0].Attempts); n != 2 {
		t.Errorf("%d attempts", n)
	}
	for name, want := range map[string]string{"log": "before\ntext\n", "new": "text\n", "side": "text\n", "out": "text\n"} {
		if got := text(t, filepath.Join(dir, name)); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}

// What a tee could not write is no failed start, which alone was to be tried
// again.
func TestRetryOfTee(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	j := job("j", self(t, "say", "text"), teeTo(toFile("/dev/full", plan.ModeTruncate)), self(t, "copy"))
	j.Retry = &plan.Retry{Attempts: 2, Delays: []plan.Duration{0}, On: &plan.RetryOn{Start: true}}
	if n := len(execute(t, planOf(j), Options{}).Jobs[0].Attempts); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

// One process and a tee can have a session; and a graph may be in sluice's own
// group.
func TestGraphGroups(t *testing.T) {
	for _, group := range []plan.Group{plan.GroupSession, plan.GroupInherit} {
		j := job("j", self(t, "emit", "100000"), teeTo(toFile(filepath.Join(t.TempDir(), "copy"), plan.ModeAtomic)))
		j.Group = group
		if group == plan.GroupInherit {
			j.Instances[0].Stages = append(j.Instances[0].Stages, self(t, "sum"))
		}
		o := execute(t, planOf(j), Options{})
		o.wants(t, strings.Repeat("succeeded ", len(j.Instances[0].Stages)-1)+"succeeded; succeeded")
		isNoise(t, string(group), text(t, j.Instances[0].Stages[1].Tee.Files[0].Path), 100_000)
	}
}

// With few descriptors graphs run one after another, and none fails for that.
func TestGraphsOfFewDescriptors(t *testing.T) {
	var jobs []*plan.Job
	for i := range 20 {
		stages := []*plan.Stage{self(t, "emit", "300000"), teeTo(toFile(filepath.Join(t.TempDir(), "copy"), plan.ModeAtomic))}
		for range 4 {
			stages = append(stages, branch(1, self(t, "sum")))
		}
		j := graph(0, 1, stages...)
		j.Name, j.Instances[0].ID = fmt.Sprint("j", i), fmt.Sprint("j", i)
		jobs = append(jobs, j)
	}
	withFew(t, planOf(jobs...), "80", "160")
}

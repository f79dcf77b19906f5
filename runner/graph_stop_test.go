package runner

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/report"
)

// endless is a file without an end.
func endless(t *testing.T) plan.Input {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("nothing is known of /dev/zero here")
	}
	return plan.Input{Kind: plan.InFile, Path: "/dev/zero"}
}

// A timeout, a cancel and a kill end a tee that copies without end, and one
// that waits for what never comes: while its readers run, and when they have
// ended.
func TestGraphStop(t *testing.T) {
	silent, w, err := plumb.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	defer w.Close()
	for _, tt := range []struct {
		name, want string
		stages     func() []*plan.Stage
	}{
		{"while its reader runs", "stopped stopped; stopped", func() []*plan.Stage {
			return []*plan.Stage{teeTo(toFile("/dev/null", plan.ModeTruncate)), self(t, "hang")}
		}},
		{"when its reader has ended", "stopped succeeded; stopped", func() []*plan.Stage {
			return []*plan.Stage{teeTo(toFile("/dev/null", plan.ModeTruncate)), self(t, "exit", "0")}
		}},
		{"two tees", "stopped stopped stopped; stopped", func() []*plan.Stage {
			return []*plan.Stage{teeTo(), teeTo(toFile("/dev/null", plan.ModeTruncate)), self(t, "hang")}
		}},
	} {
		for _, in := range []plan.Input{endless(t), {Kind: plan.InInherit}} {
			for _, how := range []string{"timeout", "cancel", "kill"} {
				t.Run(tt.name+" "+string(in.Kind)+" "+how, func(t *testing.T) {
					j := job("j", tt.stages()...)
					j.Instances[0].Stdin = in
					kill, now := context.WithCancelCause(context.Background())
					defer now(nil)
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					status := "cancelled"
					end := func() {}
					switch how {
					case "timeout":
						j.Timeout, status = plan.Duration(200*time.Millisecond), "timed_out"
					case "cancel":
						end = func() { cancel(errInterrupted) }
					case "kill":
						end = func() { cancel(errInterrupted); now(errors.New("a second signal")) }
					}
					over := strings.Contains(tt.want, "succeeded") // that one is not to be hit by the signal
					var once sync.Once
					o := executeContext(t, ctx, planOf(j), Options{Stdin: silent, Kill: kill}, func(r *recorder, e any) {
						if _, exited := e.(event.StageExited); over && exited || !over && r.ready() == 1 {
							once.Do(end)
						}
					})
					a := o.Jobs[0].Last()
					want := strings.ReplaceAll(tt.want, "stopped", status)
					if got := words(a); got != want {
						t.Errorf("%s, want %s: %s", got, want, a.Cause)
					}
				})
			}
		}
	}
}

// Nobody reads what a tee prints, and yet it can be stopped.
func TestTeeStopUnread(t *testing.T) {
	for _, direct := range []bool{false, true} {
		r, w, err := plumb.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		j := graph(0, 1, self(t, "flood"), teeTo(), from(1, to(toFile("/dev/null", plan.ModeTruncate), self(t, "cat", "-"))))
		if j.Timeout = plan.Duration(100 * time.Millisecond); !direct {
			j.Instances[0].Stdout.Kind = plan.OutInherit
		}
		a := execute(t, planOf(j), Options{Stdout: w, Direct: direct}).Jobs[0].Last()
		if a.Status != report.TimedOut || a.Stages[1].Status != report.StageTimedOut {
			t.Errorf("%s", words(a))
		}
		if got := strings.Join(a.Warnings, "|"); !strings.HasSuffix(got, ": stopped before all was written") {
			t.Errorf("warnings %q", got)
		}
	}
}

// Files of an attempt that was stopped are as they were.
func TestGraphStopFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "log"), "before\n")
	j := graph(0, 2, self(t, "say", "text"), teeTo(toFile(filepath.Join(dir, "log"), plan.ModeAppend), toFile(filepath.Join(dir, "new"), plan.ModeAtomic)), self(t, "hang"))
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	o := executeContext(t, ctx, planOf(j), Options{}, func(r *recorder, e any) {
		if r.ready() == 1 && len(find[event.StageExited](r)) == 1 {
			cancel(errInterrupted)
		}
	})
	o.wants(t, "succeeded succeeded cancelled; cancelled")
	if got := text(t, filepath.Join(dir, "log")) + text(t, filepath.Join(dir, "new")); got != "before\n" {
		t.Errorf("the files have %q", got)
	}
}

// In sluice's own group every process gets the signal, of branches and inputs
// too.
func TestGraphInheritStop(t *testing.T) {
	j := graph(1, 3, fed(none, self(t, "hang")), opens(self(t, "hang"), 0), teeTo(), self(t, "hang"), branch(2, self(t, "hang")))
	j.Group = plan.GroupInherit
	a := cancelWhenReady(t, planOf(j), 4, Options{}).Jobs[0].Last()
	for _, k := range []int{0, 1, 3, 4} {
		if s := a.Stages[k]; s.Status != report.StageCancelled || s.Ending != "signal 15 TERM, sent by sluice" {
			t.Errorf("stage %d %s: %s", k, s.Status, s.Ending)
		}
	}
}

// A service with a tee ends well when nothing needs it any more.
func TestTeeOfService(t *testing.T) {
	path := filepath.Join(t.TempDir(), "copy")
	s := job("s", self(t, "serve", "out", "here"), teeTo(toFile(path, plan.ModeAtomic)))
	s.Service, s.Instances[0].Ready = true, &plan.Ready{Line: "listening on here", Timeout: plan.Duration(time.Minute)}
	s.Instances[0].Stdout.Kind = plan.OutLog
	use := job("use", self(t, "exit", "0"))
	use.Needs = []string{"s"}
	o := execute(t, planOf(s, use), Options{})
	if a := o.Jobs[0].Last(); a.Status != report.Succeeded || words(a) != "succeeded succeeded; succeeded" {
		t.Errorf("%s: %s", words(a), a.Cause)
	}
	if got := text(t, path); got != "first\r\nnow listening on here\r\nlast" {
		t.Errorf("the file has %q", got)
	}
}

// A hundred graphs, of which half fail in some way, leave nothing.
func TestNothingIsLeftOfGraphs(t *testing.T) {
	missing := func() *plan.Stage { return stageOf("missing", "/no/such/program", []string{"missing"}, nil) }
	in := noisy(t, 200_000)
	dir := t.TempDir()
	var jobs []*plan.Job
	add := func(j *plan.Job) {
		name := "j" + string(rune('a'+len(jobs)%26)) + string(rune('a'+len(jobs)/26))
		j.Name, j.Instances[0].ID = name, name
		jobs = append(jobs, j)
	}
	file := func() plan.Output {
		return toFile(filepath.Join(dir, string(rune('a'+len(jobs)%26))+string(rune('a'+len(jobs)/26))), plan.ModeAtomic)
	}
	fed0 := func() *plan.Stage { return fed(in, teeTo(file())) }
	for range 10 {
		add(graph(1, 1, fed0(), opens(tool(t, "cat"), 0)))
		add(graph(0, 2, tool(t, "yes"), teeTo(), tool(t, "true")))
		add(graph(0, 3, tool(t, "yes"), teeTo(), branch(1, tool(t, "head", "-n", "1")), from(1, tool(t, "true"))))
		add(graph(0, 3, tool(t, "true"), teeTo(file()), from(1, tool(t, "cat")), from(1, opens(tool(t, "paste", "-"), 2))))
		add(graph(1, 1, fed(none, tool(t, "yes")), opens(tool(t, "true"), 0)))

		add(graph(1, 1, fed0(), opens(tool(t, "false"), 0)))
		add(graph(0, 2, tool(t, "yes"), teeTo(), missing()))
		add(graph(0, 3, tool(t, "yes"), teeTo(file()), branch(1, missing()), from(1, tool(t, "true"))))
		add(graph(0, 3, missing(), teeTo(), from(1, tool(t, "cat")), from(1, opens(tool(t, "paste", "-"), 2))))
		add(graph(1, 1, fed0(), opens(missing(), 0)))
	}
	o := execute(t, planOf(jobs...), Options{Parallel: 8, KeepGoing: true})
	for i, j := range o.Jobs {
		if want := i%10 < 5; (j.Status == report.Succeeded) != want {
			t.Errorf("%s, %d: %s: %s", j.ID, i%10, j.Status, j.Last().Cause)
		}
	}
}

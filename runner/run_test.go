package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// results are the jobs of a report with their statuses, in its order.
func results(rep *report.Report) string {
	var list []string
	for _, j := range rep.Jobs {
		list = append(list, j.ID+" "+string(j.Status))
	}
	return strings.Join(list, ", ")
}

func TestRetry(t *testing.T) {
	j := flaky(t, "3", 5)
	j.Retry.Jitter = 0.5
	o := execute(t, planOf(j), Options{})
	o.wants(t, "succeeded; succeeded")
	if got := o.logged("j", 0, event.Stdout); got != "attempt 1\nattempt 2\nattempt 3\n" {
		t.Errorf("%q", got)
	}
	retries := find[event.RetryScheduled](o.recorder)
	if len(retries) != 2 || retries[1] != (event.RetryScheduled{ID: "j", Attempt: 3, Of: 5}) {
		t.Errorf("the events tell of %+v", retries)
	}
	if n := len(execute(t, planOf(flaky(t, "9", 3)), Options{}).Jobs[0].Attempts); n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
}

// A cancel ends the delay before the next attempt.
func TestRetryCutShort(t *testing.T) {
	j := flaky(t, "9", 3)
	j.Retry.Delays = []plan.Duration{plan.Duration(time.Hour), plan.Duration(time.Hour)}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	o := executeContext(t, ctx, planOf(j), Options{}, func(_ *recorder, e any) {
		if _, ok := e.(event.RetryScheduled); ok {
			cancel(errInterrupted)
		}
	})
	if len(o.Jobs[0].Attempts) != 1 || o.Status != report.Cancelled {
		t.Errorf("%s with %d attempts", o.Status, len(o.Jobs[0].Attempts))
	}
}

// matrix gives j an instance for each stage that make makes.
func matrix(j *plan.Job, n int, make func(i int) *plan.Stage) *plan.Job {
	shape := *j.Instances[0]
	j.Instances = nil
	for i := range n {
		inst := shape
		inst.ID = fmt.Sprintf("%s[i=%d]", j.Name, i)
		inst.Stages = []*plan.Stage{make(i)}
		j.Instances = append(j.Instances, &inst)
	}
	return j
}

// failing is a plan in which a fails at once: b needs it, c does not, and the
// two others clean up.
func failing(t *testing.T) *plan.Plan {
	good := func(name string) *plan.Job { return job(name, self(t, "exit", "0")) }
	a, b, c, clean, never := job("a", self(t, "exit", "3")), good("b"), good("c"), good("clean"), good("never")
	b.Needs, clean.After, never.After = []string{"a"}, []string{"a"}, []string{"b"}
	return planOf(a, b, c, clean, never)
}

func TestFailureStopsNewJobs(t *testing.T) {
	o := execute(t, failing(t), Options{Parallel: 1})
	if got, want := results(o.Report), "a failed, b not_started, c not_started, clean succeeded, never not_started"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for id, want := range map[int]string{1: "it needs a, which did not succeed", 2: "a failed"} {
		if got := o.Jobs[id].Reason; got != want {
			t.Errorf("%s: %q, want %q", o.Jobs[id].ID, got, want)
		}
	}
	if stops := find[event.RunStopping](o.recorder); len(stops) != 1 || stops[0] != (event.RunStopping{Reason: "a failed"}) {
		t.Errorf("%+v", stops)
	}
}

func TestKeepGoing(t *testing.T) {
	o := execute(t, failing(t), Options{Parallel: 1, KeepGoing: true})
	if got, want := results(o.Report), "a failed, b not_started, c succeeded, clean succeeded, never not_started"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if stops := find[event.RunStopping](o.recorder); len(stops) != 0 || o.Status != report.Failed {
		t.Errorf("%s, %+v", o.Status, stops)
	}
}

// A failure lets what runs go on, and with FailFast stops it.
func TestFailFast(t *testing.T) {
	for _, fast := range []bool{true, false} {
		doors := newDoors(t)
		bad := self(t, "place", doors.dir, "1")
		bad.OK = []int{1} // so its 0 is a failure
		clean := job("clean", self(t, "exit", "0"))
		clean.After = []string{"slow"}
		p := planOf(job("bad", bad), job("slow", self(t, "hang")), clean)
		ready := whenReady(1, func() { doors.open.WriteString("x") })
		o := executeContext(t, t.Context(), p, Options{Parallel: 2, FailFast: fast}, func(r *recorder, e any) {
			ready(r, e)
			if e, ok := e.(event.JobEnded); ok && e.ID == "bad" && !fast {
				signalStages(r, "slow", syscall.SIGTERM)
			}
		})
		want, cause := "bad failed, slow cancelled, clean succeeded", "bad failed"
		if !fast {
			want, cause = "bad failed, slow failed, clean succeeded", "signal 15 TERM"
		}
		if got := results(o.Report); got != want || o.Status != report.Failed || o.Jobs[1].Last().Cause != cause {
			t.Errorf("fast %v: the run %s, %s: %s", fast, o.Status, got, o.Jobs[1].Last().Cause)
		}
	}
}

// signalStages signals the processes of an instance.
func signalStages(r *recorder, id string, sig syscall.Signal) {
	for _, e := range find[event.StageStarted](r) {
		if e.ID == id {
			syscall.Kill(e.PID, sig)
		}
	}
}

// doors are the FIFOs of `place`: each that comes in writes a byte to here, and
// leaves for a byte from open.
type doors struct {
	dir        string
	here, open *os.File // both sides of each
}

func newDoors(t *testing.T) doors {
	t.Helper()
	dir := t.TempDir()
	var list []*os.File
	for _, name := range []string{"here", "go"} {
		path := filepath.Join(dir, name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		list = append(list, f)
	}
	return doors{dir, list[0], list[1]}
}

// Clean-up runs after a cancel, and is not cancelled.
func TestCleanupAfterCancel(t *testing.T) {
	clean, later := job("clean", self(t, "say", "cleaned")), job("later", self(t, "exit", "0"))
	clean.After, later.Needs = []string{"work"}, []string{"work"}
	clean.Timeout = plan.Duration(time.Hour)
	p := planOf(job("work", self(t, "hang")), clean, later, job("other", self(t, "exit", "0")))
	o := cancelWhenReady(t, p, 1, Options{Parallel: 1})
	if got, want := results(o.Report), "work cancelled, clean succeeded, later not_started, other not_started"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := o.logged("clean", 0, event.Stdout); got != "cleaned\n" || o.Status != report.Cancelled {
		t.Errorf("%s, it said %q", o.Status, got)
	}
	if got := o.Jobs[3].Reason; got != "interrupted" {
		t.Errorf("other: %q", got)
	}
}

// What was cancelled before it began starts nothing.
func TestCancelledBefore(t *testing.T) {
	for _, n := range []int{1, 3} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errInterrupted)
		var jobs []*plan.Job
		for i := range n {
			jobs = append(jobs, job(fmt.Sprint("j", i), self(t, "exit", "0")))
		}
		o := executeContext(t, ctx, planOf(jobs...), Options{}, nil)
		if got := find[event.StageStarted](o.recorder); len(got) > 0 || o.Jobs[0].Status != report.NotStarted || o.Status != report.Cancelled {
			t.Errorf("%d jobs: %d stages started, and the run is %s: %s", n, len(got), o.Status, results(o.Report))
		}
	}
}

// A cancel that comes when one job ends keeps the next from starting.
func TestCancelBetweenJobs(t *testing.T) {
	for _, keep := range []bool{false, true} {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		p := planOf(job("a", self(t, "exit", "0")), job("b", self(t, "exit", "0")))
		o := executeContext(t, ctx, p, Options{Parallel: 1, KeepGoing: keep}, func(_ *recorder, e any) {
			if e, ok := e.(event.JobEnded); ok && e.ID == "a" {
				cancel(errInterrupted)
			}
		})
		if got, want := results(o.Report), "a succeeded, b not_started"; got != want {
			t.Errorf("keep %v: got %s, want %s", keep, got, want)
		}
	}
}

// A cancel that comes while one job starts reaches the next, too.
func TestCancelBetweenStarts(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	p := planOf(job("a", self(t, "exit", "0")), job("b", self(t, "exit", "0")), job("c", self(t, "exit", "0")))
	o := executeContext(t, ctx, p, Options{Parallel: 2}, func(_ *recorder, e any) {
		if e, ok := e.(event.JobStarted); ok && e.ID == "a" {
			cancel(errInterrupted)
		}
	})
	if b := o.Jobs[1]; b.Status == report.Succeeded || o.Jobs[2].Status != report.NotStarted {
		t.Errorf("b is %s, c %s", b.Status, o.Jobs[2].Status)
	}
}

// Nothing is told after the end of the run, not even that it should stop.
func TestCancelAtTheEnd(t *testing.T) {
	for range 100 {
		ctx, cancel := context.WithCancelCause(t.Context())
		executeContext(t, ctx, planOf(job("a", self(t, "exit", "0"))), Options{}, func(_ *recorder, e any) {
			if _, ok := e.(event.JobEnded); ok {
				cancel(errInterrupted)
			}
		})
		cancel(nil)
	}
}

// A clean-up job with several instances is run whole, whatever fails.
func TestCleanupIsWhole(t *testing.T) {
	clean := matrix(job("clean", self(t, "exit", "0")), 3, func(i int) *plan.Stage { return self(t, "exit", fmt.Sprint(1-min(i, 1))) })
	clean.After = []string{"a"}
	o := execute(t, planOf(job("a", self(t, "exit", "0")), clean), Options{Parallel: 1})
	if got, want := results(o.Report), "a succeeded, clean[i=0] failed, clean[i=1] succeeded, clean[i=2] succeeded"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSkippedJobs(t *testing.T) {
	skipped, next := &plan.Job{Name: "skipped", Skip: "os is linux"}, job("next", self(t, "exit", "0"))
	next.Needs = []string{"skipped"}
	o := execute(t, planOf(skipped, next), Options{})
	if got, want := results(o.Report), "skipped skipped, next succeeded"; got != want || o.Status != report.Succeeded || o.Jobs[0].Reason != "os is linux" {
		t.Errorf("%s: %s", o.Status, got)
	}
	if o := execute(t, planOf(), Options{}); o.Status != report.Succeeded {
		t.Errorf("an empty plan is %s", o.Status)
	}
}

// As many instances run at once as the bound allows, and never more. Each takes
// a place in a folder and keeps it until so many have come.
func TestBounds(t *testing.T) {
	const bound = 3
	for _, tt := range []struct {
		name  string
		bound func(*plan.Plan, *Options)
	}{
		{"-j", func(_ *plan.Plan, o *Options) { o.Parallel = bound }},
		{"the file's max_parallel", func(p *plan.Plan, o *Options) { p.MaxParallel = bound }},
		{"a job's max_parallel", func(p *plan.Plan, o *Options) {
			o.Parallel = 50
			p.Jobs = p.Jobs[:1]
			p.Jobs[0].MaxParallel = bound
		}},
		{"a pool", func(p *plan.Plan, o *Options) {
			o.Parallel = 50
			p.Pools = map[string]int{"db": bound}
			p.Jobs[0].Pool, p.Jobs[1].Pool = "db", "db"
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doors := newDoors(t)
			make := func(int) *plan.Stage { return self(t, "place", doors.dir, fmt.Sprint(bound)) }
			p := planOf(matrix(job("a", nil), 2*bound, make), matrix(job("b", nil), 2*bound, make))
			var o Options
			tt.bound(p, &o)
			total := 0
			for _, j := range p.Jobs {
				total += len(j.Instances)
			}
			var usher sync.WaitGroup
			usher.Go(func() {
				come := [bound]byte{}
				for range total / bound {
					for i := range come { // fewer at once would end here
						doors.here.Read(come[i : i+1])
					}
					doors.open.Write(come[:])
				}
			})
			most, now := 0, 0
			var mu sync.Mutex
			out := executeContext(t, t.Context(), p, o, func(_ *recorder, e any) {
				mu.Lock()
				defer mu.Unlock()
				switch e.(type) {
				case event.JobStarted:
					now++
				case event.JobEnded:
					now--
				}
				most = max(most, now)
			})
			usher.Wait()
			if out.Status != report.Succeeded || most != bound {
				t.Errorf("%s with %d at once, want %d: %s", out.Status, most, bound, results(out.Report))
			}
		})
	}
}

// An error of sluice's own ends the run, and the report tells what happened.
func TestOwnError(t *testing.T) {
	j, k := job("j", self(t, "exit", "0")), job("k", self(t, "exit", "0"))
	j.Instances[0].Umask = "888"
	rep, err := Run(t.Context(), planOf(j, k), Options{Parallel: 1, KeepGoing: true})
	if err == nil || !strings.Contains(err.Error(), "j: the plan's umask") {
		t.Errorf("error %v", err)
	}
	if got, want := results(rep), "j failed, k not_started"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if errors.Is(err, context.Canceled) || rep.Status != report.Failed {
		t.Errorf("%s, %v", rep.Status, err)
	}
}

package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// What succeeded in an earlier run is not started, and what it left is there
// for those that need it.
func TestPrior(t *testing.T) {
	source := job("source", self(t, "exit", "9"))
	source.Instances[0].Stdout = capture(100)
	m := matrix(job("m", self(t, "exit", "9")), 3, func(i int) *plan.Stage { return self(t, "exit", map[bool]string{true: "0", false: "9"}[i == 1]) })
	use := job("use", self(t, "say"), self(t, "copy"))
	use.Needs = []string{"source", "m"}
	use.Instances[0].Stages[0].Argv = append(use.Instances[0].Stages[0].Argv, plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownJobStdout, Job: "source"}}))
	db := serviceJob(t, "db")
	done := client(t, "done", "db")
	out := report.Output{Path: "/x", Size: 3, Mtime: time.Unix(1, 0)}
	prior := map[string]Prior{
		"source": {RunID: "r0", Result: &report.Job{Outputs: []report.Output{out}, RunID: "r00"}, Stdout: []byte("text\n\n")},
		"m[i=0]": {RunID: "r0"},
		"m[i=2]": {RunID: "r1"},
		"done":   {RunID: "r1"},
		"db":     {RunID: "r1"},
	}
	o := execute(t, planOf(source, m, use, db, done), Options{Prior: prior})
	if got, want := results(o.Report), "source succeeded, m[i=0] succeeded, m[i=1] succeeded, m[i=2] succeeded, use succeeded, db skipped, done succeeded"; got != want || o.Status != report.Succeeded {
		t.Fatalf("%s: %s", o.Status, got)
	}
	if got, want := story(o.recorder), ".source .m[i=0] .m[i=2] .done .db +m[i=1] .m[i=1] +use .use"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := o.logged("use", 1, event.Stdout); got != "text\n" {
		t.Errorf("it was given %q", got)
	}
	r := o.Jobs[0]
	if r.Reason != "succeeded in run r0" || r.RunID != "r00" || len(r.Outputs) != 1 || r.Outputs[0] != out || r.Tries() != 0 {
		t.Errorf("%+v", r)
	}
	if got := find[event.RunStarted](o.recorder)[0].Instances; got != 3 {
		t.Errorf("%d instances are announced, want 3", got)
	}
	if got := o.Jobs[5].Reason; got != "nothing that needs it was started" {
		t.Errorf("db: %s", got)
	}
}

// A result is recorded before it counts, with what was captured, and the next
// instance runs meanwhile.
func TestRecord(t *testing.T) {
	source, second := job("source", self(t, "tag", "text")), job("second", self(t, "exit", "0"))
	source.Instances[0].Stdout = capture(100)
	use, other := client(t, "use", "source"), job("other", self(t, "exit", "0"))
	never := job("never", self(t, "exit", "0"))
	never.Needs = []string{"bad"}
	bad := job("bad", self(t, "exit", "3"))
	otherRan := make(chan struct{})
	var mu sync.Mutex
	recorded := map[string]string{}
	var rec *recorder
	o := executeContext(t, t.Context(), planOf(source, second, use, other, bad, never), Options{Parallel: 2, KeepGoing: true, Record: meanwhile(func(res *report.Job, stdout []byte) error {
		if res.ID == "source" || res.ID == "second" {
			<-otherRan // in the slot of one of them
		}
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(story(rec), "."+res.ID) {
			t.Errorf("%s has ended before it was recorded", res.ID)
		}
		recorded[res.ID] = string(res.Status) + " " + string(stdout)
		return nil
	})}, func(r *recorder, e any) {
		mu.Lock()
		rec = r
		mu.Unlock()
		if e, ok := e.(event.AttemptEnded); ok && e.ID == "other" {
			close(otherRan)
		}
	})
	if got, want := results(o.Report), "source succeeded, second succeeded, use succeeded, other succeeded, bad failed, never not_started"; got != want {
		t.Errorf("got %s", got)
	}
	want := map[string]string{"source": "succeeded text", "second": "succeeded ", "use": "succeeded ", "other": "succeeded ", "bad": "failed "}
	for id, text := range want {
		if recorded[id] != text {
			t.Errorf("%s is recorded as %q, want %q", id, recorded[id], text)
		}
	}
	if len(recorded) != len(want) {
		t.Errorf("recorded are %q", recorded)
	}
	if got := story(o.recorder); strings.Index(got, "+use") < strings.Index(got, ".source") {
		t.Errorf("use did not wait: %s", got)
	}
}

// While a failure is being recorded nothing starts that its end would not let
// start, though there is a slot for it.
func TestRecordOfAFailure(t *testing.T) {
	slowEnded := make(chan struct{})
	slowReady := make(chan struct{})
	var rec *recorder
	p := planOf(job("bad", self(t, "exit", "3")), job("slow", self(t, "handle", "0")), job("a", self(t, "exit", "0")))
	ready := whenReady(1, func() { close(slowReady) })
	o := executeContext(t, t.Context(), p, Options{Parallel: 2, Record: meanwhile(func(res *report.Job, _ []byte) error {
		if res.ID == "bad" {
			<-slowReady
			signalStages(rec, "slow", syscall.SIGTERM)
			<-slowEnded
		}
		return nil
	})}, func(r *recorder, e any) {
		switch e := e.(type) {
		case event.RunStarted:
			rec = r
		case event.JobEnded:
			if e.ID == "slow" {
				close(slowEnded)
			}
		}
		ready(r, e)
	})
	if got, want := results(o.Report), "bad failed, slow succeeded, a not_started"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What has not been recorded are never more instances than may run at once: a
// slot is free when what ran in it is recorded.
func TestRecordFreesTheSlot(t *testing.T) {
	m := matrix(job("m", self(t, "exit", "0")), 60, func(int) *plan.Stage { return self(t, "exit", "0") })
	var open, most atomic.Int32
	o := executeContext(t, t.Context(), planOf(m), Options{Parallel: 3, Record: func(*report.Job, []byte) (func() error, error) {
		open.Add(-1)
		return func() error { return nil }, nil
	}}, func(_ *recorder, e any) {
		if _, ok := e.(event.JobStarted); ok {
			most.Store(max(most.Load(), open.Add(1)))
		}
	})
	if got := most.Load(); got != 3 || o.Status != report.Succeeded {
		t.Errorf("%s, up to %d ran or were not recorded, want 3", o.Status, got)
	}
}

// What could not be recorded, or made durable, ends the run with an error of
// sluice's own.
func TestRecordFails(t *testing.T) {
	full := errors.New("no space left on device")
	for name, record := range map[string]func(*report.Job, []byte) (func() error, error){
		"record":  func(*report.Job, []byte) (func() error, error) { return nil, full },
		"durable": meanwhile(func(*report.Job, []byte) error { return full }),
	} {
		rep, err := Run(t.Context(), planOf(job("a", self(t, "exit", "0")), client(t, "b", "a")), Options{Parallel: 1, Record: record})
		if !errors.Is(err, full) || results(rep) != "a succeeded, b not_started" || rep.Jobs[1].Reason != "a could not be recorded" {
			t.Errorf("%s: %v, %s: %s", name, err, results(rep), rep.Jobs[1].Reason)
		}
		// Alone, on the coordinator's own goroutine.
		if _, err = Run(t.Context(), planOf(job("a", self(t, "exit", "0"))), Options{Record: record}); !errors.Is(err, full) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// meanwhile is an Options.Record that leaves all of it to durable.
func meanwhile(record func(*report.Job, []byte) error) func(*report.Job, []byte) (func() error, error) {
	return func(res *report.Job, stdout []byte) (func() error, error) {
		return func() error { return record(res, stdout) }, nil
	}
}

// The report names the files that a job made, as they were at its end.
func TestOutputs(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("log"), "before\n")
	j := job("j", self(t, "turns", "4"), self(t, "tag", "new"))
	j.Instances[0].Stdout = toFile(at("out"), plan.ModeAtomic)
	j.Instances[0].Stages[0].Stderr = toFile(at("log"), plan.ModeAppend)
	shared := toFile(at("shared"), plan.ModeAppend)
	shared.Shared = true
	j.Instances[0].Stages[1].Stderr = shared
	o := execute(t, planOf(j), Options{})
	got := o.Jobs[0].Outputs
	if len(got) != 2 || got[0].Path != at("log") || got[1].Path != at("out") {
		t.Fatalf("%+v", got)
	}
	for _, f := range got {
		info, err := os.Stat(f.Path)
		if err != nil || info.Size() != f.Size || !info.ModTime().Equal(f.Mtime) {
			t.Errorf("%+v is %v, %v", f, info, err)
		}
	}
	j.Instances[0].Stages[1].OK = []int{7}
	if o := execute(t, planOf(j), Options{}); len(o.Jobs[0].Outputs) > 0 {
		t.Errorf("a failed job has made %+v", o.Jobs[0].Outputs)
	}
}

// A detached instance is handed over as a plan of its own, in which what the
// run knows stands as text.
func TestDetach(t *testing.T) {
	source := job("source", self(t, "say", "text"))
	source.Instances[0].Stdout = capture(100)
	known := plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownJobStdout, Job: "source"}}
	runID := plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownRunID}}
	stage := self(t, "say")
	stage.Argv = append(stage.Argv, plan.TextOf(plan.Part{Text: "<"}, known, plan.Part{Text: ">"}, runID))
	stage.Env = append(stage.Env, plan.EnvVar{Name: "X", Value: plan.TextOf(known)})
	d := matrix(job("d", nil), 2, func(int) *plan.Stage { return stage })
	d.Detach, d.Needs, d.After, d.Pool, d.MaxParallel = true, []string{"source"}, []string{"source"}, "p", 1
	d.Group, d.Restart = plan.GroupSession, &plan.Restart{Always: true}
	d.Instances[0].Stdin = plan.Input{Kind: plan.InJob, Job: "source"}
	d.Instances[1].Stdin = plan.Input{Kind: plan.InText, Text: plan.TextOf(known)}
	d.Instances[1].Ready = &plan.Ready{Line: "up"}
	p := planOf(source, d, client(t, "after", "d"))
	p.Pools = map[string]int{"p": 1}
	p.SHA256 = "5a"
	var plans []*plan.Plan
	o := execute(t, p, Options{Parallel: 1, Detach: func(_ context.Context, p *plan.Plan) (string, error) {
		plans = append(plans, p)
		return "r-" + p.Jobs[0].Instances[0].ID, nil
	}})
	if got, want := results(o.Report), "source succeeded, d[i=0] succeeded, d[i=1] succeeded, after succeeded"; got != want || o.Jobs[1].RunID != "r-d[i=0]" {
		t.Fatalf("%s, run %s", got, o.Jobs[1].RunID)
	}
	if got := find[event.Detached](o.recorder); len(got) != 2 || got[1] != (event.Detached{ID: "d[i=1]", RunID: "r-d[i=1]"}) {
		t.Errorf("the events tell of %+v", got)
	}
	for i, one := range plans {
		j := one.Jobs[0]
		inst := j.Instances[0]
		if len(one.Jobs) != 1 || len(j.Instances) != 1 || one.SHA256 != "5a" || len(one.Pools) > 0 || inst.ID != d.Instances[i].ID {
			t.Errorf("plan %d: %+v", i, one)
		}
		if j.Detach || len(j.Needs)+len(j.After) > 0 || j.Pool != "" || j.MaxParallel != 0 || j.Group != plan.GroupSession || j.Restart != d.Restart || j.Stop != d.Stop {
			t.Errorf("job %d: %+v", i, j)
		}
		s := inst.Stages[0]
		if got := s.Argv[len(s.Argv)-1].String(); got != "<text>‹run.id›" {
			t.Errorf("argument %q", got)
		}
		if got, _ := s.Env[len(s.Env)-1].Value.Known(); got != "text" {
			t.Errorf("variable %q", got)
		}
		want := map[int]string{0: "text\n", 1: "text"}[i]
		if got, _ := inst.Stdin.Text.Known(); inst.Stdin.Kind != plan.InText || got != want || inst.Stdin.Job != "" {
			t.Errorf("input %+v", inst.Stdin)
		}
		if inst.Ready == nil || inst.Ready.Line != map[int]string{0: "", 1: "up"}[i] {
			t.Errorf("ready %+v", inst.Ready)
		}
	}
	if _, ok := stage.Argv[1].Known(); ok || !d.Detach || d.Instances[0].Ready != nil {
		t.Error("the plan of the run was changed")
	}
	// The new run tells when it is ready.
	inner := execute(t, plans[0], Options{RunID: "r9"})
	if got, want := story(inner.recorder), "+d[i=0] !d[i=0]"; !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
}

// What can't be detached has failed; a stop while it is being started cancels.
func TestDetachFails(t *testing.T) {
	d := job("d", self(t, "exit", "0"))
	d.Detach = true
	if _, err := Run(t.Context(), planOf(d), Options{}); err == nil || !strings.Contains(err.Error(), "d is to be detached") {
		t.Errorf("error %v", err)
	}
	o := execute(t, planOf(d, client(t, "a", "d")), Options{Detach: func(context.Context, *plan.Plan) (string, error) {
		return "", errors.New("it ended before it was ready: exit code 3")
	}})
	if r := o.Jobs[0]; results(o.Report) != "d failed, a not_started" || r.Reason != "it ended before it was ready: exit code 3" || r.RunID != "" {
		t.Errorf("%s: %s", results(o.Report), r.Reason)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	o = executeContext(t, ctx, planOf(d), Options{Detach: func(ctx context.Context, _ *plan.Plan) (string, error) {
		cancel(errInterrupted)
		<-ctx.Done()
		return "", ctx.Err()
	}}, nil)
	if r := o.Jobs[0]; r.Status != report.Cancelled || r.Reason != "interrupted" || o.Status != report.Cancelled {
		t.Errorf("%s: %s", r.Status, r.Reason)
	}
	uncaptured := job("u", self(t, "say"))
	uncaptured.Detach = true
	uncaptured.Instances[0].Stages[0].Argv = []plan.Text{plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownJobStdout, Job: "gone"}})}
	o = execute(t, planOf(uncaptured), Options{Detach: func(context.Context, *plan.Plan) (string, error) {
		t.Error("it is started")
		return "", nil
	}})
	if r := o.Jobs[0]; r.Status != report.Failed || !strings.HasPrefix(r.Reason, "job gone captured nothing") {
		t.Errorf("%s: %s", r.Status, r.Reason)
	}
}

// Where one instance runs at a time, each is recorded before the next begins.
func TestRecordInOrder(t *testing.T) {
	var jobs []*plan.Job
	want := ""
	for i := range 20 {
		id := fmt.Sprint("j", i)
		jobs = append(jobs, job(id, self(t, "exit", "0")))
		want += " +" + id + " ." + id
	}
	o := execute(t, planOf(jobs...), Options{Parallel: 1, Record: meanwhile(func(*report.Job, []byte) error { return nil })})
	if got := story(o.recorder); " "+got != want {
		t.Errorf("got  %s\nwant%s", got, want)
	}
}

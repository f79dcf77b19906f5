package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// serviceJob is a service. It hangs, and is ready when it says so.
func serviceJob(t *testing.T, name string, stages ...*plan.Stage) *plan.Job {
	t.Helper()
	if len(stages) == 0 {
		stages = []*plan.Stage{self(t, "hang")}
	}
	j := job(name, stages...)
	j.Service = true
	j.Instances[0].Ready = &plan.Ready{Line: "^ready$", Timeout: plan.Duration(time.Hour)}
	return j
}

// client is a job that needs services, and succeeds.
func client(t *testing.T, name string, needs ...string) *plan.Job {
	t.Helper()
	j := job(name, self(t, "exit", "0"))
	j.Needs = needs
	return j
}

// story is the events that tell of the beginnings and ends of jobs, in order.
func story(r *recorder) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, e := range r.events {
		switch e := e.(type) {
		case event.JobStarted:
			list = append(list, "+"+e.ID)
		case event.Ready:
			list = append(list, "!"+e.ID)
		case event.Stopping:
			list = append(list, "~"+e.ID)
		case event.JobEnded:
			list = append(list, "."+e.ID)
		case event.Waiting:
			list = append(list, "?"+e.ID)
		}
	}
	return strings.Join(list, " ")
}

func TestService(t *testing.T) {
	o := execute(t, planOf(serviceJob(t, "db"), client(t, "a", "db"), client(t, "b", "db", "a")), Options{Parallel: 1})
	if got, want := story(o.recorder), "+db !db +a .a +b .b ~db .db"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := results(o.Report), "db succeeded, a succeeded, b succeeded"; got != want || o.Status != report.Succeeded {
		t.Errorf("%s: %s", o.Status, got)
	}
	a := o.Jobs[0].Last()
	if s := a.Stages[0]; s.Status != report.StageSucceeded || s.Ending != "signal 15 TERM, sent by sluice" || a.Cause != "" || len(a.Warnings) > 0 {
		t.Errorf("db: %s, %s, %q, %q", s.Status, s.Ending, a.Cause, a.Warnings)
	}
	if stops := find[event.Stopping](o.recorder); stops[0].Reason != "nothing needs it any more" {
		t.Errorf("%+v", stops)
	}
}

// A service that ends by itself has failed, however it ended.
func TestServiceEnds(t *testing.T) {
	for _, tt := range []struct {
		stages []*plan.Stage
		cause  string
	}{
		{[]*plan.Stage{self(t, "serve", "err", "x")}, "it ended by itself: signal 9 KILL"},
		{[]*plan.Stage{self(t, "handle", "0")}, "it ended by itself: exit code 0"},
		{[]*plan.Stage{self(t, "handle", "0"), self(t, "copy")}, "it ended by itself: exit code 0"},
		{[]*plan.Stage{self(t, "handle", "4"), self(t, "copy")}, "it ended by itself: stage 1 of 2, handle: exit code 4"},
	} {
		db := serviceJob(t, "db", tt.stages...)
		db.Instances[0].Ready = &plan.Ready{Line: "ready|listening"}
		sig := syscall.SIGTERM
		if strings.HasSuffix(tt.cause, "KILL") {
			sig = syscall.SIGKILL
		}
		// It ends while the client runs, which goes on.
		a := job("a", self(t, "hang"))
		a.Needs = []string{"db"}
		var pid int // of the first stage of db
		var first, second bool
		o := executeContext(t, t.Context(), planOf(db, a, client(t, "b", "db", "a")), Options{KeepGoing: true}, func(r *recorder, e any) {
			r.mu.Lock()
			defer r.mu.Unlock()
			switch e := e.(type) {
			case event.StageStarted:
				if e.ID == "db" && e.Stage == 0 {
					pid = e.PID
				}
			case event.Output:
				if e.ID == "a" && !first {
					first = true
					go syscall.Kill(pid, sig)
				}
			case event.JobEnded:
				if e.ID == "db" && !second {
					second = true
					go signalStages(r, "a", syscall.SIGKILL)
				}
			}
		})
		if got, want := results(o.Report), "db failed, a failed, b not_started"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := o.Jobs[0].Last().Cause; got != tt.cause {
			t.Errorf("got %q, want %q", got, tt.cause)
		}
	}
}

// Who does not end by the stop signal is killed, and that is a success with a
// warning.
func TestServiceNeedsKill(t *testing.T) {
	db := serviceJob(t, "db", self(t, "ignore"))
	db.Stop.Grace = plan.Duration(20 * time.Millisecond)
	o := execute(t, planOf(db, client(t, "a", "db")), Options{})
	a := o.Jobs[0].Last()
	if o.Status != report.Succeeded || strings.Join(a.Warnings, "|") != "it was killed, since TERM did not end it within 20ms" {
		t.Errorf("%s: %q", o.Status, a.Warnings)
	}
}

// Ctrl-C ends the clients first, and what they need after them; alone, a
// service is what it ends. Clean-up has the service that it needs.
func TestServiceCancel(t *testing.T) {
	hang := func(needs ...string) *plan.Job {
		j := job("a", self(t, "hang"))
		j.Needs = needs
		return j
	}
	clean := client(t, "clean", "db")
	clean.After = []string{"a"}
	web := serviceJob(t, "web")
	web.Needs = []string{"db"}
	for _, tt := range []struct {
		plan  *plan.Plan
		ready int
		want  string
	}{
		{planOf(serviceJob(t, "db")), 1, "+db !db ~db .db"},
		{planOf(serviceJob(t, "db"), web), 2, "+db !db +web !web ~web .web ~db .db"},
		{planOf(serviceJob(t, "db"), hang("db")), 2, "+db !db +a ~a .a ~db .db"},
		{planOf(serviceJob(t, "db"), hang("db"), clean), 2, "+db !db +a ~a .a +clean .clean ~db .db"},
		{planOf(serviceJob(t, "db"), hang(), clean), 1, "+a ~a .a +db !db +clean .clean ~db .db"},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		o := executeContext(t, ctx, tt.plan, Options{}, func(r *recorder, e any) {
			out, isOutput := e.(event.Output)
			_, isReady := e.(event.Ready)
			if isReady || isOutput && out.ID == "a" {
				if len(find[event.Ready](r))+strings.Count(r.logged("a", 0, event.Stderr), "ready\n") == tt.ready {
					cancel(errInterrupted)
				}
			}
		})
		cancel(nil)
		if got := story(o.recorder); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
		for _, j := range o.Jobs {
			if want := map[bool]report.Status{true: report.Cancelled, false: report.Succeeded}[j.ID == "a"]; j.Status != want {
				t.Errorf("%s is %s", j.ID, j.Status)
			}
		}
		for _, e := range find[event.Stopping](o.recorder) {
			if e.Reason != "interrupted" || !e.Told {
				t.Errorf("%s was stopped for %q", e.ID, e.Reason)
			}
		}
	}
}

// A service that is told to stop before it is ready keeps what needs it from
// starting, and ends well.
func TestServiceCancelledEarly(t *testing.T) {
	db := serviceJob(t, "db")
	db.Instances[0].Ready.Line = "never"
	o := cancelWhenReady(t, planOf(db, client(t, "a", "db")), 1, Options{})
	if got, want := results(o.Report), "db succeeded, a not_started"; got != want || o.Status != report.Cancelled {
		t.Errorf("%s: %s", o.Status, got)
	}
}

func TestServiceKill(t *testing.T) {
	kill, now := context.WithCancelCause(context.Background())
	defer now(nil)
	db, a := serviceJob(t, "db", self(t, "ignore")), job("a", self(t, "ignore"))
	a.Needs = []string{"db"}
	on := whenReady(2, func() { now(errors.New("a second signal")) })
	o := executeContext(t, t.Context(), planOf(db, a), Options{Kill: kill}, on)
	if got, want := results(o.Report), "db cancelled, a cancelled"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A failure lets clients that run go on with their service, and with FailFast
// ends them first.
func TestServiceFailFast(t *testing.T) {
	for _, fast := range []bool{true, false} {
		doors := newDoors(t)
		bad := self(t, "place", doors.dir, "1")
		bad.OK = []int{1} // so its 0 is a failure
		a := job("a", self(t, "hang"))
		a.Needs = []string{"db"}
		alone := serviceJob(t, "web")
		p := planOf(job("bad", bad), serviceJob(t, "db"), a, alone)
		ready := whenReady(3, func() { doors.open.WriteString("x") })
		o := executeContext(t, t.Context(), p, Options{Parallel: 2, FailFast: fast}, func(r *recorder, e any) {
			ready(r, e)
			if e, ok := e.(event.JobEnded); ok && e.ID == "bad" && !fast {
				signalStages(r, "a", syscall.SIGTERM)
			}
		})
		want := map[bool]string{true: "bad failed, db succeeded, a cancelled, web succeeded", false: "bad failed, db succeeded, a failed, web succeeded"}[fast]
		if got := results(o.Report); got != want {
			t.Errorf("fast %v: %s, want %s", fast, got, want)
		}
		if got := story(o.recorder); strings.Index(got, "~db") < strings.Index(got, ".a") {
			t.Errorf("fast %v: %s", fast, got)
		}
	}
}

// A service that fails is started again, and its clients never know.
func TestServiceRestarts(t *testing.T) {
	db := serviceJob(t, "db", attemptOfStage(self(t, "revive", "4")))
	db.Restart = &plan.Restart{Delay: 1, Factor: 1, MaxDelay: 1, Max: 9, Window: plan.Duration(time.Hour)}
	o := execute(t, planOf(db, client(t, "a", "db")), Options{})
	if got, want := results(o.Report), "db succeeded, a succeeded"; got != want || o.Jobs[0].Tries() != 4 {
		t.Errorf("%s after %d attempts", got, o.Jobs[0].Tries())
	}
	if got := find[event.RestartScheduled](o.recorder); len(got) != 3 || got[2] != (event.RestartScheduled{ID: "db", Attempt: 4, Delay: 1}) {
		t.Errorf("the events tell of %+v", got)
	}
	db.Restart.Max = 2
	o = execute(t, planOf(db, client(t, "a", "db")), Options{})
	want := "it ended before it was ready: exit code 75; restarted 2 times within 1h, and not again"
	if a := o.Jobs[0].Last(); a.Cause != want || results(o.Report) != "db failed, a not_started" {
		t.Errorf("%s: %s", results(o.Report), a.Cause)
	}
}

// Nothing is started again while the run is stopping.
func TestNoRestartWhileStopping(t *testing.T) {
	restart := &plan.Restart{Always: true, Delay: plan.Duration(time.Hour), Factor: 1, MaxDelay: plan.Duration(time.Hour), Max: 9, Window: plan.Duration(time.Hour)}
	for _, tt := range []struct {
		name string
		plan func() *plan.Plan
		want string
	}{
		{"a service that waits to be started again", func() *plan.Plan {
			db := serviceJob(t, "db", self(t, "exit", "3"))
			db.Restart = restart
			return planOf(db)
		}, "db failed"},
		{"one that something needs", func() *plan.Plan {
			db := serviceJob(t, "db", self(t, "exit", "3"))
			db.Restart = restart
			return planOf(db, client(t, "a", "db"))
		}, "db failed, a not_started"},
		{"a job of a supervisor", func() *plan.Plan {
			j := job("j", self(t, "exit", "0"))
			j.Restart = restart
			return planOf(j)
		}, "j succeeded"},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		o := executeContext(t, ctx, tt.plan(), Options{}, func(_ *recorder, e any) {
			if _, ok := e.(event.RestartScheduled); ok {
				cancel(errInterrupted)
			}
		})
		cancel(nil)
		if got := results(o.Report); got != tt.want || o.Jobs[0].Tries() != 1 {
			t.Errorf("%s: %s after %d attempts", tt.name, got, o.Jobs[0].Tries())
		}
	}
}

// A matrix of services is as many of them, and more than may run at once.
func TestServiceMatrix(t *testing.T) {
	db := matrix(serviceJob(t, "db"), 4, func(int) *plan.Stage { return self(t, "hang") })
	db.MaxParallel = 1
	o := execute(t, planOf(db, client(t, "a", "db")), Options{Parallel: 1})
	got := story(o.recorder)
	at := func(word string) int { return strings.Index(got, word) }
	for i := range 4 {
		id := fmt.Sprintf("db[i=%d]", i)
		if at("!"+id) > at("+a") || at("~"+id) < at(".a") {
			t.Errorf("%s: %s", id, got)
		}
	}
	if o.Status != report.Succeeded {
		t.Errorf("%s: %s", o.Status, results(o.Report))
	}
}

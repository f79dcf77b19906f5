package runner

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sluice/runner/event"
	"sluice/runner/lock"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// exclusive is a job that holds the lock x while it runs.
func exclusive(name string, stages ...*plan.Stage) *plan.Job {
	j := job(name, stages...)
	j.Instances[0].Exclusive = &plan.Exclusive{Name: "x"}
	return j
}

// hold takes the lock x as another run would. free unlocks it, and leaves its
// descriptor for the end of the test.
func hold(t *testing.T, dir string) (free func()) {
	t.Helper()
	l, err := lock.Open(dir, "x")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if ok, err := l.Try(lock.Holder{Run: "theirs", PID: 42}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	return func() {
		if err := syscall.Flock(int(l.File().Fd()), syscall.LOCK_UN); err != nil {
			t.Error(err)
		}
	}
}

// Two jobs with one lock never run at the same time, and the one that waits
// takes no slot.
func TestExclusive(t *testing.T) {
	doors := newDoors(t)
	place := func(name string) *plan.Job { return exclusive(name, self(t, "place", doors.dir, "1")) }
	c := job("c", self(t, "exit", "0"))
	o := executeContext(t, t.Context(), planOf(place("a"), place("b"), c), Options{Parallel: 2, Locks: t.TempDir(), RunID: "r1"}, func(_ *recorder, e any) {
		if e, ok := e.(event.JobEnded); ok && e.ID == "c" { // a runs, b waits
			doors.open.WriteString("xx")
		}
	})
	if got, want := story(o.recorder), "+a ?b +c .c .a +b .b"; got != want || o.Status != report.Succeeded {
		t.Errorf("%s: got %s, want %s", o.Status, got, want)
	}
	want := "exclusive x is held by job a of this run"
	if got := find[event.Waiting](o.recorder); len(got) != 1 || got[0].Reason != want {
		t.Errorf("the events tell of %+v", got)
	}
}

// What need not wait fails at once, and says who holds the lock.
func TestExclusiveConflict(t *testing.T) {
	dir := t.TempDir()
	free := hold(t, dir)
	j := exclusive("j", self(t, "exit", "0"))
	j.Instances[0].Exclusive.Fail = true
	o := execute(t, planOf(j), Options{Locks: dir})
	if r := o.Jobs[0]; r.Status != report.Failed || r.Reason != "exclusive x is held by run theirs (process 42)" || r.Tries() != 0 {
		t.Errorf("%s: %s", r.Status, r.Reason)
	}
	free()
	if o := execute(t, planOf(j), Options{Locks: dir}); o.Status != report.Succeeded {
		t.Errorf("with a free lock: %s", o.Status)
	}
}

// The lock is waited for, had in every attempt and between them, and free at
// the end.
func TestExclusiveOverAttempts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "when needed")
	free := hold(t, dir)
	j := flaky(t, "3", 5)
	j.Instances[0].Exclusive = &plan.Exclusive{Name: "x"}
	tried := 0
	o := executeContext(t, t.Context(), planOf(j), Options{Locks: dir}, func(_ *recorder, e any) {
		switch e.(type) {
		case event.Waiting:
			free()
		case event.RetryScheduled, event.StageStarted:
			tried++
			mine, err := lock.Open(dir, "x")
			if err != nil {
				t.Error(err)
				return
			}
			defer mine.Close()
			if ok, err := mine.Try(lock.Holder{}); ok || err != nil {
				t.Errorf("%T: the lock is free, %v", e, err)
			}
		}
	})
	if o.Status != report.Succeeded || tried != 5 {
		t.Errorf("%s, %d looks", o.Status, tried)
	}
	hold(t, dir)
}

// A stop ends the wait; what never had its lock was never started, so nothing
// cleans up after it.
func TestExclusiveCancelled(t *testing.T) {
	for _, failure := range []bool{false, true} {
		dir := t.TempDir()
		hold(t, dir)
		clean, bad := job("clean", self(t, "exit", "0")), job("bad", self(t, "exit", "3"))
		clean.After = []string{"j"}
		p := planOf(exclusive("j", self(t, "exit", "0")), clean)
		if failure {
			p.Jobs = append(p.Jobs, bad)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		o := executeContext(t, ctx, p, Options{Locks: dir, Parallel: 2}, func(_ *recorder, e any) {
			if _, ok := e.(event.Waiting); ok && !failure {
				cancel(errInterrupted)
			}
		})
		cancel(nil)
		why := map[bool]string{false: "interrupted", true: "bad failed"}[failure]
		if got := results(o.Report); !strings.HasPrefix(got, "j not_started, clean not_started") || o.Jobs[0].Reason != why {
			t.Errorf("%s: %s", got, o.Jobs[0].Reason)
		}
	}
}

// Clean-up waits for its lock after a stop too, but not after a second one.
func TestExclusiveCleanup(t *testing.T) {
	for _, killed := range []bool{false, true} {
		dir := t.TempDir()
		free := hold(t, dir)
		clean := exclusive("clean", self(t, "exit", "0"))
		clean.After = []string{"j"}
		ctx, cancel := context.WithCancelCause(t.Context())
		kill, now := context.WithCancelCause(context.Background())
		ready := whenReady(1, func() { cancel(errInterrupted) })
		o := executeContext(t, ctx, planOf(job("j", self(t, "hang")), clean), Options{Locks: dir, Kill: kill}, func(r *recorder, e any) {
			ready(r, e)
			if _, ok := e.(event.Waiting); ok && killed {
				now(errors.New("a second signal"))
			} else if ok {
				free()
			}
		})
		want := map[bool]string{false: "j cancelled, clean succeeded", true: "j cancelled, clean not_started"}[killed]
		if got := results(o.Report); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		cancel(nil)
		now(nil)
	}
}

// A service may wait for its lock, and is not waited for when nothing needs it
// any more.
func TestExclusiveService(t *testing.T) {
	dir := t.TempDir()
	free := hold(t, dir)
	db := serviceJob(t, "db")
	db.Instances[0].Exclusive = &plan.Exclusive{Name: "x"}
	o := executeContext(t, t.Context(), planOf(db, client(t, "a", "db")), Options{Locks: dir}, func(_ *recorder, e any) {
		if _, ok := e.(event.Waiting); ok {
			free()
		}
	})
	if got, want := story(o.recorder), "?db +db !db +a .a ~db .db"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	hold(t, dir)
	o = execute(t, planOf(db, client(t, "a", "db"), job("bad", self(t, "exit", "3"))), Options{Locks: dir, Parallel: 1})
	if got, want := results(o.Report), "db not_started, a not_started, bad failed"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Locks that can't be made are an error of sluice, and so is a plan that needs
// them where there is no place for them.
func TestExclusiveWithoutLocks(t *testing.T) {
	p := planOf(exclusive("j", self(t, "exit", "0")))
	if _, err := Run(t.Context(), p, Options{}); err == nil || !strings.Contains(err.Error(), "j is exclusive") {
		t.Errorf("error %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	rep, err := Run(t.Context(), p, Options{Locks: file})
	if err == nil || !strings.Contains(err.Error(), file) || results(rep) != "j failed" {
		t.Errorf("%s: error %v", results(rep), err)
	}
}

package runner

import (
	"strings"
	"testing"
	"time"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// attemptOf is an attempt that failed, by its only stage where there is one.
func attemptOf(n int, s *report.Stage) *report.Attempt {
	a := &report.Attempt{Number: n, Status: report.Failed, CauseBy: -1, Cause: "it failed"}
	if s != nil {
		a.CauseBy, a.Stages = 0, []*report.Stage{s}
	}
	return a
}

func TestRetryOn(t *testing.T) {
	exit := func(code int) *report.Attempt {
		return attemptOf(1, &report.Stage{PID: 1, Code: code, Status: report.StageFailed})
	}
	signal := func(name string) *report.Attempt {
		return attemptOf(1, &report.Stage{PID: 1, Code: -1, Signal: name, Status: report.StageFailed})
	}
	timeout := exit(75)
	timeout.Status, timeout.CauseBy = report.TimedOut, -1
	unstarted := attemptOf(1, &report.Stage{Code: 127, Error: "no such program", Status: report.StageNotStarted})
	noInput := attemptOf(1, nil)
	noInput.Stages = []*report.Stage{{Status: report.StageNotStarted}}
	tooMuch := attemptOf(1, nil) // printed: it ran, and no stage is at fault
	tooMuch.Stages = []*report.Stage{{PID: 1, Status: report.StageCancelled}}

	for _, tt := range []struct {
		name string
		on   plan.RetryOn
		a    *report.Attempt
		want bool
	}{
		{"a named code", plan.RetryOn{Exit: []int{1, 75}}, exit(75), true},
		{"another code", plan.RetryOn{Exit: []int{1, 75}}, exit(2), false},
		{"a code is no signal", plan.RetryOn{Exit: []int{1, 75}}, signal("HUP"), false},
		{"a named signal", plan.RetryOn{Signal: []string{"KILL", "SEGV"}}, signal("SEGV"), true},
		{"another signal", plan.RetryOn{Signal: []string{"SEGV"}}, signal("KILL"), false},
		{"timeout", plan.RetryOn{Timeout: true}, timeout, true},
		{"timeout is not its code", plan.RetryOn{Exit: []int{75}, Start: true}, timeout, false},
		{"start", plan.RetryOn{Start: true}, unstarted, true},
		{"start is not its code", plan.RetryOn{Exit: []int{127}}, unstarted, false},
		{"without its input it did not start", plan.RetryOn{Start: true}, noInput, true},
		{"what ran has started", plan.RetryOn{Start: true, Timeout: true, Exit: []int{0}}, tooMuch, false},
	} {
		g := again{job: &plan.Job{Retry: &plan.Retry{Attempts: 2, Delays: []plan.Duration{1}, On: &tt.on}}, began: time.Now()}
		if next, _ := g.after(tt.a, time.Now()); (next == retried) != tt.want {
			t.Errorf("%s: %v", tt.name, next)
		}
	}
}

func TestRetryBudget(t *testing.T) {
	const second = plan.Duration(time.Second)
	began := time.Now()
	g := again{job: &plan.Job{Retry: &plan.Retry{Attempts: 9, Delays: []plan.Duration{second, 2 * second, 4 * second}, Budget: 5 * second}}, began: began}
	a := attemptOf(1, nil)
	if next, delay := g.after(a, began.Add(time.Second)); next != retried || delay != time.Second || len(a.Warnings) > 0 {
		t.Errorf("%v after %s, %q", next, delay, a.Warnings)
	}
	a = attemptOf(2, nil)
	if next, delay := g.after(a, began.Add(3*time.Second-1)); next != retried || delay != 2*time.Second {
		t.Errorf("%v after %s, %q", next, delay, a.Warnings)
	}
	// At 5 s and later there is none, though the delay begins before.
	a = attemptOf(2, nil)
	next, _ := g.after(a, began.Add(3*time.Second))
	want := "attempt 3 of 9 is not made: it would begin after the retry budget of 5s"
	if next != nothing || strings.Join(a.Warnings, "|") != want {
		t.Errorf("%v, %q", next, a.Warnings)
	}
}

// A restart follows a failure, after delays that grow, until there were too
// many of them within the window; and a long life begins anew.
func TestRestartDelays(t *testing.T) {
	const second = plan.Duration(time.Second)
	g := again{job: &plan.Job{Service: true, Restart: &plan.Restart{Delay: second, Factor: 3, MaxDelay: 5 * second, Max: 4, Window: 60 * second}}}
	now := time.Now()
	fail := func(lived, want time.Duration) {
		t.Helper()
		a := attemptOf(1, &report.Stage{PID: 1, Code: 1, Status: report.StageFailed})
		a.Took = lived
		now = now.Add(lived)
		next, delay := g.after(a, now)
		if next != restarted || delay != want {
			t.Fatalf("%v after %s, want %s", next, delay, want)
		}
		now = now.Add(delay)
	}
	fail(0, 1*time.Second)
	fail(0, 3*time.Second)
	fail(0, 5*time.Second)
	fail(59*time.Second, 5*time.Second)
	fail(60*time.Second, 1*time.Second)
	fail(0, 3*time.Second)
	fail(0, 5*time.Second)
	fail(0, 5*time.Second)
	a := attemptOf(5, &report.Stage{PID: 1, Code: 1, Status: report.StageFailed})
	a.Cause = "exit code 1"
	if next, _ := g.after(a, now); next != nothing || a.Cause != "exit code 1; restarted 4 times within 1m, and not again" {
		t.Errorf("%v: %s", next, a.Cause)
	}
	once := again{job: &plan.Job{Restart: &plan.Restart{Always: true, Delay: 1, Factor: 1, MaxDelay: 1, Max: 1, Window: plan.Duration(2 * time.Hour)}}}
	once.after(a, now)
	a.Cause = ""
	if next, _ := once.after(a, now); next != nothing || a.Cause != "restarted once within 2h, and not again" {
		t.Errorf("%v: %s", next, a.Cause)
	}
	if len(g.restarts) > 4 {
		t.Errorf("%d times are remembered", len(g.restarts))
	}
}

// What ended well is restarted with `always` alone, and a service that ended
// by itself ended well if nothing else was wrong.
func TestRestartWhen(t *testing.T) {
	for _, status := range []report.Status{report.Succeeded, report.Failed, report.TimedOut} {
		for _, service := range []bool{false, true} {
			for _, always := range []bool{false, true} {
				g := again{job: &plan.Job{Service: service, Restart: &plan.Restart{Always: always, Delay: 1, Factor: 1, MaxDelay: 1, Max: 1, Window: 1}}}
				a := &report.Attempt{Number: 1, Status: status, CauseBy: -1, Stages: []*report.Stage{{PID: 1, Status: report.StageSucceeded}}}
				well := status == report.Succeeded || service && status == report.Failed
				if next, _ := g.after(a, time.Now()); (next == restarted) != (always || !well) {
					t.Errorf("%s, service %v, always %v: %v", status, service, always, next)
				}
			}
		}
	}
	g := again{job: &plan.Job{Restart: &plan.Restart{Always: true, Delay: 1, Factor: 1, MaxDelay: 1, Max: 0, Window: 1}}}
	a := &report.Attempt{Number: 1, Status: report.Succeeded, CauseBy: -1}
	if next, _ := g.after(a, time.Now()); next != nothing || a.Status != report.Failed || a.Cause != "restarted 0 times within 1ns, and not again" {
		t.Errorf("%v: %s: %s", next, a.Status, a.Cause)
	}
}

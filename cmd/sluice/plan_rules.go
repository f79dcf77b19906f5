package main

import (
	"fmt"
	"strings"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// rules are what a job's instances have in common.
func (t *planText) rules(j *plan.Job) {
	if j.Description != "" {
		t.line(1, t.dim(report.Visible(j.Description)))
	}
	for _, list := range []struct {
		key   string
		names []string
	}{{"needs", j.Needs}, {"after", j.After}} {
		if len(list.names) > 0 {
			t.pair(1, list.key, strings.Join(list.names, ", "))
		}
	}
	var bounds []string
	if j.MaxParallel > 0 {
		bounds = append(bounds, fmt.Sprintf("at most %d at once", j.MaxParallel))
	}
	if j.Pool != "" {
		bounds = append(bounds, fmt.Sprintf("pool %s of %d", j.Pool, t.p.Pools[j.Pool]))
	}
	if bounds != nil {
		t.pair(1, "bounds", strings.Join(bounds, ", "))
	}
	t.endings(j)
}

// endings are how long j may take, and what comes before and after its end.
func (t *planText) endings(j *plan.Job) {
	if kind := kindText(j); kind != "" {
		t.pair(1, "runs", kind)
	}
	switch {
	case j.Group == plan.GroupSession:
		t.pair(1, "group", "a new session")
	case j.Group == plan.GroupInherit:
		t.pair(1, "group", "sluice's own")
	}
	if j.Timeout > 0 {
		t.pair(1, "timeout", fmt.Sprintf("%s, then %s", j.Timeout, stopWords(j.Stop)))
	}
	if j.IdleTimeout > 0 {
		t.pair(1, "idle", fmt.Sprintf("%s without output, then %s", j.IdleTimeout, stopWords(j.Stop)))
	}
	if j.Timeout == 0 && j.IdleTimeout == 0 && (j.Stop.Signal != "TERM" || j.Stop.Grace.String() != "10s") {
		t.pair(1, "stop", stopWords(j.Stop))
	}
	if j.Retry != nil {
		t.pair(1, "retry", retryText(j.Retry))
	}
	if j.Restart != nil {
		t.pair(1, "restart", restartText(j.Restart))
	}
	if size, keep := j.Log.MaxSize, j.Log.Keep; size != 10<<20 || keep != 5 {
		t.pair(1, "log", report.Count(keep, "file")+" of "+report.Count(int(size), "byte"))
	}
}

// kindText says what sets j apart from jobs that the run waits for, or "".
func kindText(j *plan.Job) string {
	switch {
	case j.Interactive:
		return "alone, with the terminal"
	case j.Detach:
		return "detached, as a run of its own"
	case j.Service:
		return "as a service, until the jobs that need it have ended"
	}
	return ""
}

func stopWords(s plan.Stop) string {
	if s.Signal == "KILL" {
		return "KILL"
	}
	return fmt.Sprintf("%s, and KILL %s later", s.Signal, s.Grace)
}

func retryText(r *plan.Retry) string {
	delays := make([]string, len(r.Delays))
	for i, d := range r.Delays {
		delays[i] = d.String()
	}
	text := fmt.Sprintf("%d attempts, with %s between them", r.Attempts, strings.Join(delays, ", "))
	if r.Jitter > 0 {
		text += fmt.Sprintf(" (±%g%%)", r.Jitter*100)
	}
	if r.Budget > 0 {
		text += fmt.Sprintf(", begun within %s", r.Budget)
	}
	if r.On == nil {
		return text
	}
	var on []string
	if len(r.On.Exit) > 0 {
		on = append(on, "exit code "+strings.Trim(strings.ReplaceAll(fmt.Sprint(r.On.Exit), " ", ", "), "[]"))
	}
	if len(r.On.Signal) > 0 {
		on = append(on, "signal "+strings.Join(r.On.Signal, ", "))
	}
	if r.On.Timeout {
		on = append(on, "a timeout")
	}
	if r.On.Start {
		on = append(on, "a start that failed")
	}
	return text + "; after " + strings.Join(on, "; ")
}

func restartText(r *plan.Restart) string {
	after := "a failure"
	if r.Always {
		after = "any ending"
	}
	delay := fmt.Sprintf("%s later", r.Delay)
	if r.Factor > 1 && r.MaxDelay > r.Delay {
		delay += fmt.Sprintf(", %g times as long each time up to %s", r.Factor, r.MaxDelay)
	}
	return fmt.Sprintf("after %s: %s; at most %d within %s", after, delay, r.Max, r.Window)
}

func (t *planText) ready(r *plan.Ready) string {
	when := "when a line matches " + r.Line
	switch {
	case r.Port != "":
		when = "when " + r.Port + " takes a connection"
	case r.File != "":
		when = "when " + t.near(r.File) + " is made or changed"
	}
	return fmt.Sprintf("%s, within %s", when, r.Timeout)
}

package main

import (
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/state"
)

// What a job waits for, and how often it was started again, is what somebody
// wants to know who looks for what is wrong.
func TestJobsNow(t *testing.T) {
	var p plan.Plan
	for _, id := range []string{"web", "waits", "waited"} {
		p.Jobs = append(p.Jobs, &plan.Job{Name: id, Instances: []*plan.Instance{{ID: id}}})
	}
	var entries []state.Entry
	for _, e := range []event.Event{
		event.RestartScheduled{ID: "web", Attempt: 2}, event.AttemptStarted{ID: "web", Attempt: 2},
		event.RestartScheduled{ID: "web", Attempt: 3}, event.AttemptStarted{ID: "web", Attempt: 3}, event.Ready{ID: "web", Attempt: 3},
		event.Waiting{ID: "waits", Reason: "exclusive a is held by job web of this run"},
		event.Waiting{ID: "waited", Reason: "exclusive b is held by another run"}, event.JobStarted{ID: "waited"},
		event.RestartScheduled{ID: "waited", Attempt: 2},
	} {
		entries = append(entries, state.Entry{Event: e, At: time.Now()})
	}
	r := runRow{Jobs: jobsNow(&p, entries, false)}
	want := "web ready (2 restarts), waits waiting: exclusive a is held by job web of this run, waited restarting (1 restart)"
	if got := r.jobs(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

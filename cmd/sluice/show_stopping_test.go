package main

import (
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
)

func TestRunStoppingLine(t *testing.T) {
	job := func(name, signal string, grace time.Duration, needs ...string) *plan.Job {
		return &plan.Job{Name: name, Needs: needs, Stop: plan.Stop{Signal: signal, Grace: plan.Duration(grace)}}
	}
	service := func(j *plan.Job) *plan.Job { j.Service = true; return j }
	inherit := job("own", "TERM", time.Minute)
	inherit.Group = plan.GroupInherit
	heard := job("heard", "TERM", 10*time.Second)
	heard.Stop.Message = `"bye"`
	p := &plan.Plan{Jobs: []*plan.Job{
		job("build", "TERM", 10*time.Second), job("test", "TERM", 10*time.Second, "db"), job("slow", "INT", 90*time.Second),
		job("deaf", "KILL", 0), service(job("db", "TERM", 10*time.Second)), service(job("web", "TERM", 10*time.Second, "db")), inherit, heard,
	}}
	for _, tt := range []struct {
		reason  string
		running bool // what runs is stopped too
		now     bool // it is killed
		ids     []string
		want    string
	}{
		{"interrupted", true, false, []string{"build"}, "sluice: interrupted; waiting for build (TERM sent, KILL in 10s); press Ctrl-C again to kill at once"},
		{"interrupted", true, false, []string{"test[n=1]", "slow", "test[n=2]"}, "sluice: interrupted; waiting for test[n=1] and test[n=2] (TERM sent, KILL in 10s), slow (INT sent, KILL in 1m30s); press Ctrl-C again to kill at once"},
		{"interrupted", true, false, []string{"db", "test"}, "sluice: interrupted; waiting for test (TERM sent, KILL in 10s), then db; press Ctrl-C again to kill at once"},
		{"interrupted", true, false, []string{"db", "web"}, "sluice: interrupted; waiting for web (TERM sent, KILL in 10s), then db; press Ctrl-C again to kill at once"},
		{"interrupted", true, false, []string{"db", "build"}, "sluice: interrupted; waiting for db and build (TERM sent, KILL in 10s); press Ctrl-C again to kill at once"},
		{"interrupted", true, false, []string{"own"}, "sluice: interrupted; waiting for own (INT sent, KILL in 1m); press Ctrl-C again to kill at once"},
		{"interrupted", true, false, []string{"build", "heard"}, "sluice: interrupted; waiting for build (TERM sent, KILL in 10s), heard (message sent, TERM in 10s); press Ctrl-C again to kill at once"},
		{"told to stop by SIGTERM", true, false, []string{"own", "deaf"}, "sluice: told to stop by SIGTERM; waiting for own (TERM sent, KILL in 1m), deaf (KILL sent)"},
		{"interrupted again", true, true, []string{"build", "db"}, "sluice: interrupted again: killing what still runs: build and db"},
		{"build failed", true, false, []string{"a", "b", "c", "d", "e"}, "sluice: build failed; waiting for a, b, c and 2 more"},
		{"build failed", false, false, []string{"a", "b"}, "build failed: no more jobs are started; waiting for a and b"},
	} {
		e := event.RunStopping{Reason: tt.reason, Kill: tt.running, Now: tt.now}
		if got := runStoppingLine(e, tt.ids, jobsOf(p)); got != tt.want {
			t.Errorf("\n got %s\nwant %s", got, tt.want)
		}
	}
}

package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// TestOthersOf holds for which instances a run does not go on.
func TestOthersOf(t *testing.T) {
	job := func(name string, needs ...string) *plan.Job {
		return &plan.Job{Name: name, Needs: needs, Instances: []*plan.Instance{{ID: name}}}
	}
	service := func(j *plan.Job) *plan.Job { j.Service = true; return j }
	grid := job("grid", "s")
	grid.Instances = []*plan.Instance{{ID: "grid[n=1]"}, {ID: "grid[n=2]"}}
	after := job("after")
	after.After = []string{"lonely"}
	skipped := service(job("skipped"))
	skipped.Instances, skipped.Skip = nil, "it is left out"
	lines := job("lines")
	lines.Instances, lines.Each = nil, []*plan.Instance{{ID: "lines[x=‹a›]"}, {ID: "lines[y=‹a›]"}}
	p := &plan.Plan{Jobs: []*plan.Job{service(job("s")), grid, service(job("lonely")), after, job("a"), skipped, lines}}
	if got, want := othersOf(p), map[string]int{"a": 1, "grid": 2, "s": 1, "lines": 1}; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	p.Jobs = slices.DeleteFunc(p.Jobs, func(j *plan.Job) bool { return j.Name == "lonely" })
	if got := othersOf(p); got != nil {
		t.Errorf("without the service: got %v", got)
	}
}

// TestOnlyServices holds when a run says that it goes on for services alone.
func TestOnlyServices(t *testing.T) {
	const line = "only services run now: db; Ctrl-C ends them\n"
	for _, c := range []struct {
		name   string
		o      showOptions
		events []event.Event
		said   bool
	}{
		{"all is done", showOptions{}, []event.Event{began("db"), began("a"), ended("a", report.Succeeded), began("b"), ended("b", report.Succeeded)}, true},
		{"one is left", showOptions{}, []event.Event{began("db"), began("a"), ended("a", report.Succeeded)}, false},
		{"quiet", showOptions{Mode: "quiet"}, []event.Event{began("db"), ended("a", report.Succeeded), ended("b", report.Succeeded)}, false},
		{"a failure, which stops it", showOptions{}, []event.Event{began("db"), ended("a", report.Succeeded), ended("b", report.Failed)}, false},
		{"a failure, and it keeps going", showOptions{KeepGoing: true}, []event.Event{began("db"), ended("b", report.Failed), ended("a", report.Succeeded)}, true},
		{"it is being stopped", showOptions{KeepGoing: true}, []event.Event{
			began("db"), began("a"), ended("b", report.Succeeded), event.RunStopping{Reason: "interrupted", Kill: true}, ended("a", report.Cancelled),
		}, false},
		{"lines have become instances", showOptions{}, []event.Event{
			began("db"), ended("a", report.Succeeded), event.Spread{ID: "b", Instances: 2}, ended("b[x=1]", report.Succeeded),
		}, false},
		{"and all of those have ended", showOptions{}, []event.Event{
			began("db"), ended("a", report.Succeeded), event.Spread{ID: "b", Instances: 2}, ended("b[x=1]", report.Succeeded), ended("b[x=2]", report.Succeeded),
		}, true},
		{"there were no lines", showOptions{}, []event.Event{
			began("db"), ended("a", report.Succeeded), event.Spread{ID: "b"}, ended("b", report.Skipped),
		}, true},
		{"the service has ended", showOptions{}, []event.Event{began("db"), ended("db", report.Succeeded), ended("a", report.Succeeded), ended("b", report.Succeeded)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Others = map[string]int{"a": 1, "b": 1}
			tr := play(t, c.o, append([]event.Event{started(3)}, c.events...)...)
			if said := strings.Contains(tr.stder.text.String(), line); said != c.said {
				t.Errorf("said: %t\n%s", said, tr.both.String())
			}
		})
	}
}

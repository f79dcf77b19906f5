package state

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// allSet reports a field of v that is zero: this test would not see it.
func allSet(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	switch {
	case v.IsZero():
		t.Errorf("%s is not set by this test", name)
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() && v.Type() != reflect.TypeFor[plan.Text]():
		for i := range v.NumField() {
			allSet(t, v.Field(i), name+"."+v.Type().Field(i).Name)
		}
	case v.Kind() == reflect.Slice:
		allSet(t, v.Index(0), name+"[0]")
	}
}

// What a run says of itself is written as encoding/json would write it.
func TestMetaJSON(t *testing.T) {
	full := Meta{
		RunID: "r", Parent: "p", Detached: true, Name: "n", Direct: true, Version: "v", Dir: "/d", Args: []string{"sluice", "<"},
		Asked: Asked{File: "/f", Jobs: []string{"j"}, Params: []Given{{Name: "a", Values: []string{"b"}, Dir: "/c", Source: "-p a=b"}}, Parallel: 2, KeepGoing: true, FailFast: true},
		Prior: map[string]string{"b[x=\"1\"]": "r1", "a": "r0"}, Start: time.Date(2026, 11, 23, 16, 5, 4, 5, time.UTC),
		Runner: Process{PID: 1, Start: 2, Boot: "b"}, Launcher: Process{PID: 3, Start: 4, Boot: "b"}, Durability: Fsync,
	}
	input := Input{Path: plan.Known("/a"), Size: 1, Mtime: full.Start, Inode: 2, Dir: true}
	allSet(t, reflect.ValueOf(full), "Meta")
	allSet(t, reflect.ValueOf(input), "Input")
	for _, c := range []struct {
		v    any
		fast []byte
	}{{full, full.appendJSON(nil)}, {Meta{}, (&Meta{}).appendJSON(nil)}, {input, input.appendJSON(nil)}, {Input{}, Input{}.appendJSON(nil)}} {
		slow, err := json.Marshal(c.v)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := json.Unmarshal(slow, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(c.fast, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n got %s\nwant %s", err, c.fast, slow)
		}
	}
}

// A record waits for others only while nothing waits for it.
func TestPatience(t *testing.T) {
	p := planOf("/bin/true", "list", "each", "last", "apart")
	p.Jobs[1].Instances = append(p.Jobs[1].Instances, &plan.Instance{ID: "each2"}, &plan.Instance{ID: "each3"})
	p.Jobs[2].Needs, p.Jobs[1].After = []string{"each"}, []string{"list"}
	h := newHaste(p)
	over := func(id, name string, status report.Status, want time.Duration) {
		t.Helper()
		res := &report.Job{ID: id, Name: name, Status: status}
		if got := h.patience(res); got != want {
			t.Errorf("%s waits %v, want %v", id, got, want)
		}
		h.hear(event.JobEnded{ID: id, Result: res})
	}
	for _, id := range []string{"apart", "list", "each", "each2", "each3", "last"} {
		h.hear(event.JobStarted{ID: id})
	}
	over("list", "list", report.Succeeded, 0)                                                                     // each comes after it
	over("each", "each", report.Succeeded, patience)                                                              // last comes after the others too
	h.hear(event.JobEnded{ID: "each2", Result: &report.Job{ID: "each2", Name: "each", Status: report.Succeeded}}) // in an earlier run
	over("each3", "each", report.Succeeded, 0)                                                                    // last comes after it
	over("apart", "apart", report.Succeeded, patience)                                                            // nothing does
	over("last", "last", report.Succeeded, 0)                                                                     // the run does
	h = newHaste(p)
	h.hear(event.JobStarted{ID: "apart"})
	h.hear(event.JobStarted{ID: "last"})
	over("apart", "apart", report.Failed, 0) // the run may stop for it
	if len(h.recorded) > 0 || len(h.running) != 1 {
		t.Errorf("kept are %v and %v", h.recorded, h.running)
	}
}

package state

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// linesPlan is a plan of list, whose lines are the instances of use, and next,
// which needs these.
func linesPlan() *plan.Plan {
	p := planOf("/bin/true", "list", "use", "next")
	list, use, next := p.Jobs[0], p.Jobs[1], p.Jobs[2]
	list.Instances[0].Stdout.Kind = plan.OutCapture
	use.Needs, next.Needs = []string{"list"}, []string{"use"}
	use.Each, use.Instances = use.Instances, nil
	use.Each[0].ID, use.Each[0].Matrix = "use[x=‹list›]", []plan.Axis{{Name: "x", Job: "list"}}
	return p
}

func idsOf(p *plan.Plan) string {
	var ids []string
	for _, j := range p.Jobs {
		for _, inst := range j.Instances {
			ids = append(ids, inst.ID)
		}
	}
	return strings.Join(ids, " ")
}

// The instances that a run has found are there for who looks at it, and for who
// repeats it, where the lines are still the same.
func TestSpread(t *testing.T) {
	s, p := At(t.TempDir()), linesPlan()
	run := create(t, s, p, Meta{})
	f := FolderAt(run.Dir())
	if err := perform(run, "list", []byte("a\nb\n")); err != nil {
		t.Fatal(err)
	}
	if full, err := f.FullPlan(); err != nil || idsOf(full) != "list next" {
		t.Fatalf("%s, %v", idsOf(full), err)
	}
	prior, again, err := f.Reusable(p)
	if err != nil || len(prior) != 1 || len(again) > 0 {
		t.Errorf("%v, %v, %v", prior, again, err)
	}
	if err := run.Spread("list", []byte("a\nb\n")); err != nil {
		t.Fatal(err)
	}
	run.Event(event.Spread{ID: "use", Instances: 2})
	full, err := f.FullPlan()
	if err != nil || idsOf(full) != "list use[x=a] use[x=b] next" || len(p.Jobs[1].Instances) > 0 {
		t.Fatalf("%s, %v", idsOf(full), err)
	}
	for _, id := range []string{"use[x=a]", "next"} {
		if err := perform(run, id, nil); err != nil {
			t.Fatal(err)
		}
	}
	if prior, again, err = f.Reusable(p); err != nil || strings.Join(slices.Sorted(maps.Keys(prior)), " ") != "list use[x=a]" {
		t.Errorf("%v, %v", prior, err)
	}
	if len(again) != 1 || again[0] != (Again{"next", "it needs use, which runs again"}) {
		t.Errorf("%v", again)
	}
	if err := perform(run, "use[x=b]", nil); err != nil {
		t.Fatal(err)
	}
	if prior, again, err = f.Reusable(p); err != nil || len(prior) != 4 || len(again) > 0 {
		t.Errorf("%v, %v, %v", prior, again, err)
	}
	put(t, f, spreadName, []byte(`{"list":""}`))
	if full, err := f.FullPlan(); err != nil || idsOf(full) != "list next" || full.Jobs[1].Skip != plan.NoLines || p.Jobs[1].Skip != "" {
		t.Errorf("no lines: %s, %v", idsOf(full), err)
	}
	if prior, again, err = f.Reusable(p); err != nil || len(prior) != 4 || len(again) > 0 {
		t.Errorf("after no lines: %v, %v, %v", prior, again, err)
	}
	put(t, f, spreadName, []byte("{"))
	if _, err := f.FullPlan(); err == nil || !strings.Contains(err.Error(), spreadName) {
		t.Errorf("a damaged file: %v", err)
	}
	put(t, f, spreadName, []byte(`{"list":"a\na\n"}`))
	if full, err := f.FullPlan(); err != nil || idsOf(full) != "list next" {
		t.Errorf("lines that made none: %s, %v", idsOf(full), err)
	}
}

// The last of the instances that were found is what waits for its record.
func TestSpreadPatience(t *testing.T) {
	h := newHaste(linesPlan())
	h.hear(event.JobStarted{ID: "other"})
	h.hear(event.Spread{ID: "use", Instances: 2})
	for _, want := range []bool{true, false} {
		res := &report.Job{ID: map[bool]string{true: "use[x=a]", false: "use[x=b]"}[want], Name: "use", Status: report.Succeeded}
		h.hear(event.JobStarted{ID: res.ID})
		if got := h.patience(res); got > 0 != want {
			t.Errorf("%s waits %v", res.ID, got)
		}
	}
}

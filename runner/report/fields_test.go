package report

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// TestFields holds that AppendJSON writes what encoding/json does. The parts
// of a report are tried by package event, with each field set.
func TestFields(t *testing.T) {
	full := &Report{
		RunID: "r", File: "/a.yaml", Status: Failed, Signal: "INT", Killed: true, Error: "e", Contained: "cgroup", Start: time.Date(2026, 11, 23, 16, 5, 4, 1, time.UTC), Took: 7,
		Jobs: []*Job{{ID: "a"}, {ID: "b", Status: Skipped}},
	}
	for _, r := range []*Report{full, {}, {Jobs: []*Job{}}} {
		got := r.AppendJSON([]byte("before"))
		versioned := *r
		versioned.Version = Version
		want, err := json.Marshal(&versioned)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := bytes.CutPrefix(got, []byte("before")); !ok || !bytes.Equal(got, want) {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

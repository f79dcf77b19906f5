package plan

import (
	"strings"
	"testing"

	"sluice/spec/diag"
)

// exampleFiles are what the examples of a rule find beside them, in the form
// of folder.
var exampleFiles = map[string][]string{
	"SL611": {"site/"},
	"SL612": {"words.txt"},
	"SL613": {"notes.txt"},
}

// TestRules holds that the wrong example of each rule of a plan breaks it and
// no other, and that the right one has no problem. They need a PATH with the
// usual programs and nothing else.
func TestRules(t *testing.T) {
	for _, r := range diag.Rules() {
		if !r.OfPlan {
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			dir := folder(t, exampleFiles[r.ID]...)
			in := Inputs{Env: []string{"PATH=/usr/bin:/bin"}}
			_, problems := try(t, dir, r.Wrong, in)
			if len(problems) == 0 {
				t.Error("the wrong example has no problem")
			}
			for _, p := range problems {
				if !strings.Contains(p, " "+r.ID+": ") {
					t.Errorf("the wrong example has %q", p)
				}
			}
			if _, problems := try(t, dir, r.Right, in); len(problems) > 0 {
				t.Errorf("the right example has %q", problems)
			}
		})
	}
	for id := range exampleFiles {
		if r, ok := diag.RuleByID(id); !ok || !r.OfPlan {
			t.Errorf("files for %s, which is no rule of a plan", id)
		}
	}
}

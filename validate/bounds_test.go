package validate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/spec"
	"sluice/spec/diag"
)

func rulesOf(t *testing.T, text string) (rules []string) {
	t.Helper()
	_, problems := Parse("f.yaml", []byte(text), spec.DefaultLimits())
	for _, p := range problems.AtLeast(diag.Warning) {
		if !slices.Contains(rules, p.Rule) {
			rules = append(rules, p.Rule)
		}
	}
	return rules
}

// TestWaivedProblemsHideNone holds that problems that are waived, however
// many, take no place from others.
func TestWaivedProblemsHideNone(t *testing.T) {
	var text strings.Builder
	text.WriteString("version: 1\njobs:\n  a:\n    run: make\n    allow: [{rule: SL501, reason: they are set for a test}]\n    env:\n")
	for i := range diag.Most + 100 {
		fmt.Fprintf(&text, "      LD_X%d: a\n", i)
	}
	text.WriteString("  b: {run: echo hello > leak.txt}\n")
	if got := rulesOf(t, text.String()); !slices.Equal(got, []string{"SL201"}) {
		t.Errorf("got %s, want SL201 alone", got)
	}
}

// TestManyNotes holds that what is only worth knowing makes no file invalid.
func TestManyNotes(t *testing.T) {
	var text strings.Builder
	text.WriteString("version: 1\njobs:\n")
	for i := range diag.Most + 100 {
		fmt.Fprintf(&text, "  j%d: {run: make}\n", i)
	}
	if got := rulesOf(t, text.String()); len(got) > 0 {
		t.Errorf("got %s, want nothing", got)
	}
}

// TestManyProblems holds that the first thousand are told, and that there are
// more, the same each time.
func TestManyProblems(t *testing.T) {
	var text strings.Builder
	text.WriteString("version: 1\njobs:\n")
	for i := range 3 * diag.Most {
		fmt.Fprintf(&text, "  j%d: {run: ls, stdout: {capture: {}}}\n", i)
	}
	var first string
	for range 3 {
		_, problems := Parse("f.yaml", []byte(text.String()), spec.DefaultLimits())
		problems = problems.AtLeast(diag.Warning)
		if len(problems) != diag.Most+1 || problems[diag.Most].Rule != "SL015" {
			t.Fatalf("%d problems, the last one %+v", len(problems), problems[len(problems)-1])
		}
		if all := texts(problems); first != "" && all != first {
			t.Fatal("not the same twice")
		} else {
			first = all
		}
	}
}

// TestWaiverBesideErrors holds that a waiver of a rule that was not applied,
// because of an error elsewhere, is not called useless.
func TestWaiverBesideErrors(t *testing.T) {
	text := `version: 1
jobs:
  a:
    run: ls
    stdout: {capture: {}}
    allow: [{rule: SL704, reason: a later change reads it}]
  b:
    run: ls > x
`
	if got := rulesOf(t, text); !slices.Equal(got, []string{"SL201"}) {
		t.Errorf("got %s, want SL201 alone", got)
	}
}

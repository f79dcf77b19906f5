package runner

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// attemptOfStage gives a stage the number of the attempt as its last argument.
func attemptOfStage(s *plan.Stage) *plan.Stage {
	s.Argv = append(s.Argv, plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownAttempt}}))
	return s
}

// Every attempt reads its whole input again.
func TestInputOverRetries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in")
	write(t, path, "some text")
	for _, in := range []plan.Input{
		{Kind: plan.InFile, Path: path},
		{Kind: plan.InText, Text: plan.Known("some text")},
		{Kind: plan.InJob, Job: "source"},
	} {
		source := job("source", self(t, "tag", "some text"))
		source.Instances[0].Stdout = capture(100)
		j := job("j", self(t, "copy"), attemptOfStage(self(t, "retake", "3")))
		j.Needs = []string{"source"}
		j.Instances[0].Stdin = in
		j.Retry = &plan.Retry{Attempts: 3, Delays: make([]plan.Duration, 2)}
		o := execute(t, planOf(source, j), Options{})
		if got, want := o.logged("j", 1, event.Stdout), strings.Repeat("some text", 3); got != want || o.Status != report.Succeeded {
			t.Errorf("from %s: %s, %q", in.Kind, o.Status, got)
		}
	}
}

// What can be read once only is refused before anything of the job starts.
func TestRetryOfAFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	j := flaky(t, "1", 2)
	j.Instances[0].Stdin = plan.Input{Kind: plan.InFile, Path: path}
	o := execute(t, planOf(j), Options{})
	want := "stdin is the FIFO " + path + ", which a second attempt could not read again; leave retry out, or have a job write it to a file first"
	if r := o.Jobs[0]; r.Status != report.Failed || r.Reason != want || len(r.Attempts) > 0 {
		t.Errorf("%s: %s", r.Status, r.Reason)
	}
}

// Only what `on` names is tried again.
func TestRetryOnlyOn(t *testing.T) {
	for _, tt := range []struct {
		on   plan.RetryOn
		want int // attempts
	}{
		{plan.RetryOn{Exit: []int{75}}, 3},
		{plan.RetryOn{Exit: []int{1}, Timeout: true, Start: true}, 1},
	} {
		j := flaky(t, "3", 5)
		j.Retry.On = &tt.on
		o := execute(t, planOf(j), Options{})
		if n := o.Jobs[0].Tries(); n != tt.want {
			t.Errorf("on %+v: %d attempts, want %d", tt.on, n, tt.want)
		}
	}
}

// The budget ends the attempts, and the report says so.
func TestRetryBudgetIsTold(t *testing.T) {
	j := flaky(t, "9", 3)
	j.Retry.Delays = []plan.Duration{0, plan.Duration(time.Hour)}
	j.Retry.Budget = plan.Duration(time.Hour)
	o := execute(t, planOf(j), Options{})
	a := o.Jobs[0].Last()
	want := "attempt 3 of 3 is not made: it would begin after the retry budget of 1h"
	if a.Number != 2 || strings.Join(a.Warnings, "|") != want || len(find[event.RetryScheduled](o.recorder)) != 1 {
		t.Errorf("attempt %d: %q", a.Number, a.Warnings)
	}
}

// A report keeps the last attempts, and counts the others.
func TestManyAttempts(t *testing.T) {
	o := execute(t, planOf(flaky(t, "25", 30)), Options{})
	j := o.Jobs[0]
	if len(j.Attempts) != 20 || j.Earlier != 5 || j.Tries() != 25 || j.Attempts[0].Number != 6 || j.Last().Number != 25 {
		t.Errorf("%d attempts after %d, the last is %d", len(j.Attempts), j.Earlier, j.Last().Number)
	}
}

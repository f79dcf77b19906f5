package runner

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// A tee that is to fail at its bound ends its job, whoever waits for what. The
// branch that reads slowly is at fault, or the tee where that is no stage.
func TestSpillFails(t *testing.T) {
	tee := teeTo()
	tee.Tee.Spill, tee.Tee.Fail = 1<<20, true
	j := graph(0, 3, self(t, "flood"), tee, branch(1, self(t, "hang")), from(1, self(t, "soak")))
	j.Retry = &plan.Retry{Attempts: 2, On: &plan.RetryOn{Signal: []string{"TERM"}}} // it was not a signal's fault
	o := execute(t, planOf(j), Options{}).Jobs[0]
	a := o.Last()
	if want := "hang is 1MiB behind the others, and spill allows no more"; a.Status != report.Failed || a.Cause != want || a.CauseBy != 2 || o.Tries() != 1 {
		t.Errorf("%s: %s, by %d, in %d attempts", words(a), a.Cause, a.CauseBy, o.Tries())
	}
	for _, k := range []int{2, 3} {
		if s := a.Stages[k]; s.Status != report.StageCancelled || s.Ending != "signal 15 TERM, sent by sluice" {
			t.Errorf("%s %s: %s", s.Name, s.Status, s.Ending)
		}
	}

	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenFile(fifo, os.O_RDWR, 0) // which nobody reads
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tee = teeTo(toFile(fifo, plan.ModeAppend))
	tee.Tee.Spill, tee.Tee.Fail = 1<<20, true
	a = execute(t, planOf(job("j", self(t, "flood"), tee, self(t, "soak"))), Options{}).Jobs[0].Last()
	if want := fifo + " is 1MiB behind the others, and spill allows no more"; a.Status != report.Failed || a.Cause != want || a.CauseBy != 1 {
		t.Errorf("%s: %s, by %d", words(a), a.Cause, a.CauseBy)
	}
}

// What a tee can't keep fails its job, and says for whom it was.
func TestSpillImpossible(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	late := opens(from(1, self(t, "cat")), 2) // reads its input when it has the sum, which is never
	late.Argv = append(late.Argv, plan.Known("-"))
	a := execute(t, planOf(graph(0, 3, self(t, "flood"), teeTo(), from(1, self(t, "sum")), late)), Options{}).Jobs[0].Last()
	if !strings.HasPrefix(a.Stages[1].Error, "keep what cat has not read: spool to a temporary file: ") || a.Status != report.Failed || a.CauseBy != 1 {
		t.Errorf("%s, by %d", words(a), a.CauseBy)
	}
}

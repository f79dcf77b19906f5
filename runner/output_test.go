package runner

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// onlyFile checks that nothing but the named file is in its directory, and
// what it holds. Without a name the directory is empty.
func onlyFile(t *testing.T, dir, name, want string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != name {
			t.Errorf("%s is left", e.Name())
		}
	}
	if name != "" {
		if got := text(t, filepath.Join(dir, name)); got != want {
			t.Errorf("%s holds %.80q, want %.80q", name, got, want)
		}
	}
}

// An output file is the whole old or the whole new content, however the
// attempt ends.
func TestAtomicOutput(t *testing.T) {
	tag := func(s string) *plan.Stage { return self(t, "tag", s) }
	for _, tt := range []struct {
		name  string
		job   *plan.Job
		ready int // cancelled when so many stages are ready
		want  string
	}{
		{"success", job("j", tag("new")), 0, "new"},
		{"the writer fails", job("j", self(t, "turns", "9"), self(t, "exit", "3")), 0, "old"},
		{"an earlier stage fails", job("j", self(t, "exit", "3"), tag("new")), 0, "old"},
		{"killed", job("j", tag("new"), self(t, "die", "9")), 0, "old"},
		{"the writer could not start", job("j", tag("new"), stageOf("x", "/no/such", []string{"x"}, nil)), 0, "old"},
		{"timeout", job("j", self(t, "hang"), tag("new")), 0, "old"},
		{"cancel", job("j", self(t, "hang"), tag("new")), 1, "old"},
		{"cut off by its reader", job("j", self(t, "flood"), self(t, "first", "5")), 0, "flood"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, before := range []string{"", "old"} {
				dir := t.TempDir()
				path := filepath.Join(dir, "out")
				want, name := tt.want, "out"
				if before != "" {
					write(t, path, before)
				} else if want == "old" {
					want, name = "", ""
				}
				tt.job.Instances[0].Stdout = toFile(path, plan.ModeAtomic)
				switch {
				case tt.ready > 0:
					cancelWhenReady(t, planOf(tt.job), tt.ready, Options{})
				case tt.name == "timeout":
					tt.job.Timeout = plan.Duration(10 * time.Millisecond)
					fallthrough
				default:
					execute(t, planOf(tt.job), Options{})
				}
				onlyFile(t, dir, name, want)
			}
		})
	}
}

// Several streams may go to one file, which is opened once.
func TestSharedOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "out")
	first := self(t, "say", "-e", "first")
	first.Stderr = toFile(path, plan.ModeAtomic)
	j := job("j", first, self(t, "copy"))
	j.Instances[0].Stages[1].Stderr = toFile(path, plan.ModeAtomic)
	j.Instances[0].Stdout = toFile(path, plan.ModeAtomic)
	execute(t, planOf(j), Options{}).wants(t, "succeeded succeeded; succeeded")
	onlyFile(t, filepath.Dir(path), "out", "first\n")
}

// flaky is a job of which attempt n is the first to succeed.
func flaky(t *testing.T, n string, attempts int) *plan.Job {
	t.Helper()
	stage := self(t, "flaky", n)
	stage.Argv = append(stage.Argv, plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownAttempt}}))
	j := job("j", stage)
	j.Retry = &plan.Retry{Attempts: attempts, Delays: make([]plan.Duration, attempts-1)}
	return j
}

// What failed attempts wrote does not stay in the file.
func TestOutputOverRetries(t *testing.T) {
	for _, tt := range []struct {
		mode      plan.FileMode
		first     string // the attempt that succeeds
		old, want string
	}{
		{plan.ModeAppend, "3", "before\n", "before\nattempt 3\n"},
		{plan.ModeAppend, "9", "before\n", "before\n"},
		{plan.ModeAppend, "2", "", "attempt 2\n"},
		{plan.ModeAtomic, "3", "before\n", "attempt 3\n"},
		{plan.ModeAtomic, "9", "before\n", "before\n"},
		{plan.ModeTruncate, "3", "before\n", "attempt 3\n"},
		{plan.ModeTruncate, "9", "before\n", "attempt 4\n"}, // as its name says
		{plan.ModeCreate, "3", "", "attempt 3\n"},
		{plan.ModeCreate, "9", "", ""},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "out")
		if tt.old != "" {
			write(t, path, tt.old)
		}
		j := flaky(t, tt.first, 4)
		j.Instances[0].Stdout = toFile(path, tt.mode)
		o := execute(t, planOf(j), Options{})
		if got := text(t, path); got != tt.want {
			t.Errorf("%s, attempt %s: %q, want %q", tt.mode, tt.first, got, tt.want)
		}
		if ok := tt.first != "9"; (o.Status == report.Succeeded) != ok {
			t.Errorf("%s, attempt %s: the run %s", tt.mode, tt.first, o.Status)
		}
		if tt.want != "" {
			onlyFile(t, dir, "out", tt.want)
		}
	}
}

func TestCreateRefusesWhatExists(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	// It comes to be while the job runs, which is when Create decides.
	other := job("other", self(t, "tag", "theirs"))
	other.Instances[0].Stdout = toFile(path, plan.ModeAtomic)
	ours := job("ours", self(t, "tag", "ours"))
	ours.Instances[0].Stdout = toFile(path, plan.ModeCreate)
	ours.Needs = []string{"other"}
	o := execute(t, planOf(other, ours), Options{})
	if a := o.Jobs[1].Last(); a.Status != report.Failed || a.Cause != "create "+path+": file already exists" {
		t.Errorf("%s: %s", a.Status, a.Cause)
	}
	onlyFile(t, dir, "out", "theirs")
}

// What a job writes, the job that needs it reads.
func TestOutputOfANeededJob(t *testing.T) {
	path := filepath.Join(t.TempDir(), "between")
	w, r := job("w", self(t, "emit", "300000")), job("r", self(t, "sum"))
	w.Instances[0].Stdout = toFile(path, plan.ModeAtomic)
	r.Instances[0].Stdin = plan.Input{Kind: plan.InFile, Path: path, Later: true}
	r.Needs = []string{"w"}
	o := execute(t, planOf(r, w), Options{})
	if got := o.logged("r", 0, "stdout"); got[:6] != "300000" || o.Status != report.Succeeded {
		t.Errorf("%s: %q", o.Status, got)
	}
}

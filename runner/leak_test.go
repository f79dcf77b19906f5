package runner

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// Two hundred pipelines, of which half fail in some way, leave nothing: no
// descriptor, no goroutine, no process.
func TestNothingIsLeft(t *testing.T) {
	dir := t.TempDir()
	missing := stageOf("missing", "/no/such/program", []string{"missing"}, nil)
	var shapes [][]*plan.Stage
	for range 25 {
		shapes = append(shapes,
			[]*plan.Stage{tool(t, "true")},
			[]*plan.Stage{tool(t, "cat"), tool(t, "cat"), tool(t, "cat")},
			[]*plan.Stage{tool(t, "yes"), tool(t, "cat"), tool(t, "head", "-n", "1")},
			[]*plan.Stage{tool(t, "yes"), tool(t, "true")},
			[]*plan.Stage{tool(t, "false")},
			[]*plan.Stage{tool(t, "cat"), tool(t, "false"), tool(t, "cat")},
			[]*plan.Stage{tool(t, "yes"), tool(t, "cat"), missing},
			[]*plan.Stage{missing, tool(t, "cat")},
		)
	}
	var jobs []*plan.Job
	for i, stages := range shapes {
		j := job("j"+string(rune('A'+i%26))+string(rune('a'+i/26)), stages...)
		inst := j.Instances[0]
		switch i / 8 % 5 {
		case 0:
			inst.Stdout = capture(10)
		case 1:
			inst.Stdout = toFile(filepath.Join(dir, j.Name), plan.ModeAtomic)
		case 2:
			inst.Stdout = toFile(filepath.Join(dir, "log"), plan.ModeAppend)
		case 3:
			inst.Stdout.Kind = plan.OutDiscard
		}
		if i%3 == 0 {
			inst.Stdin = plan.Input{Kind: plan.InText, Text: plan.Known("text\n")}
		}
		jobs = append(jobs, j)
	}
	// execute itself looks for what is left.
	o := execute(t, planOf(jobs...), Options{Parallel: 8, KeepGoing: true})
	count := map[report.Status]int{}
	for i, j := range o.Jobs {
		count[j.Status]++
		if want := i%8 < 4; (j.Status == report.Succeeded) != want {
			t.Errorf("%s, %d: %s: %s", j.ID, i%8, j.Status, j.Last().Cause)
		}
	}
	if count[report.Succeeded] != 100 || count[report.Failed] != 100 {
		t.Errorf("%v", count)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s is left", e.Name())
		}
	}
}

// A plan that was written down runs as it is, in a process with an odd
// inheritance: an open descriptor 9, SIGPIPE ignored and TERM blocked. Its
// children have none of that.
func TestChildrenInheritNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/proc tells what a child inherited on Linux only")
	}
	env, err := exec.LookPath("env")
	if err != nil {
		t.Skip("this machine has no env")
	}
	if err := exec.Command(env, "--ignore-signal=PIPE", "--block-signal=TERM", "true").Run(); err != nil {
		t.Skipf("its env can't ignore and block signals: %v", err)
	}
	dir := t.TempDir()
	files := job("files", tool(t, "ls", "/proc/self/fd"))
	status := job("status", tool(t, "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"))
	files.Instances[0].Stdout = toFile(filepath.Join(dir, "files"), plan.ModeAtomic)
	status.Instances[0].Stdout = toFile(filepath.Join(dir, "status"), plan.ModeAtomic)
	early := job("early", tool(t, "yes"), tool(t, "head", "-n", "1"))
	data, err := json.Marshal(planOf(files, status, early))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "plan.json")
	write(t, path, string(data))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(env, "--ignore-signal=PIPE", "--block-signal=TERM", self, path)
	cmd.Env = []string{play + "=sluice", "GORACE=atexit_sleep_ms=0"}
	cmd.Stderr = os.Stderr
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for range 7 { // 3 to 9
		cmd.ExtraFiles = append(cmd.ExtraFiles, null)
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var rep report.Report
	if err := json.Unmarshal(out, &rep); err != nil {
		t.Fatal(err)
	}
	if got, want := results(&rep), "files succeeded, status succeeded, early succeeded"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if got := text(t, filepath.Join(dir, "files")); got != "0\n1\n2\n3\n" { // ls opened 3 itself
		t.Errorf("a child has the descriptors %q", got)
	}
	if got, none := text(t, filepath.Join(dir, "status")), strings.Repeat("0", 16); got != "SigBlk:\t"+none+"\nSigIgn:\t"+none+"\n" {
		t.Errorf("a child has the signals %q", got)
	}
	if s := rep.Jobs[2].Last().Stages[0]; s.Status != report.StageClosedEarly || s.Signal != "PIPE" {
		t.Errorf("yes ended with %s", s.Ending)
	}
}

// What a stage logs comes whole, over several attempts and from many jobs at
// once.
func TestLogIsWhole(t *testing.T) {
	j := matrix(job("j", nil), 6, func(int) *plan.Stage { return self(t, "emit", "500000") })
	o := execute(t, planOf(j), Options{Parallel: 6})
	want := o.logged("j[i=0]", 0, event.Stdout)
	for _, inst := range j.Instances {
		if got := o.logged(inst.ID, 0, event.Stdout); len(got) != 500_000 || got != want {
			t.Errorf("%s: %d bytes", inst.ID, len(got))
		}
	}
}

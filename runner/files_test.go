package runner

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// With few descriptors fewer instances run at once, and none fails for that.
func TestFewDescriptors(t *testing.T) {
	var jobs []*plan.Job
	for i := range 200 {
		jobs = append(jobs, job(fmt.Sprintf("j%d", i), tool(t, "true"), tool(t, "cat")))
	}
	withFew(t, planOf(jobs...), "40", "64", "200")
}

// withFew runs p with each of so many descriptors, a hundred instances at once,
// and wants it to succeed.
func withFew(t *testing.T, p *plan.Plan, descriptors ...string) {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "plan.json")
	write(t, path, string(data))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range descriptors {
		cmd := exec.Command(self, n, path)
		cmd.Env = []string{play + "=few", "GORACE=atexit_sleep_ms=0"}
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("with %s: %v", n, err)
		}
		var rep report.Report
		if err := json.Unmarshal(out, &rep); err != nil {
			t.Fatal(err)
		}
		if rep.Status == report.Succeeded {
			continue
		}
		t.Errorf("with %s: %s", n, results(&rep))
		for _, j := range rep.Jobs {
			if a := j.Last(); a != nil && a.Status != report.Succeeded {
				t.Logf("%s: %s", j.ID, a.Cause)
			}
		}
	}
}

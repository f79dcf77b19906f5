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
	data, err := json.Marshal(planOf(jobs...))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "plan.json")
	write(t, path, string(data))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"40", "64", "200"} {
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
		if rep.Status != report.Succeeded {
			t.Errorf("with %s: %s", n, results(&rep))
		}
	}
}

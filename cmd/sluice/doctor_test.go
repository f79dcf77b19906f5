package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestDoctor(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SLUICE_STATE_DIR", filepath.Join(dir, "state", "of", "runs"))
	o := runSluice(t, dir, "doctor")
	if o.code != exitOK || o.stderr != "" {
		t.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	for _, want := range []string{"✓ state        " + dir, "containment  ", "descriptors  "} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("it does not say %q:\n%s", want, o.stdout)
		}
	}
	if runtime.GOOS == "linux" && !strings.Contains(o.stdout, "✓ containment  cgroup: ") && !strings.Contains(o.stdout, "✓ containment  subreaper: ") {
		t.Errorf("it does not say what keeps a run together:\n%s", o.stdout)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("it made %v, %v", entries, err)
	}
}

func TestDoctorWithoutState(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	states := map[string]string{
		file:                        "not a directory",
		filepath.Join(file, "in"):   "not a directory",
		"/proc/self/fdinfo/history": "", // the words differ
	}
	for place, why := range states {
		if strings.HasPrefix(place, "/proc") && runtime.GOOS != "linux" {
			continue
		}
		t.Setenv("SLUICE_STATE_DIR", place)
		o := runSluice(t, dir, "doctor", "--json")
		var findings []finding
		if err := json.Unmarshal([]byte(o.stdout), &findings); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(findings, func(f finding) bool { return f.Name == "state" })
		if o.code != exitError || i < 0 || findings[i].OK || !strings.Contains(findings[i].Text, why) || findings[i].Hint != stateHint {
			t.Errorf("%s: exit code %d, %+v", place, o.code, findings)
		}
	}
}

// What is there already stays, and nothing comes to it.
func TestDoctorLeavesTheStateAlone(t *testing.T) {
	dir := t.TempDir()
	runs := filepath.Join(dir, "runs")
	if err := os.Mkdir(runs, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLUICE_STATE_DIR", dir)
	if o := runSluice(t, dir, "doctor"); o.code != exitOK {
		t.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if entries, err := os.ReadDir(runs); err != nil || len(entries) > 0 {
		t.Errorf("it left %v, %v", entries, err)
	}
}

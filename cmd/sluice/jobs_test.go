package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sluice/runner/report"
)

// The job files of the repository run here for real, from its root. What they
// make goes to a folder of the test, so that the tree stays as it was.

// output is what a command printed, and how it ended.
type output struct {
	stdout, stderr string
	code           int
}

// runSluice runs the command in dir. TestMain has put it on PATH.
func runSluice(t *testing.T, dir string, args ...string) output {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sluice", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "CI=", "GITHUB_ACTIONS=", "FORCE_COLOR=")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return output{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// mustSucceed runs sluice at the root of the repository.
func mustSucceed(t *testing.T, args ...string) output {
	t.Helper()
	o := runSluice(t, repository, args...)
	if o.code != 0 {
		t.Fatalf("sluice %s: exit code %d\n%s%s", strings.Join(args, " "), o.code, o.stdout, o.stderr)
	}
	return o
}

const repository = "../.."

// needTools skips the test where a program that its job file uses is missing.
func needTools(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("this machine has no %s", name)
		}
	}
}

func TestJobFilesAreValid(t *testing.T) {
	o := mustSucceed(t, "validate", "--strict", "jobs")
	if o.stdout != "" || !strings.Contains(o.stderr, ": no problems\n") {
		t.Errorf("got %q and %q", o.stdout, o.stderr)
	}
}

func TestJobWords(t *testing.T) {
	needTools(t, "tr", "sort", "uniq", "head")
	text := "The cat saw the dog.\nthe DOG saw 7 cats; a cat ran\n"
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	o := mustSucceed(t, "run", "jobs/words.yaml", "-p", "text="+file, "-p", "top=4")
	var got []string
	for line := range strings.Lines(o.stdout) { // programs differ in how they pad
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	// Equal counts come in falling order of the words, as sort -r makes it.
	want := []string{"3 the", "2 saw", "2 dog", "2 cat"}
	if !slices.Equal(got, want) || o.stderr != "" {
		t.Errorf("got %q and %q, want %q and nothing", got, o.stderr, want)
	}
}

func TestJobWordsOfThisRepository(t *testing.T) {
	needTools(t, "tr", "sort", "uniq", "head")
	if n := strings.Count(mustSucceed(t, "run", "jobs/words.yaml").stdout, "\n"); n != 10 {
		t.Errorf("%d lines, want the default of 10", n)
	}
}

func TestJobLogs(t *testing.T) {
	needTools(t, "go", "awk", "sort", "uniq", "head", "tail")
	dir := t.TempDir()
	args := []string{"run", "jobs/logs.yaml", "-p", "lines=3000", "-p", "seed=7", "-p", "out=" + dir}
	shown := mustSucceed(t, args...).stdout
	log := readLog(t, filepath.Join(dir, "access.log"))
	if len(log) != 3000 {
		t.Errorf("the log has %d lines, want 3000", len(log))
	}
	for name, want := range map[string][]string{
		"clients.txt":  clients(log),
		"statuses.txt": statuses(log),
		"slow.txt":     slow(log),
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(string(text)) {
			got = append(got, strings.Join(strings.Fields(line), " "))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		if !strings.Contains(shown, name) || !strings.Contains(shown, string(text)) {
			t.Errorf("%s is not shown whole in\n%s", name, shown)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("%v, %v; want the log and three results, and nothing unfinished", entries, err)
	}
	before, _ := os.ReadFile(filepath.Join(dir, "access.log"))
	mustSucceed(t, append(args, "log")...)
	if after, _ := os.ReadFile(filepath.Join(dir, "access.log")); !bytes.Equal(before, after) {
		t.Error("the same seed made another log")
	}
}

// request is what the questions are about.
type request struct {
	client, status, path string
	micros               float64
}

func readLog(t *testing.T, name string) (log []request) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		// client - - [date zone] "GET path HTTP/1.1" status size "-" "agent" micros
		parts := strings.Split(lines.Text(), `"`)
		if len(parts) != 7 {
			t.Fatalf("%q has %d quotes, want 6", lines.Text(), len(parts)-1)
		}
		micros, err := strconv.Atoi(strings.TrimSpace(parts[6]))
		if err != nil {
			t.Fatal(err)
		}
		client, _, _ := strings.Cut(parts[0], " ")
		log = append(log, request{client, strings.Fields(parts[2])[0], strings.Fields(parts[1])[1], float64(micros)})
	}
	return log
}

func clients(log []request) (lines []string) {
	count := map[string]int{}
	for _, r := range log {
		count[r.client]++
	}
	names := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
	for _, name := range names[:5] {
		lines = append(lines, fmt.Sprint(count[name], " ", name))
	}
	return lines
}

func statuses(log []request) (lines []string) {
	count := map[string]int{}
	for _, r := range log {
		count[r.status]++
	}
	for _, status := range slices.Sorted(maps.Keys(count)) {
		lines = append(lines, fmt.Sprint(count[status], " ", status))
	}
	return lines
}

func slow(log []request) (lines []string) {
	count, micros := map[string]float64{}, map[string]float64{}
	for _, r := range log {
		count[r.path]++
		micros[r.path] += r.micros
	}
	mean := func(path string) float64 { return micros[path] / count[path] / 1000 }
	paths := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(mean(b), mean(a)), cmp.Compare(a, b))
	})
	for _, path := range paths[:5] {
		lines = append(lines, fmt.Sprintf("%.1f %s", mean(path), path))
	}
	return lines
}

func TestJobChecks(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for three platforms")
	}
	needTools(t, "go")
	o := mustSucceed(t, "run", "--json", "jobs/checks.yaml")
	want := []string{
		"vet[package=./spec/...]", "vet[package=./validate/...]", "vet[package=./runner/...]", "vet[package=./cmd/...]",
		"build[os=linux,arch=amd64]", "build[os=linux,arch=arm64]", "build[os=darwin,arch=arm64]",
	}
	var got []string
	for _, j := range readReport(t, o.stdout).Jobs {
		got = append(got, j.ID)
		if j.Status != report.Succeeded {
			t.Errorf("%s: %s", j.ID, j.Status)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func readReport(t *testing.T, text string) (r report.Report) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return r
}

func TestJobErrors(t *testing.T) {
	needTools(t, "go", "echo", "grep", "yes", "head", "true", "false", "sleep", "rm")
	dir := t.TempDir()
	o := runSluice(t, repository, "run", "--json", "--keep-going", "jobs/errors.yaml", "-p", "out="+dir)
	if o.code != 1 {
		t.Errorf("exit code %d, want 1\n%s", o.code, o.stderr)
	}
	// One line for a job: its status, its attempts, and how its stages ended.
	want := map[string]string{
		"build":        "succeeded 1: succeeded 0",
		"success":      "succeeded 1: succeeded 0",
		"ok-codes":     "succeeded 1: succeeded 1",
		"closed-early": "succeeded 1: closed_early PIPE, succeeded 0",
		"elsewhere":    "skipped 0:",
		"exit-code":    "failed 1: failed 3",
		"signal":       "failed 1: failed KILL",
		"any-stage":    "failed 1: failed 1, succeeded 0",
		"half-a-file":  "failed 1: succeeded 0, failed 1",
		"cannot-start": "failed 1: not_started 127",
		"timeout":      "timed_out 1: timed_out TERM",
		"stubborn":     "timed_out 1: timed_out KILL",
		"dependent":    "not_started 0:",
		"clean-up":     "succeeded 1: succeeded 0",
	}
	got := map[string]string{}
	for _, j := range readReport(t, o.stdout).Jobs {
		got[j.ID] = told(j)
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if got[id] != want[id] {
			t.Errorf("%s: got %q, want %q", id, got[id], want[id])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d jobs, want %d", len(got), len(want))
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v; want nothing: no half file, and what build made was removed", entries, err)
	}
	for _, id := range []string{"exit-code", "signal", "any-stage", "half-a-file", "cannot-start", "timeout", "stubborn"} {
		if !strings.Contains(o.stderr, "✗ "+id+" ") || !strings.Contains(o.stderr, "jobs/errors.yaml -p out="+dir+" "+id+"\n") {
			t.Errorf("%s has no block with a command to run it again in\n%s", id, o.stderr)
		}
	}
}

func told(j *report.Job) string {
	text := fmt.Sprintf("%s %d:", j.Status, len(j.Attempts))
	if a := j.Last(); a != nil {
		for i, s := range a.Stages {
			if i > 0 {
				text += ","
			}
			text += " " + string(s.Status) + " " + cmp.Or(s.Signal, strconv.Itoa(s.Code))
		}
	}
	return text
}

func TestJobEndings(t *testing.T) {
	needTools(t, "go", "rm")
	dir := t.TempDir()
	o := runSluice(t, repository, "run", "--json", "--keep-going", "jobs/endings.yaml", "-p", "out="+dir)
	if o.code != 1 {
		t.Errorf("exit code %d, want 1\n%s", o.code, o.stderr)
	}
	want := map[string]string{
		"build":             "succeeded 1: succeeded 0",
		"exit-before-close": "succeeded 1: succeeded 0",
		"daemon":            "succeeded 1: succeeded 0",
		"polite":            "timed_out 1: succeeded 0",
		"stubborn":          "timed_out 1: timed_out KILL",
		"silent":            "timed_out 1: timed_out TERM",
		"third-time":        "succeeded 3: succeeded 0",
		"once":              "failed 1: failed 3",
		"clean-up":          "succeeded 1: succeeded 0",
	}
	rep := readReport(t, o.stdout)
	for _, j := range rep.Jobs {
		if told(j) != want[j.ID] {
			t.Errorf("%s: got %q, want %q", j.ID, told(j), want[j.ID])
		}
	}
	if len(rep.Jobs) != len(want) {
		t.Errorf("%d jobs, want %d", len(rep.Jobs), len(want))
	}
	left := 0
	for line := range strings.Lines(o.stderr) {
		pid, ok := strings.CutPrefix(strings.TrimSpace(line), "left behind process ")
		if !ok {
			continue
		}
		left++
		if comm, err := os.ReadFile("/proc/" + pid + "/comm"); err == nil && string(comm) == "endings\n" {
			t.Errorf("process %s was left behind", pid)
		}
	}
	if left != 2 {
		t.Errorf("%d processes were left behind by jobs, want 2\n%s", left, o.stderr)
	}
}

func TestJobService(t *testing.T) {
	needTools(t, "go", "rm")
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("the pipe of the shell\nthe end\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skipf("nothing can listen here: %v", err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	args := []string{"run", "--json", "jobs/service.yaml", "-p", "out=" + dir, "-p", "text=" + text, "-p", "port=" + port, "-j", "1"}
	if o := runSluice(t, repository, args...); o.code != 1 || !strings.Contains(o.stderr, port) {
		t.Errorf("somebody else listens: exit code %d, want 1 and a word on the port\n%s", o.code, o.stderr)
	}
	free.Close()
	o := mustSucceed(t, args...)
	for word, want := range map[string]string{"the": "the: 3\n", "a": "a: 0\n", "pipe": "pipe: 1\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, word+".txt")); err != nil || string(got) != want {
			t.Errorf("the answer is %q, %v, want %q", got, err, want)
		}
	}
	if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
		conn.Close()
		t.Error("the server still listens")
	}
	jobs := readReport(t, o.stdout).Jobs
	for _, j := range jobs {
		if j.Status != report.Succeeded {
			t.Errorf("%s: %s", j.ID, told(j))
		}
	}
	if len(jobs) != 6 {
		t.Errorf("%d jobs, want 6", len(jobs))
	}
	if !strings.Contains(o.stderr, "told to stop") {
		t.Errorf("the server was not asked to stop:\n%s", o.stderr)
	}
}

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sample is what sluice holds at one moment.
type sample struct{ kib, threads, files, zombies int }

func (f *fault) sample(pid int) (s sample) {
	f.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "VmRSS":
			s.kib = n
		case "Threads":
			s.threads = n
		}
	}
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	s.files = len(files)
	for _, child := range childrenOf(pid) {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child))
		if _, state, _ := strings.Cut(string(text), ") "); strings.HasPrefix(state, "Z") {
			s.zombies++
		}
	}
	return s
}

// TestSoak runs very many jobs, four at once. What sluice holds after the first
// fifth is what it holds to the end, but for the results, which are kept for
// the report.
func TestSoak(t *testing.T) {
	needTools(t, "true")
	jobs := 2000
	if os.Getenv("SLUICE_LONG") != "" {
		jobs = 20_000
	}
	const parallel, samples = 4, 10
	f := newFault(t, fmt.Sprintf("jobs: {many: {matrix: {n: {range: [1, %d]}}, command: 'true'}}\n", jobs))
	f.patience = 10 * time.Minute
	fifo := f.path("events")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	events, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	p := f.command("sluice", "run", "-j", strconv.Itoa(parallel), "-o", "quiet", "--events", fifo, "job.yaml")
	f.start(p)
	var list []sample
	ended := 0
	for lines := bufio.NewReader(events); ; {
		events.SetReadDeadline(time.Now().Add(guard))
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		var e struct{ Type string }
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		if e.Type == "run_ended" {
			break
		}
		if e.Type != "job_ended" {
			continue
		}
		if ended++; ended%(jobs/samples) == 0 && ended < jobs {
			list = append(list, f.sample(p.Process.Pid))
			t.Logf("%d: %+v", ended, list[len(list)-1])
		}
	}
	f.wants(f.end(p), exitOK)
	if len(list) != samples-1 {
		t.Fatalf("%d samples, want %d", len(list), samples-1)
	}
	// A result takes a good kilobyte. Four attempts are somewhere between
	// their start and their end when a sample is taken.
	const perAttempt = 6
	perJob := 3
	if raced() {
		perJob = 15
	}
	first := list[1] // before, there is still what it took to make the plan
	for i, s := range list[1:] {
		after := (i + 2) * jobs / samples
		if s.zombies > parallel || s.threads > first.threads+parallel || s.files > first.files+parallel*perAttempt || s.kib > first.kib+2048+perJob*after {
			t.Errorf("after %d jobs it holds %+v, after the first fifth %+v", after, s, first)
		}
	}
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What the kernel refuses sluice, and what it is given on its way.

// twoJobs makes a file, and then another.
const twoJobs = `jobs:
  first: {pipe: [emit new, copy], stdout: {file: out.txt}}
  second: {needs: [first], run: emit done, stdout: {file: done.txt}}
`

func TestF10ForkFails(t *testing.T) {
	for errno, words := range map[string]string{"EAGAIN": "resource temporarily unavailable", "ENOMEM": "cannot allocate memory"} {
		t.Run(errno, func(t *testing.T) {
			f := newFault(t, twoJobs)
			f.write("out.txt", "old\n")
			o := f.run("deny", errno, "fork", "sluice", "run", "job.yaml")
			f.wants(o, exitError, "sluice: start the process that watches over this one: fork: "+words)
			f.oldOrNew("out.txt", "old\n")
			f.noLitter()
		})
	}
}

// Sluice under a limit of descriptors: what it can't do it says, whichever is
// the one too many.
func TestF14FewDescriptors(t *testing.T) {
	succeeded := false
	for n := 4; n <= 64 && !succeeded; n++ { // with 3 no dynamic program starts
		f := newFault(t, `jobs:
  first: {pipe: [emit new, copy, copy], stdout: {file: out.txt}}
  second: {pipe: [emit done, copy]}
  third: {run: emit x}
`)
		f.write("out.txt", "old\n")
		o := f.run("limit", fmt.Sprintf("nofile=%d", n), "sluice", "run", "-j", "3", "-k", "job.yaml")
		f.noLitter()
		if succeeded = o.code == exitOK; succeeded {
			f.oldOrNew("out.txt", "new\n")
			continue
		}
		if o.code != exitFailed && o.code != exitError || !strings.Contains(o.stderr, "too many open files") {
			t.Errorf("with %d: exit code %d\n%s", n, o.code, o.stderr)
		}
		if f.oldOrNew("out.txt", "old\n", "new\n"); t.Failed() {
			t.FailNow()
		}
	}
	if !succeeded {
		t.Error("with 64 descriptors it does not run, either")
	}
}

// Older kernels, and the filters of containers, have not every call. Each has
// a way around it.
func TestF24OldKernel(t *testing.T) {
	for _, calls := range []string{"pidfd_open,pidfd_send_signal", "clone3", "close_range", "memfd_create"} {
		t.Run(calls, func(t *testing.T) {
			f := newFault(t, `jobs:
  first: {pipe: [copy, copy], stdin: {text: new}, stdout: {file: out.txt}}
  tree: {run: tree life, timeout: 100ms, stop: {grace: 100ms}}
`)
			l := f.life("life")
			p := f.command("deny", "ENOSYS", calls, "sluice", "run", "-k", "job.yaml")
			f.start(p)
			f.wants(f.end(p), exitFailed, "timeout of 100ms")
			l.gone()
			f.oldOrNew("out.txt", "new")
		})
	}
}

// A control group that was killed can't be used again, by a bug of Linux since
// 6.14: what is made in it, or from it in another, is killed at its birth. That
// is how sluice finds its own group after a service manager has used cgroup.kill.
func TestF24KilledControlGroup(t *testing.T) {
	parent := ""
	for _, path := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(path + "/cgroup.controllers"); err == nil {
			parent = path
		}
	}
	group := filepath.Join(parent, fmt.Sprintf("faults-%d", os.Getpid()))
	if err := os.Mkdir(group, 0o755); parent == "" || err != nil {
		t.Skipf("no control group of version 2 can be made: %v", err)
	}
	defer removeGroup(t, group)
	if err := os.WriteFile(filepath.Join(group, "cgroup.kill"), []byte("1"), 0); err != nil {
		t.Skipf("it can't be killed: %v", err)
	}
	f := newFault(t, twoJobs)
	f.wants(f.run("joined", filepath.Join(group, "cgroup.procs"), "sluice", "run", "job.yaml"), exitOK)
	f.oldOrNew("out.txt", "new\n")
}

// A line of 200 MB is passed on in pieces.
func TestF30EndlessLine(t *testing.T) {
	const size = 200_000_000
	f := newFault(t, `jobs:
  long: {run: flood 200000000}
  other: {run: emit x}
`)
	p := f.command("sluice", "run", "-j", "1", "job.yaml")
	var got counter
	p.Stdout = &got
	f.start(p)
	f.wants(f.end(p), exitOK)
	if want := size + len("\nx\n"); got.n != want {
		t.Errorf("%d bytes came, want %d", got.n, want)
	}
	const most = 64 << 20
	// The race detector takes memory of its own.
	if used := p.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10; used > most && !raced() {
		t.Errorf("sluice or a child took %d MiB, want less than %d", used>>20, most>>20)
	}
}

// What goes from stage to stage does not pass through sluice.
func TestF31DataBypassesSluice(t *testing.T) {
	f := newFault(t, `jobs:
  pipe: {pipe: [flood 1000000000, copy, eat], stdout: {file: out.txt}}
  wait: {needs: [pipe], run: leaf life, stop: {grace: 1ms}}
`)
	l := f.life("life")
	p := f.command("sluice", "run", "job.yaml")
	f.start(p)
	l.here(1)
	if total := f.ioOf(p.Process.Pid); total == 0 || total > 1<<20 {
		t.Errorf("sluice read and wrote %d bytes, want some and less than 1 MiB", total)
	}
	f.signal(p, syscall.SIGTERM)
	f.wants(f.end(p), 143)
	l.gone()
	f.oldOrNew("out.txt", "1000000000\n")
}

// ioOf is how many bytes the threads of a process have read and written. What
// the kernel tells of the whole process has its reaped children in it.
func (f *fault) ioOf(pid int) (total int64) {
	f.Helper()
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/io", pid))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if n, err := strconv.ParseInt(value, 10, 64); err == nil && (name == "rchar" || name == "wchar") {
				total += n
			}
		}
	}
	return total
}

// A limit of processes ends what needs one more. Where it is a thread of
// sluice itself, Go's runtime ends sluice, in its own words; but what it
// started is dead then, too.
func TestF35ProcessLimit(t *testing.T) {
	group := pidsGroup(t)
	for _, limit := range []int{8, 10, 12, 16, 24, 32} {
		f := newFault(t, `jobs:
  tree: {matrix: {n: [1, 2, 3, 4]}, run: tree life, timeout: 1s, stop: {grace: 10ms}}
`)
		l := f.life("life")
		if err := os.WriteFile(filepath.Join(group, "pids.max"), []byte(fmt.Sprint(limit)), 0); err != nil {
			t.Fatal(err)
		}
		p := f.command("joined", filepath.Join(group, "cgroup.procs"), "sluice", "run", "-j", "4", "-k", "job.yaml")
		f.start(p)
		o := f.endAnyhow(p)
		t.Logf("%d processes: exit code %d, %.200s", limit, o.code, o.stderr)
		if o.code == 0 {
			t.Errorf("with %d processes it succeeded", limit)
		}
		l.gone()
	}
}

// pidsGroup makes a control group that can have a limit of processes.
func pidsGroup(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("faults-pids-%d", os.Getpid())
	group := filepath.Join("/sys/fs/cgroup/pids", name) // of version 1
	if _, err := os.Stat(filepath.Dir(group)); err != nil {
		group = filepath.Join("/sys/fs/cgroup", name)
		os.WriteFile("/sys/fs/cgroup/cgroup.subtree_control", []byte("+pids"), 0) // where it is refused there is no limit, which is seen
	}
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skipf("no control group can be made: %v", err)
	}
	t.Cleanup(func() { removeGroup(t, group) })
	if _, err := os.Stat(filepath.Join(group, "pids.max")); err != nil {
		t.Skipf("control groups have no limit of processes here: %v", err)
	}
	return group
}

// removeGroup removes a control group when the last process in it has ended.
func removeGroup(t *testing.T, group string) {
	t.Helper()
	for end := time.Now().Add(guard); ; runtime.Gosched() {
		if err := os.Remove(group); err == nil {
			return
		} else if time.Now().After(end) {
			t.Error(err)
			return
		}
	}
}

// Careless callers leave descriptors open, ignore signals and block them. No
// child sees that. The program that shows its signals is none of Go, whose
// runtime catches at once most of what it inherited as ignored.
func TestF42InheritedJunk(t *testing.T) {
	f := newFault(t, `jobs:
  inspect: {run: inspect, stdout: {file: seen.json}}
  status: {run: cat /proc/self/status, stdout: {file: status}}
`)
	p := f.command("junk", "sluice", "run", "job.yaml")
	p.Env = append(p.Env, "JUNK=1", "LC_ALL=C")
	f.start(p)
	f.wants(f.end(p), exitOK)
	if seen := f.read("seen.json"); !strings.Contains(seen, `"fds":["0","1","2"]`) || strings.Contains(seen, "JUNK") || !strings.Contains(seen, "LC_ALL=C") {
		t.Errorf("a child sees %s", seen)
	}
	for _, field := range []string{"SigBlk", "SigIgn"} {
		_, rest, _ := strings.Cut(f.read("status"), field+":\t")
		if mask, _, _ := strings.Cut(rest, "\n"); mask != "0000000000000000" {
			t.Errorf("a child has %s %q", field, mask)
		}
	}
}

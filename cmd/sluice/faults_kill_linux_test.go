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

	"golang.org/x/sys/unix"
)

// Sluice or a part of it is ended, or held.

// treeJob runs the four processes of tree, and something after it.
const treeJob = `jobs:
  tree: {run: tree life, stdout: {file: out.txt}, stop: {grace: GRACE}}
  clean-up: {after: [tree], run: touch cleaned}
`

// startTree starts sluice and returns when the four processes live.
func startTree(t *testing.T, grace string) (*fault, *life, *process) {
	t.Helper()
	f := newFault(t, strings.Replace(treeJob, "GRACE", grace, 1))
	f.write("out.txt", "old\n")
	l := f.life("life")
	p := f.command("sluice", "run", "job.yaml")
	f.start(p)
	l.here(4)
	return f, l, p
}

func (f *fault) signal(p *process, sig syscall.Signal) {
	f.Helper()
	if err := p.Process.Signal(sig); err != nil {
		f.Fatal(err)
	}
}

func TestF01KillSluice(t *testing.T) {
	f, l, p := startTree(t, "1h")
	f.signal(p, syscall.SIGKILL)
	f.wants(f.end(p), -9)
	l.gone()
	f.oldOrNew("out.txt", "old\n")
	fd, err := unix.Open(f.path("."), unix.O_TMPFILE|unix.O_WRONLY, 0o600)
	if err != nil {
		t.Logf("there are no files without a name here (%v), so a hidden one is left", err)
		return
	}
	unix.Close(fd)
	f.noLitter()
}

func TestF02Term(t *testing.T) {
	f, l, p := startTree(t, "100ms")
	f.signal(p, syscall.SIGTERM)
	f.wants(f.end(p), 143, "told to stop by SIGTERM")
	l.gone()
	f.oldOrNew("out.txt", "old\n")
	f.noLitter()
	f.exists("cleaned")
}

func TestF03Interrupt(t *testing.T) {
	f, l, p := startTree(t, "100ms")
	f.signal(p, syscall.SIGINT)
	f.wants(f.end(p), 130, "interrupted")
	l.gone()
	f.noLitter()
	f.exists("cleaned")
}

// The second signal ends at once what would have an hour to end.
func TestF04InterruptTwice(t *testing.T) {
	f, l, p := startTree(t, "1h")
	f.signal(p, syscall.SIGINT)
	f.hears(p, "interrupted") // else both may come as one
	f.signal(p, syscall.SIGINT)
	f.wants(f.end(p), 130)
	l.gone()
	f.noLitter()
}

// monitor is the process that watches over the run of sluice with that pid. It
// may take a moment until that has its name.
func (f *fault) monitor(pid int) int {
	f.Helper()
	for began := time.Now(); time.Since(began) < 30*time.Second; runtime.Gosched() {
		for _, child := range childrenOf(pid) {
			if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child)); err == nil && string(text) == "sluice-monitor\n" {
				return child
			}
		}
	}
	f.Fatalf("sluice %d has no monitor among its children %v", pid, childrenOf(pid))
	return 0
}

// childrenOf lists the living children of a process.
func childrenOf(pid int) (list []int) {
	paths, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, path := range paths {
		text, _ := os.ReadFile(path)
		for _, field := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(field); err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}

func TestF05KillMonitor(t *testing.T) {
	f, l, p := startTree(t, "1h")
	if err := syscall.Kill(f.monitor(p.Process.Pid), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	f.wants(f.end(p), exitError, "monitor")
	l.gone()
	f.wants(f.run("sluice", "wait", "last"), exitError, "failed after", "the monitor of this run was killed")
	if out := f.run("sluice", "history").stdout; !strings.Contains(out, " failed ") {
		t.Errorf("history says\n%s", out)
	}
	f.oldOrNew("out.txt", "old\n")
}

// Sluice and its monitor killed in one moment leave nobody who could end the
// rest: that is the limit of what is promised. The run is told as lost.
func TestF06KillBoth(t *testing.T) {
	f, l, p := startTree(t, "1h")
	monitor, tree := f.monitor(p.Process.Pid), descendants(p.Process.Pid)
	ended := f.watchEnd(monitor)
	for _, pid := range []int{monitor, p.Process.Pid} { // so that neither sees the other's end
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	for _, pid := range []int{monitor, p.Process.Pid} {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	f.wants(f.end(p), -9)
	ended() // it has the lock, too
	if o := f.run("sluice", "history"); !strings.Contains(o.stdout, "lost") {
		t.Errorf("the history does not tell of a lost run:\n%s%s", o.stdout, o.stderr)
	}
	for _, pid := range tree {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	l.gone()
	f.oldOrNew("out.txt", "old\n")
}

// watchEnd returns a function that waits for the end of a process, which need
// not be a child.
func (f *fault) watchEnd(pid int) (wait func()) {
	f.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		f.Fatal(err)
	}
	return func() {
		f.Helper()
		defer unix.Close(fd)
		const guard = 30_000 // milliseconds
		for {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, guard)
			if err == unix.EINTR {
				continue
			}
			if n != 1 {
				f.Fatalf("process %d does not end (%v)", pid, err)
			}
			return
		}
	}
}

// descendants are the living children of a process, and theirs.
func descendants(pid int) (list []int) {
	for _, child := range childrenOf(pid) {
		list = append(append(list, child), descendants(child)...)
	}
	return list
}

// A stopped process can't act on TERM: it is woken for that.
func TestF07StoppedTree(t *testing.T) {
	f, l, p := startTree(t, "100ms")
	for _, pid := range descendants(p.Process.Pid) {
		if text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); strings.Contains(string(text), "life") {
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.signal(p, syscall.SIGTERM)
	f.wants(f.end(p), 143)
	l.gone()
	f.noLitter()
}

// Sluice is held longer than its timeout, as by Ctrl-Z or a sleeping machine:
// the timeout is one still, and so is the attempt.
func TestF08SluiceHeld(t *testing.T) {
	const timeout = 300 * time.Millisecond
	f := newFault(t, `jobs:
  held: {run: leaf life, timeout: 300ms, stop: {grace: 1h}, retry: {attempts: 2, delay: 0s}}
`)
	l := f.life("life")
	p := f.command("sluice", "run", "--events", "events", "job.yaml")
	f.start(p)
	l.here(1)
	f.signal(p, syscall.SIGSTOP)
	time.Sleep(3 * timeout) // not to wait for something: this is the fault
	f.signal(p, syscall.SIGCONT)
	f.wants(f.end(p), exitFailed, "timeout of 300ms")
	l.gone()
	if n := strings.Count(f.read("events"), `"type":"stopping"`); n != 2 {
		t.Errorf("%d times stopped in two attempts", n)
	}
}

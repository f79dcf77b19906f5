package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// crashes are the calls at which sluice and what it starts are killed.
var crashes = []string{
	"openat", "write", "fsync,fdatasync", "/rename", "/link", "unlink,unlinkat", "ftruncate,fallocate", "close", "flock,fcntl",
	"pipe2", "socketpair,sendmsg,recvmsg", "clone,clone3,vfork", "execve", "wait4,waitid",
}

// TestF22CrashAtEveryCall kills, by SIGKILL, whoever makes the n-th call of a
// kind, for every n until none does: sluice, its monitor, or a job. Whatever
// is left of the run, all of it ends, for strace ends after the last process
// that it watches; the output is the old or the new one; and the next run goes
// as if nothing had been, and the history can be read.
func TestF22CrashAtEveryCall(t *testing.T) {
	f := newFault(t, `jobs:
  first: {pipe: [emit new, copy], stdout: {file: out.txt}}
  daemon: {needs: [first], run: escape leaf deaf life}
`)
	l := f.life("life")
	runs := 0
	for _, calls := range crashes {
		for n := 1; ; n = next(n) {
			f.write("out.txt", "old\n")
			p := f.injected([]string{"-e", "trace=" + calls, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", calls, n)}, "run", "job.yaml")
			o := f.end(p)
			runs++
			f.oldOrNew("out.txt", "old\n", "new\n")
			if t.Failed() {
				t.Fatalf("killed at call %d of %s: exit code %d\n%s", n, calls, o.code, o.stderr)
			}
			if o.code == exitOK {
				break
			}
		}
		f.wants(f.run("sluice", "run", "job.yaml"), exitOK)
		f.oldOrNew("out.txt", "new\n")
		f.wants(f.run("sluice", "history"), exitOK)
	}
	l.gone()
	t.Logf("%d runs were cut short", runs-len(crashes))
}

// TestF34KillLoop kills a run again and again, and has it go on with what did
// not succeed. In the end every job has succeeded, and done its work for it.
func TestF34KillLoop(t *testing.T) {
	const jobs = 200
	kills := 60
	if raced() {
		kills = 10
	}
	f := newFault(t, fmt.Sprintf(`jobs: {many: {matrix: {n: {range: [1, %d]}}, run: "emit ${matrix.n}", stdout: {file: "ran-${matrix.n}", mode: append}}}`, jobs))
	fifo := f.path("events")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	events, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	lines := bufio.NewReader(events)
	args := []string{"run", "job.yaml"}
	random := rand.New(rand.NewPCG(3, 4))
	for range kills {
		p := f.command(append([]string{"sluice"}, append(args, "-o", "quiet", "-j", "2", "--events", fifo)...)...)
		f.start(p)
		for range 1 + random.IntN(20) { // events, of which a job has five
			events.SetReadDeadline(time.Now().Add(guard))
			if _, err := lines.ReadBytes('\n'); err != nil {
				t.Fatalf("%v\n%s", err, p.stderr.String())
			}
		}
		f.signal(p, syscall.SIGKILL)
		f.wants(f.end(p), -9)
		if o := f.run("sluice", "wait", "last"); o.code == exitOK || !strings.Contains(o.stderr, "lost") {
			t.Fatalf("after a kill: exit code %d\n%s%s", o.code, o.stdout, o.stderr)
		}
		events.SetReadDeadline(time.Now()) // what is in the pipe is not of the next run
		io.Copy(io.Discard, lines)
		args = []string{"rerun", "last", "--failed"}
	}
	f.wants(f.run(append([]string{"sluice"}, args...)...), exitOK)
	twice := 0
	for n := 1; n <= jobs; n++ {
		name, want := fmt.Sprint("ran-", n), fmt.Sprintln(n)
		got := f.read(name)
		times := strings.Count(got, want)
		if times == 0 || got != strings.Repeat(want, times) {
			t.Errorf("%s has %q: it was lost", name, got)
		}
		twice += times - 1
	}
	t.Logf("%d of %d jobs ran once more, in %d kills", twice, jobs, kills)
	if twice > kills*2 {
		t.Error("more than were running when sluice was killed")
	}
}

// next is the call to be killed at after the n-th: the one behind it, or, where
// there is no time for all of them, one further away with each step.
func next(n int) int {
	switch {
	case os.Getenv("SLUICE_LONG") != "":
		return n + 1
	case raced():
		return 2 * n
	}
	return n + 1 + n/3
}

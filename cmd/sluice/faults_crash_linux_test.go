package main

import (
	"fmt"
	"os"
	"testing"
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
// as if nothing had been.
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
	}
	l.gone()
	t.Logf("%d runs were cut short", runs-len(crashes))
}

// next is the call to be killed at after the n-th: the one behind it, or, where
// there is no time for all of them, one further away with each step.
func next(n int) int {
	if os.Getenv("SLUICE_LONG") != "" {
		return n + 1
	}
	return n + 1 + n/3
}

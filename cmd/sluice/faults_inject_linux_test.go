package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// System calls that strace makes fail, in sluice and in what it starts. It
// counts the calls of each thread for itself, and leaves its own first execve
// alone. A call whose result it invents is not made.

// inject runs sluice with the calls that more of strace's options select.
func (f *fault) inject(options []string, args ...string) output {
	f.Helper()
	return f.end(f.injected(options, args...))
}

// injected is inject for what is not a common end. Under load strace now and
// then loses a process that ends, and the run with it; then it is made again.
func (f *fault) injected(options []string, args ...string) *process {
	f.Helper()
	if err := exec.Command("strace", "-qq", "-o", os.DevNull, "true").Run(); err != nil {
		f.Skipf("strace can't run here: %v", err)
	}
	argv := append([]string{"strace", "-f", "-qq", "-o", os.DevNull}, options...)
	p := f.command(append(append(argv, "sluice"), args...)...)
	f.start(p)
	return p
}

// failing are the options that make calls fail with errno; when is as strace
// has it: 1+ is each time.
func failing(calls, errno, when string) []string {
	return []string{"-e", "trace=" + calls, "-e", "inject=" + calls + ":error=" + errno + ":when=" + when}
}

// Not even a thread can be made. Go's runtime, which needs a few, has the last
// word; it is no success, and nothing is left.
func TestF11CloneFails(t *testing.T) {
	for when := 1; when <= 8; when++ {
		f := newFault(t, `jobs: {tree: {run: tree life, timeout: 1s, stop: {grace: 10ms}, stdout: {file: out.txt}}}`)
		f.write("out.txt", "old\n")
		l := f.life("life")
		o := f.endAnyhow(f.injected(failing("clone,clone3", "EAGAIN", fmt.Sprintf("%d+", when)), "run", "job.yaml"))
		if o.code == 0 {
			t.Errorf("from the call %d on: it succeeded", when)
		}
		l.gone()
		f.oldOrNew("out.txt", "old\n")
	}
}

func TestF12ExecFails(t *testing.T) {
	for errno, words := range map[string]string{
		"ENOMEM":  `/emit": fork: cannot allocate memory: there is not enough memory for another process` + "\n",
		"ETXTBSY": `/emit": text file busy: it is open for writing in another process` + "\n",
		"EACCES":  `/emit": permission denied: this user may not execute it` + "\n",
		"EIO":     `/emit": exec: input/output error` + "\n",
	} {
		t.Run(errno, func(t *testing.T) {
			f := newFault(t, twoJobs)
			f.write("out.txt", "old\n")
			emit, err := exec.LookPath("emit")
			if err != nil {
				t.Fatal(err)
			}
			options := append(failing("execve", errno, "1+"), "-P", emit) // and not that of the monitor
			f.wants(f.inject(options, "run", "job.yaml"), exitFailed, "stage 1 of 2, emit: can't start", words)
			f.oldOrNew("out.txt", "old\n")
			f.noLitter()
		})
	}
}

// No pipe can be made from one on, or only one can't.
func TestF13PipeFails(t *testing.T) {
	for _, when := range []string{"1+", "2+", "3+", "4+", "1", "2", "3", "4"} {
		f := newFault(t, twoJobs)
		f.write("out.txt", "old\n")
		o := f.inject(failing("pipe2", "EMFILE", when), "run", "job.yaml")
		if o.code == exitOK { // so many are not made by one thread
			f.oldOrNew("out.txt", "new\n")
			continue
		}
		if o.code != exitFailed && o.code != exitError || !strings.Contains(o.stderr, "pipe: too many open files") && !strings.Contains(o.stderr, "fork: too many open files") {
			t.Errorf("from %s: exit code %d\n%s", when, o.code, o.stderr)
		}
		f.oldOrNew("out.txt", "old\n", "new\n")
		f.noLitter()
	}
}

// Whichever file can't be opened, alone or with all that follow: it is said, or
// it was not needed. The history is not needed, and said.
func TestF15OpenFails(t *testing.T) {
	refused := 0
	for when := 1; when <= 30; when++ {
		for _, more := range []string{"", "+"} {
			f := newFault(t, twoJobs)
			f.write("out.txt", "old\n")
			o := f.inject(failing("openat", "EMFILE", fmt.Sprint(when, more)), "run", "job.yaml")
			f.noLitter()
			if o.code == exitOK {
				f.oldOrNew("out.txt", "new\n")
				if f.hasResult() {
					continue
				}
			}
			refused++
			said := slices.ContainsFunc([]string{
				"too many open files", "error 24", "loading shared libraries",
				"the monitor of this run was killed", // it was what failed, and has no stream to say why
			}, func(words string) bool { return strings.Contains(strings.ToLower(o.stderr), words) })
			if !said {
				t.Errorf("call %d%s: exit code %d and no word of open files\n%s", when, more, o.code, o.stderr)
			}
			f.oldOrNew("out.txt", "old\n", "new\n")
		}
	}
	if refused == 0 {
		t.Error("no run failed")
	}
}

// hasResult reports whether a run is in the history with its result.
func (f *fault) hasResult() bool {
	found, err := filepath.Glob(f.path(f.state + "/runs/*/result.json"))
	return err == nil && len(found) > 0
}

// An interrupted call is made again.
func TestF16Interrupted(t *testing.T) {
	f := newFault(t, twoJobs)
	f.write("out.txt", "old\n")
	options := failing("openat", "EINTR", "1..3")
	for _, path := range []string{"job.yaml", f.dir, f.path("out.txt"), f.path("done.txt")} {
		options = append(options, "-P", path)
	}
	f.wants(f.inject(options, "run", "job.yaml"), exitOK)
	f.oldOrNew("out.txt", "new\n")
	f.oldOrNew("done.txt", "done\n")
}

// What could not be put on the disk is not there: no second try makes it so
// (https://lwn.net/Articles/752063/).
func TestF20SyncFails(t *testing.T) {
	f := newFault(t, twoJobs)
	f.write("out.txt", "old\n")
	o := f.inject(failing("fsync,fdatasync", "EIO", "1+"), "run", "job.yaml")
	if o.code != exitFailed && o.code != exitError || !strings.Contains(o.stderr, "sync ") || !strings.Contains(o.stderr, "input/output error") {
		t.Errorf("exit code %d\n%s", o.code, o.stderr)
	}
	f.oldOrNew("out.txt", "old\n")
	f.noLitter()

	// The file is in its place, but may not be there after a power failure.
	o = f.inject(append(failing("fsync,fdatasync", "EIO", "1"), "-P", f.dir), "run", "job.yaml")
	f.wants(o, exitFailed, "sync "+f.dir+": input/output error")
	f.noLitter()
}

func TestF21RenameFails(t *testing.T) {
	for errno, words := range map[string]string{"EXDEV": "invalid cross-device link", "EACCES": "permission denied"} {
		t.Run(errno, func(t *testing.T) {
			f := newFault(t, twoJobs)
			f.write("out.txt", "old\n")
			options := append(failing("/rename", errno, "1+"), "-P", f.dir)
			f.wants(f.inject(options, "run", "job.yaml"), exitFailed, "rename ", words)
			f.oldOrNew("out.txt", "old\n")
			f.noLitter()
		})
	}
}

// Waits that a signal interrupts go on.
func TestF23WaitInterrupted(t *testing.T) {
	f := newFault(t, twoJobs)
	f.wants(f.inject(failing("wait4,waitid", "EINTR", "1..5"), "run", "job.yaml"), exitOK)
	f.oldOrNew("out.txt", "new\n")
}

// A child whose ending somebody else took has not succeeded.
func TestF23WaitLost(t *testing.T) {
	f := newFault(t, twoJobs)
	f.write("out.txt", "old\n")
	f.wants(f.inject(failing("wait4,waitid", "ECHILD", "1+"), "run", "job.yaml"), exitFailed, "its ending is not known")
	f.oldOrNew("out.txt", "old\n")
	f.noLitter()
}

// The time that a start takes is not the program's.
func TestF25SlowExec(t *testing.T) {
	f := newFault(t, `jobs: {slow: {run: emit new, timeout: 2s, stdout: {file: out.txt}}}`)
	options := []string{"-e", "trace=execve", "-e", "inject=execve:delay_enter=2500000:when=1+"}
	f.wants(f.inject(options, "run", "job.yaml"), exitOK)
	f.oldOrNew("out.txt", "new\n")
}

// No deadline comes from the clock on the wall, which people and daemons set:
// what asks the kernel for time asks the monotonic clock.
func TestF37ClockJump(t *testing.T) {
	f := newFault(t, `jobs:
  fail: {run: leave 1, retry: {attempts: 2, delay: 50ms}, timeout: 10s}
  slow: {run: hang, timeout: 100ms, stop: {grace: 100ms}}
`)
	p := f.command("strace", "-ff", "-qq", "-o", f.path("calls"), "-e",
		"trace=clock_nanosleep,clock_settime,timerfd_create,timerfd_settime,timer_create,setitimer,alarm,futex,?futex_wait,?epoll_pwait2,ppoll,pselect6",
		"sluice", "run", "-k", "job.yaml")
	if err := exec.Command("strace", "-qq", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skipf("strace can't run here: %v", err)
	}
	f.start(p)
	f.wants(f.end(p), exitFailed, "timeout of 100ms")
	files, err := filepath.Glob(f.path("calls.*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bad := wallClock.FindString(string(text)); bad != "" {
			t.Errorf("%s waits by the clock on the wall", bad)
		}
	}
	for line, want := range map[string]bool{
		`timerfd_create(CLOCK_REALTIME, 0) = 3`:                                                      true,
		`timerfd_create(CLOCK_MONOTONIC, 0) = 3`:                                                     false,
		`futex(0xc0, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, {tv_sec=1}, 0xffffffff) = 0`: true,
		`futex(0x559, FUTEX_WAIT_PRIVATE, 0, {tv_sec=0, tv_nsec=99943310}) = 0`:                      false,
		`clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, {tv_sec=1, tv_nsec=0}, NULL) = 0`:            true,
		`clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=1, tv_nsec=0}, NULL) = 0`:                        false, // for a while, whatever the clock does
		`setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=1}}, NULL) = 0`: false,
	} {
		if wallClock.MatchString(line) != want {
			t.Errorf("%s: want %t", line, want)
		}
	}
}

// wallClock matches calls that wait until the clock on the wall shows a time.
var wallClock = regexp.MustCompile(`timer(fd)?_create\(CLOCK_REALTIME|FUTEX_CLOCK_REALTIME|clock_nanosleep\(CLOCK_REALTIME, TIMER_ABSTIME|clock_settime\(`)

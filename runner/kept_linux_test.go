package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/contain"
	"sluice/runner/event"
	"sluice/runner/lock"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// eachMeans runs f with a Keeper of each means that this machine has.
func eachMeans(t *testing.T, f func(t *testing.T, k *contain.Keeper)) {
	t.Helper()
	for _, means := range []contain.Means{contain.Cgroup, contain.Subreaper} {
		t.Run(string(means), func(t *testing.T) {
			k, err := contain.Open(contain.Options{Monitor: []string{"sluice", "__monitor"}, NoCgroup: means != contain.Cgroup})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { k.Close() })
			if k.Means() != means {
				t.Skipf("this machine has no %s: %s", means, k.Why())
			}
			f(t, k)
		})
	}
}

// kept runs p under k, and hears each event.
func kept(t *testing.T, k *contain.Keeper, p *plan.Plan, on func(*recorder, any)) (*report.Report, *recorder, error) {
	t.Helper()
	rec := newRecorder(on)
	rep, err := Run(t.Context(), p, Options{Keeper: k, Sink: rec, KeepGoing: true})
	rec.check(t, p, rep)
	return rep, rec, err
}

// What leaves its group ends with its attempt: it holds up no stream, and
// nothing has to be said of it.
func TestKeptLeaver(t *testing.T) {
	eachMeans(t, func(t *testing.T, k *contain.Keeper) {
		life := newLifeline(t)
		rep, rec, err := kept(t, k, planOf(job("j", self(t, "fork", life.path, "leave"))), nil)
		if err != nil {
			t.Fatal(err)
		}
		<-life.dead
		a := rep.Jobs[0].Last()
		if rep.Status != report.Succeeded || len(a.Warnings) > 0 || rep.Contained != string(k.Means()) {
			t.Errorf("%s, kept by %s, with %q", rep.Status, rep.Contained, a.Warnings)
		}
		if got := rec.logged("j", 0, event.Stdout); got != "ended\n" {
			t.Errorf("it printed %q", got)
		}
	})
}

// A stage that leaves the group of its pipeline gets the signal of a stop, too.
func TestKeptStageLeaves(t *testing.T) {
	eachMeans(t, func(t *testing.T, k *contain.Keeper) {
		j := job("j", self(t, "hang"), self(t, "away"))
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		rep, err := Run(ctx, planOf(j), Options{Keeper: k, Sink: newRecorder(whenReady(2, func() { cancel(errInterrupted) }))})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range rep.Jobs[0].Last().Stages {
			if s.Ending != "signal 15 TERM, sent by sluice" {
				t.Errorf("%s ended with %q", s.Name, s.Ending)
			}
		}
	})
}

// What a stage leaves in its group when it is told to end has the grace of that,
// too, and no more.
func TestKeptGrace(t *testing.T) {
	eachMeans(t, func(t *testing.T, k *contain.Keeper) {
		stop := func(j *plan.Job) *report.Attempt {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			rep, err := Run(ctx, planOf(j), Options{Keeper: k, Sink: newRecorder(whenReady(1, func() { cancel(errInterrupted) }))})
			if err != nil {
				t.Fatal(err)
			}
			return rep.Jobs[0].Last()
		}
		path := filepath.Join(t.TempDir(), "swept")
		j := job("j", self(t, "deputy", "sweep", path))
		j.Stop.Grace = plan.Duration(time.Minute)
		a := stop(j)
		if text, err := os.ReadFile(path); err != nil || string(text) != "swept" || a.Stages[0].Ending != "signal 15 TERM, sent by sluice" {
			t.Errorf("it was not given time to end: %v; its parent: %s", err, a.Stages[0].Ending)
		}
		j = job("j", self(t, "deputy", "ignore"))
		j.Stop.Grace = plan.Duration(300 * time.Millisecond)
		if a := stop(j); a.Took < 300*time.Millisecond || a.Status != report.Cancelled || len(a.Survivors) > 0 {
			t.Errorf("%s after %s, %d survivors", a.Status, a.Took, len(a.Survivors))
		}
	})
}

// Where the monitor is killed, the run is too, and that is an error of sluice.
func TestMonitorKilled(t *testing.T) {
	eachMeans(t, func(t *testing.T, k *contain.Keeper) {
		life := newLifeline(t)
		next := job("next", self(t, "exit", "0"))
		next.Needs = []string{"j"}
		rep, _, err := kept(t, k, planOf(job("j", self(t, "fork", life.path, "stay")), next), whenReady(1, func() { killMonitor(t) }))
		if !errors.Is(err, contain.ErrLost) {
			t.Errorf("the error is %v", err)
		}
		<-life.dead
		if got, want := results(rep), "j cancelled, next not_started"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if rep.Status != report.Failed || rep.Error != contain.ErrLost.Error() {
			t.Errorf("the run is %s: %q", rep.Status, rep.Error)
		}
		if got := rep.Jobs[0].Last().Cause; got != contain.ErrLost.Error() {
			t.Errorf("the cause is %q", got)
		}
	})
}

func killMonitor(t *testing.T) { syscall.Kill(monitorOf(t, os.Getpid()), syscall.SIGKILL) }

// monitorOf is the child of a runner that is its monitor. It may take a moment
// until that has its name.
func monitorOf(t *testing.T, runner int) int {
	t.Helper()
	for began := time.Now(); time.Since(began) < 30*time.Second; runtime.Gosched() {
		paths, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, path := range paths {
			stat, err := os.ReadFile(path)
			if err == nil && strings.Contains(string(stat), fmt.Sprintf("(sluice-monitor) S %d ", runner)) {
				pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
				return pid
			}
		}
	}
	t.Fatal("no monitor is found")
	return 0
}

// keep PLAN LOCKS MEANS is a runner with a Keeper. What its jobs inherit as
// standard error is its standard output.
func playKeep(args []string) int {
	k, err := contain.Open(contain.Options{Monitor: []string{"sluice", "__monitor"}, NoCgroup: args[2] != string(contain.Cgroup)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer k.Close()
	return runPlan(args[0], Options{Keeper: k, Locks: args[1], Stderr: os.Stdout})
}

// The lock of a runner that was killed is free when its monitor has killed what
// it left behind, and not before: neither where the monitor is a bare fork
// still, nor where it is a program that has read what it was sent.
func TestKeptLock(t *testing.T) {
	eachMeans(t, func(t *testing.T, k *contain.Keeper) {
		k.Close() // only the runner has one
		t.Run("fork", func(t *testing.T) { keptLock(t, k.Means(), func(monitor int) {}) })
		t.Run("program", func(t *testing.T) {
			keptLock(t, k.Means(), func(monitor int) {
				proc := fmt.Sprintf("/proc/%d/", monitor)
				settled(t, "the monitor", func() bool { return strings.Contains(text(t, proc+"cmdline"), "__monitor") })
				settled(t, "the monitor", func() bool { return strings.Contains(text(t, proc+"stat"), "(sluice-monitor) S ") })
			})
		})
	})
}

// keptLock kills a runner that has a lock, once its monitor is prepared.
func keptLock(t *testing.T, means contain.Means, prepare func(monitor int)) {
	dir, life := t.TempDir(), newLifeline(t)
	j := exclusive("j", self(t, "fork", life.path, "stay"))
	j.Instances[0].Stages[0].Stderr.Kind = plan.OutInherit
	p, err := json.Marshal(planOf(j))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "plan"), string(p))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	runner := exec.Command("/proc/self/exe", filepath.Join(dir, "plan"), filepath.Join(dir, "locks"), string(means))
	runner.Env = []string{play + "=keep", "GORACE=atexit_sleep_ms=0"}
	runner.Stdout, runner.Stderr = w, os.Stderr
	if err := runner.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := io.ReadFull(r, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	monitor := monitorOf(t, runner.Process.Pid)
	prepare(monitor)
	syscall.Kill(monitor, syscall.SIGSTOP) // so that it kills nothing yet
	t.Cleanup(func() { syscall.Kill(monitor, syscall.SIGCONT) })
	settled(t, "the monitor", func() bool {
		return strings.Contains(text(t, fmt.Sprintf("/proc/%d/stat", monitor)), "(sluice-monitor) T ")
	})
	runner.Process.Kill()
	runner.Wait()

	l, err := lock.Open(filepath.Join(dir, "locks"), "x")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if ok, err := l.Try(lock.Holder{}); ok || err != nil {
		t.Errorf("the lock is free while what it was for lives: %t, %v", ok, err)
	}
	syscall.Kill(monitor, syscall.SIGCONT)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := l.Wait(ctx, lock.Holder{}); err != nil {
		t.Fatalf("the lock is never free: %v", err)
	}
	unix.SetNonblock(int(r.Fd()), true)
	if n, err := unix.Read(int(r.Fd()), make([]byte, 1)); n != 0 || err != nil {
		t.Errorf("the lock is free while something that was started lives: %v", err)
	}
	<-life.dead
}

// A stage that KILL does not end is given up, and the attempt has failed
// although it might have succeeded.
func TestUnkillable(t *testing.T) {
	run := func(t *testing.T, k *contain.Keeper) {
		freeze := freezer(t)
		j := job("j", self(t, "ignore"))
		j.Stop.Grace = plan.Duration(time.Millisecond)
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		pid := 0
		rec := newRecorder(nil)
		rec.on = func(r *recorder, e any) {
			if s, ok := e.(event.StageStarted); ok {
				pid = s.PID
			}
			whenReady(1, func() {
				freeze(pid)
				cancel(errInterrupted)
			})(r, e)
		}
		rep, err := Run(ctx, planOf(j), Options{Keeper: k, Sink: rec})
		if err != nil {
			t.Fatal(err)
		}
		a := rep.Jobs[0].Last()
		if len(a.Survivors) != 1 || a.Survivors[0].PID != pid {
			t.Fatalf("%+v", a.Survivors)
		}
		// Then comes that it still holds a stream.
		if left := a.Survivors[0]; a.Warnings[0] != fmt.Sprintf("process %d, %s, could not be killed: %s", pid, left.Name, left.Why) {
			t.Errorf("%q", a.Warnings)
		}
		if s := a.Stages[0]; a.Status != report.Cancelled || s.Ending != "not ended by KILL" || s.Code != -1 {
			t.Errorf("%s, %s, code %d", a.Status, s.Ending, s.Code)
		}
	}
	eachMeans(t, run)
	t.Run("group", func(t *testing.T) { run(t, nil) })
}

// So is one that ends because a later stage could not start.
func TestUnkillableAfterFailedStart(t *testing.T) {
	freeze := freezer(t)
	pid := 0
	rec := newRecorder(func(_ *recorder, e any) {
		if s, ok := e.(event.StageStarted); ok {
			pid = s.PID
			freeze(pid)
		}
	})
	kill, stuck := context.WithCancelCause(t.Context())
	defer stuck(nil)
	defer time.AfterFunc(30*time.Second, func() { stuck(errors.New("stuck")) }).Stop()
	missing := stageOf("missing", "/no/such/program", []string{"missing"}, nil)
	rep, err := Run(t.Context(), planOf(job("j", self(t, "ignore"), missing)), Options{Sink: rec, Kill: kill})
	if err != nil || kill.Err() != nil {
		t.Fatal(err, context.Cause(kill))
	}
	if a := rep.Jobs[0].Last(); len(a.Survivors) != 1 || a.Survivors[0].PID != pid || a.Stages[0].Ending != "not ended by KILL" {
		t.Errorf("%+v, %s", a.Survivors, a.Stages[0].Ending)
	}
}

// freezer is a control group in which not even KILL ends a process.
func freezer(t *testing.T) (freeze func(pid int)) {
	t.Helper()
	group := filepath.Join("/sys/fs/cgroup/freezer", "sluice-test-"+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skipf("no freezer of cgroup version 1, which can keep a process in the kernel: %v", err)
	}
	set := func(file, text string) {
		if err := os.WriteFile(filepath.Join(group, file), []byte(text), 0); err != nil {
			t.Error(err)
		}
	}
	frozen := 0
	t.Cleanup(func() {
		set("freezer.state", "THAWED")
		syscall.Wait4(frozen, nil, 0, nil) // nobody else does any more
		if err := os.Remove(group); err != nil {
			t.Error(err)
		}
	})
	return func(pid int) {
		frozen = pid
		set("cgroup.procs", strconv.Itoa(pid))
		set("freezer.state", "FROZEN")
	}
}

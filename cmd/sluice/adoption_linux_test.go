package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/runner/plan"
	"sluice/runner/report"
	"sluice/runner/state"
)

// nap is a lab with a job that was run once, and the plan of it.
func nap(t *testing.T) (*lab, sign, *plan.Plan) {
	t.Helper()
	l := newLab(t, "  nap: {run: hang alive}\n")
	alive := l.fifo("alive")
	id := l.detach()
	l.line(alive)
	l.sluice(0, "stop", id)
	p, err := l.folder(id).Plan()
	if err != nil {
		t.Fatal(err)
	}
	return l, alive, p
}

// Until its supervisor has taken it over, nobody runs a detached run: stop and
// wait take no other process for what runs it, and wait for the supervisor.
func TestBeforeAdoption(t *testing.T) {
	l, alive, p := nap(t)
	run, err := l.store.Create(p, state.Meta{Detached: true}, state.Fsync)
	if err == nil {
		err = run.Written()
	}
	if err != nil {
		t.Fatal(err)
	}
	terms := make(chan os.Signal, 1)
	signal.Notify(terms, syscall.SIGTERM) // as a launcher would get it
	defer signal.Stop(terms)
	if r := l.row(run.ID()); r.State != "running" || r.PID != 0 {
		t.Errorf("ps says %+v", r)
	}
	waits, stops := l.command("wait", run.ID()), l.command("stop", run.ID())
	for _, cmd := range []*exec.Cmd{waits, stops} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		awaitWatching(t, cmd.Process.Pid, terms)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	supervisor := l.command(superviseWord, run.Dir(), "none")
	supervisor.ExtraFiles = []*os.File{run.Lock(), w}
	if err := supervisor.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := run.Close(); err != nil {
		t.Error(err)
	}
	for cmd, want := range map[*exec.Cmd]int{waits: 143, stops: 0} {
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("sluice %q: exit code %d, want %d", cmd.Args[1:], got, want)
		}
	}
	supervisor.Wait()
	select {
	case <-terms:
		t.Error("the launcher was told to stop")
	default:
	}
	l.gone(alive)
}

// awaitWatching waits until a process looks for what changes in a folder.
func awaitWatching(t *testing.T, pid int, terms <-chan os.Signal) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range links {
			if target, _ := os.Readlink(name); strings.Contains(target, "inotify") {
				return
			}
		}
		select {
		case <-terms:
			t.Fatal("the launcher was told to stop")
		default:
		}
		if time.Now().After(end) {
			t.Fatal("it does not wait for the supervisor")
		}
	}
}

// forked is a proc.Within in which something happens around a fork.
type forked struct {
	before func() error
	after  func(pid int)
}

func (f forked) Fork(_ *syscall.SysProcAttr, fork func() (pid int, err error)) error {
	if err := f.before(); err != nil {
		return err
	}
	pid, err := fork()
	if err == nil {
		f.after(pid)
	}
	return err
}

// A detached run whose supervisor never took it over is told of by its launcher:
// nothing was started, so nothing is lost.
func TestNeverAdopted(t *testing.T) {
	l, _, p := nap(t)
	newest := func() string { return l.folder("last").Dir() }
	told, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("told to stop by SIGTERM"))
	nothing := func(int) {}
	for name, c := range map[string]struct {
		ctx    context.Context
		within forked
		status report.Status
		reason string
	}{
		"no process": {t.Context(), forked{func() error { return syscall.EAGAIN }, nothing}, report.Failed, "start a supervisor: "},
		"no plan":    {t.Context(), forked{func() error { return os.Remove(newest() + "/plan.json") }, nothing}, report.Failed, "plan.json"},
		"killed": {t.Context(), forked{
			func() error { // so that it waits for the plan
				return errors.Join(os.Remove(newest()+"/plan.json"), syscall.Mkfifo(newest()+"/plan.json", 0o600))
			},
			func(pid int) { syscall.Kill(pid, syscall.SIGKILL) },
		}, report.Failed, "its supervisor ended by signal 9 KILL"},
		"stopped": {told, forked{func() error { return nil }, nothing}, report.Cancelled, "told to stop by SIGTERM"},
	} {
		t.Run(name, func(t *testing.T) {
			starter := launcher{store: l.store, durability: state.None, within: c.within, kill: context.Background()}
			if id, err := starter.launch(c.ctx, p, state.Meta{}); err == nil {
				t.Fatalf("run %s was started", id)
			}
			st, err := l.folder("last").Status()
			if err != nil || st.State != state.Final {
				t.Fatalf("it is %s, %v", st.State, err)
			}
			j := st.Result.Jobs[0]
			if st.Result.Status != c.status || j.Status != report.NotStarted || !strings.Contains(j.Reason, c.reason) {
				t.Errorf("it is %s, and its job %s: %s", st.Result.Status, j.Status, j.Reason)
			}
			if want := map[report.Status]string{report.Failed: j.Reason}[c.status]; st.Result.Error != want {
				t.Errorf("the error is %q", st.Result.Error)
			}
			if _, said := l.sluice(exitCode(st), "wait", "last"); strings.Contains(said, "lost") {
				t.Errorf("wait says %q", said)
			}
		})
	}
}

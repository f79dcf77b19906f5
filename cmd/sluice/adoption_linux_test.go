package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/runner/state"
)

// Until its supervisor has taken it over, nobody runs a detached run: stop and
// wait take no other process for what runs it, and wait for the supervisor.
func TestBeforeAdoption(t *testing.T) {
	l := newLab(t, "  nap: {run: hang alive}\n")
	alive := l.fifo("alive")
	id := l.detach()
	l.line(alive)
	l.sluice(0, "stop", id)
	p, err := l.folder(id).Plan()
	if err != nil {
		t.Fatal(err)
	}
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

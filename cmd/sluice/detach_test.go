package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/state"
)

// lab is a folder with a job file and a state directory of its own.
type lab struct {
	*testing.T
	dir   string
	store *state.Store
}

// newLab makes a lab, whose runs are ended when the test is over.
func newLab(t *testing.T, file string) *lab {
	t.Helper()
	l := &lab{T: t, dir: t.TempDir()}
	l.store = state.At(filepath.Join(l.dir, "state"))
	l.write("job.yaml", "version: 1\njobs:\n"+file)
	t.Cleanup(func() { endRuns(t, l.store) })
	return l
}

// endRuns ends every run of s that goes on.
func endRuns(t interface{ Fatal(...any) }, s *state.Store) {
	runs, err := s.List()
	for _, f := range runs {
		if _, e := stopRun(f, true); e != nil {
			err = errors.Join(err, fmt.Errorf("stop %s: %w", f.ID, e))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (l *lab) write(name, text string) {
	l.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o666); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) path(name string) string { return filepath.Join(l.dir, name) }

// command is sluice with args.
func (l *lab) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(l.Context(), time.Minute)
	l.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "sluice", args...)
	cmd.Dir = l.dir
	cmd.Env = append(os.Environ(), "SLUICE_STATE_DIR="+l.store.Dir(), "NO_COLOR=1")
	return cmd
}

// sluice runs sluice with args, which must end with that exit code.
func (l *lab) sluice(want int, args ...string) (stdout, stderr string) {
	l.Helper()
	cmd := l.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want {
		l.Fatalf("sluice %q: %v, want exit code %d\n%s%s", args, err, want, &out, &errs)
	}
	return out.String(), errs.String()
}

// detach starts job.yaml detached and returns the run's id.
func (l *lab) detach() string {
	l.Helper()
	id, _ := l.sluice(0, "run", "--detach", "job.yaml")
	return strings.TrimSpace(id)
}

// fifo makes a FIFO that is open for reading.
func (l *lab) fifo(name string) *os.File {
	l.Helper()
	if err := syscall.Mkfifo(l.path(name), 0o600); err != nil {
		l.Fatal(err)
	}
	f, err := os.OpenFile(l.path(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { f.Close() })
	if err := f.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		l.Fatal(err)
	}
	return f
}

// gone wants that every process that has f open for writing ends.
func (l *lab) gone(f *os.File) {
	l.Helper()
	if _, err := io.Copy(io.Discard, f); err != nil {
		l.Errorf("a process goes on: %v", err)
	}
}

func (l *lab) folder(id string) *state.Folder {
	l.Helper()
	f, err := l.store.Open(id)
	if err != nil {
		l.Fatal(err)
	}
	return f
}

// row is what ps --json says of the run.
func (l *lab) row(id string) runRow {
	l.Helper()
	text, _ := l.sluice(0, "ps", "--all", "--json")
	var rows []runRow
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		l.Fatal(err)
	}
	for _, r := range rows {
		if r.ID == id {
			return r
		}
	}
	l.Fatalf("ps has no run %s:\n%s", id, text)
	return runRow{}
}

var _ = errors.New
var _ = unix.Getpid

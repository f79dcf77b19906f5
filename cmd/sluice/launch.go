package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/state"
)

// superviseWord is the command that a launcher starts this program with.
const superviseWord = "__supervise"

// What a supervisor inherits beside its standard streams.
const (
	lockFD = 3 // the lock of the run's folder
	wordFD = 4 // a pipe to the launcher, for one word
)

// word is what a supervisor says to its launcher, as a line of JSON: that the
// run is ready, or why it never will be.
type word struct {
	Ready  bool   `json:"ready"`
	Reason string `json:"reason,omitempty"`
	Own    bool   `json:"own,omitempty"` // the reason is sluice's own, and not a job
}

// notReady is a detached run that ended before it was ready.
type notReady struct {
	id  string
	own bool // sluice's own fault
	err error
}

func (e *notReady) Error() string { return e.err.Error() }
func (e *notReady) Unwrap() error { return e.err }

// launch starts p as a run of its own, under a supervisor that outlives this
// process, and returns its id when it is ready. A run that can't become ready,
// a *notReady, has ended when launch returns. When ctx is done before, the run
// is told to stop, and when kill is, to stop at once.
func launch(ctx, kill context.Context, s *state.Store, p *plan.Plan, m state.Meta, d state.Durability) (id string, err error) {
	m.Detached = true
	run, err := s.Create(p, m, d)
	if err != nil {
		return "", noState(s, err)
	}
	defer run.Close() // the supervisor has its lock
	id = run.Meta().RunID
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	supervisor, err := startSupervisor(run, w, d)
	w.Close()
	if err != nil {
		return "", fmt.Errorf("start a supervisor: %w", err)
	}
	// One that has ended needs no signal. They are two, for of one that is
	// still to be delivered, a second is dropped.
	unstopped := context.AfterFunc(ctx, func() { supervisor.Signal(syscall.SIGTERM) })
	unkilled := context.AfterFunc(kill, func() { supervisor.Signal(syscall.SIGINT) })
	said, err := readWord(r)
	stopped := !unstopped()
	unkilled()
	if err == nil && said.Ready && !stopped {
		return id, supervisor.Release()
	}
	ended, waitErr := supervisor.Wait()
	switch {
	case err == nil && said.Ready:
		return "", &notReady{id, false, context.Cause(ctx)}
	case err == nil:
		return "", &notReady{id, said.Own, errors.New(said.Reason)}
	case waitErr != nil:
		return "", waitErr
	}
	return "", &notReady{id, true, fmt.Errorf("the supervisor ended before the run was ready: %v\n%s", ended, supervisorLog(run.Dir()))}
}

// noState is err, which keeps the state directory from being used, with what
// to do about it.
func noState(s *state.Store, err error) error {
	return fmt.Errorf("a detached run needs a state directory: %w; set SLUICE_STATE_DIR to a folder that can be written, instead of %s", err, s.Dir())
}

// startSupervisor starts this program anew as the supervisor of run: in a
// session of its own, away from any terminal and any directory that somebody
// might want to remove.
func startSupervisor(run *state.Run, ready *os.File, d state.Durability) (*os.Process, error) {
	null, err := plumb.Null()
	if err != nil {
		return nil, err
	}
	defer null.Close()
	log, err := os.OpenFile(filepath.Join(run.Dir(), supervisorLogName), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	program, err := self()
	if err != nil {
		return nil, err
	}
	return os.StartProcess(program, []string{"sluice", superviseWord, run.Dir(), string(d)}, &os.ProcAttr{
		Dir:   "/",
		Files: []*os.File{null, log, log, lockFD: run.Lock(), wordFD: ready},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
}

// self is the path of this program, also where its file was replaced.
func self() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// readWord reads what a supervisor says. io.EOF: it ended without a word.
func readWord(r io.Reader) (word, error) {
	var said word
	err := json.NewDecoder(r).Decode(&said)
	return said, err
}

// supervisorLogName is the file in a run's folder for what its supervisor has
// to say.
const supervisorLogName = "supervisor.log"

// supervisorLog is the end of what the supervisor of the run in dir said.
func supervisorLog(dir string) string {
	const most = 4 << 10
	text, err := os.ReadFile(filepath.Join(dir, supervisorLogName))
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(text[max(0, len(text)-most):]), "")
}

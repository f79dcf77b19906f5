package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/proc"
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
// run is ready, or why it never will be. Before that it may say what it waits
// for.
type word struct {
	ID     string `json:"id,omitempty"`    // of the instance that waits
	Waits  string `json:"waits,omitempty"` // for what
	Ready  bool   `json:"ready"`
	Reason string `json:"reason,omitempty"`
	Own    bool   `json:"own,omitempty"` // the reason is sluice's own, and not a job
}

// notReady is a detached run that ended before it was ready.
type notReady struct {
	id        string
	own       bool // sluice's own fault
	unstarted bool // it ended before anything was started in it
	err       error
}

func (e *notReady) Error() string {
	return fmt.Sprintf("run %s ended before it was ready: %v", e.id, e.err)
}
func (e *notReady) Unwrap() error { return e.err }

// launcher starts detached runs.
type launcher struct {
	store      *state.Store
	durability state.Durability
	within     proc.Within             // what keeps a supervisor apart from the run that starts it; nil where none does
	kill       context.Context         // done: who waits has no more patience
	waits      func(id, reason string) // hears what an instance of the new run waits for
}

// launch starts p as a run of its own, under a supervisor that outlives this
// process, and returns its id when it is ready. A run that can't become ready,
// a *notReady, has ended when launch returns. When ctx is done before, the run
// is told to stop, and when l.kill is, to stop at once.
func (l launcher) launch(ctx context.Context, p *plan.Plan, m state.Meta) (id string, err error) {
	m.Detached = true
	run, err := l.store.Create(p, m, l.durability)
	if err != nil {
		return "", &failure{exitError, err, stateHint}
	}
	defer run.Close() // the supervisor has its lock
	if err = run.Written(); err != nil {
		err = &failure{exitError, err, stateHint}
	} else {
		err = l.supervised(ctx, run)
	}
	if err == nil {
		return run.ID(), nil
	}
	// There is no supervisor any more. Where it had not taken the run over,
	// this process alone can tell how that ended.
	now, unread := state.FolderAt(run.Dir()).Meta()
	if unread == nil && now.Runner != (state.Process{}) || unread != nil && !errors.Is(unread, fs.ErrNotExist) {
		return "", err
	}
	if failed, ok := errors.AsType[*notReady](err); ok {
		failed.unstarted = true
	}
	run.Finish(neverStarted(run, err)) // where that fails too, the run is told as lost
	return "", err
}

// supervised starts the supervisor of run, and returns when the run is ready.
// After an error the supervisor has ended.
func (l launcher) supervised(ctx context.Context, run *state.Run) error {
	id := run.ID()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	supervisor, err := l.start(run, w)
	w.Close()
	if err != nil {
		return fmt.Errorf("start a supervisor: %w", err)
	}
	// One that has ended needs no signal. They are two, for of one that is
	// still to be delivered, a second is dropped.
	unstopped := context.AfterFunc(ctx, func() { supervisor.Signal(syscall.SIGTERM) })
	unkilled := context.AfterFunc(l.kill, func() { supervisor.Signal(syscall.SIGINT) })
	said, err := l.listen(r)
	stopped := !unstopped()
	if err == nil && said.Ready && !stopped {
		unkilled()
		go supervisor.Reap() // owned by the process, which either of them may outlive
		return nil
	}
	exit := supervisor.Reap()
	unkilled()
	switch {
	case err == nil && said.Ready:
		return &notReady{id: id, err: context.Cause(ctx)}
	case err == nil:
		return &notReady{id: id, own: said.Own, err: errors.New(said.Reason)}
	case stopped && (exit.Signal == syscall.SIGTERM || exit.Signal == syscall.SIGINT):
		// It was told so before it listened, and so before it started anything.
		return &notReady{id: id, err: context.Cause(ctx)}
	}
	return &notReady{id: id, own: true, err: fmt.Errorf("its supervisor ended %s\n%s", exitWords(exit), supervisorLog(run.Dir()))}
}

// exitWords is how a process ended.
func exitWords(e proc.Exit) string {
	if e.Signal != 0 {
		return fmt.Sprintf("by signal %d %s", int(e.Signal), proc.SignalName(e.Signal))
	}
	return fmt.Sprintf("with exit code %d", e.Code)
}

// start starts this program anew as the supervisor of run: in a session of its
// own, away from any terminal and any directory that somebody might want to
// remove.
func (l launcher) start(run *state.Run, ready *os.File) (*proc.Process, error) {
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
	return proc.Start(proc.Command{
		Path: program, Argv: []string{"sluice", superviseWord, run.Dir(), string(l.durability)},
		Dir: "/", Env: os.Environ(), Umask: -1, Session: true, Within: l.within,
		Files: []*os.File{null, log, log, lockFD: run.Lock(), wordFD: ready},
	})
}

// self is the path of this program, also where its file was replaced.
func self() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// listen passes on what a supervisor says it waits for, and returns its last
// word. io.EOF: it ended without one.
func (l launcher) listen(r io.Reader) (word, error) {
	for dec := json.NewDecoder(r); ; {
		var said word
		if err := dec.Decode(&said); err != nil || said.Waits == "" {
			return said, err
		}
		l.waits(said.ID, said.Waits)
	}
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

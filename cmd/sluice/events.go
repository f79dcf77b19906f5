package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"sluice/runner/event"
	"sluice/runner/report"
)

// How long a run that is to end waits for a reader of its events who takes
// none, and how long when it was told so once more.
const (
	eventsPatience = 10 * time.Second
	eventsHaste    = time.Second
)

// events is the file of --events. A nil *events is none.
//
// It may be a FIFO. One whose reader goes away ends the run, as it does for
// standard output, and a reader that reads nothing holds the run up. So that
// it does not hold up its end too, a run that is to end waits for no write longer
// than eventsPatience.
type events struct {
	file     *os.File
	signals  *signals
	patience time.Duration // eventsPatience, but in tests
	writer   *event.Writer
	free     [2]func() bool

	mu sync.Mutex // of hurry, so that the second order is not undone by the first
}

// openEvents opens the file. A FIFO that nobody reads is waited for; a signal
// ends sluice there as it ends any program, for nothing has been started.
func (c *cli) openEvents(name string) (*events, error) {
	if name == "" {
		return nil, nil
	}
	// Not O_RDWR, by which sluice were a reader of its own FIFO, so that the
	// last one could never go away (fifo(7)).
	const flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	f, err := os.OpenFile(name, flags|syscall.O_NONBLOCK, 0o666)
	if info, statErr := os.Stat(name); errors.Is(err, syscall.ENXIO) && statErr == nil && info.Mode()&os.ModeNamedPipe != 0 {
		c.complain(fmt.Sprintf("--events: nobody reads %s yet; the run begins when somebody does", name))
		f, err = os.OpenFile(name, flags, 0o666)
	}
	if err != nil {
		return nil, own(fmt.Errorf("--events: %w", err))
	}
	e := &events{file: f, signals: c.signals, patience: eventsPatience}
	e.writer = &event.Writer{W: e}
	for i, ctx := range []context.Context{c.signals.ctx, c.signals.kill} {
		e.free[i] = context.AfterFunc(ctx, e.hurry) // for a write that goes on
	}
	return e, nil
}

func (e *events) sinks() []event.Sink {
	if e == nil {
		return nil
	}
	return []event.Sink{e.writer}
}

// Write writes lines of events. The run is stopped at the first error.
func (e *events) Write(lines []byte) (int, error) {
	e.hurry()
	n, err := e.file.Write(lines)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("the reader of %s reads nothing", e.file.Name())
	}
	if err != nil {
		e.signals.stop(fmt.Errorf("--events: %w", err))
	}
	return n, err
}

// hurry bounds the time of writing where the run is to end. A file that is on
// a disk has no such bound and needs none.
func (e *events) hurry() {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.signals.kill.Err() != nil:
		_ = e.file.SetWriteDeadline(time.Now().Add(min(e.patience, eventsHaste)))
	case e.signals.ctx.Err() != nil:
		_ = e.file.SetWriteDeadline(time.Now().Add(e.patience))
	}
}

// close closes the file and returns the first error of writing.
func (e *events) close() error {
	if e == nil {
		return nil
	}
	for _, free := range e.free {
		free()
	}
	return errors.Join(e.writer.Err(), e.file.Close())
}

// eventsFailure is how the run of rep ends where its events could not be
// written.
func eventsFailure(cause error, rep *report.Report) error {
	f := &failure{exitError, fmt.Errorf("--events: %w", cause), ""}
	switch {
	case rep != nil && rep.Signal != "":
		f.code = exitSignal + int(signalNumber(rep.Signal))
	case errors.Is(cause, syscall.EPIPE):
		f.code = exitSignal + int(syscall.SIGPIPE)
	}
	return f
}

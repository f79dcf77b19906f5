package state

import (
	"context"
	"errors"
	"syscall"
)

// ErrEnded says that a process has ended.
var ErrEnded = errors.New("the process has ended")

// Hold opens the process, so that it can be signalled and waited for and never
// be taken for another that got its number. The error is ErrEnded where it has
// ended. The caller must Close the Hold, which does nothing to the process.
func (p Process) Hold() (*Hold, error) {
	h := &Hold{p: p}
	if err := h.open(); err != nil {
		return nil, err
	}
	// Only now: what was opened is the process that has the number now, and if
	// that is p, then it was p before, too.
	alive, err := p.Alive()
	if err == nil && !alive {
		err = ErrEnded
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// Hold is a process that was opened.
type Hold struct {
	p Process
	handle
}

// Signal sends sig to the process. To one that has ended it does nothing.
func (h *Hold) Signal(sig syscall.Signal) error { return h.signal(sig) }

// Wait returns when the process has ended, or with the cause of ctx.
func (h *Hold) Wait(ctx context.Context) error { return h.wait(ctx) }

// Close lets go of the process.
func (h *Hold) Close() error { return h.close() }

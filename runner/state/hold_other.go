//go:build !linux

package state

import (
	"context"
	"os"
	"syscall"
	"time"
)

// handle is nothing: only the number is known here, and looked at each time.
type handle struct{}

func (h *Hold) open() error { return nil }

func (h *Hold) signal(sig syscall.Signal) error {
	alive, err := h.p.Alive()
	if err != nil || !alive {
		return err
	}
	return os.NewSyscallError("kill", syscall.Kill(h.p.PID, sig))
}

func (h *Hold) wait(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if alive, err := h.p.Alive(); err != nil || !alive {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

func (h *Hold) close() error { return nil }

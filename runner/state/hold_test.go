package state

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"testing"
)

// child starts a process that lives until it is told to end, or t is over.
func child(t *testing.T) (*exec.Cmd, Process) {
	t.Helper()
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	start, err := startOf(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return cmd, Process{PID: cmd.Process.Pid, Start: start, Boot: self.Boot}
}

func TestHold(t *testing.T) {
	_, p := child(t)
	h, err := p.Hold()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	over, cancel := context.WithCancelCause(t.Context())
	want := errors.New("no more patience")
	cancel(want)
	if err := h.Wait(over); err != want {
		t.Errorf("while it lives Wait returns %v, want %v", err, want)
	}
	if err := h.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := h.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	// It is not reaped: there is a process of that number still.
	if err := h.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("a signal for one that has ended: %v", err)
	}
	if _, err := p.Hold(); !errors.Is(err, ErrEnded) {
		t.Errorf("one that has ended is held: %v", err)
	}
}

// Another process of the same number is not the one that is meant.
func TestHoldOfAnother(t *testing.T) {
	_, p := child(t)
	other, boot := p, p
	other.Start++
	boot.Boot = "another"
	for _, wrong := range []Process{other, boot, {}, {PID: 1 << 30, Start: 1, Boot: p.Boot}} {
		if h, err := wrong.Hold(); !errors.Is(err, ErrEnded) {
			t.Errorf("%+v is held: %v, %v", wrong, h, err)
		}
	}
	if alive, err := p.Alive(); !alive || err != nil {
		t.Errorf("the process itself: %v, %v", alive, err)
	}
}

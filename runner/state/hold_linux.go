package state

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// handle is a pidfd (pidfd_open(2), Linux 5.3).
type handle struct {
	fd   *os.File // in Go's poller
	conn syscall.RawConn
}

func (h *Hold) open() error {
	fd, err := unix.PidfdOpen(h.p.PID, unix.PIDFD_NONBLOCK)
	if errors.Is(err, unix.EINVAL) { // before Linux 5.10 there is no such flag
		if fd, err = unix.PidfdOpen(h.p.PID, 0); err == nil {
			err = unix.SetNonblock(fd, true)
		}
	}
	switch {
	case err == unix.ESRCH, h.p.PID <= 0: // the zero Process was never there
		return ErrEnded
	case err != nil:
		return os.NewSyscallError("pidfd_open", err)
	}
	h.fd = os.NewFile(uintptr(fd), "pidfd")
	h.conn, err = h.fd.SyscallConn()
	return err
}

func (h *Hold) signal(sig syscall.Signal) error {
	var sent error
	err := h.conn.Control(func(fd uintptr) { sent = unix.PidfdSendSignal(int(fd), sig, nil, 0) })
	if sent == unix.ESRCH {
		sent = nil
	}
	return errors.Join(err, os.NewSyscallError("pidfd_send_signal", sent))
}

// wait waits in Go's poller: a pidfd is readable when its process has ended.
func (h *Hold) wait(ctx context.Context) error {
	if err := h.fd.SetReadDeadline(time.Time{}); err != nil { // an earlier wait may have set one
		return err
	}
	unhurried := context.AfterFunc(ctx, func() { h.fd.SetReadDeadline(time.Unix(1, 0)) })
	defer unhurried()
	err := h.conn.Read(func(fd uintptr) bool {
		list := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(list, 0)
		return err == nil && n == 1
	})
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (h *Hold) close() error { return h.fd.Close() }

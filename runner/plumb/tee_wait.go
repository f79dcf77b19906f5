package plumb

import (
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// wait waits until something can be done. It asks poll(2) only for what would
// be acted on: a pipe with bytes in it is always readable, and one with room
// always writable.
func (t *Tee) wait() error {
	timeout, paying := t.ask()
	began := time.Time{}
	if paying {
		began = time.Now()
	}
	n, err := unix.Poll(t.fds, timeout)
	if err != nil && err != unix.EINTR {
		return os.NewSyscallError("poll", err)
	}
	if paying {
		spent := time.Since(began)
		for _, b := range t.branches {
			if b.live() && b.stuck() {
				b.patience.spend(spent)
			}
		}
	}
	if err != nil {
		return nil
	}
	if n > 0 {
		if err := t.hear(); err != nil {
			return err
		}
	}
	t.expire()
	return nil
}

// The places in fds.
const (
	wakePlace = iota
	inPlace
	branchPlace // the first one
)

// ask fills in fds, and says how many milliseconds poll(2) may wait, -1 for any
// number. paying is true if a branch could take bytes now that another, which
// is stuck, keeps it from.
func (t *Tee) ask() (timeout int, paying bool) {
	t.fds = append(t.fds[:0], unix.PollFd{Fd: int32(t.wakeFD), Events: unix.POLLIN}, unix.PollFd{Fd: -1})
	timeout = -1
	for _, b := range t.branches {
		p := unix.PollFd{Fd: int32(b.fd)} // for POLLERR, without being asked
		switch {
		case b.closed:
			p.Fd = -1
		case !b.live() || !t.stopped && t.head.has(b):
			if b.room {
				timeout = 0
			} else {
				p.Events = unix.POLLOUT
			}
		case t.held && b.ahead > 0:
			if b.wants {
				paying = true
			} else {
				p.Events = unix.POLLOUT
			}
		}
		t.fds = append(t.fds, p)
	}
	if !t.stopped && t.head.more() {
		t.fds[inPlace] = unix.PollFd{Fd: int32(t.fd), Events: unix.POLLIN}
		if t.cutting() {
			timeout = 0
		}
	}
	if paying {
		timeout = sooner(timeout, t.patience())
	}
	if !t.deadline.IsZero() && !t.stopped && !t.cutting() {
		timeout = sooner(timeout, max(0, time.Until(t.deadline)))
	}
	return timeout, paying
}

// hear acts on what poll(2) said.
func (t *Tee) hear() error {
	if t.fds[wakePlace].Revents != 0 {
		var calls [64]byte
		if _, err := readFD(t.wakeFD, calls[:]); err != nil && err != unix.EAGAIN {
			return os.NewSyscallError("read", err)
		}
	}
	if t.fds[inPlace].Revents != 0 && t.pos < t.end {
		if err := t.fill(); err != nil {
			return err
		}
	}
	for i, b := range t.branches {
		said := t.fds[branchPlace+i].Revents
		if said&unix.POLLOUT != 0 {
			b.room, b.wants = true, true
		}
		// The write end of a pipe that nobody reads has POLLERR, elsewhere POLLHUP.
		if !b.closed && said&(unix.POLLERR|unix.POLLHUP) != 0 {
			b.end()
		}
	}
	return nil
}

// cutting reports whether the deadline has passed.
func (t *Tee) cutting() bool { return t.end != math.MaxInt64 }

// expire ends the reading when the deadline has passed and what was in the pipe
// then, which is no more than it can hold, has been read.
func (t *Tee) expire() {
	select {
	case t.deadline = <-t.until:
	default:
	}
	switch {
	case t.stopped:
	case !t.cutting():
		if !t.deadline.IsZero() && time.Until(t.deadline) <= 0 {
			t.end = t.pos + PipeSize + largeBuffer // which a head holds itself
		}
	case t.pos == t.end, t.fds[inPlace].Fd >= 0 && t.fds[inPlace].Revents == 0:
		t.result.Cut = true
		t.stop()
	}
}

// sooner is a timeout of poll(2) that is not longer than the one before or d.
func sooner(timeout int, d time.Duration) int {
	ms := int(min((d+time.Millisecond-1)/time.Millisecond, math.MaxInt32))
	if timeout < 0 {
		return ms
	}
	return min(timeout, ms)
}

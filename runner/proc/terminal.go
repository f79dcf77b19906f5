package proc

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Terminal opens the terminal that controls this process. The error says that
// there is none. The caller closes it.
func Terminal() (*os.File, error) {
	// Not by os.OpenFile, which would make it non-blocking.
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/dev/tty", Err: err}
	}
	return os.NewFile(uintptr(fd), "/dev/tty"), nil
}

// HasForeground reports whether f is a terminal and the group of this process
// is its foreground group: the one that may read from it, and that Ctrl-C
// reaches. It is false for nil.
func HasForeground(f *os.File) bool { return f != nil && foregroundOf(f) == unix.Getpgrp() }

// LeadsForeground reports whether the group of leader, which is not reaped, is
// the foreground group of terminal.
func LeadsForeground(terminal *os.File, leader *Process) bool {
	leader.mu.Lock()
	defer leader.mu.Unlock()
	return !leader.reaped && foregroundOf(terminal) == leader.pid
}

// foregroundOf is the number of the foreground group of f, or 0 where f is not
// the terminal that controls this process.
func foregroundOf(f *os.File) (group int) {
	_ = onDescriptor(f, func(fd int) (err error) { // an error says that it is none
		group, err = unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		return err
	})
	return group
}

// TakeForeground makes the group of this process the foreground group of
// terminal, as it must after a child that was started with Foreground has
// ended. The process is not stopped for asking from the background.
func TakeForeground(terminal *os.File) error { return setForeground(terminal, unix.Getpgrp()) }

// GiveForeground makes the group of leader, which is not reaped, the
// foreground group of terminal.
func GiveForeground(terminal *os.File, leader *Process) error {
	leader.mu.Lock()
	defer leader.mu.Unlock()
	if leader.reaped {
		return os.ErrProcessDone
	}
	return setForeground(terminal, leader.pid)
}

// setForeground is called from the foreground and from the background.
func setForeground(terminal *os.File, group int) error {
	return unstopped(func() error {
		return onDescriptor(terminal, func(fd int) error {
			return os.NewSyscallError("tcsetpgrp", unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, group))
		})
	})
}

// TerminalMode is how a terminal treats what is typed and shown: whether it
// echoes, waits for whole lines, and so on (termios(3)).
type TerminalMode struct{ termios unix.Termios }

// ModeOf reads the mode of terminal.
func ModeOf(terminal *os.File) (mode *TerminalMode, err error) {
	err = onDescriptor(terminal, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, getTermios)
		if err == nil {
			mode = &TerminalMode{*t}
		}
		return os.NewSyscallError("tcgetattr", err)
	})
	return mode, err
}

// SetMode puts terminal into a mode that ModeOf gave. What was not shown yet
// is not waited for.
func SetMode(terminal *os.File, mode *TerminalMode) error {
	return unstopped(func() error {
		return onDescriptor(terminal, func(fd int) error {
			return os.NewSyscallError("tcsetattr", unix.IoctlSetTermios(fd, setTermios, &mode.termios))
		})
	})
}

// onDescriptor calls f with the number of file, which is not closed meanwhile.
func onDescriptor(file *os.File, f func(fd int) error) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// SuspendSelf stops every process of this program's group, as Ctrl-Z does to
// it, and returns when a shell has continued it. Where nothing stops it, it
// returns after half a second: the kernel stops no group for Ctrl-Z that no
// shell could continue (setpgid(2), "orphaned process group"), nor a process
// that was started with the signal ignored.
func SuspendSelf() error {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return os.NewSyscallError("kill", err)
	}
	// It stops by any of its threads, and so a moment after the call.
	t := time.NewTimer(500 * time.Millisecond)
	defer t.Stop()
	select {
	case <-continued:
	case <-t.C:
	}
	return nil
}

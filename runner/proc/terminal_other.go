//go:build unix && !linux

package proc

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// TakeForeground makes the group of this process the foreground group of
// terminal, as it must after a child that was started with Foreground has
// ended. SIGTTOU is ignored meanwhile, also by a child that starts meanwhile.
func TakeForeground(terminal *os.File) error {
	conn, err := terminal.SyscallConn()
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	var set error
	err = conn.Control(func(fd uintptr) {
		set = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPGRP, unix.Getpgrp())
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("tcsetpgrp", set)
}

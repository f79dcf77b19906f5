package proc

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// TakeForeground makes the group of this process the foreground group of
// terminal, as it must after a child that was started with Foreground has
// ended. The process is not stopped for asking from the background.
func TakeForeground(terminal *os.File) error {
	conn, err := terminal.SyscallConn()
	if err != nil {
		return err
	}
	// A thread that blocks SIGTTOU may set the group from the background.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var block, old unix.Sigset_t
	block.Val[0] = 1 << (syscall.SIGTTOU - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &block, &old); err != nil {
		return os.NewSyscallError("sigmask", err)
	}
	// It can't fail: the set was just read from the kernel.
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	var set error
	err = conn.Control(func(fd uintptr) {
		set = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPGRP, unix.Getpgrp())
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("tcsetpgrp", set)
}

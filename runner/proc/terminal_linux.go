package proc

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const getTermios, setTermios = unix.TCGETS, unix.TCSETS

// unstopped calls f on a thread that the terminal does not stop although it
// is in the background: it blocks SIGTTOU.
func unstopped(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var block, old unix.Sigset_t
	block.Val[0] = 1 << (syscall.SIGTTOU - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &block, &old); err != nil {
		return os.NewSyscallError("sigmask", err)
	}
	// It can't fail: the set was just read from the kernel.
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	return f()
}

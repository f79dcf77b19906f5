package shard

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// die ends this process by sig, as the copy ended that it stands for, but
// without a core file of its own. Go's runtime has handlers for signals that
// os/signal does not reset, such as SEGV. Where it returns, the signal has not
// come.
func die(sig syscall.Signal) {
	var byDefault [64]byte // struct sigaction (rt_sigaction(2)) of SIG_DFL: zero, whatever its layout
	unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&byDefault)), 0, 8, 0, 0)
	runtime.LockOSThread() // to which it is sent, so that it comes before the call returns
	unix.Tgkill(os.Getpid(), unix.Gettid(), sig)
}

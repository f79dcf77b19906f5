package contain

import (
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A monitor begins as a bare fork of the runner that waits in the kernel, and
// becomes a program of its own, by exec, when there is something to do for it:
// the runner has ended, has a lock to hand over, or has run for a moment.
//
// To start a Go program for a job that takes a millisecond would cost more
// than that job. The fork alone is there from its first instant, and costs the
// run a third of it in processor time. Between fork and exec it runs the one
// function below, which calls nothing of Go's runtime: that has only the one
// thread here, and locks that nobody will ever unlock.

// birth is what the fork needs, made before it.
type birth struct {
	sock, peer uintptr // descriptors: the monitor's, and the runner's
	path       *byte
	argv, envv **byte
	name, root *byte
	pause      unix.Timespec
	seen       byte
}

// thisProgram is the executable of the process that opens it, also where its
// file was replaced or removed since.
const thisProgram = "/proc/self/exe"

// forkMonitor starts the monitor with the descriptor sock as its 3, and as this
// program with argv in the end. peer is the other end of sock.
func forkMonitor(sock, peer int, argv []string) (pid int, err error) {
	b := birth{sock: uintptr(sock), peer: uintptr(peer), pause: unix.NsecToTimespec(int64(10 * time.Millisecond))}
	args, err := syscall.SlicePtrFromStrings(argv)
	if err != nil {
		return 0, err
	}
	envv, err := syscall.SlicePtrFromStrings([]string{"GOMAXPROCS=1"})
	if err != nil {
		return 0, err
	}
	b.argv, b.envv = &args[0], &envv[0]
	for to, text := range map[**byte]string{&b.path: thisProgram, &b.name: monitorName, &b.root: "/"} {
		if *to, err = syscall.BytePtrFromString(text); err != nil {
			return 0, err
		}
	}
	if _, err := os.Stat(thisProgram); err != nil {
		return 0, err
	}
	wait := unix.NsecToTimeval(linger.Nanoseconds())
	if err := unix.SetsockoptTimeval(sock, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	// The monitor takes no signal, now or later: its mask is this thread's,
	// and it goes through exec (signal(7)). KILL and STOP can't be blocked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, old unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old); err != nil {
		return 0, os.NewSyscallError("sigmask", err)
	}
	// No descriptor may be between open and close-on-exec.
	syscall.ForkLock.Lock()
	child, errno := fork(&b)
	syscall.ForkLock.Unlock()
	unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) // it can't fail: the set was just read
	runtime.KeepAlive(args)
	runtime.KeepAlive(envv)
	if errno != 0 {
		return 0, os.NewSyscallError("fork", errno)
	}
	return int(child), nil
}

// fork forks, and is the whole life of the child until its exec. Only system
// calls are made in it, and its stack never grows.
//
//go:norace
//go:nosplit
//go:noinline
func fork(b *birth) (child uintptr, errno syscall.Errno) {
	flags, stack := uintptr(syscall.SIGCHLD), uintptr(0)
	if runtime.GOARCH == "s390x" { // clone(2): it has them the other way round
		flags, stack = stack, flags
	}
	child, _, errno = syscall.RawSyscall6(syscall.SYS_CLONE, flags, stack, 0, 0, 0, 0)
	if errno != 0 || child != 0 {
		return child, errno
	}
	syscall.RawSyscall(syscall.SYS_SETSID, 0, 0, 0)
	syscall.RawSyscall(syscall.SYS_CHDIR, uintptr(unsafe.Pointer(b.root)), 0, 0)
	syscall.RawSyscall(syscall.SYS_PRCTL, unix.PR_SET_NAME, uintptr(unsafe.Pointer(b.name)), 0)
	// Go's runtime opens /dev/null as the standard streams that are closed.
	for fd := uintptr(0); fd < 3; fd++ {
		syscall.RawSyscall(syscall.SYS_CLOSE, fd, 0, 0)
	}
	// Where there is no close_range the others go with the exec; the runner's
	// end must not stay open until then.
	syscall.RawSyscall(syscall.SYS_CLOSE, b.peer, 0, 0)
	if b.sock != monitorFD {
		syscall.RawSyscall(syscall.SYS_DUP3, b.sock, monitorFD, 0)
	} else {
		syscall.RawSyscall(syscall.SYS_FCNTL, monitorFD, syscall.F_SETFD, 0)
	}
	syscall.RawSyscall(unix.SYS_CLOSE_RANGE, monitorFD+1, 1<<31-1, 0)
	for {
		_, _, errno = syscall.RawSyscall6(unix.SYS_RECVFROM, monitorFD, uintptr(unsafe.Pointer(&b.seen)), 1, syscall.MSG_PEEK, 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		syscall.RawSyscall(syscall.SYS_EXECVE, uintptr(unsafe.Pointer(b.path)), uintptr(unsafe.Pointer(b.argv)), uintptr(unsafe.Pointer(b.envv)))
		// There is no memory for it. There may be later.
		syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&b.pause)), 0, 0)
	}
}

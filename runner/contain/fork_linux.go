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
// becomes a program of its own, by exec, when the runner has ended or has run
// for a moment. Locks that are handed over to it before wait in its socket,
// where they are held as well.
//
// The reason is the price: to start a Go program costs more than all else that
// is done for a job which takes a millisecond. Such a fork costs a fifth of
// it, and watches from its first instant.
//
// Between fork and exec it runs the one function below, which calls nothing of
// Go's runtime: that has one thread here, and locks that nobody will ever
// unlock. Neither does it have a heap. All that it needs is in a birth on the
// stack of the goroutine that forks.

// linger is how long a monitor remains a bare fork.
const linger = 100 * time.Millisecond

// thisProgram is the executable of the process that opens it, also where its
// file was replaced or removed since.
const thisProgram = "/proc/self/exe"

// birth is what the fork needs. Nothing in it points into the heap.
type birth struct {
	socket, peer uintptr // descriptors: the monitor's, and the runner's
	// C strings are places in text until the fork, which makes them addresses:
	// until then the stack may be moved.
	text             [1024]byte
	used             int // of text
	path, name, root uintptr
	argv, envv       [9]uintptr
	argc, envc       int
	ignore           sigaction
	none             unix.Sigset_t
	poll             unix.PollFd
	linger, pause    unix.Timespec
}

const (
	sigIgn  = 1           // SIG_IGN
	setSize = signals / 8 // bytes of a signal set
)

// put copies s into b as a C string, and returns its place. Where there is no
// more room b is full.
func (b *birth) put(s string) uintptr {
	at := b.used
	b.used += len(s) + 1
	if !b.full() {
		copy(b.text[at:], s)
	}
	return uintptr(at)
}

func (b *birth) full() bool {
	return b.used > len(b.text) || b.argc >= len(b.argv) || b.envc >= len(b.envv)
}

// forkMonitor forks the monitor, which has the descriptor socket as its 3 and
// becomes this program with argv. peer is the other end of socket.
func forkMonitor(socket, peer int, argv []string) (pid int, err error) {
	// No signal may come to the monitor before it ignores them all.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, old unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old); err != nil {
		return 0, os.NewSyscallError("sigmask", err)
	}
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) // it can't fail: the set was just read
	// Nobody else forks while the heap is hidden.
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	return bear(socket, peer, argv)
}

// bear is forkMonitor on a thread that is ready for it.
//
//go:noinline
func bear(socket, peer int, argv []string) (pid int, err error) {
	b := birth{
		socket: uintptr(socket), peer: uintptr(peer), argc: len(argv), envc: 1,
		ignore: sigaction{handler: sigIgn},
		poll:   unix.PollFd{Fd: monitorFD}, // no event but its end, POLLHUP
		linger: unix.NsecToTimespec(linger.Nanoseconds()),
		pause:  unix.NsecToTimespec((10 * time.Millisecond).Nanoseconds()),
	}
	b.path, b.name, b.root = b.put(thisProgram), b.put(monitorName), b.put("/")
	b.envv[0] = b.put("GOMAXPROCS=1")
	for i, arg := range argv {
		if !b.full() {
			b.argv[i] = b.put(arg)
		}
	}
	if b.full() {
		return 0, os.NewSyscallError("exec", unix.E2BIG)
	}
	hideHeap(unsafe.Pointer(&b), unix.MADV_DONTFORK)
	child, errno := fork(&b)
	hideHeap(unsafe.Pointer(&b), unix.MADV_DOFORK)
	if errno != 0 {
		return 0, os.NewSyscallError("fork", errno)
	}
	return int(child), nil
}

// hideHeap tells the kernel with MADV_DONTFORK not to give a fork the memory
// around stack, which is that of a goroutine and so in Go's heap, but for the
// next pages. To copy its page tables, and then each page that this process
// goes on to write to, is most of what a fork costs. Go's heap has areas of
// 64 MiB with nothing else in them (heapArenaBytes in runtime/malloc.go); where
// that is not so the fork has more memory than it needs.
//
//go:nosplit
func hideHeap(stack unsafe.Pointer, advice uintptr) {
	const area, near = 64 << 20, 64 << 10
	if unsafe.Sizeof(uintptr(0)) < 8 {
		return // smaller areas, beside other things
	}
	at := uintptr(stack)
	first := at &^ (area - 1)
	last := first + area
	if from := (at - near) &^ (near - 1); from > first {
		syscall.RawSyscall(syscall.SYS_MADVISE, first, from-first, advice)
	}
	if to := (at + 2*near) &^ (near - 1); to < last {
		syscall.RawSyscall(syscall.SYS_MADVISE, to, last-to, advice)
	}
}

// fork forks, and is the whole life of the child until its exec. It makes
// system calls and nothing else, and its stack never grows.
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
	text := uintptr(unsafe.Pointer(&b.text))
	for i := range b.argc {
		b.argv[i] += text
	}
	for i := range b.envc {
		b.envv[i] += text
	}
	// All signals are ignored, which goes through exec, and then let in, so
	// that none waits to come in later. KILL and STOP can't be ignored.
	for sig := uintptr(1); sig <= signals; sig++ {
		syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, sig, uintptr(unsafe.Pointer(&b.ignore)), 0, setSize, 0, 0)
	}
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&b.none)), 0, setSize, 0, 0)
	syscall.RawSyscall(syscall.SYS_SETSID, 0, 0, 0)
	syscall.RawSyscall(syscall.SYS_CHDIR, text+b.root, 0, 0)
	syscall.RawSyscall(syscall.SYS_PRCTL, unix.PR_SET_NAME, text+b.name, 0)
	// Go's runtime opens /dev/null as the standard streams that are closed.
	for fd := uintptr(0); fd < monitorFD; fd++ {
		if fd != b.socket {
			syscall.RawSyscall(syscall.SYS_CLOSE, fd, 0, 0)
		}
	}
	// Where there is no close_range(2) the others go with the exec; the
	// runner's end must not stay open until then.
	syscall.RawSyscall(syscall.SYS_CLOSE, b.peer, 0, 0)
	if b.socket == monitorFD {
		syscall.RawSyscall(syscall.SYS_FCNTL, monitorFD, syscall.F_SETFD, 0)
	} else {
		syscall.RawSyscall(syscall.SYS_DUP3, b.socket, monitorFD, 0)
	}
	syscall.RawSyscall(unix.SYS_CLOSE_RANGE, monitorFD+1, 1<<31-1, 0)
	// Linux counts linger down where it is interrupted.
	for errno = syscall.EINTR; errno == syscall.EINTR; {
		_, _, errno = syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&b.poll)), 1, uintptr(unsafe.Pointer(&b.linger)), 0, 0, 0)
	}
	for scarce := true; scarce; {
		_, _, errno = syscall.RawSyscall(syscall.SYS_EXECVE, text+b.path, uintptr(unsafe.Pointer(&b.argv)), uintptr(unsafe.Pointer(&b.envv)))
		switch errno {
		case syscall.EAGAIN, syscall.ENOMEM, syscall.ENFILE, syscall.EMFILE, syscall.EINTR, syscall.ETXTBSY:
			// There is no room for it now, or its file is being written. Later it
			// may do.
			syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&b.pause)), 0, 0)
		default:
			scarce = false
		}
	}
	// It never will be a program, and as it is it can end nothing. A runner
	// that lives hears that it has no monitor, and ends the run.
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 1, 0, 0)
	}
}

package proc

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// noExec reports whether the file system of path is mounted so that nothing on
// it can be executed.
func noExec(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Flags&unix.ST_NOEXEC != 0
}

// maxRSS is in bytes. ru_maxrss counts KiB.
func maxRSS(usage *syscall.Rusage) int64 { return int64(usage.Maxrss) * 1024 }

// handle is what Linux offers beyond a number.
type handle struct {
	pidfd *os.File // in Go's poller; nil where the kernel has none
}

// spawn starts c on a thread that suits it.
func spawn(c Command, fds []uintptr) (*Process, error) {
	if c.Umask < 0 {
		return forkExec(c, fds)
	}
	type result struct {
		p   *Process
		err error
	}
	done := make(chan result, 1)
	go onOwnThread(func(err error) {
		if err == nil {
			syscall.Umask(c.Umask)
			p, err := forkExec(c, fds)
			done <- result{p, err}
			return
		}
		done <- result{nil, &stepError{OpUmask, err}}
	})
	r := <-done
	return r.p, r.err
}

// onOwnThread calls f on a thread that shares its umask and directory with no
// other and that ends with this goroutine. f is told why where there is none.
func onOwnThread(f func(error)) {
	// Never unlocked, which is what makes the runtime end the thread. New
	// threads are not made from a locked one, so none inherits its state.
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		// The main thread does not end, and /proc shows its umask as the
		// program's. While it is held here another one is found.
		done := make(chan struct{})
		go func() {
			defer close(done)
			onOwnThread(f)
		}()
		<-done
		runtime.UnlockOSThread()
		return
	}
	f(unix.Unshare(unix.CLONE_FS))
}

// forkExec starts c from the calling thread.
func forkExec(c Command, fds []uintptr) (*Process, error) {
	pidfd := -1
	attr := c.attr(fds)
	attr.Sys.PidFD = &pidfd
	var pid int
	err := c.within(attr.Sys, func() (int, error) {
		err := withEmptyMask(func() error {
			var err error
			pid, _, err = syscall.StartProcess(c.Path, c.Argv, attr)
			return err
		})
		return pid, err
	})
	if err != nil {
		return nil, err
	}
	return &Process{pid: pid, leader: c.Group == 0, handle: handle{pollable(pidfd)}}, nil
}

// withEmptyMask calls f on a thread that blocks no signal.
//
// All threads that run goroutines have the mask that the program was started
// with. It is empty nearly always, and then f runs without a thread of its
// own: many starts at once would need as many threads.
func withEmptyMask(f func() error) error {
	var empty, old unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, nil, &old); err == nil && old == empty {
		return f()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &empty, &old); err != nil {
		return &stepError{OpMask, err}
	}
	// It can't fail: the set was just read from the kernel.
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	return f()
}

// pollable hands pidfd to Go's poller. It is nil where that is impossible.
func pollable(pidfd int) *os.File {
	if pidfd < 0 {
		return nil
	}
	if err := unix.SetNonblock(pidfd, true); err != nil {
		unix.Close(pidfd)
		return nil
	}
	return os.NewFile(uintptr(pidfd), "pidfd")
}

// wait returns whether the child has exited.
func (p *Process) wait() bool {
	if p.pidfd != nil {
		if exited, ok := p.poll(); ok {
			return exited
		}
	}
	// An error is ECHILD: somebody else reaped the child. Reap will say so.
	_ = retry(func() error {
		return unix.Waitid(unix.P_PID, p.pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
	})
	return true
}

// poll waits for the child in Go's poller, until it exits or is given up. It is
// not ok where pidfds can't be polled or waited for: a kernel before 5.4, or
// something that plays one.
func (p *Process) poll() (exited, ok bool) {
	conn, err := p.pidfd.SyscallConn()
	if err != nil {
		return false, false
	}
	var failed error
	// The function is called first and after each wake-up, so an exit before
	// the first wait is seen.
	err = conn.Read(func(fd uintptr) bool {
		var info unix.Siginfo
		failed = retry(func() error {
			return unix.Waitid(unix.P_PIDFD, int(fd), &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		})
		return failed != nil || info.Signo != 0
	})
	if p.givenUp.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		return false, true
	}
	return true, err == nil && failed == nil
}

// wake ends poll.
func (p *Process) wake() {
	if p.pidfd != nil {
		p.pidfd.SetReadDeadline(time.Unix(1, 0)) // an error is that it was closed: the child is reaped
	}
}

// stopped asks the kernel, and takes what it tells: the same stop is not told
// twice.
func (p *Process) stopped() syscall.Signal {
	var info unix.Siginfo
	err := retry(func() error {
		return unix.Waitid(unix.P_PID, p.pid, &info, unix.WSTOPPED|unix.WNOHANG, nil)
	})
	if err != nil || info.Signo == 0 {
		return 0
	}
	return syscall.Signal((*childInfo)(unsafe.Pointer(&info)).child.status)
}

// childInfo is the siginfo_t of a child (sigaction(2)), of which x/sys/unix
// names the beginning only. The kernel aligns the second part as a pointer.
type childInfo struct {
	_     [3]int32
	child struct {
		_      [0]uintptr
		pid    int32
		uid    uint32
		status int32
	}
}

func (p *Process) reap() Exit {
	options := 0
	if p.lives {
		options = syscall.WNOHANG
	}
	e := wait4(p.pid, options)
	if p.pidfd != nil {
		p.pidfd.Close()
	}
	return e
}

func (p *Process) signal(sig syscall.Signal) error {
	if p.pidfd == nil {
		return signalled("kill", syscall.Kill(p.pid, sig))
	}
	conn, err := p.pidfd.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = conn.Control(func(fd uintptr) {
		sent = unix.PidfdSendSignal(int(fd), sig, nil, 0)
	})
	if err != nil {
		return err
	}
	return signalled("pidfd_send_signal", sent)
}

// signalled is the result of a call that signals one process. That it has
// ended is none.
func signalled(call string, err error) error {
	if err == syscall.ESRCH {
		return nil
	}
	return os.NewSyscallError(call, err)
}

func groupEnded(err error) bool { return err == syscall.ESRCH }

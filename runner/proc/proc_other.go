//go:build unix && !linux

package proc

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// noExec reports whether the file system of path is mounted so that nothing on
// it can be executed. Only Linux is asked.
func noExec(string) bool { return false }

// maxRSS is in bytes. ru_maxrss counts them on darwin, KiB elsewhere.
func maxRSS(usage *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}

// handle keeps the ending of a child between WaitExit and Reap.
//
// This is weaker than Linux. There is no wait here that leaves the child a
// zombie, so it is reaped as soon as it exits: from then on its number, and
// that of its group once the group is empty, may belong to somebody else, a
// group can't be joined any more when its leader has exited, and a signal that
// is sent at this very moment may miss. A wait occupies a thread. The mask of
// the caller's signals reaches the child, and no child can have a umask.
type handle struct {
	ended Exit
}

func spawn(c Command, fds []uintptr) (*Process, error) {
	if c.Umask >= 0 {
		return nil, &stepError{OpUmask, errors.New("a umask for a child needs Linux, and this is " + runtime.GOOS)}
	}
	attr := c.attr(fds)
	var pid int
	err := c.within(attr.Sys, func() (int, error) {
		var err error
		pid, _, err = syscall.StartProcess(c.Path, c.Argv, attr)
		return pid, err
	})
	if err != nil {
		return nil, err
	}
	return &Process{pid: pid, leader: c.Group == 0}, nil
}

func (p *Process) wait() bool {
	p.ended = wait4(p.pid, 0)
	return true
}

func (p *Process) wake() {}

// stopped does not know: the only wait that tells of a stop reaps too.
func (p *Process) stopped() syscall.Signal { return 0 }

func (p *Process) reap() Exit { return p.ended }

func (p *Process) signal(sig syscall.Signal) error {
	err := syscall.Kill(p.pid, sig)
	if err == syscall.ESRCH {
		return nil
	}
	return os.NewSyscallError("kill", err)
}

// groupEnded: a group of nothing but zombies answers EPERM.
func groupEnded(err error) bool { return err == syscall.ESRCH || err == syscall.EPERM }

package proc

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Command is what execve receives. No field is interpreted: nothing is looked
// up, split, expanded or added.
type Command struct {
	Path string   // absolute path of the executable
	Argv []string // argv[0] first
	Dir  string   // absolute
	Env  []string // "NAME=value", complete; nil is an empty environment

	// Files become descriptors 0, 1, 2 and on. A nil one is closed in the
	// child. The caller keeps them and closes its ends after Start. The child
	// gets each with the flags it has, so they should be in blocking mode.
	Files []*os.File

	Group   int  // 0: a new process group, led by this child; above 0: the group to join; -1: the caller's own
	Session bool // with Group 0: a new session too, which has no terminal
	Umask   int  // the child's; -1: the caller's

	// Foreground is a terminal whose foreground group becomes the child's
	// group, before the program runs. nil: the terminal is left alone.
	Foreground *os.File

	// Within is what the child is born into; nil is nothing. Its errors are
	// those of the start.
	Within Within
}

// Within is something that holds processes. It sees to it that a child and all
// that comes of it belong to it from their first moment.
type Within interface {
	// Fork calls fork, which makes the child as sys says, and once more
	// where the system does not let it be made as Within would have it. The
	// child is not waited for before Fork has returned.
	Fork(sys *syscall.SysProcAttr, fork func() (pid int, err error)) error
}

// Process is a child from its start until it is reaped. Its methods may be
// called from several goroutines at once.
type Process struct {
	pid     int
	leader  bool // its group has its number
	exited  sync.Once
	lives   bool // it was given up before it exited; once exited is done
	givenUp atomic.Bool

	mu     sync.Mutex // held while the pid is used, so that it can't be freed meanwhile
	reaped bool
	exit   Exit // once reaped

	handle // what the platform needs to wait for the child and to signal it
}

// Exit is how a process ended, and what it used.
type Exit struct {
	Code   int            // 0 to 255; -1 where a signal ended it
	Signal syscall.Signal // what ended it; 0: it exited by itself
	Core   bool           // a core file was written

	User, System time.Duration // processor time, that of its own reaped children included
	MaxRSS       int64         // bytes; the largest resident set, see the package's notes
}

// Known reports whether the ending is known. It is not where something else
// in this program reaped the child, SIGCHLD was ignored, or the child was given
// up; Code is -1 and Signal is 0 then, which is never a success.
func (e Exit) Known() bool { return e.Code >= 0 || e.Signal != 0 }

// Start starts c. An error is a *StartError, and then no process is left and
// no descriptor is open that was not open before. Every Process must be reaped.
func Start(c Command) (*Process, error) {
	var p *Process
	err := withDescriptors(c.files(), nil, func(fds []uintptr) error {
		var err error
		p, err = startPatiently(c, fds)
		return err
	})
	if err != nil {
		return nil, newStartError(c, err)
	}
	return p, nil
}

// PID is the process's number. It is nobody else's until Reap.
func (p *Process) PID() int { return p.pid }

// WaitExit returns when the child has exited, or was given up before: then it is
// false. It does not reap: the child's number and that of its group stay taken
// until Reap.
func (p *Process) WaitExit() bool {
	p.exited.Do(func() { p.lives = !p.wait() })
	return !p.lives
}

// GiveUp lets WaitExit return although the child has not exited, and Reap then
// leave it alone: KILL did not end it. Where the kernel has no pidfds such a
// wait can't be ended, and GiveUp does nothing.
func (p *Process) GiveUp() {
	p.givenUp.Store(true)
	p.wake()
}

// Reap waits for the child to exit, frees its number and what this process
// holds for it, and returns how it ended. Further calls return the same. Of a
// child that was given up and goes on, nothing is known.
func (p *Process) Reap() Exit {
	p.WaitExit()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		p.exit = p.reap()
		p.reaped = true
	}
	return p.exit
}

// Signal sends sig to this one process. To a process that has ended it does
// nothing, and after Reap it is os.ErrProcessDone.
func (p *Process) Signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return os.ErrProcessDone
	}
	return p.signal(sig)
}

// Stopped is the signal that has stopped the process since Stopped was called
// the last time, or 0. The process may have been continued since. Only Linux
// tells.
func (p *Process) Stopped() syscall.Signal {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return 0
	}
	return p.stopped()
}

// SignalGroup sends sig to every process of the group that leader leads.
// leader must have been started with Group 0; it may have ended, but after its
// Reap the answer is os.ErrProcessDone, for the group's number may be a
// stranger's. A group without living processes is no error.
func SignalGroup(leader *Process, sig syscall.Signal) error {
	leader.mu.Lock()
	defer leader.mu.Unlock()
	switch {
	case !leader.leader:
		return fmt.Errorf("signal a process group: process %d leads none", leader.pid)
	case leader.reaped:
		return os.ErrProcessDone
	}
	if err := syscall.Kill(-leader.pid, sig); err != nil && !groupEnded(err) {
		return os.NewSyscallError("kill", err)
	}
	return nil
}

// exitOf is the one place where the ending of a child gets its meaning.
func exitOf(status syscall.WaitStatus, usage *syscall.Rusage) Exit {
	e := Exit{
		Code:   -1,
		User:   time.Duration(usage.Utime.Nano()),
		System: time.Duration(usage.Stime.Nano()),
		MaxRSS: maxRSS(usage),
	}
	switch {
	case status.Exited():
		e.Code = status.ExitStatus()
	case status.Signaled():
		e.Signal = status.Signal()
		e.Core = status.CoreDump()
	}
	return e
}

// wait4 reaps pid, with syscall.WNOHANG only where it has exited.
func wait4(pid, options int) Exit {
	var status syscall.WaitStatus
	var usage syscall.Rusage
	reaped := 0
	err := retry(func() (err error) {
		reaped, err = syscall.Wait4(pid, &status, options, &usage)
		return err
	})
	if err != nil || reaped == 0 {
		return Exit{Code: -1}
	}
	return exitOf(status, &usage)
}

// retry calls f until it is not interrupted by a signal.
func retry(f func() error) error {
	for {
		if err := f(); err != syscall.EINTR {
			return err
		}
	}
}

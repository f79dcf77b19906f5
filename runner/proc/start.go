package proc

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// stepError is a failure of a named step of a start. Without one, the step is
// fork and exec.
type stepError struct {
	op  string
	err error
}

func (e *stepError) Error() string { return e.op + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// files lists every file of which the start needs the number: the child's,
// then the terminal where there is one.
func (c Command) files() []*os.File {
	files := c.Files[:len(c.Files):len(c.Files)]
	if c.Foreground != nil {
		files = append(files, c.Foreground)
	}
	return files
}

// withDescriptors calls f with the numbers of files. Until f returns none of
// them can be closed, and none of their flags changes. fds begins nil.
func withDescriptors(files []*os.File, fds []uintptr, f func([]uintptr) error) error {
	if len(files) == 0 {
		return f(fds)
	}
	if files[0] == nil {
		return withDescriptors(files[1:], append(fds, ^uintptr(0)), f)
	}
	conn, err := files[0].SyscallConn()
	if err != nil {
		return &stepError{OpFiles, err}
	}
	var inner error
	err = conn.Control(func(fd uintptr) {
		inner = withDescriptors(files[1:], append(fds, fd), f)
	})
	if err != nil {
		return &stepError{OpFiles, err}
	}
	return inner
}

// startPatiently starts c, again where its file is busy: another process
// writes to it, which is over soon where that is a child between fork and exec
// (https://go.dev/issue/22315).
func startPatiently(c Command, fds []uintptr) (*Process, error) {
	const first, last = time.Millisecond, 64 * time.Millisecond // 127 ms in all
	for wait := first; ; wait *= 2 {
		p, err := spawn(c, fds)
		if !errors.Is(err, syscall.ETXTBSY) || wait > last {
			return p, err
		}
		time.Sleep(wait)
	}
}

// attr is c for the syscall package.
func (c Command) attr(fds []uintptr) *syscall.ProcAttr {
	sys := &syscall.SysProcAttr{}
	switch {
	case c.Session: // its leader leads a group too: setpgid(2) would be refused
		sys.Setsid = true
	case c.Group >= 0:
		sys.Setpgid, sys.Pgid = true, c.Group
	}
	if c.Foreground != nil {
		last := len(fds) - 1
		sys.Foreground, sys.Ctty = true, int(fds[last])
		fds = fds[:last]
	}
	return &syscall.ProcAttr{Dir: c.Dir, Env: c.Env, Files: fds, Sys: sys}
}

// within calls fork, in what c shall be within.
func (c Command) within(sys *syscall.SysProcAttr, fork func() (pid int, err error)) error {
	if c.Within != nil {
		return c.Within.Fork(sys, fork)
	}
	_, err := fork()
	return err
}

package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// The steps of a start, as StartError names them.
const (
	OpExec        = "exec"        // the program itself
	OpInterpreter = "interpreter" // what the program's first line or header names
	OpDir         = "chdir"       // the directory to start in
	OpGroup       = "setpgid"     // the group to join
	OpUmask       = "umask"
	OpMask        = "sigmask"
	OpFiles       = "files" // the descriptors to hand on
	OpFork        = "fork"  // a process, or what it takes to make one
)

// StartError says why a process did not start.
type StartError struct {
	Path string // the program
	Op   string // the step that failed: OpExec, …
	Err  error  // what the system answered, a syscall.Errno where it was a call

	reason string // in words; empty: Err says it
}

func (e *StartError) Error() string {
	reason := e.reason
	if reason == "" {
		reason = e.Op + ": " + e.Err.Error()
	}
	return fmt.Sprintf("can't start %q: %s", e.Path, reason)
}

func (e *StartError) Unwrap() error { return e.Err }

// Code is the exit code that stands for e, as shells have it: 127 where there
// is no such program, 126 where there is one and it did not start.
func (e *StartError) Code() int {
	if e.Op == OpExec && errors.Is(e.Err, syscall.ENOENT) {
		return 127
	}
	return 126
}

// newStartError looks for what err, which Start met, really means.
func newStartError(c Command, err error) *StartError {
	e := &StartError{Path: c.Path, Op: OpExec, Err: err}
	if step, ok := errors.AsType[*stepError](err); ok {
		e.Op, e.Err = step.op, step.err
		e.reason = stepReason(e.Op, e.Err)
		return e
	}
	if reason, dirErr := dirTrouble(c.Dir, err); dirErr != nil {
		e.Op, e.Err, e.reason = OpDir, dirErr, reason
		return e
	}
	switch err {
	case syscall.ENOENT:
		e.Op, e.reason = notFound(c)
	case syscall.EACCES:
		e.Op, e.reason = notAllowed(c.Path)
	case syscall.ENOEXEC:
		e.reason = notExecutable(c.Path)
	case syscall.E2BIG:
		e.reason = tooBig(c)
	case syscall.EPERM:
		if c.Group > 0 && syscall.Kill(-c.Group, 0) == syscall.ESRCH {
			e.Op = OpGroup
			e.reason = fmt.Sprintf("process group %d, which it should join, has ended", c.Group)
		}
	case syscall.EINVAL:
		e.reason = withNUL(c)
	case syscall.ENOTDIR:
		e.reason = "a part of the path is not a directory"
	case syscall.ELOOP:
		e.reason = "its symbolic links or interpreters lead in a circle"
	case syscall.ETXTBSY:
		e.reason = err.Error() + ": it is open for writing in another process"
	case syscall.EAGAIN:
		e.Op, e.reason = OpFork, "fork: "+err.Error()+": there are too many processes (ulimit -u, or the limit of the control group)"
	case syscall.ENOMEM:
		e.Op, e.reason = OpFork, "fork: "+err.Error()+": there is not enough memory for another process"
	case syscall.EMFILE, syscall.ENFILE:
		e.Op, e.reason = OpFork, "fork: "+err.Error()+" (ulimit -n)"
	}
	return e
}

func stepReason(op string, err error) string {
	switch {
	case op == OpUmask && errors.Is(err, syscall.EPERM):
		return "its umask can't be set: unshare(2) is not permitted here, as in some containers"
	case op == OpUmask:
		return "its umask can't be set: " + err.Error()
	case op == OpFiles:
		return "a file that it should inherit can't be used: " + err.Error()
	}
	return ""
}

// dirTrouble looks whether err comes from the directory to start in. If so, it
// returns what is wrong with that.
func dirTrouble(dir string, err error) (reason string, trouble error) {
	switch err {
	case syscall.ENOENT, syscall.EACCES, syscall.ENOTDIR, syscall.ELOOP, syscall.ENAMETOOLONG:
	default:
		return "", nil
	}
	if dir == "" {
		return "", nil
	}
	info, statErr := os.Stat(dir)
	switch {
	case errors.Is(statErr, syscall.ENOENT):
		return fmt.Sprintf("its directory %q does not exist", dir), syscall.ENOENT
	case statErr != nil:
		return fmt.Sprintf("its directory %q can't be entered: %v", dir, errors.Unwrap(statErr)), err
	case !info.IsDir():
		return fmt.Sprintf("its directory %q is not a directory", dir), syscall.ENOTDIR
	case accessible(dir) != nil:
		return fmt.Sprintf("its directory %q can't be entered: permission denied", dir), syscall.EACCES
	}
	return "", nil
}

package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
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
		e.Op, e.reason = notFound(c.Path)
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
		e.reason = "the file is open for writing in another process"
	case syscall.EAGAIN:
		e.Op, e.reason = OpFork, "there are too many processes (ulimit -u, or the limit of the control group)"
	case syscall.ENOMEM:
		e.Op, e.reason = OpFork, "there is not enough memory for another process"
	case syscall.EMFILE, syscall.ENFILE:
		e.Op, e.reason = OpFork, "there are too many open files (ulimit -n)"
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

// notFound explains ENOENT, which a missing interpreter causes too.
func notFound(path string) (op, reason string) {
	if _, err := os.Stat(path); err != nil {
		if target, err := os.Readlink(path); err == nil {
			return OpExec, fmt.Sprintf("it is a symbolic link to %q, which does not exist", target)
		}
		return OpExec, "there is no such file"
	}
	line, interpreter := firstLine(path)
	switch {
	case interpreter == "":
		return OpInterpreter, "it is a binary whose program loader is missing; it was built for another system or C library"
	case strings.HasSuffix(line, "\r"):
		return OpInterpreter, "its first line ends in CR LF, and no interpreter has such a name; save it with LF line ends"
	default:
		return OpInterpreter, fmt.Sprintf("its first line names the interpreter %q, which does not exist", interpreter)
	}
}

// notAllowed explains EACCES.
func notAllowed(path string) (op, reason string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return OpExec, "a directory above it can't be searched: permission denied"
	case info.IsDir():
		return OpExec, "it is a directory"
	case !info.Mode().IsRegular():
		return OpExec, "it is not a regular file"
	case info.Mode()&0o111 == 0:
		return OpExec, "the file is not marked executable; chmod +x does that"
	}
	if _, interpreter := firstLine(path); interpreter != "" && accessible(path) == nil && !runnable(interpreter) {
		return OpInterpreter, fmt.Sprintf("its first line names the interpreter %q, which can't be executed", interpreter)
	}
	return OpExec, "permission denied: this user may not execute it, or its file system is mounted noexec"
}

// notExecutable explains ENOEXEC.
func notExecutable(path string) string {
	line, interpreter := firstLine(path)
	switch {
	case strings.HasPrefix(line, "#!") && interpreter == "":
		return "its first line begins with #! and names no interpreter"
	case strings.HasPrefix(line, "\x7fELF"):
		return "it is a binary for another kind of machine, or a damaged one"
	case line == "" && isEmpty(path):
		return "the file is empty"
	}
	return "it has no #! line and is no executable of this platform; a script must name its interpreter in its first line"
}

// tooBig explains E2BIG with the sizes that count.
func tooBig(c Command) string {
	total, largest := 0, 0
	for _, list := range [][]string{c.Argv, c.Env} {
		for _, s := range list {
			total += len(s) + 1
			largest = max(largest, len(s))
		}
	}
	reason := fmt.Sprintf("its arguments and environment are too long: %d bytes in %d arguments and %d variables, the longest of %d bytes",
		total, len(c.Argv), len(c.Env), largest)
	if limit := stringLimit(); limit > 0 && largest > limit {
		reason += fmt.Sprintf("; one string may have %d", limit)
	}
	return reason
}

// withNUL explains EINVAL: a string of C ends at its first NUL.
func withNUL(c Command) string {
	for _, list := range []struct {
		name    string
		strings []string
	}{{"path", []string{c.Path}}, {"directory", []string{c.Dir}}, {"argument", c.Argv}, {"variable", c.Env}} {
		for i, s := range list.strings {
			if strings.IndexByte(s, 0) >= 0 {
				return fmt.Sprintf("%s %d contains a NUL byte, which no program can be given", list.name, i)
			}
		}
	}
	return ""
}

// firstLine is the first line of the file at path, without its newline, and
// the interpreter that it names; both are empty where there is none. The
// kernel looks at no more than 256 bytes, and neither does this.
func firstLine(path string) (line, interpreter string) {
	f, err := os.Open(path)
	if err != nil {
		return "", ""
	}
	defer f.Close()
	head := make([]byte, 256)
	n, _ := io.ReadFull(f, head)
	first, _, _ := bytes.Cut(head[:n], []byte("\n"))
	line = string(first)
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return line, ""
	}
	interpreter, _, _ = strings.Cut(strings.TrimLeft(rest, " \t"), " ")
	interpreter, _, _ = strings.Cut(interpreter, "\t")
	return line, strings.TrimSuffix(interpreter, "\r")
}

// accessible is nil where this user may execute the file at path or enter the
// directory.
func accessible(path string) error { return unix.Access(path, unix.X_OK) }

func runnable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && accessible(path) == nil
}

// stringLimit is the length that one argument or variable may have, in bytes;
// 0 where none is known. On Linux it is MAX_ARG_STRLEN without the final NUL.
func stringLimit() int {
	if runtime.GOOS == "linux" {
		return 32*os.Getpagesize() - 1
	}
	return 0
}

func isEmpty(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() == 0
}

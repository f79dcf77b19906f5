package proc

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// notFound explains ENOENT, which a missing interpreter causes too.
func notFound(c Command) (op, reason string) {
	if _, err := os.Stat(c.Path); err != nil {
		if target, err := os.Readlink(c.Path); err == nil {
			return OpExec, fmt.Sprintf("it is a symbolic link to %q, which does not exist", target)
		}
		return OpExec, "there is no such file"
	}
	return OpInterpreter, missingInterpreter(c.Path, c.Dir, 0)
}

// missingInterpreter tells which of the programs is missing that the kernel
// goes through to run the file at path, from the directory dir. depth counts
// the interpreters before it: the kernel goes no deeper than five.
func missingInterpreter(path, dir string, depth int) string {
	line, interpreter := firstLine(path)
	if interpreter == "" {
		loader := elfLoader(path)
		if loader == "" || exists(loader) {
			return "something that it needs to run is missing"
		}
		return fmt.Sprintf("it is a binary that needs the program loader %q, which does not exist; it was built for another system or C library", loader)
	}
	full := interpreter
	if !filepath.IsAbs(full) {
		full = filepath.Join(dir, full)
	}
	switch {
	case !exists(full):
		return fmt.Sprintf("its first line names the interpreter %q, which does not exist", interpreter)
	case strings.HasSuffix(line, "\r"):
		return "its first line ends in CR LF, and no interpreter has such a name; save it with LF line ends"
	case depth < 5:
		return fmt.Sprintf("its interpreter %q can't be started: %s", interpreter, missingInterpreter(full, dir, depth+1))
	}
	return "its interpreters lead too far"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
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
	if noExec(path) {
		return OpExec, "its file system is mounted noexec, which lets nothing on it be executed"
	}
	return OpExec, "permission denied: this user may not execute it"
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
	return "it has no #! line and no known format, and sluice never hands a file to a shell; a script must name its interpreter in its first line"
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

// accessible is nil where this process may execute the file at path or enter
// the directory.
func accessible(path string) error {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS)
}

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

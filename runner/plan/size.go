package plan

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"sluice/spec"
)

// maxArg is how many bytes Linux takes in one argument or variable:
// MAX_ARG_STRLEN of 32 pages, without the NUL (execve(2)).
const maxArg = 32*4096 - 1

// pointer is what the kernel counts for each argument and variable, beside its
// bytes and their NUL (bprm_stack_limits in fs/exec.c).
const pointer = 8

// argSpace is how many bytes execve takes in its path, arguments and
// environment together, as this process and so its children would call it. On
// Linux that is a quarter of the stack limit, at least 128 KiB and at most
// 6 MiB; macOS has 1 MiB for all (sysctl kern.argmax).
func argSpace() int {
	const least, most = 128 << 10, 6 << 20
	if runtime.GOOS != "linux" {
		return 1 << 20
	}
	var stack unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_STACK, &stack); err != nil {
		return least
	}
	return int(max(least, min(most, stack.Cur/4)))
}

// CheckSize says whether execve would take path, argv and env, which are
// complete. It is for what only the run knows; Build has checked the rest. The
// error names what is too long: an argument by its number, where the command
// itself is 0, and a variable by its name.
func CheckSize(path string, argv, env []string) error {
	total := len(path) + 1
	for i, s := range argv {
		if len(s) > maxArg {
			return errors.New(tooLong(fmt.Sprintf("argument %d", i), len(s)))
		}
		total += len(s) + 1 + pointer
	}
	for _, s := range env {
		if len(s) > maxArg {
			name, _, _ := strings.Cut(s, "=")
			return errors.New(tooLong("environment variable "+name, len(s)))
		}
		total += len(s) + 1 + pointer
	}
	if space := argSpace(); total > space {
		return errors.New(tooLarge(total, space))
	}
	return nil
}

func tooLong(what string, n int) string {
	return fmt.Sprintf("%s has %d bytes; the kernel takes at most %d", what, n, maxArg)
}

func tooLarge(total, space int) string {
	return fmt.Sprintf("arguments and environment take %d bytes together; the kernel takes %d here, a quarter of the stack limit", total, space)
}

// checkSize does as CheckSize for what the plan knows of st.
func (b *builder) checkSize(st *Stage, words []spec.Arg) {
	pos := words[0].Pos
	refuse := func(what string, n int) {
		b.add("SL615", pos, 1, tooLong(what, n), "hand it over by stdin: or a file")
	}
	total := len(st.Path) + 1
	for i, t := range st.Argv {
		n := t.knownLen()
		if n > maxArg {
			refuse(fmt.Sprintf("argument %d", i), n)
			return
		}
		total += n + 1 + pointer
	}
	for _, v := range st.Env {
		n := len(v.Name) + 1 + v.Value.knownLen()
		if n > maxArg {
			refuse("environment variable "+v.Name, n)
			return
		}
		total += n + 1 + pointer
	}
	if b.argSpace == 0 {
		b.argSpace = argSpace()
	}
	if total > b.argSpace {
		b.add("SL615", pos, 1, tooLarge(total, b.argSpace), "hand the names over by stdin:, or spread them over a matrix")
	}
}

// knownLen is how many bytes of t are known.
func (t Text) knownLen() (n int) {
	for _, p := range t.parts {
		n += len(p.Text)
	}
	return n
}

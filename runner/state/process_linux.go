package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// bootID is random for each boot (random(4)).
func bootID() (string, error) {
	text, err := readProc("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text)), err
}

// readProc reads a short file, which the kernel makes up in one read.
func readProc(name string) ([]byte, error) {
	f, err := openAt(unix.AT_FDCWD, name, name, unix.O_RDONLY)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer f.Close()
	text := make([]byte, 1024) // field 22 of stat ends within 500
	n, err := f.Read(text)
	return text[:n], err
}

// startOf is when the process began, in clock ticks from boot. A process that
// has ended, and of which only the exit code is left, is none: fs.ErrNotExist.
func startOf(pid int) (uint64, error) {
	name := "/proc/" + strconv.Itoa(pid) + "/stat"
	text, err := readProc(name)
	switch {
	case errors.Is(err, unix.ESRCH): // it went between open and read
		return 0, fs.ErrNotExist
	case err != nil:
		return 0, err
	}
	// The second field is the program's name in brackets, and may have any
	// byte in it, also brackets and spaces. Field 3 follows the last bracket.
	end := bytes.LastIndexByte(text, ')')
	fields := strings.Fields(string(text[end+1:]))
	const state, start = 0, 22 - 3
	if end < 0 || len(fields) <= start {
		return 0, fmt.Errorf("%s has not the fields that proc_pid_stat(5) gives it: %q", name, text)
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return 0, fs.ErrNotExist
	}
	return strconv.ParseUint(fields[start], 10, 64)
}

package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

// HasForeground reports whether f is a terminal and the group of this process
// is its foreground group: the one that may read from it, and that Ctrl-C
// reaches. It is false for nil.
func HasForeground(f *os.File) (has bool) {
	if f == nil {
		return false
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	conn.Control(func(fd uintptr) {
		group, err := unix.IoctlGetInt(int(fd), unix.TIOCGPGRP)
		has = err == nil && group == unix.Getpgrp()
	})
	return has
}

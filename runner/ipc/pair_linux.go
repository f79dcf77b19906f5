package ipc

import "golang.org/x/sys/unix"

// sendFlags keep SIGPIPE from coming where the child has closed its end.
const sendFlags = unix.MSG_NOSIGNAL

func socketpair() ([2]int, error) {
	return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}

// unread is how many bytes wait to be read: SIOCINQ in unix(7).
func unread(fd int) (int, error) { return unix.IoctlGetInt(fd, unix.SIOCINQ) }

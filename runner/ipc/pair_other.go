//go:build unix && !linux

package ipc

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// sendFlags need not keep SIGPIPE from coming: the socket does.
const sendFlags = 0

// socketpair makes a pair that is close-on-exec. The lock keeps other starts
// from inheriting it before it is.
func socketpair() ([2]int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return ends, err
	}
	unix.CloseOnExec(ends[0])
	unix.CloseOnExec(ends[1])
	if err := unix.SetsockoptInt(ends[0], unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1); err != nil {
		unix.Close(ends[0])
		unix.Close(ends[1])
		return ends, err
	}
	return ends, nil
}

// unread is how many bytes wait to be read.
func unread(fd int) (int, error) { return unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NREAD) }

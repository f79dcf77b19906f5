package plumb

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// pipe makes a pipe that is close-on-exec.
func pipe() (fds [2]int, err error) {
	err = syscall.Pipe2(fds[:], syscall.O_CLOEXEC)
	return fds, err
}

// grow asks for a capacity of size bytes. It may be refused where the user's
// pipes are at their common limit. The pipe works as it is, only slower.
func grow(fd, size int) {
	_, _ = unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, size)
}

// Capacity is how many bytes the pipe f holds at most, or 0 where f is none.
func Capacity(f *os.File) int {
	n, err := unix.FcntlInt(f.Fd(), unix.F_GETPIPE_SZ, 0)
	if err != nil {
		return 0
	}
	return n
}

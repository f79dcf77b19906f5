package plumb

import (
	"os"

	"golang.org/x/sys/unix"
)

// ReaderGone reports whether f is a pipe or socket that nobody reads any more,
// so that a write to it would fail (poll(2), POLLERR on the write end of a
// pipe). It is false for everything else, and for nil.
func ReaderGone(f *os.File) (gone bool) {
	if f == nil {
		return false
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	raw.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		if n, err := unix.Poll(fds, 0); err == nil && n > 0 {
			gone = fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
		}
	})
	return gone
}

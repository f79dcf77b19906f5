//go:build unix && !linux

package plumb

import (
	"os"
	"syscall"
)

// pipe makes a pipe that is close-on-exec. The lock keeps other starts from
// inheriting it before it is.
func pipe() (fds [2]int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := syscall.Pipe(fds[:]); err != nil {
		return fds, err
	}
	syscall.CloseOnExec(fds[0])
	syscall.CloseOnExec(fds[1])
	return fds, nil
}

// grow does nothing: a pipe has no capacity to ask for here.
func grow(fd, size int) {}

// Capacity is how many bytes a pipe holds at least. It is not told here.
func Capacity(*os.File) int { return 16 << 10 }

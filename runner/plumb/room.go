package plumb

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Room makes sure that this process may open the few descriptors without which
// nothing can be run, and takes those that Go's runtime needs. Else the first
// timer or wait would do that, and where there are none left the runtime ends
// the program with a dump of its stacks (netpollinit in
// runtime/netpoll_epoll.go). null is any open file.
func Room(null *os.File) error {
	const need = 12
	conn, err := null.SyscallConn()
	if err != nil {
		return err
	}
	var fds []int
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	var refused error
	err = conn.Control(func(fd uintptr) {
		for len(fds) < need && refused == nil {
			var copied int
			if copied, refused = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 3); refused == nil {
				fds = append(fds, copied)
			}
		}
	})
	if err != nil {
		return err
	}
	if refused != nil {
		return fmt.Errorf("sluice needs %d descriptors for itself and may open %d more (ulimit -n): %w", need, len(fds), refused)
	}
	time.NewTimer(time.Hour).Stop()
	return nil
}

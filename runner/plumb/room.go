package plumb

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Room makes sure that this process may open the few descriptors without which
// nothing can be run, and takes those that Go's runtime needs. Else the first
// timer or wait would do that, and where there are none left the runtime ends
// the program with a dump of its stacks (netpollinit in
// runtime/netpoll_epoll.go). A program calls it once, before it starts anything.
func Room() error {
	const need = 12
	null, err := Null()
	if err != nil {
		return err
	}
	defer null.Close()
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

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

// receive reads once. descriptors tells that some were sent along, which are
// closed.
//
// Darwin gives them numbers in this process also where there is no room to tell
// which (soreceive_ctl() in its bsd/kern/uipc_socket.c), so that there must be
// room: more than the 2 KiB that a call can send. The lock keeps a start from
// inheriting them before they are closed.
func receive(fd int, p []byte) (n int, descriptors bool, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var room [4096]byte
	n, size, flags, _, err := unix.Recvmsg(fd, p, room[:], 0)
	if err != nil {
		return n, false, err
	}
	messages, _ := unix.ParseSocketControlMessage(room[:size])
	for _, m := range messages {
		fds, _ := unix.ParseUnixRights(&m)
		for _, fd := range fds {
			unix.Close(fd)
		}
	}
	return n, size > 0 || flags&unix.MSG_CTRUNC != 0, nil
}

// unread is how many bytes wait to be read.
func unread(fd int) (int, error) { return unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NREAD) }

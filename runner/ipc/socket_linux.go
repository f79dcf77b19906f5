package ipc

import "golang.org/x/sys/unix"

// sendFlags keep SIGPIPE from coming where the child has closed its end.
const sendFlags = unix.MSG_NOSIGNAL

func socketpair() ([2]int, error) {
	return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}

// receive reads once. descriptors tells that some were sent along, which are
// closed.
//
// It offers no room for them. The kernel closes them then, and MSG_CTRUNC tells
// that there were some: unix(7), SCM_RIGHTS. So this process never has them, and
// needs no free number for them.
func receive(fd int, p []byte) (n int, descriptors bool, err error) {
	n, _, flags, _, err := unix.Recvmsg(fd, p, nil, 0)
	return n, flags&unix.MSG_CTRUNC != 0, err
}

// unread is how many bytes wait to be read: SIOCINQ in unix(7).
func unread(fd int) (int, error) { return unix.IoctlGetInt(fd, unix.SIOCINQ) }

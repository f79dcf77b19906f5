package shard

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// stream reads a file that may be anybody's, such as a terminal, until it is
// told to stop: not by its mode, which others would see.
type stream struct {
	fd   int
	wake int // the reading end of a pipe whose other end is closed to end the reading
	pace pace
}

// Read is io.Reader's. Where it was told to stop it returns io.EOF.
func (s *stream) Read(buf []byte) (int, error) {
	s.pace.rest()
	for {
		fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}, {Fd: int32(s.wake)}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return 0, os.NewSyscallError("poll", err)
		} else if err != nil {
			continue
		}
		if fds[1].Revents != 0 {
			return 0, io.EOF
		}
		n, err := unix.Read(s.fd, buf)
		switch {
		case err == unix.EINTR, err == unix.EAGAIN: // others may have made it non-blocking
			continue
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0:
			return 0, io.EOF
		}
		s.pace.moved(n, n == len(buf))
		return n, nil
	}
}

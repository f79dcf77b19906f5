package plumb

import (
	"io/fs"
	"os"
	"syscall"
)

// Null opens /dev/null for reading and writing.
func Null() (*os.File, error) { return open(os.DevNull, syscall.O_RDWR, 0) }

// open opens path in blocking mode and close-on-exec, outside Go's poller,
// which os.OpenFile can't promise for a FIFO or a terminal. It never waits for
// the other end of a FIFO, and never takes a terminal as the controlling one.
func open(path string, flags int, mode uint32) (*os.File, error) {
	flags |= syscall.O_CLOEXEC | syscall.O_NOCTTY | syscall.O_NONBLOCK
	for {
		fd, err := syscall.Open(path, flags, mode)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		if err := syscall.SetNonblock(fd, false); err != nil {
			syscall.Close(fd)
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		return os.NewFile(uintptr(fd), path), nil
	}
}

// kind says in words what a file is that is not a regular one.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a regular file"
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

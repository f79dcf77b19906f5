package plumb

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Null opens /dev/null for reading and writing.
func Null() (*os.File, error) { return open(os.DevNull, syscall.O_RDWR, 0) }

// open opens path in blocking mode and close-on-exec, outside Go's poller,
// which os.OpenFile can't promise for a FIFO or a terminal. It never waits for
// the other end of a FIFO, and never takes a terminal as the controlling one.
func open(path string, flags int, mode uint32) (*os.File, error) {
	return openFrom(unix.AT_FDCWD, path, path, flags, mode)
}

// openAt opens name in dir, as open does.
func openAt(dir *os.File, name string, flags int, mode uint32) (f *os.File, err error) {
	conn, err := dir.SyscallConn()
	if err != nil {
		return nil, err
	}
	var inner error
	err = conn.Control(func(fd uintptr) {
		f, inner = openFrom(int(fd), name, filepath.Join(dir.Name(), name), flags, mode)
	})
	if err != nil {
		return nil, err
	}
	return f, inner
}

// openFrom opens name, seen from the directory dir, which is called path.
func openFrom(dir int, name, path string, flags int, mode uint32) (*os.File, error) {
	flags |= unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_NONBLOCK
	for {
		fd, err := unix.Openat(dir, name, flags, mode)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		if err := unix.SetNonblock(fd, false); err != nil {
			unix.Close(fd)
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

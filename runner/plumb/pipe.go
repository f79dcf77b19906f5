package plumb

import (
	"os"
	"syscall"
)

// PipeSize is the capacity in bytes that pipes are asked to have. A pipe has
// 64 KiB by itself; a larger one spares its two children wake-ups.
//
// It is not larger because all pipes of a user share 64 MiB
// (pipe-user-pages-soft in pipe(7)), and beyond that every new one, also of
// other programs, gets 8 KiB.
const PipeSize = 256 << 10

// Pipe makes a pipe between two children. Both ends are in blocking mode and
// not for this process to read or write. The caller closes them.
func Pipe() (r, w *os.File, err error) {
	fds, err := pipe()
	if err != nil {
		return nil, nil, os.NewSyscallError("pipe", err)
	}
	grow(fds[1])
	return os.NewFile(uintptr(fds[0]), "|0"), os.NewFile(uintptr(fds[1]), "|1"), nil
}

// ReadPipe makes a pipe from a child to this process. r is non-blocking, waits
// in Go's poller and knows deadlines; w is in blocking mode. The caller closes
// them.
func ReadPipe() (r, w *os.File, err error) {
	fds, err := pipe()
	if err != nil {
		return nil, nil, os.NewSyscallError("pipe", err)
	}
	if err := syscall.SetNonblock(fds[0], true); err != nil {
		syscall.Close(fds[0])
		syscall.Close(fds[1])
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fds[0]), "|0"), os.NewFile(uintptr(fds[1]), "|1"), nil
}

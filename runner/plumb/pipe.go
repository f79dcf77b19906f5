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
	grow(fds[1], PipeSize)
	return os.NewFile(uintptr(fds[0]), "|0"), os.NewFile(uintptr(fds[1]), "|1"), nil
}

// WritePipe makes a pipe of size bytes, or of fewer where it can't have so many,
// from this process to a child. r is in blocking mode. A write to w does not
// wait: it gives EAGAIN, with the number of bytes for which there was room. The
// caller closes them.
func WritePipe(size int) (r, w *os.File, err error) {
	fds, err := pipe()
	if err != nil {
		return nil, nil, os.NewSyscallError("pipe", err)
	}
	grow(fds[1], size)
	r, w = os.NewFile(uintptr(fds[0]), "|0"), os.NewFile(uintptr(fds[1]), "|1")
	// Only now, so that w is not in Go's poller: while a pipe is, each read from
	// its other end wakes this process.
	if err := syscall.SetNonblock(fds[1], true); err != nil {
		r.Close()
		w.Close()
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	return r, w, nil
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

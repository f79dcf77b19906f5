package plumb

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// anonymous makes a file without a name: in memory, or where the kernel has no
// such thing an unlinked one.
func anonymous() (*os.File, error) {
	// A kernel before 6.3 does not know the second flag, and one may be set up
	// to insist on it.
	for _, flags := range []int{unix.MFD_CLOEXEC | unix.MFD_NOEXEC_SEAL, unix.MFD_CLOEXEC} {
		if fd, err := unix.MemfdCreate("sluice-input", flags); err == nil {
			return os.NewFile(uintptr(fd), "memfd:sluice-input"), nil
		}
	}
	return unlinked()
}

// hasWriter reports whether a process has the pipe f open for writing or has
// left data in it. Nothing is read. The end of a pipe without a name always
// has or had one.
func hasWriter(f *os.File) (ok bool, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	var inner error
	err = conn.Control(func(fd uintptr) { ok, inner = hasWriterFD(int(fd)) })
	if err != nil {
		return false, err
	}
	return ok, inner
}

func hasWriterFD(fd int) (bool, error) {
	var fsys unix.Statfs_t
	if err := unix.Fstatfs(fd, &fsys); err != nil {
		return false, os.NewSyscallError("fstatfs", err)
	}
	if fsys.Type == unix.PIPEFS_MAGIC {
		return true, nil
	}
	scratch, err := pipe()
	if err != nil {
		return false, os.NewSyscallError("pipe", err)
	}
	defer syscall.Close(scratch[0])
	defer syscall.Close(scratch[1])
	// tee(2) copies without taking. An empty pipe with a writer would make it
	// wait; one without is at its end.
	n, err := unix.Tee(fd, scratch[1], 1, unix.SPLICE_F_NONBLOCK)
	switch {
	case err == unix.EAGAIN:
		return true, nil
	case err != nil:
		return false, os.NewSyscallError("tee", err)
	}
	return n > 0, nil
}

package plumb

import (
	"os"

	"golang.org/x/sys/unix"
)

// punch frees the room that n bytes of f at from take on the disk. They read as
// zeros then, and everything else is where it was (fallocate(2), Linux 2.6.38).
func punch(f *os.File, from, n int64) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		failed = again(func() error {
			return unix.Fallocate(int(fd), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, from, n)
		})
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("fallocate", failed)
}

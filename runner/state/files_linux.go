package state

import (
	"os"

	"golang.org/x/sys/unix"
)

// fdatasync puts f's bytes and its length on the disk. Unlike fsync it may
// leave its times behind.
func fdatasync(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if err != unix.EINTR {
			return err
		}
	}
}

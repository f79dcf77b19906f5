package state

import (
	"os"
	"syscall"
	"time"

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

// changeTime is when a file's content, its names or its permissions changed
// the last time, which no program can set (inode(7), "ctime").
func changeTime(info os.FileInfo) time.Time {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}
	}
	return time.Unix(s.Ctim.Unix())
}

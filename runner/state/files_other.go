//go:build !linux

package state

import (
	"os"
	"syscall"
	"time"
)

// fdatasync is fsync here: on darwin Go's Sync is F_FULLFSYNC, which alone
// reaches the disk.
func fdatasync(f *os.File) error { return f.Sync() }

// changeTime is when a file's content, its names or its permissions changed
// the last time, which no program can set.
func changeTime(info os.FileInfo) time.Time {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}
	}
	return time.Unix(s.Ctimespec.Unix())
}

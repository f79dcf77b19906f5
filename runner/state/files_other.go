//go:build !linux

package state

import "os"

// fdatasync is fsync here: on darwin Go's Sync is F_FULLFSYNC, which alone
// reaches the disk.
func fdatasync(f *os.File) error { return f.Sync() }

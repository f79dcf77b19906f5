package plan

import "golang.org/x/sys/unix"

// noExec reports whether the file system of path is mounted so that nothing on
// it can be executed.
func noExec(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Flags&unix.ST_NOEXEC != 0
}

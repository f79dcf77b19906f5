package plumb

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openUnnamed makes a file in dir that has no name, and so vanishes with the
// last process that has it open, also where nobody is left to remove it
// (O_TMPFILE in open(2), Linux 3.11). Some file systems have no such files, NFS
// among them.
func openUnnamed(dir *os.File) (*os.File, error) {
	f, err := openAt(dir, ".", unix.O_TMPFILE|syscall.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Stat(unnamedPath(f), &st); err != nil { // there is no /proc, so it would never get a name
		f.Close()
		return nil, err
	}
	return f, nil
}

// linkUnnamed gives f a name in the directory dir.
func linkUnnamed(f *os.File, dir int, name string) error {
	return unix.Linkat(unix.AT_FDCWD, unnamedPath(f), dir, name, unix.AT_SYMLINK_FOLLOW)
}

// unnamedPath leads to f without a name of its own. To link f itself takes a
// privilege (AT_EMPTY_PATH in linkat(2)).
func unnamedPath(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

package proc

import (
	"os"
	"strconv"
	"syscall"
)

// markListed makes every descriptor from 3 on that dir, a folder like
// /proc/self/fd, lists close-on-exec.
func markListed(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd >= 3 {
			syscall.CloseOnExec(fd)
		}
	}
	return nil
}

//go:build !linux

package state

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// bootID is random for each boot.
func bootID() (string, error) { return unix.Sysctl("kern.bootsessionuuid") }

// startOf is when the process began, in microseconds of the system's clock. A
// process that has ended is none: fs.ErrNotExist.
func startOf(pid int) (uint64, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	const zombie = 5 // SZOMB of sys/proc.h
	switch {
	case err != nil: // the kernel answers with nothing where there is no such process: EIO
		return 0, fs.ErrNotExist
	case int(info.Proc.P_pid) != pid, info.Proc.P_stat == zombie:
		return 0, fs.ErrNotExist
	}
	start := info.Proc.P_starttime
	return uint64(start.Sec)*1e6 + uint64(start.Usec), nil
}

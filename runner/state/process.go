package state

import (
	"errors"
	"io/fs"
	"os"
)

// Process names a process over all times: a pid alone may be another process's
// a moment later.
type Process struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // clock ticks from boot, field 22 of /proc/PID/stat (proc_pid_stat(5)); on darwin microseconds of the clock
	Boot  string `json:"boot"`  // id of the boot
}

// Self is this process.
func Self() (Process, error) {
	boot, err := bootID()
	if err != nil {
		return Process{}, err
	}
	pid := os.Getpid()
	start, err := startOf(pid)
	return Process{PID: pid, Start: start, Boot: boot}, err
}

// Alive reports whether the process goes on, on this machine and since this
// boot. The zero Process does not.
func (p Process) Alive() (bool, error) {
	if p.PID <= 0 {
		return false, nil
	}
	boot, err := bootID()
	if err != nil || boot != p.Boot {
		return false, err
	}
	start, err := startOf(p.PID)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && start == p.Start, err
}

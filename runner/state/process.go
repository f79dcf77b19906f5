package state

// Process names a process over all times: a pid alone may be another process's
// a moment later.
type Process struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // clock ticks from boot, field 22 of /proc/PID/stat (proc_pid_stat(5)); µs of the day it began elsewhere
	Boot  string `json:"boot"`  // id of the boot; empty where the system has none
}

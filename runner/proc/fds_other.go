//go:build unix && !linux

package proc

// There are no real-time signals with names.
const rtMin, rtMax = 0, 0

// CloseOnExec sees to it that no descriptor that this program inherited, but
// for 0, 1 and 2, reaches its children. It is called once, before the first
// Start.
func CloseOnExec() error { return markListed("/dev/fd") }

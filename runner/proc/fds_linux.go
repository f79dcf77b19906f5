package proc

import (
	"math"

	"golang.org/x/sys/unix"
)

// The real-time signals, as the C library numbers them: it keeps the kernel's
// first two to itself.
const rtMin, rtMax = 34, 64

// CloseOnExec sees to it that no descriptor that this program inherited, but
// for 0, 1 and 2, reaches its children. It is called once, before the first
// Start.
func CloseOnExec() error {
	if unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return nil
	}
	// A kernel before 5.11, or a filter that does not know the call.
	return markListed("/proc/self/fd")
}

package proc

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// SignalName is the name of sig without SIG: "TERM", and on Linux "RTMIN+3"
// for a real-time signal. A signal without a name is its number, and 0 is "".
func SignalName(sig syscall.Signal) string {
	if sig == 0 {
		return ""
	}
	if name := unix.SignalName(sig); name != "" {
		return strings.TrimPrefix(name, "SIG")
	}
	switch n := int(sig) - rtMin; {
	case rtMin == 0 || n < 0 || n > rtMax-rtMin:
		return strconv.Itoa(int(sig))
	case n == 0:
		return "RTMIN"
	default:
		return "RTMIN+" + strconv.Itoa(n)
	}
}

// ParseSignal finds a signal by its name, with or without SIG: "TERM",
// "SIGTERM", "RTMIN+3". Numbers, which differ between systems, and lower case
// are no names.
func ParseSignal(name string) (syscall.Signal, bool) {
	name = strings.TrimPrefix(name, "SIG")
	if sig := unix.SignalNum("SIG" + name); sig != 0 {
		return sig, true
	}
	if rtMin == 0 {
		return 0, false
	}
	if name == "RTMIN" {
		return syscall.Signal(rtMin), true
	}
	digits, ok := strings.CutPrefix(name, "RTMIN+")
	n, err := strconv.ParseUint(digits, 10, 8)
	if !ok || err != nil || n == 0 || n > uint64(rtMax-rtMin) || digits[0] == '0' {
		return 0, false
	}
	return syscall.Signal(rtMin + int(n)), true
}

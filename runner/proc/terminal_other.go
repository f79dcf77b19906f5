//go:build unix && !linux

package proc

import (
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

const getTermios, setTermios = unix.TIOCGETA, unix.TIOCSETA

// unstopped calls f while the terminal does not stop this process although it
// is in the background: SIGTTOU is ignored, also by a child that starts
// meanwhile.
func unstopped(f func() error) error {
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	return f()
}

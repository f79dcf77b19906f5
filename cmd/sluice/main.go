// Command sluice runs declarative job files: exact arguments, kernel pipes,
// and no shell.
package main

import (
	"os"

	"golang.org/x/sys/unix"
)

func main() { os.Exit(sluice()) }

// sluice is the whole program on this process's own arguments and streams.
func sluice() int {
	growStack()
	c := &cli{stdin: os.Stdin, stdout: duplicate(os.Stdout), stderr: duplicate(os.Stderr)}
	return c.main(os.Args[1:])
}

// duplicate is f under a number above 2. Go ends a process that writes to a
// closed pipe by the numbers 1 and 2 (os/signal, "SIGPIPE"); by another number
// it is an error, after which the run is ended in good order.
func duplicate(f *os.File) *os.File {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return f // closed: what is written tells
	}
	return os.NewFile(uintptr(fd), f.Name())
}

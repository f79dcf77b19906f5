// Command sluice runs declarative job files: exact arguments, kernel pipes,
// and no shell.
package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"

	"sluice/runner"
	"sluice/runner/contain"
	"sluice/runner/shard"
)

func main() { os.Exit(sluice()) }

// monitorCommand is how sluice calls itself to watch over a run. It is no
// command for people.
const monitorCommand = "__monitor"

// shardCommand is how it calls itself to let copies of a program share a
// stream.
const shardCommand = "__shard"

// sluice is the whole program on this process's own arguments and streams.
func sluice() int { return sluiceWithin(contain.Options{Monitor: []string{"sluice", monitorCommand}}) }

// sluiceWithin is sluice with other means to keep its runs together.
func sluiceWithin(keep contain.Options) int {
	if len(os.Args) > 1 && os.Args[1] == monitorCommand {
		return monitor(os.Args[2:])
	}
	if len(os.Args) > 1 && os.Args[1] == shardCommand {
		return share(os.Args[2:])
	}
	growStack()
	c := &cli{stdin: os.Stdin, stdout: duplicate(os.Stdout), stderr: duplicate(os.Stderr), keep: keep}
	return c.main(os.Args[1:])
}

// monitor watches over the run of another sluice.
func monitor(args []string) int {
	if err := contain.Monitor(args); err != nil {
		(&cli{stderr: os.Stderr}).complain(err.Error())
		return exitUsage
	}
	return exitOK
}

// share lets copies of a program share the standard input. Its own error is for
// the run that has started it, by a descriptor that no copy gets.
func share(args []string) int {
	_, lacking := unix.FcntlInt(runner.ShardErrors, unix.F_SETFD, unix.FD_CLOEXEC)
	code, err := shard.Main(args, os.Stdin, duplicate(os.Stdout), os.Stderr)
	if err == nil {
		return code
	}
	if lacking == nil {
		_, lacking = io.WriteString(os.NewFile(runner.ShardErrors, "errors"), err.Error())
	}
	if lacking != nil { // it was no run that started it
		(&cli{stderr: os.Stderr}).complain(err.Error())
	}
	return code
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

package contain

import (
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// playHydra N is N lines of processes of which each forks, ends, and leaves its
// session to the next, a thousand times a second. By itself it ends after a
// minute.
func playHydra(args []string) int {
	n, _ := strconv.Atoi(args[0])
	end := time.Now().Add(time.Minute).Unix()
	os.NewFile(3, "lifeline").Write([]byte("."))
	for range n {
		hydra(end)
	}
	return 0
}

// hydra forks a line of processes. A fork of a Go program can do no more than
// to make system calls.
//
//go:norace
//go:nosplit
//go:noinline
func hydra(end int64) {
	var now syscall.Timespec
	pause := syscall.Timespec{Nsec: 1_000_000}
	child, _, _ := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if child != 0 {
		return
	}
	for int64(now.Sec) < end {
		child, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
		if errno == 0 && child != 0 {
			break
		}
		if errno == 0 {
			syscall.RawSyscall(syscall.SYS_SETSID, 0, 0, 0)
		}
		syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&pause)), 0, 0)
		syscall.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_REALTIME, uintptr(unsafe.Pointer(&now)), 0)
	}
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
	}
}

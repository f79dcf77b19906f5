package contain

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// mark is a soft RLIMIT_LOCKS that tells which set a process belongs to: 16
// bits that are the same for every sluice, 32 that a run draws, and 16 for the
// set. Numbers of sets that are empty are used again.
type mark uint64

const (
	markOfSluice      = 0x51ce
	setBits           = 16
	maxSets           = 1 << setBits
	noMark       mark = 0
)

// newRun draws the mark of a run, which has the number 0 as its set.
func newRun() mark { return markOfSluice<<48 | mark(rand.Uint32())<<setBits }

func (m mark) isMark() bool { return m>>48 == markOfSluice }

// run is the run that m belongs to.
func (m mark) run() mark { return m &^ (maxSets - 1) }

// limitLocks is RLIMIT_LOCKS of this process.
func limitLocks() (l unix.Rlimit, err error) {
	err = unix.Prlimit(0, unix.RLIMIT_LOCKS, nil, &l)
	return l, err
}

// withMark calls f while this process has the mark m, so that a child which f
// makes begins with it. own is what the process has else.
func withMark(m mark, own unix.Rlimit, f func() error) error {
	if err := unix.Prlimit(0, unix.RLIMIT_LOCKS, &unix.Rlimit{Cur: uint64(m), Max: own.Max}, nil); err != nil {
		return os.NewSyscallError("prlimit", err)
	}
	// It can't fail: a soft limit below the hard one may always be set.
	defer unix.Prlimit(0, unix.RLIMIT_LOCKS, &own, nil)
	return f()
}

// markOf is the mark of a process, or noMark. A zombie has one, too.
func markOf(pid int) mark {
	var l unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_LOCKS, nil, &l); err == unix.EPERM {
		l.Cur = locksInProc(pid) // it is somebody else's, of whom /proc tells all the same
	} else if err != nil {
		return noMark
	}
	if m := mark(l.Cur); m.isMark() {
		return m
	}
	return noMark
}

// locksInProc reads the soft RLIMIT_LOCKS in /proc/PID/limits; 0 where there is
// none.
func locksInProc(pid int) uint64 {
	text, err := readProc("/proc/" + strconv.Itoa(pid) + "/limits")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(text, []byte("Max file locks"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, err := strconv.ParseUint(string(fields[0]), 10, 64)
	if err != nil {
		return 0 // "unlimited"
	}
	return n
}

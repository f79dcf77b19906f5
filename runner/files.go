package runner

import (
	"math"
	"os"

	"golang.org/x/sys/unix"

	"sluice/runner/plan"
)

// files keeps the attempts that run at once from needing more descriptors than
// this process may have (RLIMIT_NOFILE, getrlimit(2)): one that would fail for
// that waits until another has ended. The zero files has no room and does not
// refuse the only one.
type files struct {
	free  int // for attempts
	taken int
}

// newFiles counts what there is for up to parallel attempts. Mostly the limit
// is far away, and nothing is counted.
func newFiles(parallel int) files {
	const spare = 24 // for everything else: the report, a journal, the poller
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || limit.Cur > uint64(64*parallel+1024) {
		return files{free: math.MaxInt}
	}
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return files{free: math.MaxInt}
	}
	return files{free: int(limit.Cur) - len(open) - spare}
}

// need is how many descriptors an attempt of inst has at most at once: pipes
// between its stages, both ends of those that are read, and a pidfd for each;
// and for its input, a log, and the fork. A tee has for each branch a pipe, a
// spool and perhaps a file with a pipe that wakes its pump, a pipe that wakes
// itself, and what it reads where that is no pipe. A channel has two ends, and so
// has the pipe by which a shard tells its error.
func (f *files) need(inst *plan.Instance) int {
	count := 5*len(inst.Stages) + 8
	flow := inst.Flow()
	for i, s := range inst.Stages {
		if s.Channel != nil || s.Shard != nil {
			count += 2
		}
		if s.Tee != nil {
			count += 6 + 3*len(flow.Readers[i]) + 6*(len(s.Tee.Files)+1)
		}
	}
	return count
}

func (f *files) fits(inst *plan.Instance) bool {
	return f.taken == 0 || f.taken+f.need(inst) <= f.free
}

func (f *files) take(inst *plan.Instance)     { f.taken += f.need(inst) }
func (f *files) giveBack(inst *plan.Instance) { f.taken -= f.need(inst) }

package contain

import (
	"syscall"
	"time"
)

// family finds all living processes that belong together: those with a mark of
// the run, or of one set of it, and all that came of them. What it learns of
// runs inside the run it keeps: a job of theirs is found also when its runner
// was killed a moment ago.
type family struct {
	run    mark
	set    mark          // noMark: every set of the run
	inside map[mark]bool // runs that were found inside it
}

func newFamily(run, set mark) *family {
	return &family{run: run, set: set, inside: map[mark]bool{}}
}

// known reports whether m alone makes a process a member.
func (f *family) known(m mark) bool {
	switch {
	case m == noMark:
		return false
	case m.run() == f.run:
		return f.set == noMark || m == f.set
	}
	return f.inside[m.run()]
}

// members are the living processes of the family.
func (f *family) members() []process {
	all := everybody()
	byPID := make(map[int]int, len(all)) // to the place in all
	for i, p := range all {
		byPID[p.pid] = i
	}
	in := make([]bool, len(all))
	for again := true; again; {
		again = false
		for i, p := range all {
			if in[i] || p.dead() {
				continue
			}
			parent, ok := byPID[p.parent]
			if !f.known(p.mark) && !(ok && in[parent]) {
				continue
			}
			in[i], again = true, true
			if p.mark != noMark && p.mark.run() != f.run {
				f.inside[p.mark.run()] = true
			}
		}
	}
	var list []process
	for i, p := range all {
		if in[i] {
			list = append(list, p)
		}
	}
	return list
}

// kill kills the members once, and returns how many there were.
//
// Those that are found are stopped first, until no more are found: else a runner
// inside the run could start one more job between being found and being
// killed, and with it would go the way to that job.
func (f *family) kill() int {
	const rounds = 4 // a tree that forks without pause is never stopped whole
	var list []process
	stopped := map[int]bool{}
	for range rounds {
		list = f.members()
		fresh := false
		for _, p := range list {
			if !stopped[p.pid] {
				stopped[p.pid], fresh = true, true
				p.signal(syscall.SIGSTOP) // what can't be stopped can't be killed, which is told at the end
			}
		}
		if !fresh {
			break
		}
	}
	for _, p := range list {
		p.signal(syscall.SIGKILL)
	}
	return len(list)
}

// pauses returns a function that waits, longer each time, and is false when
// the time is over.
func pauses(patience time.Duration) func() bool {
	deadline := time.Now().Add(patience)
	wait := 100 * time.Microsecond
	return func() bool {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(wait)
		wait = min(2*wait, 10*time.Millisecond)
		return true
	}
}

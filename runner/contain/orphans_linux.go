package contain

import "golang.org/x/sys/unix"

// sweep reaps the orphans that have ended since, so that they don't pile up
// during a long attempt, and returns how many there were.
func (k *Keeper) sweep() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ended {
		return 0
	}
	return k.orphans(func(int, mark) bool { return false })
}

// orphans goes through the processes of the run of which this one has become
// the parent. It reaps those that have ended, kills those that kill wants
// killed, and returns how many it had to do with: who was reaped may have left
// more. The caller holds k.mu.
func (k *Keeper) orphans(kill func(int, mark) bool) (seen int) {
	if !k.marks {
		return 0
	}
	for _, pid := range k.candidates() {
		m := markOf(pid)
		if !k.isOrphan(m) {
			continue
		}
		if k.forking != noMark && m.run() != k.run {
			seen++ // it may be a runner that is being made, at a fork of its own: the next look tells
			continue
		}
		reaped, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
		switch {
		case err != nil: // it is no child of this process
			delete(k.known, pid)
		case reaped == pid:
			delete(k.known, pid)
			seen++
		case kill(pid, m):
			// Nobody else has the number of a child that was not reaped.
			unix.Kill(pid, unix.SIGKILL) // an error leaves it there, which is seen
			seen++
		}
	}
	return seen
}

// candidates are the children of this process that may be orphans.
func (k *Keeper) candidates() (pids []int) {
	for _, pid := range k.kids.list() {
		if _, ok := k.known[pid]; !ok {
			pids = append(pids, pid)
		}
	}
	for pid, owned := range k.known { // their parent may be another thread, whose children are not listed
		if !owned {
			pids = append(pids, pid)
		}
	}
	return pids
}

// isOrphan reports whether an unknown child with the mark m is of this run: of
// one of its sets, or of a run inside it whose runner is gone.
func (k *Keeper) isOrphan(m mark) bool {
	switch {
	case m == noMark, m == mark(k.limit.Cur): // something else that this process started
		return false
	case m.run() != k.run:
		return true
	}
	i := int(m - k.run)
	return i < len(k.sets) && m != k.forking
}

package contain

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sluice/runner/report"
)

// patience is how long what was sent KILL is waited for.
const patience = 2 * time.Second

// Keeper keeps the processes of one run together. A process has one Keeper at
// a time, for what it changes is the process's own: that it is a subreaper, and
// a resource limit at the moment of a fork. Its methods may be called from
// several goroutines at once.
type Keeper struct {
	run    mark
	limit  unix.Rlimit // RLIMIT_LOCKS of this process, but at the moment of a fork
	marks  bool        // children can be marked
	parent string      // the control group in which those of the sets are; empty: none can be used
	reaper bool        // this process was a subreaper before
	kids   *children
	guard  *guard

	fork   sync.Mutex // held while this process has a mark
	closed sync.Once

	mu    sync.Mutex   // guards what follows
	why   string       // there is nothing better than Means
	known map[int]bool // children that were forked in a set; false: nobody will reap this one
	sets  []*slot      // all that there ever were
	free  []*slot      // those of them that are empty
	ended bool
	// forking is the set in which a child is being made: what has its mark may
	// be that child, which is not known yet. noMark: none is.
	forking mark
}

// slot is what the sets use, one after the other: to make it anew for each
// attempt is felt in a run of many small jobs.
type slot struct {
	mark  mark
	group *group // nil: none
}

// Open makes the Keeper of a run and starts its monitor, without waiting for
// that: from then on the run is watched over. The error says that there can be
// no monitor; where control groups or marks can't be used, Means says so.
func Open(o Options) (*Keeper, error) {
	k := &Keeper{run: newRun(), known: map[int]bool{}}
	var err error
	if k.limit, err = limitLocks(); err != nil {
		return nil, os.NewSyscallError("prlimit", err)
	}
	// Only a soft limit below the hard one can be had without privileges.
	k.marks = k.limit.Max == unix.RLIM_INFINITY
	k.reaper = isSubreaper()
	if err := setSubreaper(true); err != nil {
		return nil, err
	}
	if k.kids, err = openChildren(); err != nil {
		k.marks = false
	}
	if k.why = k.useGroups(o); k.why != "" && !k.marks {
		k.why += ", and children can't be marked: RLIMIT_LOCKS has a hard limit, or there is no /proc"
	}
	monitor := o.Monitor
	if k.Means() == Group {
		monitor = nil // it would find nothing
	}
	if k.guard, err = startGuard(k, monitor); err != nil {
		k.close()
		return nil, fmt.Errorf("start the process that watches over this one: %w", err)
	}
	return k, nil
}

// useGroups makes the control group of a first set, which tells whether any
// can be made. Else it tells why not.
func (k *Keeper) useGroups(o Options) (why string) {
	if o.NoCgroup {
		return "control groups are not wanted"
	}
	parent, err := ownGroup()
	if err == nil {
		sweepStale(parent)
		k.parent = parent
		err = k.newSlot()
	}
	if err == nil && mayBeKilled(parent) {
		err = k.sets[0].group.takes()
	}
	if err != nil {
		k.parent = ""
		return err.Error()
	}
	return ""
}

// newSlot makes one and puts it with the free ones.
func (k *Keeper) newSlot() error {
	if len(k.sets) == maxSets {
		return fmt.Errorf("more than %d attempts at once can't be kept apart", maxSets)
	}
	s := &slot{mark: k.run + mark(len(k.sets))}
	if k.parent != "" {
		var err error
		if s.group, err = newGroup(k.parent, s.mark); err != nil {
			return err
		}
	}
	k.sets = append(k.sets, s)
	k.free = append(k.free, s)
	return nil
}

// renew gives s a new group where its own was killed, which nothing can be made
// in any more. The caller holds k.mu.
func (k *Keeper) renew(s *slot) {
	if s.group == nil || !s.group.killed.Load() {
		return
	}
	s.group.remove()
	s.group = nil
	if k.parent == "" {
		return
	}
	var err error
	if s.group, err = newGroup(k.parent, s.mark); err != nil {
		s.group = nil
		k.withoutGroups(err)
	}
}

// withoutGroups gives up control groups for the rest of the run: err is what
// came of the last. The caller holds k.mu.
func (k *Keeper) withoutGroups(err error) {
	k.parent, k.why = "", err.Error()
}

// Means is what the run is kept together by. It may become less at a fork,
// where the system refuses to make a process in a control group.
func (k *Keeper) Means() Means {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.parent != "":
		return Cgroup
	case k.marks:
		return Subreaper
	}
	return Group
}

// Why tells in words why there is nothing better than Means; empty where that
// is Cgroup.
func (k *Keeper) Why() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.why
}

// Lost is done when the monitor has ended before its time, with ErrLost as the
// cause. Who runs must end the run then.
func (k *Keeper) Lost() context.Context { return k.guard.lost }

// Hold gives the monitor f, so that a lock of its open file (flock(2)) is held
// as long as anything of the run may live, also when this process is killed.
// The caller keeps f. release takes it back; who has to free the lock unlocks
// it, for the monitor closes its copy a moment later.
func (k *Keeper) Hold(f *os.File) (release func(), err error) { return k.guard.hold(f) }

// End kills what is left of the run and lets the monitor go. What could not be
// killed is returned. Nothing can be started any more. It is all that a process
// has to do which ends right after it.
func (k *Keeper) End() (left []report.Survivor) {
	k.fork.Lock() // what is being made is made first
	defer k.fork.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ended {
		return nil
	}
	k.ended = true
	for pid := range k.known { // who forked one should have reaped it before
		k.known[pid] = false
	}
	everything := func(int, mark) bool { return true }
	more := pauses(patience)
	for k.orphans(everything)+k.endGroups() > 0 {
		if !more() {
			left = survivorsOf(newFamily(k.run, noMark).members())
			break
		}
	}
	k.guard.dismiss()
	return left
}

// endGroups removes the control groups of all sets, and kills what lives in
// those that are not empty. It returns how many there are left.
func (k *Keeper) endGroups() (left int) {
	for _, s := range k.sets {
		if s.group == nil {
			continue
		}
		if s.group.populated() {
			s.group.kill()
			left++
			continue
		}
		s.group.remove()
		s.group = nil
	}
	return left
}

// Close ends the run, as End does, and frees what the Keeper holds. Once it
// returns, nothing of it is left in this process and in the system. A second
// call does nothing.
func (k *Keeper) Close() []report.Survivor {
	left := k.End()
	k.closed.Do(k.close)
	return left
}

// close frees what the Keeper holds.
func (k *Keeper) close() {
	if k.guard != nil {
		k.guard.close()
	}
	if k.kids != nil {
		k.kids.close()
	}
	for _, s := range k.sets {
		if s.group != nil {
			s.group.remove()
		}
	}
	k.sets = nil
	setSubreaper(k.reaper) // it can't fail: it could be set
}

func isSubreaper() bool {
	var on int32
	err := unix.Prctl(unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(&on)), 0, 0, 0)
	return err == nil && on != 0
}

func setSubreaper(on bool) error {
	var arg uintptr
	if on {
		arg = 1
	}
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, arg, 0, 0, 0))
}

package contain

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"sluice/runner/report"
)

// Set is the processes of one attempt: those that were forked within it, and
// all that came of them. One goroutine forks, clears and frees.
type Set struct {
	k    *Keeper
	slot *slot
	pids []int // forked within it
	left bool  // Clear could not end it
}

// Set makes the set of one attempt. Its owner frees it.
func (k *Keeper) Set() (*Set, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.free) == 0 {
		err := k.newSlot()
		if err != nil && k.parent != "" { // there may be a bound of control groups
			k.withoutGroups(err)
			err = k.newSlot()
		}
		if err != nil {
			return nil, err
		}
	}
	last := len(k.free) - 1
	s := &Set{k: k, slot: k.free[last]}
	k.free = k.free[:last]
	return s, nil
}

// Fork calls fork, which makes a child as sys says, so that the child is born
// into the set. It is a proc.Within. fork may be called twice: again without a
// control group, where the system refuses one.
func (s *Set) Fork(sys *syscall.SysProcAttr, fork func() (pid int, err error)) error {
	return s.k.marked(s.slot.mark, func() error {
		group, err := s.begin()
		if err != nil {
			return err
		}
		pid, err := s.make(group, sys, fork)
		s.made(pid, err)
		return err
	})
}

// make makes the child, in group unless that is nil or the system refuses it.
func (s *Set) make(group *group, sys *syscall.SysProcAttr, fork func() (pid int, err error)) (pid int, err error) {
	if group != nil {
		sys.UseCgroupFD, sys.CgroupFD = true, group.dir
	}
	if pid, err = fork(); group == nil || !refusal(err) {
		return pid, err
	}
	why := err
	sys.UseCgroupFD = false
	if pid, err = fork(); err == nil { // it was the control group, and not the program
		s.k.mu.Lock()
		s.k.withoutGroups(fmt.Errorf("a process can't be made in a control group: %w", why))
		s.k.mu.Unlock()
	}
	return pid, err
}

// begin says that a child is being made in s, in the group that it returns.
func (s *Set) begin() (*group, error) {
	s.k.mu.Lock()
	defer s.k.mu.Unlock()
	if s.k.ended {
		return nil, errors.New("the run has ended, and nothing can be started in it any more")
	}
	s.k.forking = s.slot.mark
	if s.k.parent == "" {
		return nil, nil
	}
	return s.slot.group, nil
}

// made says that the child pid was made in s, or that none was.
func (s *Set) made(pid int, err error) {
	s.k.mu.Lock()
	defer s.k.mu.Unlock()
	s.k.forking = noMark
	if err == nil {
		s.k.known[pid] = true
		s.pids = append(s.pids, pid)
	}
}

// refusal reports whether err may say that no process can be made in a control
// group: there is no clone3 or a filter forbids it, the group takes none. The
// program itself may be the reason for some of them.
func refusal(err error) bool {
	return slices.Contains([]error{
		unix.ENOSYS, unix.EPERM, unix.EACCES, unix.EINVAL, unix.E2BIG, unix.EBUSY, unix.EBADF, unix.ENODEV, unix.ENOENT, unix.EOPNOTSUPP,
	}, err)
}

// marked calls f, which makes a child, while this process has the mark m.
func (k *Keeper) marked(m mark, f func() error) error {
	k.fork.Lock()
	defer k.fork.Unlock()
	if !k.marks {
		return f()
	}
	return withMark(m, k.limit, f)
}

// Kill sends KILL to everything in the set that can be reached at once, and
// does not wait. Without a control group, what was forked within the set and
// what has a parent there is left to their group.
func (s *Set) Kill() {
	if s.slot.group != nil {
		s.slot.group.kill()
	}
	s.killOrphans()
}

// Lives reports whether a process of the group pgid goes on whose parent was of
// the set and has ended. Those that have ended too it reaps.
func (s *Set) Lives(pgid int) (lives bool) {
	s.k.mu.Lock()
	defer s.k.mu.Unlock()
	s.k.orphans(func(pid int, m mark) bool {
		if m == s.slot.mark && !lives {
			group, err := unix.Getpgid(pid)
			lives = err == nil && group == pgid
		}
		return false
	})
	return lives
}

// Clear kills until nothing in the set lives, for at most two seconds, and
// reaps what this process was left as the parent of. It is called when the
// processes that were forked within it have exited, or were given up. What
// could not be killed is returned.
func (s *Set) Clear() []report.Survivor {
	const few = 10 // rounds, after which the tree must be more than deep
	more := pauses(patience)
	kin := newFamily(s.k.run, s.slot.mark)
	for round := 0; ; round++ {
		left := s.killOrphans()
		if g := s.slot.group; g != nil && g.populated() {
			// A kernel may count a process for a moment longer than it
			// lives, and a group that was killed can't be used again.
			if round > 0 || len(processesOf(g.path)) > 0 {
				g.kill()
			}
			left++
		}
		if left == 0 {
			return nil
		}
		if round > few && s.slot.group == nil {
			kin.kill()
		}
		if !more() {
			s.left = true
			return s.survivors(kin)
		}
	}
}

// GiveUp says that a process that was forked within the set does not end, so
// that Clear tells of it.
func (s *Set) GiveUp(pid int) {
	s.k.mu.Lock()
	defer s.k.mu.Unlock()
	s.k.known[pid] = false
}

// killOrphans kills what is in the set and has become this process's child.
func (s *Set) killOrphans() int {
	s.k.mu.Lock()
	defer s.k.mu.Unlock()
	return s.k.orphans(func(_ int, m mark) bool { return m == s.slot.mark || m.run() != s.k.run })
}

// survivors are those that live in the set.
func (s *Set) survivors(kin *family) []report.Survivor {
	list := kin.members()
	if s.slot.group != nil {
		list = append(list, processesOf(s.slot.group.path)...)
	}
	return survivorsOf(list)
}

// Free gives the set back, after Clear. The processes that were forked within
// it have been reaped, or were given up.
func (s *Set) Free() {
	s.k.mu.Lock()
	defer s.k.mu.Unlock()
	for _, pid := range s.pids {
		if s.k.known[pid] {
			delete(s.k.known, pid)
		}
	}
	if !s.left { // else its mark and its group are not to be had again
		s.k.renew(s.slot)
		s.k.free = append(s.k.free, s.slot)
	}
}

// Outside is a proc.Within that is in no set.
type Outside struct{ k *Keeper }

// Outside is where processes are made that shall outlive the run: a supervisor
// of a detached job. Every other fork of this process, while jobs are being
// started, has to go through it too.
func (k *Keeper) Outside() Outside { return Outside{k} }

// Fork calls fork at a moment at which this process has no mark.
func (o Outside) Fork(sys *syscall.SysProcAttr, fork func() (pid int, err error)) error {
	o.k.fork.Lock()
	defer o.k.fork.Unlock()
	_, err := fork()
	return err
}

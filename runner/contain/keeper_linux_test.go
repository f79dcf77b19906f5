package contain

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/proc"
	"sluice/runner/report"
)

// open opens a Keeper in this process.
func open(t testing.TB, o Options) *Keeper {
	t.Helper()
	k, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

func newSet(t testing.TB, k *Keeper) *Set {
	t.Helper()
	s, err := k.Set()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// startIn starts a program in s that has life as its 3.
func startIn(t testing.TB, within proc.Within, life *lifeline, name string, args ...string) *proc.Process {
	t.Helper()
	p, err := proc.Start(self(within, []*os.File{nil, nil, os.Stderr, life.File}, name, args...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// childrenOf lists the children of a process, zombies too.
func childrenOf(pid int) (list []int) {
	for _, p := range everybody() {
		if p.parent == pid {
			list = append(list, p.pid)
		}
	}
	return list
}

// What an attempt leaves behind is ended with it, and nothing of another one.
func TestClear(t *testing.T) {
	for _, means := range []Means{Cgroup, Subreaper} {
		t.Run(string(means), func(t *testing.T) {
			k := open(t, options(means))
			one, other := newLifeline(t), newLifeline(t)
			a, b := newSet(t, k), newSet(t, k)
			p := startIn(t, a, one, "leaver")
			q := startIn(t, b, other, "leaver")
			one.members(t, 1)
			other.members(t, 1)
			p.WaitExit()
			q.WaitExit()
			if left := a.Clear(); left != nil {
				t.Errorf("%+v", left)
			}
			one.ends(t)
			if !other.goesOn() {
				t.Error("Clear ended what is in another set")
			}
			p.Reap()
			a.Free()
			b.Clear()
			q.Reap()
			b.Free()
			other.ends(t)
			if list := childrenOf(os.Getpid()); !slices.Equal(list, []int{k.guard.pid}) {
				t.Errorf("the children are %v, want the monitor's %d", list, k.guard.pid)
			}
		})
	}
}

// A process of which only the first thread has ended is killed with its group,
// by its set and by who finds the group.
func TestKillParted(t *testing.T) {
	for who, kill := range map[string]func(s *Set){
		"its set": (*Set).Kill,
		"others":  func(s *Set) { endGroup(s.slot.group.path) },
	} {
		t.Run(who, func(t *testing.T) {
			// Each with groups of its own: in one that others have killed,
			// nothing lives any more, and the Keeper can't know that.
			life := newLifeline(t)
			s := newSet(t, open(t, options(Cgroup)))
			p := startIn(t, s, life, "parted")
			life.members(t, 1)
			kill(s)
			life.ends(t)
			p.WaitExit()
			s.Clear()
			p.Reap()
			s.Free()
		})
	}
}

// A tree is cleared to its last leaf, however deep.
func TestClearDeep(t *testing.T) {
	k := open(t, options(Subreaper))
	life := newLifeline(t)
	s := newSet(t, k)
	p := startIn(t, s, life, "inside", "subreaper") // it ends with its tree, of which it is the subreaper
	life.members(t, treeSize)
	p.Signal(syscall.SIGKILL)
	p.WaitExit()
	s.Clear()
	life.ends(t)
	p.Reap()
	s.Free()
}

// What was seen of a run inside is known to belong to the run also when the
// runner that it came from is gone, and its monitor with it.
func TestFamilyRemembers(t *testing.T) {
	k := open(t, options(Subreaper))
	life := newLifeline(t)
	s := newSet(t, k)
	p := startIn(t, s, life, "inside", "subreaper")
	life.members(t, treeSize)
	kin := newFamily(k.run, noMark)
	for _, member := range kin.members() {
		if member.parent == p.PID() && member.name == monitorName {
			unix.Kill(member.pid, unix.SIGKILL)
		}
	}
	p.Signal(syscall.SIGKILL)
	p.WaitExit()
	found := 0
	for _, member := range kin.members() {
		if member.mark.run() != k.run { // the monitor, which may not have ended yet, has the mark of the outer run
			found++
		}
	}
	if found != treeSize {
		t.Errorf("%d processes are found, want %d", found, treeSize)
	}
	s.Clear()
	p.Reap()
	s.Free()
	life.ends(t)
}

// Sets are used again, and no two at once share a mark or a group.
func TestSets(t *testing.T) {
	k := open(t, options(Cgroup))
	a, b := newSet(t, k), newSet(t, k)
	if a.slot == b.slot || a.slot.mark == b.slot.mark {
		t.Error("two sets are one")
	}
	freed := a.slot
	a.Free()
	if c := newSet(t, k); c.slot != freed {
		t.Error("an empty set is not used again")
	}
	if d := newSet(t, k); d.slot == b.slot || d.slot == freed {
		t.Error("a set is used twice")
	}
}

// Orphans that end during one attempt are reaped during it.
func TestSweep(t *testing.T) {
	for _, means := range []Means{Cgroup, Subreaper} {
		t.Run(string(means), func(t *testing.T) {
			k := open(t, options(means))
			life := newLifeline(t)
			s := newSet(t, k)
			const n = 10
			p := startIn(t, s, life, "brood", strconv.Itoa(n))
			life.members(t, n+1)
			orphans := 0
			for _, pid := range childrenOf(os.Getpid()) {
				if pid != p.PID() && pid != k.guard.pid {
					unix.Kill(pid, unix.SIGKILL)
					orphans++
				}
			}
			if orphans != n {
				t.Errorf("this process is the parent of %d orphans, want %d", orphans, n)
			}
			want := []int{p.PID(), k.guard.pid}
			slices.Sort(want)
			for end := time.Now().Add(guardTime); ; runtime.Gosched() {
				list := childrenOf(os.Getpid())
				slices.Sort(list)
				if slices.Equal(list, want) {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("the children are %v, want %v", list, want)
				}
			}
			p.Signal(syscall.SIGKILL)
			p.WaitExit()
			s.Clear()
			p.Reap()
			s.Free()
		})
	}
}

// What is started outside is in no set, and End leaves it alone.
func TestOutside(t *testing.T) {
	k := open(t, options(Cgroup))
	life := newLifeline(t)
	p := startIn(t, k.Outside(), life, "member")
	life.members(t, 1)
	if m := markOf(p.PID()); m != noMark {
		t.Errorf("it has the mark %x", uint64(m))
	}
	k.Close()
	if !life.goesOn() {
		t.Error("it was ended")
	}
	p.Signal(syscall.SIGKILL)
	p.Reap()
}

// A mark goes through exec, setsid and another user, and this process has none
// but at a fork.
func TestMark(t *testing.T) {
	k := open(t, options(Subreaper))
	life := newLifeline(t)
	s := newSet(t, k)
	p := startIn(t, s, life, "tree")
	life.members(t, treeSize)
	if m := markOf(os.Getpid()); m != noMark {
		t.Errorf("this process has the mark %x", uint64(m))
	}
	kin := newFamily(k.run, noMark).members()
	if len(kin) != treeSize {
		t.Errorf("%d processes are found, want %d", len(kin), treeSize)
	}
	for _, member := range kin {
		if m := markOf(member.pid); m != s.slot.mark {
			t.Errorf("%d, %s, has the mark %x, want %x", member.pid, member.name, uint64(m), uint64(s.slot.mark))
		}
		if m := mark(locksInProc(member.pid)); m != s.slot.mark {
			t.Errorf("/proc tells of the mark %x", uint64(m))
		}
	}
	p.Signal(syscall.SIGKILL)
	p.WaitExit()
	s.Clear()
	p.Reap()
	s.Free()
	life.ends(t)
}

// Where the system does not let a process be made in a control group, the run
// goes on without.
func TestRefused(t *testing.T) {
	needCgroup(t)
	life := newLifeline(t)
	r := start(t, life, nil, "runner", string(Cgroup), strconv.Itoa(unix.SYS_CLONE3))
	if got := r.asked(t, "means"); got != string(Cgroup) {
		t.Fatalf("it begins with %s", got)
	}
	r.number(t, "start tree")
	life.members(t, treeSize)
	if got := r.asked(t, "means"); got != string(Subreaper) {
		t.Errorf("it goes on with %s", got)
	}
	if got := r.asked(t, "why"); got != "a process can't be made in a control group: function not implemented" {
		t.Errorf("because %q", got)
	}
	r.kill()
	life.ends(t)
}

// A program that can't be executed does not look like a refusal.
func TestNotRefused(t *testing.T) {
	needCgroup(t)
	k := open(t, options(Cgroup))
	s := newSet(t, k)
	for _, path := range []string{"/no/such/program", os.TempDir()} {
		c := self(s, nil, "member")
		c.Path = path
		if _, err := proc.Start(c); err == nil {
			t.Errorf("%s was started", path)
		}
	}
	if k.Means() != Cgroup {
		t.Errorf("it goes on with %s: %s", k.Means(), k.Why())
	}
}

// Old kernels have no pidfds, no close_range, and no list of children.
func TestOldKernel(t *testing.T) {
	for name, number := range map[string]int{
		"pidfd_open": unix.SYS_PIDFD_OPEN, "pidfd_send_signal": unix.SYS_PIDFD_SEND_SIGNAL, "close_range": unix.SYS_CLOSE_RANGE,
	} {
		t.Run(name, func(t *testing.T) {
			for _, who := range []string{"the runner", "the monitor"} {
				life := newLifeline(t)
				r := start(t, life, nil, "runner", string(Subreaper), strconv.Itoa(number))
				r.number(t, "start tree")
				life.members(t, treeSize)
				if who == "the runner" {
					r.kill()
				} else {
					unix.Kill(r.number(t, "monitor"), unix.SIGKILL)
				}
				life.ends(t)
			}
		})
	}
	t.Run("children", func(t *testing.T) {
		k := open(t, options(Subreaper))
		unix.Close(k.kids.fd)
		k.kids.fd = -1
		life := newLifeline(t)
		s := newSet(t, k)
		p := startIn(t, s, life, "leaver")
		life.members(t, 1)
		p.WaitExit()
		s.Clear()
		p.Reap()
		s.Free()
		life.ends(t)
	})
}

// Nothing can be started in a run that has ended.
func TestEnded(t *testing.T) {
	k := open(t, options(Subreaper))
	s := newSet(t, k)
	k.End()
	if _, err := proc.Start(self(s, nil, "member")); err == nil || !strings.Contains(err.Error(), "the run has ended") {
		t.Errorf("a start after the end: %v", err)
	}
}

// End ends also what nobody cleared.
func TestEndAlone(t *testing.T) {
	for _, means := range []Means{Cgroup, Subreaper} {
		k := open(t, options(means))
		life := newLifeline(t)
		p := startIn(t, newSet(t, k), life, "tree")
		life.members(t, treeSize)
		if left := k.End(); left != nil {
			t.Errorf("%s: %+v", means, left)
		}
		p.Reap() // there is only its descriptor left
		life.ends(t)
	}
}

// Fifty runs leave no descriptor, no goroutine, no child and no control group.
func TestNothingIsLeft(t *testing.T) {
	open(t, options(Cgroup)).Close() // the runtime opens its poller for good
	files, goroutines := descriptors(t), runtime.NumGoroutine()
	for i := range 50 {
		k, err := Open(options([]Means{Cgroup, Subreaper}[i%2]))
		if err != nil {
			t.Fatal(err)
		}
		groups := groupName(k.parent, k.run)
		life := newLifeline(t)
		s := newSet(t, k)
		p := startIn(t, s, life, "leaver")
		life.members(t, 1)
		if i%3 == 0 {
			k.guard.listen()
		}
		if i%5 != 0 {
			p.WaitExit()
			s.Clear()
			p.Reap()
			s.Free()
		}
		if left := k.Close(); left != nil {
			t.Errorf("%+v", left)
		}
		p.Reap()
		life.ends(t)
		life.r.Close()
		if groups != "" && len(groupsIn(filepath.Split(groups))) > 0 {
			t.Errorf("%s is left", groups)
		}
	}
	for end := time.Now().Add(guardTime); runtime.NumGoroutine() > goroutines; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
		}
	}
	if now := descriptors(t); !slices.Equal(now, files) {
		t.Errorf("descriptors before %q, after %q", files, now)
	}
	if list := childrenOf(os.Getpid()); len(list) > 0 {
		t.Errorf("children are left: %v", list)
	}
	if isSubreaper() {
		t.Error("this process is still a subreaper")
	}
}

func descriptors(t *testing.T) (list []string) {
	t.Helper()
	for _, name := range entries(t, os.Getpid(), "fd") {
		if target, err := os.Readlink("/proc/self/fd/" + name); err == nil {
			list = append(list, name+" "+target)
		}
	}
	slices.Sort(list)
	return list
}

// Who belongs to somebody else can't be killed, and is told of.
func TestSurvivorOfAnother(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a program set-uid root")
	}
	dir, err := os.MkdirTemp("", "owner")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "owner")
	text, err := os.ReadFile(thisProgram)
	if err == nil {
		err = errors.Join(os.WriteFile(program, text, 0o755), os.Chmod(program, 0o755|os.ModeSetuid), os.Chmod(dir, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	life := newLifeline(t)
	r := start(t, life, asNobody(), "runner", string(Subreaper))
	pid := r.number(t, "start program "+program)
	t.Cleanup(func() { unix.Kill(pid, unix.SIGKILL) })
	life.members(t, 1)
	want := fmt.Sprintf("[{%d owner S operation not permitted}]", pid)
	if got := r.asked(t, "give up"); got != want {
		t.Errorf("it tells of %s, want %s", got, want)
	}
}

// Who hangs in the kernel can't be killed, and is told of.
func TestSurvivorInKernel(t *testing.T) {
	const freezer = "/sys/fs/cgroup/freezer"
	group := filepath.Join(freezer, "sluice-test-"+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skipf("no freezer of cgroup version 1, which can keep a process in the kernel: %v", err)
	}
	set := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(group, file), []byte(text), 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		set("freezer.state", "THAWED")
		for end := time.Now().Add(guardTime); os.Remove(group) != nil && time.Now().Before(end); {
		}
	})
	for _, means := range []Means{Cgroup, Subreaper} {
		t.Run(string(means), func(t *testing.T) {
			k := open(t, options(means))
			life := newLifeline(t)
			s := newSet(t, k)
			p := startIn(t, s, life, "member")
			life.members(t, 1)
			set("cgroup.procs", strconv.Itoa(p.PID()))
			set("freezer.state", "FROZEN")
			p.Signal(syscall.SIGKILL)
			s.GiveUp(p.PID())
			p.GiveUp()
			if p.WaitExit() {
				t.Error("it has exited")
			}
			left := s.Clear()
			name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", p.PID()))
			want := report.Survivor{PID: p.PID(), Name: strings.TrimSpace(string(name)), State: "D"}
			if len(left) != 1 {
				t.Fatalf("%+v", left)
			}
			why := left[0].Why
			left[0].Why = ""
			if left[0] != want || !strings.HasPrefix(why, "it is in the kernel, in ") { // which function, the kernel knows
				t.Errorf("%+v, %s, want %+v", left[0], why, want)
			}
			if e := p.Reap(); e.Known() {
				t.Errorf("it ended: %+v", e)
			}
			s.Free()
			if again := newSet(t, k); again.slot == s.slot {
				t.Error("the set is used again, although something lives in it")
			}
			set("freezer.state", "THAWED")
			life.ends(t)
		})
	}
}

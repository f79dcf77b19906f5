package contain

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// eachMeans runs f with each means that this machine has, as this user and,
// where this is root, as nobody.
func eachMeans(t *testing.T, f func(t *testing.T, means Means, sys *syscall.SysProcAttr)) {
	t.Helper()
	t.Run("cgroup", func(t *testing.T) {
		needCgroup(t)
		f(t, Cgroup, nil)
	})
	t.Run("subreaper", func(t *testing.T) { f(t, Subreaper, nil) })
	t.Run("nobody", func(t *testing.T) {
		if os.Getuid() != 0 {
			t.Skip("only root can be nobody")
		}
		f(t, Subreaper, asNobody())
	})
}

// needCgroup skips a test where there are no control groups to be had.
func needCgroup(t testing.TB) {
	t.Helper()
	k, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if k.Means() != Cgroup {
		t.Skipf("no control groups: %s", k.Why())
	}
}

func asNobody() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

// Whoever is killed, nothing of the tree goes on: a plain child, one that
// ignores TERM, a daemon of a session of its own, and all of them stopped.
func TestKilled(t *testing.T) {
	tell := map[string]func(t *testing.T, r *person, tree int){
		"the runner": func(t *testing.T, r *person, tree int) { r.kill() },
		"the monitor": func(t *testing.T, r *person, tree int) {
			unix.Kill(r.number(t, "monitor"), unix.SIGKILL)
			r.cmd.Wait()
			if code := r.cmd.ProcessState.ExitCode(); code != 4 {
				t.Errorf("the runner ended with %d and was not told", code)
			}
		},
		"the runner, with the tree stopped": func(t *testing.T, r *person, tree int) {
			for _, p := range newFamily(runOf(tree), noMark).members() {
				p.signal(syscall.SIGSTOP)
			}
			r.kill()
		},
		"the runner, after its monitor is a program": func(t *testing.T, r *person, tree int) {
			awaitExec(t, r.number(t, "monitor"))
			r.kill()
		},
		"the runner, with signals sent to all": func(t *testing.T, r *person, tree int) {
			monitor := r.number(t, "monitor")
			awaitExec(t, monitor)
			awaitName(t, monitor) // for a moment the new program is like any other
			for _, sig := range harmless {
				unix.Kill(monitor, sig)
			}
			r.kill()
		},
		"nobody": func(t *testing.T, r *person, tree int) { r.in.Close(); r.cmd.Wait() },
	}
	eachMeans(t, func(t *testing.T, means Means, sys *syscall.SysProcAttr) {
		for who, kill := range tell {
			t.Run(who, func(t *testing.T) {
				t.Parallel()
				life := newLifeline(t)
				r := start(t, life, sys, "runner", string(means))
				tree := r.number(t, "start tree")
				life.members(t, treeSize)
				if got := r.asked(t, "means"); got != string(means) {
					t.Fatalf("it is kept by %s, want %s", got, means)
				}
				groups := r.asked(t, "groups")
				kill(t, r, tree)
				life.ends(t)
				noGroups(t, groups)
			})
		}
	})
}

// harmless are signals that do nothing to a monitor.
var harmless = []syscall.Signal{
	syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGALRM,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGXCPU,
}

// runOf is the run that a process belongs to.
func runOf(pid int) mark { return markOf(pid).run() }

// awaitExec waits until a monitor has become a program of its own.
func awaitExec(t *testing.T, monitor int) {
	t.Helper()
	for end := time.Now().Add(guardTime); !isExecuted(monitor); {
		if _, ok := look(monitor); !ok || time.Now().After(end) {
			t.Fatal("the monitor does not become a program")
		}
	}
}

func isExecuted(monitor int) bool {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", monitor))
	return bytes.Contains(text, []byte("__monitor"))
}

// noGroups wants that the control groups whose paths begin with groups go. The
// monitor removes them right after the last process that it waits for.
func noGroups(t *testing.T, groups string) {
	t.Helper()
	if groups == "" {
		return // it had none
	}
	for end := time.Now().Add(guardTime); ; {
		left := groupsIn(filepath.Split(groups))
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%q are left", left)
		}
	}
}

// A run is ended also where the runner is killed at any of the moments of its
// life.
func TestKilledAnywhere(t *testing.T) {
	eachMeans(t, func(t *testing.T, means Means, sys *syscall.SysProcAttr) {
		for members := range treeSize + 1 {
			life := newLifeline(t)
			r := start(t, life, sys, "runner", string(means))
			fmt.Fprintln(r.in, "start tree")
			life.members(t, members)
			r.kill()
			life.ends(t)
		}
		for range 20 { // and at moments that nobody chose
			life := newLifeline(t)
			r := start(t, life, sys, "runner", string(means))
			fmt.Fprintln(r.in, "start tree")
			for end := time.Now().Add(time.Duration(rand.Int64N(int64(30 * time.Millisecond)))); time.Now().Before(end); {
			}
			r.kill()
			life.ends(t)
		}
	})
}

// A process whose first thread has ended looks like a zombie and is none.
func TestKilledParted(t *testing.T) {
	eachMeans(t, func(t *testing.T, means Means, sys *syscall.SysProcAttr) {
		life := newLifeline(t)
		r := start(t, life, sys, "runner", string(means))
		r.number(t, "start parted")
		life.members(t, 1)
		r.kill()
		life.ends(t)
	})
}

// A runner inside the set of another is ended with all that it runs, also what
// has left its own set.
func TestRunsInside(t *testing.T) {
	eachMeans(t, func(t *testing.T, means Means, sys *syscall.SysProcAttr) {
		for _, inside := range []Means{Cgroup, Subreaper} {
			t.Run(string(inside), func(t *testing.T) {
				life := newLifeline(t)
				outer := start(t, life, sys, "runner", string(means))
				outer.number(t, "start inside "+string(inside))
				life.members(t, treeSize)
				groups := outer.asked(t, "groups")
				outer.kill()
				life.ends(t)
				noGroups(t, groups)
			})
		}
	})
}

// The monitor of a run inside ends that, and nothing of the outer one.
func TestRunnerInsideKilled(t *testing.T) {
	eachMeans(t, func(t *testing.T, means Means, sys *syscall.SysProcAttr) {
		inside, outside := newLifeline(t), newLifeline(t)
		inner := start(t, inside, sys, "runner", string(means))
		outer := start(t, outside, sys, "runner", string(means))
		inner.number(t, "start tree")
		outer.number(t, "start tree")
		inside.members(t, treeSize)
		outside.members(t, treeSize)
		inner.kill()
		inside.ends(t)
		if !outside.goesOn() {
			t.Error("the other run was ended, too")
		}
		outer.kill()
		outside.ends(t)
	})
}

// Where both are killed at once, a control group keeps the run together, and
// the next run ends it.
func TestBothKilled(t *testing.T) {
	needCgroup(t)
	life := newLifeline(t)
	r := start(t, life, nil, "runner", string(Cgroup))
	r.number(t, "start tree")
	life.members(t, treeSize)
	monitor, groups := r.number(t, "monitor"), r.asked(t, "groups")
	r.cmd.Process.Signal(syscall.SIGSTOP) // so that it does not notice
	unix.Kill(monitor, unix.SIGKILL)
	r.kill()
	if !life.goesOn() {
		t.Error("the tree was ended by nobody")
	}
	k, err := Open(options(Cgroup))
	if err != nil {
		t.Fatal(err)
	}
	k.Close()
	life.ends(t)
	noGroups(t, groups)
}

// A tree that forks without pause is ended by its control group.
func TestHydra(t *testing.T) {
	needCgroup(t)
	life := newLifeline(t)
	r := start(t, life, nil, "runner", string(Cgroup))
	r.number(t, "start hydra 8")
	life.members(t, 1)
	r.kill()
	life.ends(t)
}

// What has got rid of its mark and of its parent is ended by its control group.
func TestUnmarked(t *testing.T) {
	needCgroup(t)
	life := newLifeline(t)
	r := start(t, life, nil, "runner", string(Cgroup))
	r.number(t, "start leaver unmarked")
	life.members(t, 1)
	groups := r.asked(t, "groups")
	var dirs []*os.File
	for _, path := range groupsIn(filepath.Split(groups)) {
		dir, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		dirs = append(dirs, dir)
	}
	r.kill()
	for _, dir := range dirs { // else another run may take it for one that was left behind, and end it
		unix.Flock(int(dir.Fd()), unix.LOCK_EX)
	}
	life.ends(t)
	noGroups(t, groups)
}

// A lock that was handed over is held until nothing of the run lives.
func TestHold(t *testing.T) {
	eachMeans(t, func(t *testing.T, means Means, sys *syscall.SysProcAttr) {
		path := filepath.Join(t.TempDir(), "lock")
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if sys != nil {
			t.Skip("the folder of the test is not nobody's")
		}
		life := newLifeline(t)
		r := start(t, life, sys, "runner", string(means))
		r.number(t, "start tree")
		life.members(t, treeSize)
		if got := r.asked(t, "hold "+path); got != "<nil>" {
			t.Fatal(got)
		}
		r.kill()
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
			t.Fatal(err)
		}
		if life.goesOn() {
			t.Error("the lock was free while the tree lived")
		}
	})
}

// A lock that was taken back is free.
func TestRelease(t *testing.T) {
	k, err := Open(options(Subreaper))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var release func()
	for i := range 500 { // more than the socket takes before the monitor reads
		if release, err = k.Hold(w); err != nil {
			t.Fatal(err)
		}
		if i < 499 {
			release()
		}
	}
	w.Close()
	r.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := r.Read(make([]byte, 1)); err == io.EOF {
		t.Fatal("the monitor does not hold what it was given")
	}
	release()
	r.SetReadDeadline(time.Now().Add(guardTime))
	if _, err := r.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the monitor holds what it was to release: %v", err)
	}
}

// Nobody else starts a monitor.
func TestMonitorAlone(t *testing.T) {
	cmd := exec.Command(thisProgram, "__monitor", "1", "51ce000000000000", "")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "started by sluice itself") {
		t.Errorf("%v: %s", err, out)
	}
}

// The monitor has nothing of the runner but its socket, and ignores signals.
func TestMonitorIsPoor(t *testing.T) {
	life := newLifeline(t)
	r := start(t, life, nil, "runner", string(Subreaper))
	monitor := r.number(t, "monitor")
	awaitName(t, monitor)
	if wrong := wrongWith(monitor); len(wrong) > 0 && !isExecuted(monitor) { // else it was in between
		t.Errorf("as a fork: %q", wrong)
	}
	awaitExec(t, monitor)
	awaitName(t, monitor)
	if wrong := wrongWith(monitor); len(wrong) > 0 {
		t.Errorf("as a program: %q", wrong)
	}
}

// wrongWith is what a monitor should not be and have.
func wrongWith(monitor int) (wrong []string) {
	proc := filepath.Join("/proc", strconv.Itoa(monitor))
	files, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		return []string{err.Error()}
	}
	for _, f := range files {
		target, _ := os.Readlink(filepath.Join(proc, "fd", f.Name()))
		ofGo := strings.HasPrefix(target, "anon_inode:") || strings.HasPrefix(target, "/sys/fs/cgroup/")
		if !strings.HasPrefix(target, "socket:") && target != os.DevNull && !ofGo {
			wrong = append(wrong, "it has "+target)
		}
	}
	if dir, _ := os.Readlink(filepath.Join(proc, "cwd")); dir != "/" {
		wrong = append(wrong, "it is in "+dir)
	}
	status, _ := os.ReadFile(filepath.Join(proc, "status"))
	ignored, _ := strconv.ParseUint(statusField(status, "SigIgn"), 16, 64)
	for _, sig := range harmless {
		if ignored&(1<<(sig-1)) == 0 {
			wrong = append(wrong, "it does not ignore "+sig.String())
		}
	}
	if sid, err := unix.Getsid(monitor); err != nil || sid != monitor {
		wrong = append(wrong, fmt.Sprintf("its session is %d: %v", sid, err))
	}
	return wrong
}

// awaitName waits until a monitor has its name, which is the first that it does
// when it has closed what it does not need.
func awaitName(t *testing.T, monitor int) {
	t.Helper()
	for end := time.Now().Add(guardTime); ; {
		p, ok := look(monitor)
		if ok && p.name == monitorName && p.state == 'S' {
			return
		}
		if !ok || time.Now().After(end) {
			t.Fatalf("the monitor is %q", p.name)
		}
	}
}

func entries(t *testing.T, pid int, what string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), what))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// statusField reads a field of /proc/PID/status.
func statusField(status []byte, name string) string {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

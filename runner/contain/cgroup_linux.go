package contain

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// groupPrefix begins the name of every control group of ours. What follows is
// the run and the set.
const groupPrefix = "sluice-"

// ownGroup is the path of the control group that this process is in: where
// groups for its children may be made, if anywhere.
func ownGroup() (string, error) {
	root, err := groupRoot()
	if err != nil {
		return "", err
	}
	text, err := readProc("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range bytes.Lines(text) { // cgroups(7)
		if path, ok := strings.CutPrefix(strings.TrimSuffix(string(line), "\n"), "0::"); ok {
			return filepath.Join(root, path), nil
		}
	}
	return "", errors.New("this process is in no control group of version 2")
}

// groupRoot is where cgroup v2 is mounted: in the one place of a system that
// has nothing else, or in that of one that has both versions.
func groupRoot() (string, error) {
	for _, path := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var fs unix.Statfs_t
		if unix.Statfs(path, &fs) == nil && fs.Type == unix.CGROUP2_SUPER_MAGIC {
			return path, nil
		}
	}
	return "", errors.New("there is no cgroup v2 at /sys/fs/cgroup or /sys/fs/cgroup/unified")
}

// group is a control group for one set. While it is open it is locked, which
// tells other runs that it is in use.
type group struct {
	path        string
	dir, events int         // descriptors
	killed      atomic.Bool // at some time: nothing can be made in it any more, see takes
}

// groupName is the beginning of the paths of a run's groups in parent. It is
// empty where parent is.
func groupName(parent string, run mark) string {
	if parent == "" {
		return ""
	}
	return filepath.Join(parent, fmt.Sprintf("%s%08x-", groupPrefix, uint32(run>>setBits)))
}

// newGroup makes a group in parent, and opens it.
func newGroup(parent string, m mark) (*group, error) {
	path := groupName(parent, m.run()) + strconv.Itoa(int(m)%maxSets)
	const tries = 100
	for try := 1; ; try++ {
		if err := unix.Mkdir(path, 0o755); err != nil && err != unix.EEXIST {
			return nil, fmt.Errorf("make the control group %s: %w", path, err)
		}
		g, err := openGroup(path)
		switch {
		case err == nil:
			return g, nil
		case try < tries && (err == errSwept || err == unix.ENOENT):
			continue
		}
		unix.Rmdir(path)
		return nil, fmt.Errorf("use the control group %s: %w", path, err)
	}
}

// errSwept is that another run found a group before it was locked, and removes
// it because nobody seemed to use it.
var errSwept = errors.New("others remove it")

// openGroup opens the group at path, and locks it.
func openGroup(path string) (*group, error) {
	g := &group{path: path, dir: -1, events: -1}
	if err := g.open(); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

func (g *group) open() (err error) {
	if g.dir, err = unix.Open(g.path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return err
	}
	if err := unix.Flock(g.dir, unix.LOCK_EX|unix.LOCK_NB); err == unix.EWOULDBLOCK {
		return errSwept
	} else if err != nil {
		return err
	}
	g.events, err = unix.Openat(g.dir, "cgroup.events", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT || err == unix.ENODEV {
		return errSwept // before it was locked
	} else if err != nil {
		return err
	}
	err = unix.Faccessat(g.dir, "cgroup.kill", unix.W_OK, 0)
	if err == unix.ENOENT {
		return errors.New("this kernel can't kill one: cgroup.kill came with Linux 5.14")
	}
	return err
}

// takes reports whether a process can be made in g from this one's own group.
//
// Linux since 6.14 kills at its birth what is made from one group in another
// where one of the two was killed more often than the other in its life, for
// it takes that for a fork that a kill has missed: cgroup_css_set_fork reads
// kill_seq of the wrong one. Where this process's group is one that was used
// again, every job would be killed.
func (g *group) takes() error {
	sys := &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: g.dir}
	pid, _, err := syscall.StartProcess("/", []string{"/"}, &syscall.ProcAttr{Sys: sys}) // a directory, so it ends with that, if it lives so long
	if err == unix.EACCES {
		return nil
	} else if err != nil {
		return err
	}
	for {
		if _, err := unix.Wait4(pid, nil, 0, nil); err != unix.EINTR {
			return errors.New("this kernel kills at once what is made in it")
		}
	}
}

// mayBeKilled reports whether the group at path is one that can be killed, and
// so not the root of all.
func mayBeKilled(path string) bool {
	return unix.Access(filepath.Join(path, "cgroup.kill"), unix.F_OK) == nil
}

// populated reports whether a process lives in g or in a group inside it.
// Zombies do not count.
func (g *group) populated() bool {
	buf := make([]byte, 64)
	n, err := unix.Pread(g.events, buf, 0)
	return err != nil || !bytes.Contains(buf[:n], []byte("populated 0"))
}

// kill kills everything in g and in the groups inside it.
func (g *group) kill() {
	g.killed.Store(true)
	// An error leaves it populated, which is seen.
	if fd, err := unix.Openat(g.dir, "cgroup.kill", unix.O_WRONLY|unix.O_CLOEXEC, 0); err == nil {
		unix.Write(fd, []byte("1"))
		unix.Close(fd)
	}
	killEach(g.path)
}

// killEach kills what lives in the group at path one by one. cgroup.kill sends to
// the first thread of each process, and does not reach one of which that thread
// has ended (__cgroup_kill in kernel/cgroup/cgroup.c; seen on Linux 6.18).
func killEach(path string) {
	for _, p := range processesOf(path) {
		p.signal(unix.SIGKILL) // an error leaves the group populated, which is seen
	}
}

func (g *group) close() {
	for _, fd := range []int{g.dir, g.events} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// remove gives g up. It stays where a process lives in it.
func (g *group) remove() {
	g.close()
	removeGroup(g.path)
}

// removeGroup removes the group at path and those inside it, as far as they
// are empty.
func removeGroup(path string) {
	if err := unix.Rmdir(path); err != unix.EBUSY {
		return
	}
	for _, inside := range groupsIn(path, "") {
		removeGroup(inside)
	}
	unix.Rmdir(path)
}

// groupsIn are the groups inside the one at path whose names begin with prefix.
func groupsIn(path, prefix string) (list []string) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			list = append(list, filepath.Join(path, e.Name()))
		}
	}
	return list
}

// processesOf are the living processes in the group at path and inside it.
func processesOf(path string) (list []process) {
	text, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
	if err != nil {
		return nil
	}
	for _, word := range strings.Fields(string(text)) {
		pid, _ := strconv.Atoi(word)
		if p, ok := look(pid); ok && !p.dead() {
			list = append(list, p)
		}
	}
	for _, inside := range groupsIn(path, "") {
		list = append(list, processesOf(inside)...)
	}
	return list
}

// endGroup kills what lives in the group at path, and removes it where it is
// empty. gone is false where it was not.
func endGroup(path string) (gone bool) {
	removeGroup(path)
	if unix.Access(path, unix.F_OK) != nil {
		return true
	}
	os.WriteFile(filepath.Join(path, "cgroup.kill"), []byte("1"), 0) // an error leaves it there, which is seen
	killEach(path)
	return false
}

// sweepStale removes the groups in parent that runs left behind which were
// killed together with their monitors, and kills what still lives in them.
func sweepStale(parent string) {
	var st unix.Stat_t
	if unix.Stat(parent, &st) == nil && st.Nlink == 2 {
		return // there is no group inside at all
	}
	for _, path := range groupsIn(parent, groupPrefix) {
		dir, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		if unix.Flock(dir, unix.LOCK_EX|unix.LOCK_NB) == nil { // nobody's
			for more := pauses(100 * time.Millisecond); !endGroup(path) && more(); {
			}
		}
		unix.Close(dir)
	}
}

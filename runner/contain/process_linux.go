package contain

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"sluice/runner/report"
)

// process is one as /proc shows it.
type process struct {
	pid, parent int
	name        string // at most 15 bytes
	state       byte   // of its first thread; 'Z' is a zombie
	threads     int    // that have not ended, a first one that is a zombie included
	start       uint64 // with pid it names a process for good, until the next boot
	mark        mark
}

// dead reports whether nothing is left of p but its number. The first thread of
// a process may end before the others, by pthread_exit(3), or by a KILL that the
// others have not heard yet.
func (p process) dead() bool {
	return p.state == 'Z' && p.threads <= 1 || p.state == 'X' || p.state == 'x'
}

// readProc reads a file of /proc. It is os.ReadFile without what that does for
// files that can be long or waited for, which takes as long as the reading.
func readProc(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	text := make([]byte, 0, 2048)
	for {
		n, err := unix.Read(fd, text[len(text):cap(text)])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return text, nil
		default:
			text = text[:len(text)+n]
		}
		if len(text) == cap(text) {
			text = slices.Grow(text, cap(text))
		}
	}
}

// look reads a process. ok is false where there is none.
func look(pid int) (p process, ok bool) {
	stat, err := readProc("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return p, false
	}
	// PID (NAME) STATE PPID … THREADS … START …, and NAME may hold anything (proc_pid_stat(5)).
	open, close := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || close < open {
		return p, false
	}
	fields := strings.Fields(string(stat[close+1:]))
	if len(fields) < 20 {
		return p, false
	}
	p = process{pid: pid, name: string(stat[open+1 : close]), state: fields[0][0]}
	p.parent, _ = strconv.Atoi(fields[1])
	p.threads, _ = strconv.Atoi(fields[17])
	p.start, _ = strconv.ParseUint(fields[19], 10, 64)
	return p, true
}

// everybody reads all processes but this one. The kernel's own are left out.
func everybody() []process {
	const kthreadd = 2 // the parent of the kernel's threads, and one of them
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1) // what could be read
	var list []process
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == os.Getpid() {
			continue
		}
		if p, ok := look(pid); ok && !(p.pid == kthreadd && p.parent == 0) && p.parent != kthreadd {
			p.mark = markOf(pid)
			list = append(list, p)
		}
	}
	return list
}

// signal signals p and nobody who has its number since. A process that has
// ended is no error.
func (p process) signal(sig syscall.Signal) error {
	fd, err := unix.PidfdOpen(p.pid, 0)
	if err == unix.ENOSYS {
		// A kernel before 5.3, or something that plays one. What is left is
		// to look right before.
		if now, ok := look(p.pid); !ok || now.start != p.start {
			return nil
		}
		return ended(unix.Kill(p.pid, sig))
	} else if err != nil {
		return ended(err)
	}
	defer unix.Close(fd)
	if now, ok := look(p.pid); !ok || now.start != p.start {
		return nil // fd is somebody else's
	}
	err = unix.PidfdSendSignal(fd, sig, nil, 0)
	if err == unix.ENOSYS {
		err = unix.Kill(p.pid, sig)
	}
	return ended(err)
}

// ended is err, unless it says that a process has ended.
func ended(err error) error {
	if err == unix.ESRCH {
		return nil
	}
	return err
}

// survivor tells why p, which was sent KILL, lives.
func (p process) survivor() report.Survivor {
	s := report.Survivor{PID: p.pid, Name: p.name, State: string(p.state), Why: "it has not ended yet"}
	if err := p.signal(syscall.SIGKILL); err != nil {
		s.Why = err.Error()
	} else if p.state == 'D' {
		s.Why = "it is in the kernel"
		place, err := readProc("/proc/" + strconv.Itoa(p.pid) + "/wchan")
		if where := strings.TrimSpace(string(place)); err == nil && where != "" && where != "0" {
			s.Why += ", in " + where
		}
	}
	return s
}

// survivorsOf tells of each process once, in the order of their numbers.
func survivorsOf(list []process) (told []report.Survivor) {
	slices.SortFunc(list, func(a, b process) int { return a.pid - b.pid })
	for i, p := range list {
		if i == 0 || list[i-1].pid != p.pid {
			told = append(told, p.survivor())
		}
	}
	return told
}

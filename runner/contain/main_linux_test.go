package contain

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/proc"
)

// play is the variable that makes the test binary play a small program.
const play = "CONTAIN_TEST_PLAY"

// programs are what the test binary plays. Each returns its exit code.
func programs() map[string]func(args []string) int {
	return map[string]func([]string) int{
		"runner": playRunner,
		"tree":   playTree,
		"member": playMember,
		"leaver": playLeaver,
		"brood":  playBrood,
		"hydra":  playHydra,
		"owner":  playOwner,
		"inside": playInside,
		"parted": playParted,
	}
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "__monitor" {
		if err := Monitor(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		os.Exit(0)
	}
	if name := os.Getenv(play); name != "" {
		os.Exit(programs()[name](os.Args[1:]))
	}
	// Begun in the background of a script or by nohup, this process ignores
	// these signals, and whatever it starts would too.
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	os.Exit(m.Run())
}

// options are those of a run in which this program is its own monitor.
func options(means Means) Options {
	return Options{Monitor: []string{"sluice", "__monitor"}, NoCgroup: means != Cgroup}
}

// self is the test binary as a program. What it inherits as 3 is its lifeline.
// The path is one that everybody may execute, whoever may see the file.
func self(within proc.Within, files []*os.File, name string, args ...string) proc.Command {
	return proc.Command{
		Path: thisProgram, Argv: append([]string{name}, args...), Dir: "/", Umask: -1, Within: within, Files: files,
		Env: environment(name),
	}
}

// environment makes the test binary play name. The race detector would sleep a
// second before each exit.
func environment(name string) []string {
	return []string{play + "=" + name, "GORACE=atexit_sleep_ms=0"}
}

// lifeline tells when all processes that hold its end have ended.
type lifeline struct {
	*os.File          // for those who shall be watched
	r        *os.File // for the test
}

func newLifeline(t testing.TB) *lifeline {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	unix.SetNonblock(fds[0], true)
	l := &lifeline{os.NewFile(uintptr(fds[1]), "lifeline"), os.NewFile(uintptr(fds[0]), "lifeline")}
	t.Cleanup(func() { l.Close(); l.r.Close() })
	return l
}

// members waits until n processes have said that they live.
func (l *lifeline) members(t testing.TB, n int) {
	t.Helper()
	l.r.SetReadDeadline(time.Now().Add(guardTime))
	if _, err := io.ReadFull(l.r, make([]byte, n)); err != nil {
		t.Fatalf("not all of %d processes have started: %v", n, err)
	}
}

// ends waits until nobody holds the lifeline.
func (l *lifeline) ends(t testing.TB) {
	t.Helper()
	l.Close()
	l.r.SetReadDeadline(time.Now().Add(guardTime))
	if _, err := io.Copy(io.Discard, l.r); err != nil {
		t.Fatalf("a process goes on: %v", err)
	}
}

// goesOn reports whether somebody else holds the lifeline.
func (l *lifeline) goesOn() bool {
	l.Close()
	l.r.SetReadDeadline(time.Time{})
	conn, err := l.r.SyscallConn()
	if err != nil {
		return false
	}
	n := 0
	conn.Control(func(fd uintptr) { n, err = unix.Read(int(fd), make([]byte, 64)) })
	return err == unix.EAGAIN || n > 0
}

// guardTime is when a test is stuck.
const guardTime = 30 * time.Second

// member says by the lifeline that this process lives, and never ends.
func member() int {
	os.NewFile(3, "lifeline").Write([]byte("."))
	forever()
	return 0
}

// forever blocks without looking like a deadlock to Go's runtime.
func forever() {
	var fds [2]int
	unix.Pipe(fds[:])
	unix.Read(fds[0], make([]byte, 1))
}

func playMember(args []string) int {
	if slices.Contains(args, "ignore") {
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	}
	return member()
}

// playParted is a process whose first thread ends before the others.
func playParted([]string) int {
	runtime.LockOSThread()
	if unix.Gettid() != os.Getpid() {
		// Go's runtime has moved this goroutine to another thread. Who calls
		// exec becomes the first one (execve(2)).
		fmt.Fprintln(os.Stderr, syscall.Exec(thisProgram, os.Args, os.Environ()))
		return 1
	}
	go func() {
		for {
			if p, ok := look(os.Getpid()); ok && p.state == 'Z' {
				member()
			}
		}
	}()
	syscall.Syscall(unix.SYS_EXIT, 0, 0, 0) // of this thread alone
	return 1
}

// again starts the test binary from inside one of its programs, with the
// lifeline.
func again(sys *syscall.SysProcAttr, name string, args ...string) *exec.Cmd {
	cmd := &exec.Cmd{
		Path: thisProgram, Args: append([]string{name}, args...), Env: environment(name), Dir: "/", SysProcAttr: sys,
		ExtraFiles: []*os.File{os.NewFile(uintptr(must(unix.FcntlInt(3, unix.F_DUPFD_CLOEXEC, 10))), "lifeline")}, Stderr: os.Stderr,
	}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	return cmd
}

func must(n int, err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	return n
}

// treeSize is how many processes of a tree stay.
const treeSize = 4

// playTree stays, as do a plain child, one that ignores TERM, and a daemon: it
// was forked twice, with a session of its own.
func playTree([]string) int {
	again(nil, "member")
	again(nil, "member", "ignore")
	again(nil, "leaver").Wait()
	return member()
}

// playLeaver starts a process with a session of its own, and ends. unmarked:
// it gets rid of its mark before, as any process can.
func playLeaver(args []string) int {
	if slices.Contains(args, "unmarked") {
		limit, err := limitLocks()
		limit.Cur = limit.Max
		if err == nil {
			err = unix.Prlimit(0, unix.RLIMIT_LOCKS, &limit, nil)
		}
		must(0, err)
	}
	again(&syscall.SysProcAttr{Setsid: true}, "member", "ignore")
	return 0
}

// playBrood N starts N processes that have lost their parents, and stays.
func playBrood(args []string) int {
	n, _ := strconv.Atoi(args[0])
	for range n {
		again(nil, "leaver").Wait()
	}
	return member()
}

// person is a program of the tests that does as it is told: a word on its
// standard input, a line on its standard output.
type person struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// start starts a program that has life.
func start(t *testing.T, life *lifeline, sys *syscall.SysProcAttr, name string, args ...string) *person {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), thisProgram)
	cmd.Args, cmd.Env, cmd.Dir, cmd.Stderr, cmd.SysProcAttr = append([]string{name}, args...), environment(name), "/", os.Stderr, sys
	if life != nil {
		cmd.ExtraFiles = []*os.File{life.File}
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &person{cmd, in, bufio.NewReader(out)}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGCONT)
		cmd.Process.Kill()
		cmd.Wait()
	})
	return p
}

// asked is the answer to a word.
func (p *person) asked(t testing.TB, word string) string {
	t.Helper()
	if _, err := fmt.Fprintln(p.in, word); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("%s: %v", word, err)
	}
	return strings.TrimSpace(line)
}

func (p *person) number(t testing.TB, word string) int {
	t.Helper()
	answer := p.asked(t, word)
	n, err := strconv.Atoi(answer)
	if err != nil {
		t.Fatalf("%s: %s", word, answer)
	}
	return n
}

// kill sends the program KILL, and waits for its end.
func (p *person) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// playRunner MEANS… keeps a run, and does as it is told. Its lifeline goes to
// what it starts.
func playRunner(args []string) int {
	for _, number := range args[1:] {
		n, _ := strconv.Atoi(number)
		refuse(n)
	}
	k, err := Open(options(Means(args[0])))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 98
	}
	life := os.NewFile(uintptr(must(unix.FcntlInt(3, unix.F_DUPFD_CLOEXEC, 10))), "lifeline")
	unix.Close(3) // only what it starts shall have it
	r := &runner{k: k, life: life}
	words := make(chan string)
	go func() {
		defer close(words)
		for s := bufio.NewScanner(os.Stdin); s.Scan(); {
			words <- s.Text()
		}
	}()
	for {
		select {
		case word, ok := <-words:
			if !ok {
				k.Close()
				return 0
			}
			fmt.Println(r.do(word))
		case <-k.Lost().Done():
			k.Close()
			return 4
		}
	}
}

// runner is a program that keeps a run.
type runner struct {
	k    *Keeper
	life *os.File
	set  *Set // the newest
	pids []*proc.Process
}

// do does as it is told.
func (r *runner) do(word string) string {
	words := strings.Fields(word)
	switch words[0] {
	case "means":
		return string(r.k.Means())
	case "why":
		return r.k.Why()
	case "groups":
		return groupName(r.k.parent, r.k.run)
	case "monitor":
		return strconv.Itoa(r.k.guard.pid)
	case "hold":
		f, err := os.Open(words[1])
		if err == nil {
			err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		}
		if err == nil {
			_, err = r.k.Hold(f)
		}
		return fmt.Sprint(err)
	case "start": // what is started has the lifeline alone of all that is open
		if r.set == nil {
			r.set, _ = r.k.Set()
		}
		c := self(r.set, []*os.File{nil, nil, os.Stderr, r.life}, words[1], words[2:]...)
		if words[1] == "program" {
			c = self(r.set, c.Files, "owner")
			c.Path = words[2]
		}
		p, err := proc.Start(c)
		if err != nil {
			return err.Error()
		}
		r.pids = append(r.pids, p)
		return strconv.Itoa(p.PID())
	case "give": // up what was started
		for _, p := range r.pids {
			p.GiveUp()
			r.set.GiveUp(p.PID())
		}
		return fmt.Sprint(r.set.Clear())
	}
	return "what is " + word + "?"
}

// playInside MEANS is a runner that has a tree, and stays.
func playInside(args []string) int {
	k, err := Open(options(Means(args[0])))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 98
	}
	r := &runner{k: k, life: os.NewFile(uintptr(must(unix.FcntlInt(3, unix.F_DUPFD_CLOEXEC, 10))), "lifeline")}
	unix.Close(3)
	r.do("start tree")
	<-k.Lost().Done()
	forever()
	return 0
}

// playOwner becomes root for good, where its file lets it, and stays.
func playOwner([]string) int {
	if err := syscall.Setuid(0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 97
	}
	return member()
}

package proc

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	zombiesKeepGroups = true
	umaskOfTest       = 0o022
)

func platformPrograms() map[string]func([]string) int {
	return map[string]func([]string) int{
		"ignoring": playIgnoring,
		"status":   playStatus,
		"leaky":    playLeaky,
		"terminal": playTerminal,
	}
}

// playIgnoring turns into the status program with signals ignored and blocked,
// as a careless caller of sluice would start it.
func playIgnoring(args []string) int {
	runtime.LockOSThread()
	signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP, syscall.SIGINT)
	var set unix.Sigset_t
	set.Val[0] = 1<<(syscall.SIGUSR1-1) | 1<<(syscall.SIGTERM-1)
	unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil)
	path, _ := os.Executable()
	fmt.Fprintln(os.Stderr, syscall.Exec(path, append([]string{"status"}, args...), []string{play + "=status", "GORACE=atexit_sleep_ms=0"}))
	return 99
}

// playStatus starts args[1:] as a child; args[0] says whether it asks for HUP
// and INT first, as the command does.
func playStatus(args []string) int {
	if args[0] == "notify" {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGINT)
	}
	p, err := Start(Command{Path: args[1], Argv: args[1:], Dir: "/", Umask: -1, Files: []*os.File{nil, os.Stdout, os.Stderr}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	return p.Reap().Code
}

func TestChildSignals(t *testing.T) {
	cat := tool(t, "cat")
	bit := func(sig syscall.Signal) uint64 { return 1 << (sig - 1) }
	for _, c := range []struct {
		mode    string
		ignored uint64
	}{
		{"plain", bit(syscall.SIGHUP) | bit(syscall.SIGINT)},
		{"notify", 0},
	} {
		t.Run(c.mode, func(t *testing.T) {
			out, exit := output(t, command(t, "ignoring", c.mode, cat, "/proc/self/status"))
			if exit.Code != 0 {
				t.Fatalf("exit %+v", exit)
			}
			for field, want := range map[string]uint64{"SigBlk": 0, "SigIgn": c.ignored} {
				got, err := strconv.ParseUint(statusField([]byte(out), field), 16, 64)
				if err != nil || got != want {
					t.Errorf("%s of the child is %#x (%v), want %#x", field, got, err, want)
				}
			}
		})
	}
}

// playLeaky has a descriptor 200 that a careless caller left open, and says
// with which code a child that looks for it ends.
func playLeaky(args []string) int {
	if err := unix.Dup2(1, 200); err != nil {
		return 99
	}
	switch args[0] {
	case "call":
		if CloseOnExec() != nil {
			return 99
		}
	case "list":
		if markListed("/proc/self/fd") != nil {
			return 99
		}
	}
	p, err := Start(again("isopen", "200"))
	if err != nil {
		return 99
	}
	return p.Reap().Code
}

func TestCloseOnExec(t *testing.T) {
	for mode, want := range map[string]int{"nothing": 0, "call": 1, "list": 1} {
		if _, exit := output(t, command(t, "leaky", mode)); exit.Code != want {
			t.Errorf("%s: the child's answer is %d, want %d", mode, exit.Code, want)
		}
	}
}

func threads(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc")
	}
	n, err := strconv.Atoi(statusField(status, "Threads"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Hundreds of children that are waited for need no thread each.
func TestThreads(t *testing.T) {
	const children = 200
	cat := tool(t, "cat")
	in, end := pipe(t)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	var procs [children]*Process
	var starts sync.WaitGroup
	for i := range procs {
		starts.Go(func() {
			p, err := Start(Command{Path: cat, Argv: []string{"cat"}, Dir: "/", Files: []*os.File{in, null, nil}, Umask: -1})
			if err != nil {
				t.Error(err)
				return
			}
			procs[i] = p
		})
	}
	starts.Wait()
	if t.Failed() {
		end.Close()
		t.FailNow()
	}
	if procs[0].pidfd == nil {
		t.Skip("this kernel has no pidfds")
	}
	asked := make(chan struct{}, children)
	var waits sync.WaitGroup
	for _, p := range procs {
		waits.Go(func() {
			asked <- struct{}{}
			if e := p.Reap(); e.Code != 0 {
				t.Errorf("exit %+v", e)
			}
		})
	}
	for range children {
		<-asked
	}
	n := threads(t)
	t.Logf("%d threads wait for %d children", n, children)
	if n >= 40 {
		t.Error("these are too many")
	}
	end.Close()
	waits.Wait()
}

// Where pidfds are missing, a blocking wait does it.
func TestWaitWithoutPidfd(t *testing.T) {
	in, end := pipe(t)
	c := command(t, "hang")
	c.Files = []*os.File{in, nil, nil}
	p := start(t, c)
	p.pidfd.Close()
	p.pidfd = nil
	if err := p.Signal(0); err != nil {
		t.Error(err)
	}
	end.Close()
	p.WaitExit()
	if err := syscall.Kill(p.PID(), 0); err != nil {
		t.Errorf("after WaitExit the process is gone: %v", err)
	}
	if e := p.Reap(); e.Code != 0 {
		t.Errorf("exit %+v", e)
	}
}

func TestUmask(t *testing.T) {
	before := syscall.Umask(0o022)
	defer syscall.Umask(before)
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 40 {
		umask, want := -1, "022"
		if i%2 == 0 {
			umask, want = 0o007, "007"
		}
		all.Go(func() {
			c := command(t, "umask")
			c.Umask = umask
			if out, _ := output(t, c); out != want {
				t.Errorf("child %d has umask %s, want %s", i, out, want)
			}
		})
		all.Go(func() {
			f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(i)), os.O_CREATE|os.O_WRONLY, 0o666)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			if info, err := f.Stat(); err != nil || info.Mode() != 0o644 {
				t.Errorf("a file of this process has mode %v (%v)", info.Mode(), err)
			}
		})
	}
	all.Wait()
	status, err := os.ReadFile("/proc/self/status")
	if got := statusField(status, "Umask"); err != nil || got != "0022" {
		t.Errorf("the umask of this process is %s (%v)", got, err)
	}
	if got := syscall.Umask(0o022); got != 0o022 {
		t.Errorf("the umask of this thread is %03o", got)
	}
}

// A thread that ends must not be the main one, which can't.
func TestOwnThreadIsNotTheMainOne(t *testing.T) {
	var all sync.WaitGroup
	for range 20 {
		done := make(chan struct{})
		all.Go(func() {
			go onOwnThread(func(err error) {
				defer close(done)
				if err != nil {
					t.Error(err)
				}
				if unix.Gettid() == os.Getpid() {
					t.Error("it is the main thread")
				}
			})
			<-done
		})
	}
	all.Wait()
}

// A text file is busy as long as somebody else writes to it.
func TestBusy(t *testing.T) {
	src, err := os.ReadFile(tool(t, "true"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "program")
	w, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(src); err != nil {
		t.Fatal(err)
	}
	c := Command{Path: path, Argv: []string{"true"}, Dir: "/", Umask: -1}
	_, err = Start(c)
	wantStartError(t, err, OpExec, 126, "it is open for writing")
	w.Close()
	if e := start(t, c).Reap(); e.Code != 0 {
		t.Errorf("exit %+v", e)
	}
}

// Programs that are written and started while other children are forked do
// start, though a fork may hold their descriptor for a moment.
func TestBusyRace(t *testing.T) {
	truth := tool(t, "true")
	src, err := os.ReadFile(truth)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range 25 {
				path := filepath.Join(dir, fmt.Sprintf("p%d-%d", i, j))
				if err := os.WriteFile(path, src, 0o755); err != nil {
					t.Error(err)
					return
				}
				p, err := Start(Command{Path: path, Argv: []string{"true"}, Dir: "/", Umask: -1})
				if err != nil {
					t.Error(err)
					continue
				}
				p.Reap()
			}
		})
	}
	all.Wait()
}

func TestThreeHundredStarts(t *testing.T) {
	path := tool(t, "true")
	var all sync.WaitGroup
	for range 300 {
		all.Go(func() {
			p, err := Start(Command{Path: path, Argv: []string{"true"}, Dir: "/", Umask: -1})
			if err != nil {
				t.Error(err)
				return
			}
			if e := p.Reap(); e.Code != 0 {
				t.Errorf("exit %+v", e)
			}
		})
	}
	all.Wait()
}

// A stop is told once, and is no ending.
func TestStopped(t *testing.T) {
	in, hold := pipe(t)
	c := command(t, "hang")
	c.Files = []*os.File{in}
	p := start(t, c)
	if sig := p.Stopped(); sig != 0 {
		t.Errorf("stopped by %v before anything was sent", sig)
	}
	for range 2 {
		if err := p.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		if err := unix.Waitid(unix.P_PID, p.PID(), nil, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
			t.Fatal(err)
		}
		if got := p.Stopped(); got != syscall.SIGSTOP {
			t.Errorf("stopped by %v, want SIGSTOP", got)
		}
		if got := p.Stopped(); got != 0 {
			t.Errorf("told again: %v", got)
		}
		if err := p.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	hold.Close()
	p.WaitExit()
	if got := p.Stopped(); got != 0 {
		t.Errorf("a zombie is stopped by %v", got)
	}
	if e := p.Reap(); e.Code != 0 || p.Stopped() != 0 {
		t.Errorf("exit %+v", e)
	}
}

// A child that starts with Foreground owns the terminal, and the program gets
// it back though it is in the background then.
func TestForeground(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	defer master.Close()
	conn, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var name string
	conn.Control(func(fd uintptr) {
		n, err := unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		if err == nil {
			err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		}
		if err != nil {
			t.Skip(err)
		}
		name = "/dev/pts/" + strconv.Itoa(n)
	})
	slave, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer slave.Close()
	out, in := pipe(t)
	c := exec.Command(self(t))
	c.Env = []string{play + "=terminal", "GORACE=atexit_sleep_ms=0"}
	c.Stdin, c.Stdout, c.Stderr = slave, in, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	said, _ := io.ReadAll(out)
	if err := c.Wait(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	if got := strings.TrimSpace(string(said)); got != "child owns it\nback again" {
		t.Errorf("the terminal's story: %q", got)
	}
}

// foreground reports whether the group of this process owns the terminal on
// descriptor 0.
func foreground() bool {
	group, err := unix.IoctlGetInt(0, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

func playTerminal(args []string) int {
	if len(args) > 0 {
		if foreground() {
			fmt.Println("child owns it")
		}
		return 0
	}
	c := again("terminal", "child")
	c.Foreground = os.Stdin
	p, err := Start(c)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	p.Reap()
	if foreground() {
		fmt.Println("the terminal did not change hands")
	}
	if err := TakeForeground(os.Stdin); err != nil {
		fmt.Println(err)
	}
	if foreground() {
		fmt.Println("back again")
	}
	return 0
}

// A child that was given up is waited for no longer, and left alone.
func TestGiveUp(t *testing.T) {
	c := command(t, "hang")
	r, w := pipe(t)
	in, hold := pipe(t)
	c.Files = []*os.File{in, w, nil}
	p := start(t, c)
	if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	exited := make(chan bool)
	go func() { exited <- p.WaitExit() }()
	p.GiveUp()
	if <-exited || p.WaitExit() {
		t.Error("it has exited")
	}
	if e := p.Reap(); e.Known() {
		t.Errorf("it ended: %+v", e)
	}
	hold.Close()
	if _, err := syscall.Wait4(p.PID(), nil, 0, nil); err != nil {
		t.Errorf("it was not left alone: %v", err)
	}
}

// Nothing is lost of a child that exits in time.
func TestGiveUpTooLate(t *testing.T) {
	p := start(t, command(t, "exit", "3"))
	p.WaitExit()
	p.GiveUp()
	if e := p.Reap(); e.Code != 3 {
		t.Errorf("%+v", e)
	}
}

package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWhatExecveReceives(t *testing.T) {
	c := command(t, "args", "", "a b", "*", "$HOME", "\xff\n")
	c.Argv[0] = "any name"
	c.Env = append(c.Env, "B=2", "A=1")
	got, exit := output(t, c)
	if want := fmt.Sprintf("%q %q %q %q", c.Argv[0], c.Argv[1:], c.Dir, c.Env); exit.Code != 0 || got != want {
		t.Errorf("exit %+v\n got %s\nwant %s", exit, got, want)
	}
}

func TestExit(t *testing.T) {
	for _, code := range []int{0, 1, 143, 255} {
		p := start(t, command(t, "exit", fmt.Sprint(code)))
		e := p.Reap()
		if e.Code != code || e.Signal != 0 || !e.Known() {
			t.Errorf("exit %d: %+v", code, e)
		}
		if e.MaxRSS < 1<<20 || e.MaxRSS > 1<<32 || e.User+e.System <= 0 {
			t.Errorf("use of resources is implausible: %+v", e)
		}
		if again := p.Reap(); again != e {
			t.Errorf("the second Reap says %+v, the first %+v", again, e)
		}
	}
	for _, name := range []string{"KILL", "TERM", "HUP"} {
		sig, _ := ParseSignal(name)
		e := start(t, command(t, "kill", name)).Reap()
		if e.Code != -1 || e.Signal != sig || e.Core || !e.Known() {
			t.Errorf("signal %s: %+v", name, e)
		}
	}
	if (Exit{Code: -1}).Known() {
		t.Error("a lost ending is said to be known")
	}
}

// A process that ended and is not reaped keeps its number and its group, and a
// reaped one can't be signalled.
func TestZombieLeader(t *testing.T) {
	leader := start(t, command(t, "exit", "0"))
	leader.WaitExit()
	leader.WaitExit()
	if err := leader.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("signal to a process that ended: %v", err)
	}

	in, _ := pipe(t)
	out, w := pipe(t)
	c := command(t, "hang")
	c.Files = []*os.File{in, w, os.Stderr}
	c.Group = leader.PID()
	member, err := Start(c)
	if err != nil {
		if zombiesKeepGroups {
			t.Fatal(err)
		}
		t.Skip("a group can't be joined here after its leader has exited")
	}
	w.Close()
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if group, err := syscall.Getpgid(member.PID()); err != nil || group != leader.PID() {
		t.Errorf("the member is in group %d (%v)", group, err)
	}
	if err := SignalGroup(member, syscall.SIGTERM); err == nil {
		t.Error("a member passes for a leader")
	}
	if err := SignalGroup(leader, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	if e := member.Reap(); e.Signal != syscall.SIGKILL {
		t.Errorf("the member ended by %+v", e)
	}
	if err := SignalGroup(leader, syscall.SIGTERM); err != nil {
		t.Errorf("a group without living processes: %v", err)
	}
	leader.Reap()
	for _, err := range []error{leader.Signal(syscall.SIGTERM), SignalGroup(leader, syscall.SIGTERM)} {
		if !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("after Reap: %v", err)
		}
	}
	c.Files = nil
	_, err = Start(c)
	wantStartError(t, err, OpGroup, 126, fmt.Sprintf("process group %d, which it should join, has ended", leader.PID()))
}

// What a child leaves behind in its group dies with the group.
func TestGroupOfGrandchild(t *testing.T) {
	in, _ := pipe(t)
	out, w := pipe(t)
	c := command(t, "fork")
	c.Files = []*os.File{in, w, os.Stderr}
	p := start(t, c)
	w.Close()
	p.WaitExit()
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	if err := SignalGroup(p, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// The grandchild was the last that held the pipe.
	if _, err := io.ReadAll(out); err != nil {
		t.Error(err)
	}
	if e := p.Reap(); e.Code != 0 {
		t.Errorf("exit %+v", e)
	}
}

// A child leads a group of its own, or a session, or stays in the caller's
// group, which is never signalled.
func TestGroups(t *testing.T) {
	mine, _ := unix.Getsid(0)
	for _, tt := range []struct {
		name          string
		group         int
		session       bool
		leads, starts bool // a group; a session
	}{
		{"own", 0, false, true, false},
		{"session", 0, true, true, true},
		{"inherit", -1, false, false, false},
	} {
		c := command(t, "ids")
		c.Group, c.Session = tt.group, tt.session
		out, _ := output(t, c)
		var pid, pgid, sid int
		if _, err := fmt.Sscan(out, &pid, &pgid, &sid); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: pid, false: unix.Getpgrp()}[tt.leads]; pgid != want {
			t.Errorf("%s: group %d, want %d", tt.name, pgid, want)
		}
		if want := map[bool]int{true: pid, false: mine}[tt.starts]; sid != want {
			t.Errorf("%s: session %d, want %d", tt.name, sid, want)
		}
		p := start(t, c)
		if err := SignalGroup(p, 0); (err == nil) != tt.leads {
			t.Errorf("%s: its group is signalled with %v", tt.name, err)
		}
		p.Reap()
	}
}

func TestSignal(t *testing.T) {
	in, _ := pipe(t)
	out, w := pipe(t)
	c := command(t, "hang")
	c.Files = []*os.File{in, w, os.Stderr}
	p := start(t, c)
	w.Close()
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.WaitExit()
	}()
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	<-done
	if e := p.Reap(); e.Signal != syscall.SIGTERM {
		t.Errorf("exit %+v", e)
	}
}

// No start leaves a descriptor open here or gives the child one too many, and
// none changes the flags of a file.
func TestDescriptors(t *testing.T) {
	r, w, err := os.Pipe() // in Go's poller, so not blocking
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	flags := func() (n uintptr) {
		conn, err := w.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		conn.Control(func(fd uintptr) { n, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0) })
		return n
	}
	before := flags()
	good, bad, unmasked := command(t, "isopen", "3"), command(t, "exit", "0"), command(t, "exit", "0")
	good.Files = []*os.File{r, w, os.Stderr}
	good.Argv[1] = "9"
	bad.Files = good.Files
	bad.Path += ".missing"
	unmasked.Umask = umaskOfTest
	closed := bad
	closed.Files = []*os.File{nil, closedFile(t)}
	rounds := func(n int) {
		for range n {
			if e := start(t, good).Reap(); e.Code != 1 {
				t.Fatalf("the child has a descriptor 9: %+v", e)
			}
			start(t, unmasked).Reap()
			for _, c := range []Command{bad, closed} {
				if _, err := Start(c); err == nil {
					t.Fatal("a bad start succeeded")
				}
			}
		}
	}
	rounds(1) // Go opens its poller once
	want := descriptors(t)
	rounds(50)
	if got := descriptors(t); !slices.Equal(got, want) {
		t.Errorf("descriptors before:\n%s\nand after:\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
	if after := flags(); after != before {
		t.Errorf("the flags of a file went from %#o to %#o", before, after)
	}
}

func closedFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	return f
}

func TestSignalNames(t *testing.T) {
	for sig, name := range map[syscall.Signal]string{
		0: "", syscall.SIGTERM: "TERM", syscall.SIGKILL: "KILL", syscall.SIGPIPE: "PIPE", 120: "120",
	} {
		if got := SignalName(sig); got != name {
			t.Errorf("signal %d is called %q, want %q", sig, got, name)
		}
	}
	for _, name := range []string{"TERM", "SIGTERM", "HUP", "USR2"} {
		sig, ok := ParseSignal(name)
		if !ok || SignalName(sig) != strings.TrimPrefix(name, "SIG") {
			t.Errorf("%s is %d, %t", name, sig, ok)
		}
	}
	for _, name := range []string{"", "SIG", "15", "term", "SIGSIGTERM", "RTMIN+0", "RTMIN+03", "RTMIN+", "RTMIN+99", "RTMIN-1", "TERM "} {
		if sig, ok := ParseSignal(name); ok {
			t.Errorf("%q passes for signal %d", name, sig)
		}
	}
	if rtMin == 0 {
		return
	}
	for sig := rtMin; sig <= rtMax; sig++ {
		name := SignalName(syscall.Signal(sig))
		if got, ok := ParseSignal(name); !ok || int(got) != sig {
			t.Errorf("%d is called %s, and that is %d, %t", sig, name, got, ok)
		}
	}
}

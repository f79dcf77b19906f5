package ipc

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// play is the variable that makes the test binary play a small program.
const play = "IPC_TEST_PLAY"

func TestMain(m *testing.M) {
	if name := os.Getenv(play); name != "" {
		os.Exit(programs()[name](os.Args[1:]))
	}
	// Go's runtime opens its poller on the first use, and keeps it.
	c, child, err := Pair(Limits{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	child.Close()
	c.Receive(func(Message) {})
	os.Exit(m.Run())
}

// process is a child with a channel.
type process struct {
	*Channel
	t     testing.TB
	cmd   *exec.Cmd
	stdin io.WriteCloser // held open while the child is to live

	out    *strings.Builder
	prints string // what out is to be at the end
}

// self starts the test binary as the program of that name.
func self(t testing.TB, limits Limits, name string, args ...string) *process {
	t.Helper()
	path, err := os.Executable()
	if err != nil || programs()[name] == nil {
		t.Fatalf("the test binary can't play %q (%v)", name, err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), play+"="+name, "GORACE=atexit_sleep_ms=0")
	return start(t, limits, cmd)
}

// start starts cmd with a channel. What it leaves is looked for at the end.
func start(t testing.TB, limits Limits, cmd *exec.Cmd) *process {
	t.Helper()
	files, goroutines := descriptors(t), runtime.NumGoroutine()
	c, end, err := Pair(limits)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Channel: c, t: t, cmd: cmd, out: &strings.Builder{}}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, FDVar+"=3", ModeVar+"="+Mode)
	cmd.ExtraFiles = []*os.File{end}
	cmd.Stdout, cmd.Stderr = p.out, p.out
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	err = cmd.Start()
	end.Close()
	if err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	t.Cleanup(func() {
		p.stdin.Close()
		c.Close()
		if err := cmd.Wait(); err != nil || p.out.String() != p.prints {
			t.Errorf("the child: %v: it printed %q", err, p.out)
		}
		if !guard.Stop() {
			t.Error("the child was killed, for it did not end")
		}
		settled(t, func() bool { return runtime.NumGoroutine() <= goroutines })
		for _, now := range descriptors(t) {
			if !slices.Contains(files, now) {
				t.Errorf("descriptor %s is left", now)
			}
		}
	})
	return p
}

// all receives to the end.
func (p *process) all() (list []string, ended Ended) {
	ended = p.Receive(func(m Message) { list = append(list, describe(m)) })
	return list, ended
}

// expect receives to the end, which must be the child's, and compares.
func (p *process) expect(want ...string) {
	p.t.Helper()
	list, ended := p.all()
	compare(p.t, list, want)
	if ended != (Ended{Child: true}) {
		p.t.Errorf("ended by %+v", ended)
	}
}

func compare(t testing.TB, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// describe is all that a message says, in one line.
func describe(m Message) string {
	switch m.Kind {
	case User:
		return "user " + string(m.JSON)
	case Sluice:
		return fmt.Sprintf("sluice %s %s", m.JSON, describeControl(m.Control))
	}
	return m.Fault.String()
}

func describeControl(c Control) (s string) {
	if c.HasProgress {
		s += fmt.Sprintf(" progress=%v", c.Progress)
	}
	if c.Ready {
		s += " ready"
	}
	for _, o := range c.Outputs {
		s += fmt.Sprintf(" %q=%s", o.Name, o.JSON)
	}
	return s
}

// settled waits until ok, which becomes true soon without anything to wait on.
func settled(t testing.TB, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("goroutines are left:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// descriptors lists what this process has open, where /proc tells.
func descriptors(t testing.TB) (list []string) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		// The one that reads the folder is closed by now.
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			list = append(list, e.Name()+" "+to)
		}
	}
	return list
}

package plumb

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// play is the variable that makes the test binary play a small program.
const play = "PLUMB_TEST_PLAY"

// programs are what the test binary plays. Each returns its exit code.
var programs = map[string]func(args []string) int{
	"flags": playFlags,
	"copy":  playCopy,
	"again": playAgain,
	"die":   playDie,
	"hold":  playHold,
	"zeros": playZeros,
	"count": playCount,
	"noise": playNoise,
	"sum":   playSum,
	"step":  playStep,
	"full":  playFull,
}

func TestMain(m *testing.M) {
	if name := os.Getenv(play); name != "" {
		os.Exit(programs[name](os.Args[1:]))
	}
	os.Exit(m.Run())
}

// command is the test binary as a program.
func command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	if err != nil || programs[name] == nil {
		t.Fatalf("the test binary can't play %q (%v)", name, err)
	}
	return &exec.Cmd{
		Path: path, Args: append([]string{name}, args...),
		// The race detector would sleep a second before each exit.
		Env: []string{play + "=" + name, "GORACE=atexit_sleep_ms=0"},
	}
}

// inherit starts c with the descriptors of files as they are, as package proc
// does; os/exec would change their flags.
func inherit(t testing.TB, c *exec.Cmd, files ...*os.File) *os.Process {
	t.Helper()
	var fds []uintptr
	for _, f := range files {
		conn, err := f.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		conn.Control(func(fd uintptr) { fds = append(fds, fd) })
	}
	pid, _, err := syscall.StartProcess(c.Path, c.Args, &syscall.ProcAttr{Env: c.Env, Files: fds})
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wait(t testing.TB, p *os.Process) {
	t.Helper()
	if s, err := p.Wait(); err != nil || !s.Success() {
		t.Errorf("the child ended with %v (%v)", s, err)
	}
}

// playFlags complains of a descriptor that does not block.
func playFlags([]string) int {
	for fd := range 3 {
		flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
		if errno != 0 || flags&syscall.O_NONBLOCK != 0 {
			return 10 + fd
		}
	}
	return 0
}

func playCopy([]string) int {
	if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
		return 1
	}
	return 0
}

// playAgain reads its standard input twice: once by its number and once by its
// name.
func playAgain([]string) int {
	for _, name := range []string{"", "/dev/stdin"} {
		in := os.Stdin
		if name != "" {
			var err error
			if in, err = os.Open(name); err != nil {
				fmt.Fprint(os.Stdout, err)
				return 1
			}
		}
		if _, err := io.Copy(os.Stdout, in); err != nil {
			fmt.Fprint(os.Stdout, err)
			return 1
		}
	}
	return 0
}

// playDie writes half of a file and is killed.
func playDie(args []string) int {
	f, err := OpenFile(args[0], Mode(args[1]))
	if err != nil {
		return 1
	}
	f.OS().WriteString("half of the new con")
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// playHold says something, and keeps its output until its input ends.
func playHold([]string) int {
	os.Stdout.WriteString("held\n")
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// descriptors is how many descriptors this process has open.
func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(entries)
}

func contains(t testing.TB, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want an error about %q", err, words)
	}
}

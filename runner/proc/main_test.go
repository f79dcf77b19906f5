package proc

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// play is the variable that makes the test binary play a small program.
const play = "PROC_TEST_PLAY"

// programs are what the test binary plays. Each returns its exit code.
var programs = map[string]func(args []string) int{
	"args":   playArgs,
	"exit":   playExit,
	"hang":   playHang,
	"fork":   playFork,
	"kill":   playKill,
	"umask":  playUmask,
	"isopen": playIsOpen,
	"ids":    playIDs,
}

func TestMain(m *testing.M) {
	maps.Copy(programs, platformPrograms())
	if name := os.Getenv(play); name != "" {
		os.Exit(programs[name](os.Args[1:]))
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

// command is the test binary as a program, with no files.
func command(t testing.TB, name string, args ...string) Command {
	t.Helper()
	if programs[name] == nil {
		t.Fatalf("the test binary can't play %q", name)
	}
	return Command{
		Path: self(t),
		Argv: append([]string{name}, args...),
		Dir:  t.TempDir(),
		// The race detector would sleep a second before each exit.
		Env:   []string{play + "=" + name, "GORACE=atexit_sleep_ms=0"},
		Umask: -1,
	}
}

func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// again starts the test binary from inside one of its programs.
func again(name string, args ...string) Command {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return Command{
		Path: path, Argv: append([]string{name}, args...), Dir: "/", Umask: -1,
		Env:   []string{play + "=" + name, "GORACE=atexit_sleep_ms=0"},
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
	}
}

func start(t testing.TB, c Command) *Process {
	t.Helper()
	p, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// output runs c and returns what it printed.
func output(t testing.TB, c Command) (string, Exit) {
	t.Helper()
	r, w := pipe(t)
	c.Files = []*os.File{nil, w, os.Stderr}
	p := start(t, c)
	w.Close()
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), p.Reap()
}

// pipe is a pipe with blocking ends, as children need them. The test closes
// what nothing else did.
func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	var fds [2]int
	syscall.ForkLock.RLock()
	err := syscall.Pipe(fds[:])
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	r, w = os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe")
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// tool finds a program of the system that the test can't play itself.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("this machine has no %s", name)
	}
	return path
}

func playArgs(args []string) int {
	dir, _ := os.Getwd()
	fmt.Printf("%q %q %q %q", os.Args[0], args, dir, os.Environ())
	return 0
}

func playExit(args []string) int {
	code, err := strconv.Atoi(args[0])
	if err != nil {
		return 99
	}
	return code
}

// playHang says that it runs and ends with its standard input.
func playHang([]string) int {
	fmt.Println("running")
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// playFork leaves a process of the same group behind that holds its output.
func playFork([]string) int {
	path, _ := os.Executable()
	c := exec.Cmd{Path: path, Env: []string{play + "=hang", "GORACE=atexit_sleep_ms=0"}, Stdin: os.Stdin, Stdout: os.Stdout}
	if c.Start() != nil {
		return 99
	}
	return 0
}

func playKill(args []string) int {
	sig, ok := ParseSignal(args[0])
	if !ok {
		return 99
	}
	signal.Reset(sig)
	syscall.Kill(os.Getpid(), sig)
	select {}
}

func playUmask([]string) int {
	fmt.Printf("%03o", syscall.Umask(0))
	return 0
}

// playIDs prints its process, its group and its session.
func playIDs([]string) int {
	sid, _ := unix.Getsid(0)
	fmt.Println(os.Getpid(), unix.Getpgrp(), sid)
	return 0
}

// playIsOpen exits with 0 where the descriptor is open.
func playIsOpen(args []string) int {
	fd, _ := strconv.Atoi(args[0])
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil {
		return 1
	}
	return 0
}

// descriptors lists the open descriptors of this process with what they are.
func descriptors(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not list open descriptors in /proc")
	}
	var list []string
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			list = append(list, e.Name()+" "+target)
		}
	}
	slices.Sort(list)
	return list
}

// statusField reads a field of /proc/PID/status.
func statusField(status []byte, name string) string {
	for line := range bytes.Lines(status) {
		if value, ok := strings.CutPrefix(string(line), name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

package runner

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sluice/runner/plan"
	"sluice/runner/proc"
)

func platformPrograms() map[string]func([]string) int {
	return map[string]func([]string) int{
		"shell":  playShell,
		"runtty": playRunTTY,
		"ask":    playAsk,
		"spoil":  playSpoil,
		"peek":   playPeek,
		"keep":   playKeep,
	}
}

// terminal is a terminal with a shell at it, which runs one plan.
type terminal struct {
	t      *testing.T
	keys   *os.File // what is typed
	screen chan string
	told   *bufio.Scanner // what the shell says
	orders *os.File       // what the shell is to do
	cmd    *exec.Cmd
}

// newTerminal starts a session with a terminal of its own, in which a shell
// runs p in the foreground.
func newTerminal(t *testing.T, p *plan.Plan) *terminal {
	t.Helper()
	master, slave := pty(t)
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "plan.json")
	write(t, path, string(data))
	orders, hisOrders := pipeOf(t)
	told, hisTold := pipeOf(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, path)
	cmd.Args[0] = "shell"
	cmd.Env = []string{play + "=shell", "GORACE=atexit_sleep_ms=0"}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.ExtraFiles = []*os.File{orders, hisTold}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*os.File{slave, orders, hisTold} {
		f.Close()
	}
	term := &terminal{t: t, keys: master, told: bufio.NewScanner(told), orders: hisOrders, cmd: cmd, screen: make(chan string, 100)}
	go func() {
		defer close(term.screen)
		lines := bufio.NewScanner(master) // ends with an error when nobody has the other side
		for lines.Scan() {
			term.screen <- strings.TrimRight(lines.Text(), "\r")
		}
	}()
	t.Cleanup(func() {
		hisOrders.Close()
		cmd.Wait()
		for range term.screen {
		}
	})
	return term
}

// pty makes a terminal: what types and shows, and what programs have.
func pty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	conn, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	conn.Control(func(fd uintptr) {
		if n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN); err == nil {
			err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		}
	})
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	fd, err := unix.Open("/dev/pts/"+strconv.Itoa(n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	return master, os.NewFile(uintptr(fd), "terminal")
}

func pipeOf(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// tells waits for the next word of the shell.
func (term *terminal) tells(want string) {
	term.t.Helper()
	if !term.told.Scan() {
		term.t.Fatalf("the shell says nothing more, want %q", want)
	}
	if got := term.told.Text(); got != want {
		term.t.Fatalf("the shell says %q, want %q", got, want)
	}
}

// shows waits until the screen has shown a line. What was typed may stand
// before it.
func (term *terminal) shows(want string) {
	term.t.Helper()
	var seen []string
	for line := range term.screen {
		if strings.HasSuffix(line, want) {
			return
		}
		seen = append(seen, line)
	}
	term.t.Fatalf("the screen never showed %q, but %q", want, seen)
}

func (term *terminal) types(keys string) { term.keys.WriteString(keys) }

// order has the shell do something, and waits until it is done.
func (term *terminal) order(word string) {
	term.t.Helper()
	fmt.Fprintln(term.orders, word)
	term.tells("continued")
}

// shell PLAN runs the plan in the foreground of its terminal, as a shell does
// with job control. It says on descriptor 4 what becomes of that, and takes
// orders from descriptor 3.
func playShell(args []string) int {
	orders, told := bufio.NewScanner(os.NewFile(3, "orders")), os.NewFile(4, "told")
	syscall.CloseOnExec(3)
	before, _ := unix.IoctlGetTermios(0, unix.TCGETS)
	r, w, _ := os.Pipe()
	path, _ := os.Executable()
	job := exec.Cmd{
		Path: path, Args: append([]string{"runtty"}, args...), Env: []string{play + "=runtty", "GORACE=atexit_sleep_ms=0"},
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, ExtraFiles: []*os.File{w},
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 0},
	}
	if err := job.Start(); err != nil {
		fmt.Fprintln(told, err)
		return 1
	}
	w.Close()
	// It sets the foreground from the background, and its children must not
	// inherit what lets it.
	runtime.LockOSThread()
	var block unix.Sigset_t
	block.Val[0] = 1 << (syscall.SIGTTOU - 1)
	unix.PthreadSigmask(unix.SIG_BLOCK, &block, nil)
	pid := job.Process.Pid
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil); err == syscall.EINTR {
			continue
		} else if err != nil {
			fmt.Fprintln(told, err)
			return 1
		}
		group, _ := unix.IoctlGetInt(0, unix.TIOCGPGRP)
		owner := map[bool]string{true: "has", false: "has not"}[group == pid]
		unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, unix.Getpgrp())
		if !status.Stopped() {
			result, _ := io.ReadAll(r)
			now, _ := unix.IoctlGetTermios(0, unix.TCGETS)
			mode := map[bool]string{true: "kept", false: "spoiled"}[now.Lflag == before.Lflag]
			fmt.Fprintf(told, "%s\nended, it %s the terminal, whose mode is %s\n", result, owner, mode)
			return 0
		}
		fmt.Fprintf(told, "stopped by %s, it %s the terminal\n", proc.SignalName(status.StopSignal()), owner)
		if !orders.Scan() {
			syscall.Kill(-pid, syscall.SIGKILL)
			continue
		}
		if orders.Text() == "fg" {
			unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, pid)
		}
		syscall.Kill(-pid, syscall.SIGCONT)
		fmt.Fprintln(told, "continued")
	}
}

// runtty PLAN runs a plan as the command does, on the terminal, and says on
// descriptor 3 what came of it.
func playRunTTY(args []string) int {
	told := os.NewFile(3, "told")
	syscall.CloseOnExec(3)
	data, err := os.ReadFile(args[0])
	if err != nil {
		return 1
	}
	var p plan.Plan
	if err := json.Unmarshal(data, &p); err != nil {
		return 1
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	ints := make(chan os.Signal, 1)
	signal.Notify(ints, syscall.SIGINT)
	go func() {
		<-ints
		cancel(errInterrupted)
	}()
	rep, err := Run(ctx, &p, Options{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Direct: true})
	if err != nil {
		fmt.Fprint(told, err)
		return 1
	}
	fmt.Fprint(told, results(rep))
	if a := rep.Jobs[0].Last(); a != nil && a.Cause != "" {
		fmt.Fprint(told, ": ", a.Cause)
	}
	return 0
}

// ask asks for a name on its standard input, and greets. It asks again when it
// was suspended.
func playAsk([]string) int {
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGCONT)
	go func() {
		for range again {
			fmt.Println("who now?")
		}
	}()
	fmt.Println("who?")
	name, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("hello", strings.TrimSpace(name))
	return 0
}

// spoil turns the echo of the terminal off that controls it, and ends badly.
func playSpoil([]string) int {
	f, err := os.Open("/dev/tty")
	if err != nil {
		return 2
	}
	fd := int(f.Fd())
	mode, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return 2
	}
	mode.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, mode); err != nil {
		return 3
	}
	fmt.Println("spoiled")
	return 1
}

// peek reads from the terminal that controls it, whatever its standard input.
func playPeek([]string) int {
	f, err := os.Open("/dev/tty")
	if err != nil {
		return 2
	}
	f.Read(make([]byte, 1))
	return 0
}

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal makes a terminal: what a person sees and types, and what programs
// have.
func terminal(t *testing.T) (person, programs *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	conn, err := person.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	conn.Control(func(fd uintptr) {
		number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		if err == nil {
			err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		}
	})
	if err == nil {
		programs, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	t.Cleanup(func() { programs.Close() })
	return person, programs
}

// A detached run keeps nothing of where it was started: no terminal, session,
// directory or descriptor. The umask and the environment stay.
func TestDetachedIsApart(t *testing.T) {
	l := newLab(t, "  nap: {run: hang alive}\n")
	alive := l.fifo("alive")
	person, programs := terminal(t)
	extra, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer extra.Close()
	cmd := l.command("run", "--detach", "job.yaml")
	cmd.Env = append(cmd.Env, "SECRET=x")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = programs, programs, programs
	cmd.ExtraFiles = []*os.File{extra, extra, extra, extra, extra, extra}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Run(); err != nil { // the end of the session's leader hangs up
		t.Fatal(err)
	}
	id := l.only()
	said, err := bufio.NewReader(person).ReadString('\n')
	if want := id + "\r\n"; err != nil || said != want {
		t.Errorf("it says %q, %v; want %q", said, err, want)
	}
	programs.Close()
	person.Close()
	l.line(alive) // the job lives

	pid := l.supervisor(id).PID
	proc := fmt.Sprintf("/proc/%d/", pid)
	stat, err := os.ReadFile(proc + "stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	fields := strings.Fields(string(rest))
	// State, ppid, pgrp, session, tty_nr: proc_pid_stat(5).
	if group, session, tty := fields[2], fields[3], fields[4]; group != strconv.Itoa(pid) || session != group || tty != "0" {
		t.Errorf("process %d has the group %s, the session %s, the terminal %s", pid, group, session, tty)
	}
	if dir, err := os.Readlink(proc + "cwd"); dir != "/" {
		t.Errorf("it is in %q, %v", dir, err)
	}
	environ, err := os.ReadFile(proc + "environ")
	if !bytes.Contains(environ, []byte("\x00SECRET=x\x00")) {
		t.Errorf("its environment is %q, %v", environ, err)
	}
	log := filepath.Join(l.folder(id).Dir(), supervisorLogName)
	for fd, want := range []string{os.DevNull, log, log} {
		if got, err := os.Readlink(proc + "fd/" + strconv.Itoa(fd)); got != want {
			t.Errorf("descriptor %d is %q, %v; want %q", fd, got, err, want)
		}
	}
	if text, err := os.ReadFile(log); err != nil || len(text) > 0 {
		t.Errorf("it has something to say: %q, %v", text, err)
	}
	var stray []string
	entries, err := os.ReadDir(proc + "fd")
	for _, e := range entries {
		target, _ := os.Readlink(proc + "fd/" + e.Name())
		n, _ := strconv.Atoi(e.Name())
		if n > 2 && (target == os.DevNull && !l.isOwnNull(proc, n) || strings.HasPrefix(target, "/dev/pts/")) {
			stray = append(stray, e.Name()+" "+target)
		}
	}
	if err != nil || len(stray) > 0 {
		t.Errorf("it has %q, %v", stray, err)
	}
	l.sluice(0, "stop", id)
	l.gone(alive)
}

// isOwnNull reports whether descriptor n of a process is the one that a run
// opens for reading and writing; what the test hands on is for reading.
func (l *lab) isOwnNull(proc string, n int) bool {
	info, err := os.ReadFile(proc + "fdinfo/" + strconv.Itoa(n))
	if err != nil {
		l.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(info), "flags:\t")
	flags, err := strconv.ParseInt(strings.Fields(rest)[0], 8, 64)
	return err == nil && flags&syscall.O_ACCMODE == syscall.O_RDWR
}

// Who follows sees every line once and in order while the log is rotated.
func TestFollowAcrossRotation(t *testing.T) {
	const lines = 4000
	var words strings.Builder
	for i := range lines {
		fmt.Fprintf(&words, " l%d", i)
	}
	l := newLab(t, "  talk: {run: emit"+words.String()+", log: {max_size: 4KiB, keep: 1000}}\n")
	id := l.detach()
	out, _ := l.sluice(0, "logs", "-f", id)
	got := strings.Fields(out)
	want := strings.Fields(words.String())
	if !slices.Equal(got, want) {
		t.Errorf("%d lines, want %d", len(got), len(want))
	}
	names, err := filepath.Glob(filepath.Join(l.folder(id).Dir(), "logs", "talk.log*"))
	if err != nil || len(names) < 20 {
		t.Errorf("the log has %d files, %v", len(names), err)
	}
	out, _ = l.sluice(0, "logs", "-n", "3", id)
	if want := "l3997\nl3998\nl3999\n"; out != want {
		t.Errorf("the last lines are %q, want %q", out, want)
	}
}

// On a terminal, what children print can't act on it.
func TestLogsOnATerminal(t *testing.T) {
	l := newLab(t, "  paint: {run: copy raw}\n")
	l.write("raw", "x\x1b[2Jy\n")
	id := l.detach()
	l.sluice(0, "wait", id)
	if out, _ := l.sluice(0, "logs", id); out != "x\x1b[2Jy\n" {
		t.Errorf("to a file: %q", out)
	}
	for _, command := range []string{"logs", "attach"} {
		person, programs := terminal(t)
		cmd := l.command(command, id)
		cmd.Stdout = programs
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		programs.Close()
		if said, _ := bufio.NewReader(person).ReadString('\n'); said != "x␛[2Jy\r\n" {
			t.Errorf("%s to a terminal: %q", command, said)
		}
	}
}

// Ctrl-C leaves attach and not the run, which then ends attach with its own
// ending.
func TestAttach(t *testing.T) {
	l := newLab(t, "  first: {run: emit one}\n  talk: {needs: [first], run: await go 7}\n")
	if err := syscall.Mkfifo(l.path("go"), 0o600); err != nil {
		t.Fatal(err)
	}
	id := l.detach()
	cmd := l.command("attach", id)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); line != "first │ one\n" {
		t.Errorf("it shows %q, %v", line, err)
	}
	cmd.Process.Signal(syscall.SIGINT)
	io.Copy(io.Discard, r)
	cmd.Wait()
	if want := "sluice: run " + id + " goes on; sluice stop " + id + " ends it\n"; cmd.ProcessState.ExitCode() != 130 || said.String() != want {
		t.Errorf("%v, %q; want %q", cmd.ProcessState, &said, want)
	}
	if got := l.row(id).State; got != "running" {
		t.Errorf("the run is %s", got)
	}
	if err := os.WriteFile(l.path("go"), []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
	if _, told := l.sluice(1, "attach", id); !strings.Contains(told, "✗ talk failed") || !strings.Contains(told, "2 jobs: 1 succeeded, 1 failed") {
		t.Errorf("it says %s", told)
	}
}

// Without a place for its folder no run is detached, and an ordinary one runs.
func TestStateDirectoryReadOnly(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere; the script detach.txtar has a state directory below a file")
	}
	l := newLab(t, "  a: {run: emit one}\n")
	if err := os.Mkdir(l.store.Dir(), 0o500); err != nil {
		t.Fatal(err)
	}
	out, said := l.sluice(exitError, "run", "--detach", "job.yaml")
	if out != "" || !strings.Contains(said, "permission denied") || !strings.Contains(said, "set SLUICE_STATE_DIR to a folder") {
		t.Errorf("it says %q, %q", out, said)
	}
	if out, said := l.sluice(0, "run", "job.yaml"); out != "one\n" || !strings.Contains(said, "warning: this run goes on without history") {
		t.Errorf("it says %q, %q", out, said)
	}
}

// When the supervisor is killed, so is everything that it started, and the run
// is told as lost. When its monitor is, the supervisor ends everything.
func TestSupervisorKilled(t *testing.T) {
	l := newLab(t, "  nap: {run: hang -i alive}\n")
	alive := l.fifo("alive")
	id := l.detach()
	l.line(alive)
	l.kill(id)
	lost := "sluice: run " + id + " is lost: what ran it ended without a word, and how its jobs ended is not known\n"
	if _, said := l.sluice(exitError, "wait", id); said != lost {
		t.Errorf("wait says %q, want %q", said, lost)
	}
	// Its monitor holds the lock until all is gone.
	alive.hold.Close()
	if n, err := alive.read.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a process goes on: %d, %v", n, err)
	}
	if r := l.row(id); r.State != "lost" || r.Jobs[0].State != "lost" {
		t.Errorf("ps says %+v", r)
	}
	if _, said := l.sluice(0, "logs", id); said != lost {
		t.Errorf("logs says %q", said)
	}
	if _, said := l.sluice(exitError, "stop", id); said != lost {
		t.Errorf("stop says %q", said)
	}
}

// A supervisor that is killed before the run is ready is told of by whoever
// waits for it.
func TestSupervisorKilledBeforeReady(t *testing.T) {
	l := newLab(t, "  web: {run: hang alive, detach: true, ready: {file: never}}\n")
	alive := l.fifo("alive")
	cmd := l.command("run", "--detach", "job.yaml")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.line(alive)
	id := l.only()
	l.kill(id)
	cmd.Wait()
	want := "sluice: run " + id + " ended before it was ready: its supervisor ended by signal 9 KILL\n"
	if cmd.ProcessState.ExitCode() != exitError || said.String() != want {
		t.Errorf("%v, %q; want %q", cmd.ProcessState, &said, want)
	}
	l.gone(alive)
}

// A supervisor that is stopped goes on, to end its run; one that takes no
// notice is killed, and the run is lost.
func TestStopAStoppedSupervisor(t *testing.T) {
	l := newLab(t, "  nap: {run: hang alive}\n")
	alive := l.fifo("alive")
	id := l.detach()
	l.line(alive)
	hold, err := l.supervisor(id).Hold()
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close()
	if err := hold.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if _, said := l.sluice(0, "stop", id); !strings.Contains(said, "was stopped by TERM") {
		t.Errorf("it says %q", said)
	}
	l.gone(alive)

	deaf := l.fifo("deaf")
	cmd := exec.Command("hang", "-i", l.path("deaf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.line(deaf)
	runner := l.supervisor(id)
	runner.PID = cmd.Process.Pid
	runner.Start = startOf(t, runner.PID)
	stubborn, err := runner.Hold()
	if err != nil {
		t.Fatal(err)
	}
	defer stubborn.Close()
	if err := endNow(l.folder(id), stubborn, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGKILL {
		t.Errorf("it ended by %v", cmd.ProcessState)
	}
}

// startOf is field 22 of /proc/PID/stat.
func startOf(t *testing.T, pid int) uint64 {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	start, err := strconv.ParseUint(strings.Fields(string(rest))[22-3], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return start
}

// What runs in a terminal can be looked at and stopped from another one.
func TestStopARunInATerminal(t *testing.T) {
	l := newLab(t, "  one: {run: emit x}\n  deaf: {needs: [one], run: hang -i alive, stop: {grace: 1h}}\n")
	alive := l.fifo("alive")
	cmd := l.command("run", "job.yaml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.line(alive)
	id := l.only()
	if r := l.row(id); r.State != "running" || r.PID != cmd.Process.Pid || r.Dir != l.dir || r.File != l.path("job.yaml") {
		t.Errorf("ps says %+v", r)
	}
	l.sluice(0, "stop", "--now", id)
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 143 {
		t.Errorf("it ended with %d", got)
	}
	l.gone(alive)
}

// A job that a run detached does not end with that run, however it ends, and
// ends with its own.
func TestDetachedJobOutlivesItsRun(t *testing.T) {
	l := newLab(t, "  web: {run: hang web, detach: true}\n  hold: {needs: [web], run: hang hold}\n")
	web, hold := l.fifo("web"), l.fifo("hold")
	cmd := l.command("run", "job.yaml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.line(hold)
	cmd.Process.Kill()
	cmd.Wait()
	l.gone(hold)
	l.line(web)
	var id string
	runs, err := l.store.List()
	for _, f := range runs {
		if m, e := f.Meta(); e == nil && m.Name == "web" {
			id = f.ID
			if m.Parent == "" || m.Asked.Jobs[0] != "web" || !m.Detached {
				t.Errorf("its folder says %+v", m)
			}
		}
	}
	if err != nil || id == "" {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	if got := l.row(id).State; got != "running" {
		t.Errorf("the run of the detached job is %s", got)
	}
	l.sluice(0, "stop", id)
	l.gone(web)
}

// A detached job that fails is started again by its supervisor.
func TestDetachedJobRestarts(t *testing.T) {
	l := newLab(t, "  web: {run: \"await go${attempt} 3\", detach: true, restart: {delay: 1ms, max: 1}}\n")
	for _, name := range []string{"go1", "go2"} {
		if err := syscall.Mkfifo(l.path(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	id := l.detach()
	for _, name := range []string{"go1", "go2"} {
		if err := os.WriteFile(l.path(name), []byte("\n"), 0); err != nil { // waits for a reader
			t.Fatal(err)
		}
	}
	l.sluice(3, "wait", id)
	_, said := l.sluice(3, "attach", id)
	if !strings.Contains(said, "web: exit code 3; started again in 1ms\n") || !strings.Contains(said, "attempt 2 of 2") {
		t.Errorf("attach says %s", said)
	}
}

// Supervisors that end before the run that started them leave neither zombies
// nor descriptors in it.
func TestSupervisorsAreReaped(t *testing.T) {
	l := newLab(t, "  short: {matrix: {n: [1, 2, 3]}, run: emit x, detach: true}\n  hold: {needs: [short], run: hang hold}\n")
	hold := l.fifo("hold")
	cmd := l.command("run", "job.yaml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	l.line(hold)
	runs, err := l.store.List()
	if err != nil || len(runs) != 4 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	for _, f := range runs {
		if m, err := f.Meta(); err == nil && m.Detached {
			l.sluice(0, "wait", f.ID)
		}
	}
	for end := time.Now().Add(30 * time.Second); ; {
		zombies, handles := ownedBy(t, cmd.Process.Pid)
		if zombies == 0 && handles <= 1 { // of the job that goes on
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d zombies and %d pidfds are left", zombies, handles)
		}
	}
}

// ownedBy counts the children of a process that are zombies, and its pidfds.
func ownedBy(t *testing.T, pid int) (zombies, handles int) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stats {
		stat, _ := os.ReadFile(name) // it may have ended
		_, rest, _ := bytes.Cut(stat, []byte(") "))
		if f := strings.Fields(string(rest)); len(f) > 1 && f[0] == "Z" && f[1] == strconv.Itoa(pid) {
			zombies++
		}
	}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range links {
		if target, _ := os.Readlink(name); strings.Contains(target, "pidfd") {
			handles++
		}
	}
	return zombies, handles
}

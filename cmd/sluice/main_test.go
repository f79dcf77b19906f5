package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"sluice/runner/contain"
	"sluice/runner/report"
	"sluice/runner/state"
)

// TestMain lets the test binary be sluice itself, and the small programs that
// job files of tests run, each by its name.
func TestMain(m *testing.M) {
	programs := map[string]func(){
		"sluice": func() {
			needOwnState()
			os.Exit(sluice())
		},
		"sluice-ungrouped": func() {
			needOwnState()
			os.Exit(sluiceWithin(contain.Options{Monitor: []string{"sluice", monitorCommand}, NoCgroup: true}))
		},
		"grow":    playGrow,
		"twig":    playTwig,
		"stray":   playStray,
		"emit":    playEmit,
		"eat":     playEat,
		"hang":    playHang,
		"leave":   playLeave,
		"die":     playDie,
		"fork":    playFork,
		"flaky":   playFlaky,
		"revive":  playRevive,
		"inspect": playInspect,
		"copy":    playCopy,
		"meet":    playMeet,
		"await":   playAwait,
		"environ": playEnviron,
		"touch":   playTouch,
		"tell":    playTell,
		"talk":    playTalk,
	}
	maps.Copy(programs, faultPrograms())
	for name, play := range programs {
		if name != "sluice" && raced() {
			// The detector waits for a second at the end of each process.
			programs[name] = func() { play(); syscall.Exit(0) }
		}
	}
	testscript.Main(ownState{m}, programs)
}

// raced reports whether the race detector is on: everything takes ten times as
// long, and much more memory.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// ownState runs the tests with a state directory of their own, so that none
// writes to the home of whoever runs them.
type ownState struct{ m *testing.M }

func (o ownState) Run() int {
	// Begun in the background of a script or by nohup, this process ignores
	// these signals, and whatever it starts would too.
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	dir, err := os.MkdirTemp("", "sluice-state-")
	if err == nil {
		err = os.Setenv("SLUICE_STATE_DIR", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	return o.m.Run()
}

// needOwnState ends a sluice that a test began without its state directory, as
// that of a job is which does not pass the variable on: it would write to the
// home of whoever runs the tests, and let sluice ps list what it leaves there.
// The helpers of a run keep nothing.
func needOwnState() {
	helps := len(os.Args) > 1 && slices.Contains([]string{monitorCommand, shardCommand}, os.Args[1])
	if os.Getenv("SLUICE_STATE_DIR") == "" && !helps {
		fmt.Fprintln(os.Stderr, "a test runs sluice without SLUICE_STATE_DIR; a job passes it on by pass_env")
		os.Exit(120)
	}
}

// TestScripts runs whole commands and compares what they print to the letter.
func TestScripts(t *testing.T) {
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			// One place for all, so that messages with absolute paths and
			// the environment can be compared.
			e.Setenv("REPO", repo)
			e.Setenv("NO_COLOR", "1")
			e.Setenv("LC_ALL", "C")
			runs := filepath.Join(e.WorkDir, ".tmp", "state")
			e.Setenv("SLUICE_STATE_DIR", runs)
			e.Defer(func() { endRuns(e.T(), state.At(runs)) })
			for _, name := range []string{"CI", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "FORCE_COLOR"} {
				e.Setenv(name, "")
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"plain":     plain,
			"exitcode":  exitcode,
			"interrupt": interrupt,
			"verdicts":  verdicts,
			"overlap":   overlap,
			"mode":      mode,
			"fifo":      fifo,
			"leaves":    leaves,
			"types":     types,
		},
	})
}

// plain FILE… takes out of each file what differs from run to run and from
// machine to machine: $PATH, $WORK and $BIN stand for themselves, TIME for durations
// RUN for the run's id and TOKEN for a random one. Rows of a summary and of lists of
// runs lose their columns, and these their dates.
func plain(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := ts.ReadFile(name)
		text = strings.ReplaceAll(text, ts.Getenv("PATH"), "$PATH")
		text = strings.ReplaceAll(text, ts.Getenv("WORK"), "$WORK")
		text = strings.ReplaceAll(text, filepath.Dir(programOf(ts, "emit")), "$BIN")
		text = regexp.MustCompile(`\b[A-Z2-7]{26}\b`).ReplaceAllString(text, "TOKEN")
		text = regexp.MustCompile(`"time":"[^"]*"`).ReplaceAllString(text, `"time":"TIME"`)
		text = regexp.MustCompile(`\b\d{8}-\d{6}-[0-9a-f]{4}\b`).ReplaceAllString(text, "RUN")
		text = regexp.MustCompile(`(?m)^[✓✗○–■] .*$`).ReplaceAllStringFunc(text, func(row string) string {
			row = regexp.MustCompile(`\b`+duration+`\b`).ReplaceAllString(row, "TIME")
			return strings.Join(strings.Fields(row), " ")
		})
		text = regexp.MustCompile(`(?m)^(RUN|ID) .*$`).ReplaceAllStringFunc(text, func(row string) string { // of ps and history
			row = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`).ReplaceAllString(row, "DATE")
			row = regexp.MustCompile(`\b`+duration+`\b`).ReplaceAllString(row, "TIME")
			return strings.Join(strings.Fields(row), " ")
		})
		text = regexp.MustCompile(`\bat \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b`).ReplaceAllString(text, "at DATE")
		text = regexp.MustCompile(`\b(in|after|again in) `+duration+`\b`).ReplaceAllString(text, "$1 TIME")
		text = regexp.MustCompile(`\b`+duration+` after `).ReplaceAllString(text, "TIME after ")
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o666))
	}
}

const duration = `(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?(?:m|µ)?s`

func programOf(ts *testscript.TestScript, name string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, name); filepath.IsAbs(path) {
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	ts.Fatalf("no %s on PATH", name)
	return ""
}

// exitcode N [<FILE] [>FILE] COMMAND… runs the command and wants that exit
// code. Its output goes to the files stdout.txt and stderr.txt, made plain.
// ">closed" gives it a pipe that nobody reads.
func exitcode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N [<FILE] [>FILE] COMMAND ARG…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd := scriptCommand(ts, args[1:])
	cmd.Run()
	wantExit(ts, cmd, want)
}

// wantExit wants that cmd has ended with the exit code want.
func wantExit(ts *testscript.TestScript, cmd *exec.Cmd, want int) {
	plain(ts, false, []string{"stdout.txt", "stderr.txt"})
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want {
		ts.Fatalf("%v, want exit code %d\nstdout:\n%s\nstderr:\n%s", cmd.ProcessState, want, ts.ReadFile("stdout.txt"), ts.ReadFile("stderr.txt"))
	}
}

// scriptCommand makes a command of redirections, a program and its arguments.
func scriptCommand(ts *testscript.TestScript, args []string) *exec.Cmd {
	open := func(name string, flags int) *os.File {
		file, err := os.OpenFile(ts.MkAbs(name), flags, 0o666)
		ts.Check(err)
		ts.Defer(func() { file.Close() })
		return file
	}
	out := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	streams := map[byte]*os.File{'>': open("stdout.txt", out)}
	for ; strings.ContainsAny(args[0][:1], "<>"); args = args[1:] {
		switch name := args[0][1:]; {
		case name == "closed":
			r, w, err := os.Pipe()
			ts.Check(err)
			r.Close()
			ts.Defer(func() { w.Close() })
			streams['>'] = w
		case args[0][0] == '>':
			streams['>'] = open(name, out)
		default:
			streams['<'] = open(name, os.O_RDONLY)
		}
	}
	cmd := exec.Command(programOf(ts, args[0]), args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range envNames {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	if in := streams['<']; in != nil {
		cmd.Stdin = in
	}
	cmd.Stdout, cmd.Stderr = streams['>'], open("stderr.txt", out)
	return cmd
}

// envNames are the variables that exitcode and interrupt hand on. Empty ones
// are left out.
var envNames = []string{"PATH", "HOME", "NO_COLOR", "FORCE_COLOR", "LC_ALL", "CI", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "SECRET", "EDITOR", "TZ", "SLUICE_STATE_DIR"}

// interrupt SIGNAL[,SIGNAL…] FIFO N COMMAND… starts the command, waits until
// something opens FIFO for writing and says a line for each signal, sends the
// signals, and wants exit code N.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: interrupt SIGNAL[,SIGNAL] FIFO N COMMAND ARG…")
	}
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	fifo := ts.MkAbs(args[1])
	ts.Check(syscall.Mkfifo(fifo, 0o600))
	ready, err := os.OpenFile(fifo, os.O_RDWR, 0)
	ts.Check(err)
	cmd := scriptCommand(ts, args[3:])
	ts.Check(cmd.Start())
	over := make(chan struct{})
	go func() { // ends with the command
		defer close(over)
		cmd.Wait()
		ready.Close() // so that nobody waits for a line that won't come
	}()
	line := make([]byte, 1)
	for _, name := range strings.Split(args[0], ",") {
		for line[0] = 0; line[0] != '\n'; {
			if _, err := ready.Read(line); err != nil {
				<-over
				wantExit(ts, cmd, want)
				ts.Fatalf("it ended before SIG%s: %v", name, err)
			}
		}
		ts.Check(cmd.Process.Signal(map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[name]))
	}
	<-over
	wantExit(ts, cmd, want)
}

// verdicts FILE writes the verdicts of a report, a line for each instance, to
// verdicts.txt.
func verdicts(ts *testscript.TestScript, neg bool, args []string) {
	var r report.Report
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &r))
	text := string(r.Status) + " " + r.Signal
	for _, j := range r.Jobs {
		text = strings.TrimSpace(text) + "\n" + j.ID + ": " + told(j)
		if j.Reason != "" {
			text += " " + j.Reason
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs("verdicts.txt"), []byte(strings.TrimSpace(text)+"\n"), 0o666))
}

// overlap FILE N [PREFIX] wants that, by the events in FILE, never more than N
// instances ran at once whose ids begin with PREFIX, and that some ran. One
// whose processes have ended runs no longer, though its record is not yet
// there, and so not its end.
func overlap(ts *testscript.TestScript, neg bool, args []string) {
	most, err := strconv.Atoi(args[1])
	ts.Check(err)
	now, top := 0, 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var e struct{ Type, ID string }
		ts.Check(json.Unmarshal([]byte(line), &e))
		switch {
		case len(args) > 2 && !strings.HasPrefix(e.ID, args[2]):
		case e.Type == "attempt_started":
			now++
			top = max(top, now)
		case e.Type == "attempt_ended":
			now--
		}
	}
	if top == 0 || top > most {
		ts.Fatalf("%d instances ran at once, want at most %d", top, most)
	}
}

// types FILE writes what the events in FILE are, a line for each, to
// types.txt. Those of output are left out: two streams may end in any order.
func types(ts *testscript.TestScript, neg bool, args []string) {
	var text strings.Builder
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var e struct{ Type, ID string }
		ts.Check(json.Unmarshal([]byte(line), &e))
		if !strings.HasPrefix(e.Type, "output") {
			fmt.Fprintln(&text, strings.TrimSpace(e.Type+" "+e.ID))
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs("types.txt"), []byte(text.String()), 0o666))
}

// fifo NAME… makes FIFOs.
func fifo(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		ts.Check(syscall.Mkfifo(ts.MkAbs(name), 0o600))
	}
}

// leaves FIFO COMMAND… runs the command, which must succeed, and wants that no
// process that it started has FIFO open soon after.
func leaves(ts *testscript.TestScript, neg bool, args []string) {
	fifo := ts.MkAbs(args[0])
	ts.Check(syscall.Mkfifo(fifo, 0o600))
	f, err := os.OpenFile(fifo, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	ts.Check(err)
	defer f.Close()
	exitcode(ts, false, append([]string{"0"}, args[1:]...))
	ts.Check(f.SetReadDeadline(time.Now().Add(30 * time.Second)))
	if _, err := io.ReadAll(f); err != nil {
		ts.Fatalf("a process goes on: %v", err)
	}
}

// mode FILE OCTAL wants that permission of the file.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%03o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has the mode %s, want %s", args[0], got, args[1])
	}
}

// emit WORD… [-e WORD…] prints each word as a line, those behind -e to
// standard error.
func playEmit() {
	out := os.Stdout
	for _, word := range os.Args[1:] {
		if word == "-e" {
			out = os.Stderr
			continue
		}
		if _, err := fmt.Fprintln(out, word); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// meet MINE YOURS ends when another one was called with the names of the two
// FIFOs the other way round.
func playMeet() {
	done := make(chan error, 1)
	go func() {
		_, err := os.ReadFile(os.Args[1])
		done <- err
	}()
	f, err := os.OpenFile(os.Args[2], os.O_WRONLY, 0)
	if err == nil {
		err = f.Close()
	}
	if err = errors.Join(err, <-done); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// eat [N] reads all of standard input, or N bytes of it, and says how many.
func playEat() {
	var in io.Reader = os.Stdin
	if len(os.Args) > 1 {
		n, _ := strconv.ParseInt(os.Args[1], 10, 64)
		in = io.LimitReader(in, n)
	}
	n, err := io.Copy(io.Discard, in)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(n)
}

// hang [-i|-q] [FIFO] never ends by itself. -i ignores INT and TERM, and writes
// a line to FIFO for each, its name; a first line says that it is ready. -q ends
// well at one of them.
func playHang() {
	args := os.Args[1:]
	ignore := len(args) > 0 && args[0] == "-i"
	quit := len(args) > 0 && args[0] == "-q"
	if ignore || quit {
		args = args[1:]
	}
	say := func(string) {}
	if len(args) > 0 {
		f, err := os.OpenFile(args[0], os.O_WRONLY, 0)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		say = func(word string) { fmt.Fprintln(f, word) }
	}
	ch := make(chan os.Signal, 4)
	if ignore || quit {
		signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM)
	}
	say("here")
	switch {
	case quit:
		<-ch
		return
	case !ignore:
		waitForever()
	}
	for sig := range ch {
		say(unix.SignalName(sig.(syscall.Signal)))
	}
}

// waitForever never returns.
func waitForever() {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGUSR2) // one that nobody sends: without any, the runtime would call this a deadlock
	<-ch
}

// leave CODE exits with that code.
func playLeave() {
	n, _ := strconv.Atoi(os.Args[1])
	os.Exit(n)
}

// die SIGNAL ends itself by that signal number.
func playDie() {
	n, _ := strconv.Atoi(os.Args[1])
	syscall.Kill(os.Getpid(), syscall.Signal(n))
	waitForever() // until it is delivered
}

// copy FILE… writes its files, or standard input, to standard output. - is
// standard input, too.
func playCopy() {
	names := os.Args[1:]
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		f, err := os.Stdin, error(nil)
		if name != "-" {
			f, err = os.Open(name)
		}
		if err == nil {
			_, err = io.Copy(os.Stdout, f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// await FIFO CODE waits for a line from FIFO and exits with that code.
func playAwait() {
	f, err := os.Open(os.Args[1])
	if err == nil {
		_, err = bufio.NewReader(f).ReadString('\n')
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(120)
	}
	n, _ := strconv.Atoi(os.Args[2])
	os.Exit(n)
}

// environ NAME… prints the variables, a line for each that is set.
func playEnviron() {
	for _, name := range os.Args[1:] {
		if v, ok := os.LookupEnv(name); ok {
			fmt.Println(name + "=" + v)
		}
	}
}

// revive N exits with 75 until ATTEMPT is N, and then says so and never ends.
func playRevive() {
	at, _ := strconv.Atoi(os.Getenv("ATTEMPT"))
	if n, _ := strconv.Atoi(os.Args[1]); at < n {
		os.Exit(75)
	}
	fmt.Println("up")
	waitForever()
}

// touch FILE makes the file, with every permission that the umask leaves.
func playTouch() {
	f, err := os.OpenFile(os.Args[1], os.O_CREATE|os.O_WRONLY, 0o666)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// fork COMMAND… starts the command, which keeps this one's streams, and ends.
func playFork() {
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(cmd.Process.Pid)
}

// flaky N fails with code 75 unless the variable ATTEMPT is at least N.
func playFlaky() {
	want, _ := strconv.Atoi(os.Args[1])
	if at, _ := strconv.Atoi(os.Getenv("ATTEMPT")); at < want {
		fmt.Fprintln(os.Stderr, "attempt", os.Getenv("ATTEMPT"), "is too early")
		os.Exit(75)
	}
	fmt.Println("attempt", os.Getenv("ATTEMPT"), "it is")
}

// inspect prints what it was given, as JSON: argv, environment, directory and
// descriptors. Those that this program opened itself close on exec; those that
// it was given do not.
func playInspect() {
	dir, _ := os.Getwd()
	var fds []string
	for fd := range 1024 {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			fds = append(fds, strconv.Itoa(fd))
		}
	}
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	e.Encode(map[string]any{"argv": os.Args, "env": os.Environ(), "dir": dir, "fds": fds})
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be sluice itself, and the small programs that
// job files of tests run, each by its name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sluice":  func() { os.Exit(sluice()) },
		"emit":    playEmit,
		"eat":     playEat,
		"hang":    playHang,
		"leave":   playLeave,
		"die":     playDie,
		"fork":    playFork,
		"flaky":   playFlaky,
		"inspect": playInspect,
	})
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
			for _, name := range []string{"CI", "GITHUB_ACTIONS", "FORCE_COLOR"} {
				e.Setenv(name, "")
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"plain":     plain,
			"exitcode":  exitcode,
			"interrupt": interrupt,
		},
	})
}

// plain FILE… takes out of each file what differs from run to run: the
// directory of the test becomes $WORK, durations become TIME.
func plain(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := ts.ReadFile(name)
		text = strings.ReplaceAll(text, ts.Getenv("WORK"), "$WORK")
		text = strings.ReplaceAll(text, filepath.Dir(programOf(ts, "emit")), "$BIN")
		text = durationSyntax.ReplaceAllString(text, "TIME")
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o666))
	}
}

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

// exitcode N COMMAND… runs the command, keeps its output in the files stdout
// and stderr of the work directory, and wants that exit code.
func exitcode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N COMMAND ARG…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd := command(ts, args[1:])
	cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", got, want, ts.ReadFile("stdout.txt"), ts.ReadFile("stderr.txt"))
	}
}

// command makes a command whose output goes to stdout.txt and stderr.txt.
func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	cmd := exec.Command(programOf(ts, args[0]), args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range envNames {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	for name, f := range map[string]*io.Writer{"stdout.txt": &cmd.Stdout, "stderr.txt": &cmd.Stderr} {
		file, err := os.Create(ts.MkAbs(name))
		ts.Check(err)
		ts.Defer(func() { file.Close() })
		*f = file
	}
	return cmd
}

var envNames = []string{"PATH", "HOME", "WORK", "REPO", "NO_COLOR", "LC_ALL", "CI", "GITHUB_ACTIONS", "TMPDIR", "FLAKY"}

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
	defer ready.Close()
	cmd := command(ts, args[3:])
	ts.Check(cmd.Start())
	line := make([]byte, 1)
	for _, name := range strings.Split(args[0], ",") {
		for line[0] = 0; line[0] != '\n'; {
			_, err := ready.Read(line)
			ts.Check(err)
		}
		ts.Check(cmd.Process.Signal(map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[name]))
	}
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("%v, want exit code %d\nstderr:\n%s", cmd.ProcessState, want, ts.ReadFile("stderr.txt"))
	}
}

// emit [-e] WORD… prints each word as a line; -e to standard error.
func playEmit() {
	args, out := os.Args[1:], os.Stdout
	if len(args) > 0 && args[0] == "-e" {
		args, out = args[1:], os.Stderr
	}
	for _, word := range args {
		fmt.Fprintln(out, word)
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

// hang [-i] [FIFO] never ends by itself. -i ignores INT and TERM, and writes a
// line to FIFO for each; a first line says that it is ready.
func playHang() {
	args := os.Args[1:]
	ignore := len(args) > 0 && args[0] == "-i"
	if ignore {
		args = args[1:]
	}
	say := func() {}
	if len(args) > 0 {
		f, err := os.OpenFile(args[0], os.O_WRONLY, 0)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		say = func() { fmt.Fprintln(f, "here") }
	}
	ch := make(chan os.Signal, 4)
	if ignore {
		signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM)
	}
	say()
	for range ch {
		say()
	}
}

// leave CODE exits with that code.
func playLeave() {
	n, _ := strconv.Atoi(os.Args[1])
	os.Exit(n)
}

// die SIGNAL ends itself by that signal number.
func playDie() {
	n, _ := strconv.Atoi(os.Args[1])
	signal.Reset()
	syscall.Kill(os.Getpid(), syscall.Signal(n))
	select {}
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
// open descriptors.
func playInspect() {
	dir, _ := os.Getwd()
	var fds []string
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && !strings.HasPrefix(target, "anon_inode:") && !strings.HasPrefix(target, "/proc/") {
			fds = append(fds, e.Name())
		}
	}
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	e.Encode(map[string]any{"argv": os.Args, "env": os.Environ(), "dir": dir, "fds": fds})
}

var durationSyntax = regexp.MustCompile(`\b\d+(\.\d+)?(ms|µs|s)\b|\b\d+m\d+s\b`)

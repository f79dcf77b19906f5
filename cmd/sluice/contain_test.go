package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Whatever ends sluice, nothing that it started goes on: not a plain child, one
// that ignores TERM, or a daemon. sluice-ungrouped is sluice where there are no
// control groups.
func TestNothingOutlives(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has more than process groups")
	}
	type run struct {
		*exec.Cmd
		say func(int) // waits until processes said so many more words
	}
	none := func(*testing.T, run) {}
	for name, tt := range map[string]struct {
		job    string
		end    func(t *testing.T, r run)
		want   string // how sluice ends
		stderr string // what it says, among other things
	}{
		"success":  {"{run: grow life -end}", none, "exit status 0", ""},
		"failure":  {"{pipe: [grow life -end, leave 3]}", none, "exit status 1", "exit code 3"},
		"timeout":  {"{run: grow life, timeout: 1ms, stop: {grace: 1ms}}", none, "exit status 1", "timeout of 1ms"},
		"KILL":     {"{run: grow life}", func(t *testing.T, r run) { r.Process.Kill() }, "signal: killed", ""},
		"TERM":     {"{run: grow life}", func(t *testing.T, r run) { r.Process.Signal(syscall.SIGTERM) }, "exit status 143", "told to stop by TERM"},
		"INT":      {"{run: grow life}", func(t *testing.T, r run) { r.Process.Signal(syscall.SIGINT) }, "exit status 130", "told to stop by INT"},
		"HUP":      {"{run: grow life}", func(t *testing.T, r run) { r.Process.Signal(syscall.SIGHUP) }, "exit status 129", "told to stop by HUP"},
		"monitor":  {"{run: grow life}", func(t *testing.T, r run) { syscall.Kill(monitorOf(t, r.Process.Pid), syscall.SIGKILL) }, "exit status 4", "sluice: the monitor of this run was killed\n"},
		"stopped":  {"{run: grow life -stop}", func(t *testing.T, r run) { r.Process.Kill() }, "signal: killed", ""},
		"stopping": {"{run: grow life -stop}", func(t *testing.T, r run) { r.Process.Signal(syscall.SIGTERM) }, "exit status 143", "told to stop by TERM"},
		"INT INT": {"{run: grow life -catch, stop: {grace: 1h}}", func(t *testing.T, r run) {
			r.Process.Signal(syscall.SIGINT)
			r.say(1)
			r.Process.Signal(syscall.SIGINT)
		}, "exit status 130", "told to stop by INT"},
		"a run inside": {"{run: PROGRAM run inner.yaml, pass_env: [SLUICE_STATE_DIR]}", func(t *testing.T, r run) { r.Process.Kill() }, "signal: killed", ""},
	} {
		for _, program := range []string{"sluice", "sluice-ungrouped"} {
			t.Run(name+" of "+program, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				file := func(name, job string) {
					text := "version: 1\njobs: {j: " + strings.ReplaceAll(job, "PROGRAM", program) + "}\n"
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				file("job.yaml", tt.job)
				file("inner.yaml", "{run: grow life}")
				fifo := filepath.Join(dir, "life")
				if err := syscall.Mkfifo(fifo, 0o600); err != nil {
					t.Fatal(err)
				}
				life, err := os.OpenFile(fifo, os.O_RDONLY|syscall.O_NONBLOCK, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer life.Close()
				hold, err := os.OpenFile(fifo, os.O_WRONLY, 0) // until the first has come
				if err != nil {
					t.Fatal(err)
				}
				life.SetReadDeadline(time.Now().Add(30 * time.Second))
				var stderr bytes.Buffer
				cmd := exec.Command(program, "run", "job.yaml")
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "NO_COLOR=1", "GITHUB_ACTIONS=")
				errs, w, err := os.Pipe() // not one of exec's, which waits for every writer
				if err != nil {
					t.Fatal(err)
				}
				defer errs.Close()
				cmd.Stderr = w
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				w.Close()
				say := func(n int) {
					if _, err := io.ReadFull(life, make([]byte, n)); err != nil {
						t.Errorf("not all have spoken: %v", err)
					}
				}
				if name != "timeout" {
					say(grown)
				}
				tt.end(t, run{cmd, say})
				cmd.Wait()
				hold.Close()
				if _, err := io.Copy(io.Discard, life); err != nil {
					t.Errorf("a process goes on: %v", err)
				}
				io.Copy(&stderr, errs)
				if got := cmd.ProcessState.String(); got != tt.want || !strings.Contains(stderr.String(), tt.stderr) {
					t.Errorf("%s, want %s, and %q:\n%s", got, tt.want, tt.stderr, stderr.String())
				}
			})
		}
	}
}

// monitorOf is the process that watches over a sluice. It may take a moment
// until that has its name.
func monitorOf(t *testing.T, runner int) int {
	t.Helper()
	for began := time.Now(); time.Since(began) < 30*time.Second; runtime.Gosched() {
		paths, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, path := range paths {
			stat, err := os.ReadFile(path)
			if err == nil && bytes.Contains(stat, []byte("(sluice-monitor) ")) && bytes.Contains(stat, fmt.Appendf(nil, " %d ", runner)) {
				pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
				return pid
			}
		}
	}
	t.Fatal("it has no monitor")
	return 0
}

// grown is how many processes a tree has.
const grown = 4

// grow LIFE [-end|-stop|-catch] is the first of four processes: a plain child, one
// that ignores TERM, and a daemon, forked twice and with a session of its own.
// Each opens LIFE and writes a byte to it. -end: it ends when all have, and
// leaves them behind. -stop: all are stopped. -catch: it catches TERM, and writes a
// byte when it comes.
func playGrow() {
	life, flags := os.Args[1], os.Args[2:]
	stop := []string{}
	if slices.Contains(flags, "-stop") {
		stop = flags
	}
	var spoken []*os.File
	for _, argv := range [][]string{{"twig", life}, {"twig", life, "-ignore"}, {"stray", life}} {
		r, w, err := os.Pipe()
		check(err)
		cmd := exec.Command(argv[0], append(argv[1:], stop...)...)
		cmd.ExtraFiles = []*os.File{w}
		check(cmd.Start())
		w.Close()
		spoken = append(spoken, r)
		if argv[0] == "stray" {
			check(cmd.Wait())
		}
	}
	for _, r := range spoken {
		r.Read(make([]byte, 1))
	}
	if slices.Contains(flags, "-end") {
		speak(life)
		os.Exit(0)
	}
	playTwig()
}

// twig LIFE [-ignore|-stop|-catch] speaks, says so to its descriptor 3, and stays.
func playTwig() {
	flags := os.Args[2:]
	if slices.Contains(flags, "-ignore") {
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	}
	caught := make(chan os.Signal, 1)
	if slices.Contains(flags, "-catch") {
		signal.Notify(caught, syscall.SIGTERM)
	}
	f := speak(os.Args[1])
	os.NewFile(3, "spoken").Write([]byte("."))
	switch {
	case slices.Contains(flags, "-stop"):
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case slices.Contains(flags, "-catch"):
		<-caught
		f.Write([]byte("."))
	}
	waitForever()
}

// stray LIFE starts a twig with a session of its own, and ends.
func playStray() {
	cmd := exec.Command("twig", append(os.Args[1:], "-ignore")...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.ExtraFiles = []*os.File{os.NewFile(3, "spoken")}
	check(cmd.Start())
}

// speak opens the FIFO and writes a byte to it. The FIFO stays open.
func speak(path string) *os.File {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	check(err)
	_, err = f.Write([]byte("."))
	check(err)
	return f
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, errors.Join(errors.New(os.Args[0]), err))
		os.Exit(99)
	}
}

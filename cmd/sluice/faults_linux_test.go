package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Faults: what else goes wrong around sluice, made to go wrong. Each test is a
// row of the README's table. Whatever happens, sluice ends soon, with an exit
// code that says so where work was lost, in words of its own and not those of
// Go's runtime; nothing that it started is alive; and an output file is the
// old one or the new one.

// guard is when a test gives up on sluice. Nothing that is tested takes long.
const guard = 30 * time.Second

// fault is a folder of its own to run sluice in.
type fault struct {
	*testing.T
	dir      string
	state    string        // the state directory, in dir
	patience time.Duration // with a command
}

// newFault makes a folder with the job file text in it.
func newFault(t *testing.T, text string) *fault {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f := &fault{t, dir, "state", guard}
	// With the race detector a program else sleeps a second before its exit.
	f.write("job.yaml", "version: 1\npass_env: [GORACE]\n"+text)
	return f
}

func (f *fault) path(name string) string { return filepath.Join(f.dir, name) }

func (f *fault) write(name, text string) {
	f.Helper()
	if err := os.WriteFile(f.path(name), []byte(text), 0o666); err != nil {
		f.Fatal(err)
	}
}

// read is the content of a file, or "" where there is none.
func (f *fault) read(name string) string {
	f.Helper()
	text, err := os.ReadFile(f.path(name))
	if err != nil && !os.IsNotExist(err) {
		f.Fatal(err)
	}
	return string(text)
}

// process is a command that may be running. It is killed when the test gives
// up on it.
type process struct {
	*exec.Cmd
	stdout, stderr hearing
	gaveUp         atomic.Bool
}

// hearing is what a process has printed so far.
type hearing struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed when something comes
}

func (s *hearing) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more != nil {
		close(s.more)
		s.more = nil
	}
	return s.text.Write(b)
}

func (s *hearing) String() string {
	text, _ := s.next()
	return text
}

// next is what was printed, and what is closed when there is more.
func (s *hearing) next() (text string, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more == nil {
		s.more = make(chan struct{})
	}
	return s.text.String(), s.more
}

// hears waits until p has printed words to standard error.
func (f *fault) hears(p *process, words string) {
	f.Helper()
	tooLong := time.After(guard)
	for {
		text, more := p.stderr.next()
		if strings.Contains(text, words) {
			return
		}
		select {
		case <-more:
		case <-tooLong:
			f.Fatalf("it does not say %q:\n%s", words, text)
		}
	}
}

// command makes a command, with its output kept and nothing of the caller's
// that would change what is printed.
func (f *fault) command(args ...string) *process {
	f.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), f.patience)
	p := &process{Cmd: exec.CommandContext(ctx, args[0], args[1:]...)}
	p.Dir = f.dir
	p.Env = append(os.Environ(), "NO_COLOR=1", "CI=", "GITHUB_ACTIONS=", "FORCE_COLOR=", "GORACE=atexit_sleep_ms=0",
		"SLUICE_STATE_DIR="+f.path(f.state))
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	p.Cancel = func() error {
		p.gaveUp.Store(true)
		return p.Process.Kill()
	}
	f.Cleanup(func() {
		cancel()
		if p.Process != nil && p.ProcessState == nil {
			p.Wait()
		}
	})
	p.WaitDelay = time.Second // what holds the streams then is told by other means
	return p
}

func (f *fault) start(p *process) {
	f.Helper()
	if err := p.Start(); err != nil {
		f.Fatal(err)
	}
}

// end waits for p, which was started, and returns what it printed and its exit
// code; -1 and a negative signal number stand for a signal.
func (f *fault) end(p *process) output {
	f.Helper()
	o := f.endAnyhow(p)
	for _, words := range []string{"goroutine ", "fatal error:", "panic:", "SIGSEGV"} {
		if strings.Contains(o.stderr, words) {
			f.Errorf("Go's runtime speaks:\n%.2000s", o.stderr)
			break
		}
	}
	return o
}

// endAnyhow is end where Go's runtime may have had the last word.
func (f *fault) endAnyhow(p *process) output {
	f.Helper()
	err := p.Wait()
	if p.gaveUp.Load() {
		f.Fatalf("%s: still there after %s\n%s", strings.Join(p.Args, " "), f.patience, p.stderr.String())
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		f.Error("something holds its streams")
	}
	o := output{p.stdout.String(), p.stderr.String(), p.ProcessState.ExitCode()}
	if status := p.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		o.code = -int(status.Signal())
	}
	return o
}

// run runs a command to its end.
func (f *fault) run(args ...string) output {
	f.Helper()
	p := f.command(args...)
	f.start(p)
	return f.end(p)
}

// wants checks an exit code and that standard error has the words.
func (f *fault) wants(o output, code int, words ...string) {
	f.Helper()
	if o.code != code {
		f.Errorf("exit code %d, want %d\n%s%s", o.code, code, o.stdout, o.stderr)
	}
	for _, w := range words {
		if !strings.Contains(o.stderr, w) {
			f.Errorf("it does not say %q:\n%s", w, o.stderr)
		}
	}
}

// oldOrNew checks that a file is one of these, whole, and returns which.
func (f *fault) oldOrNew(name string, contents ...string) string {
	f.Helper()
	got := f.read(name)
	for _, want := range contents {
		if got == want {
			return got
		}
	}
	f.Errorf("%s has %d bytes, %.60q: neither the old content nor the new", name, len(got), got)
	return got
}

// noLitter checks that no unfinished output is left in the folder.
func (f *fault) noLitter() {
	f.Helper()
	names, err := filepath.Glob(f.path(".*.sluice-*"))
	if err != nil || len(names) > 0 {
		f.Errorf("left: %q, %v", names, err)
	}
}

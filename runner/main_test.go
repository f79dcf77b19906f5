package runner

import (
	"context"
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

	"sluice/runner/contain"
	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/report"
)

// play is the variable that makes the test binary play a small program.
const play = "RUNNER_TEST_PLAY"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "__monitor" {
		if err := contain.Monitor(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		os.Exit(0)
	}
	if name := os.Getenv(play); name != "" {
		os.Exit(programs()[name](os.Args[1:]))
	}
	// Begun in the background of a script or by nohup, this process ignores
	// these signals, and whatever it starts would too.
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	warmUp()
	os.Exit(m.Run())
}

// warmUp makes what Go's runtime opens on the first use of its poller, so that
// descriptors can be counted.
func warmUp() {
	r, w, err := plumb.ReadPipe()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	w.Close()
	io.Copy(io.Discard, r)
	r.Close()
}

// self is a stage that the test binary plays.
func self(t testing.TB, name string, args ...string) *plan.Stage {
	t.Helper()
	if programs()[name] == nil {
		t.Fatalf("the test binary can't play %q", name)
	}
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return stageOf(name, path, append([]string{name}, args...), playEnv(name))
}

// playEnv is the environment that makes the test binary play name. The race
// detector would sleep a second before each exit.
func playEnv(name string) []plan.EnvVar {
	return []plan.EnvVar{{Name: "GORACE", Value: plan.Known("atexit_sleep_ms=0")}, {Name: play, Value: plan.Known(name)}}
}

// tool is a stage of a program of the system; without it the test is skipped.
func tool(t testing.TB, name string, args ...string) *plan.Stage {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("this machine has no %s", name)
	}
	return stageOf(name, path, append([]string{name}, args...), nil)
}

func stageOf(name, path string, argv []string, env []plan.EnvVar) *plan.Stage {
	s := &plan.Stage{Name: name, Path: path, Dir: "/", Env: env, Stderr: plan.Output{Kind: plan.OutLog}, OK: []int{0}}
	for _, arg := range argv {
		s.Argv = append(s.Argv, plan.Known(arg))
	}
	return s
}

// job is a job with one instance, which is stopped as jobs are by default.
func job(name string, stages ...*plan.Stage) *plan.Job {
	return &plan.Job{
		Name: name,
		Stop: plan.Stop{Signal: "TERM", Grace: plan.Duration(time.Hour)}, // a test that needs KILL says when
		Instances: []*plan.Instance{{
			ID: name, Stages: stages, Stdin: plan.Input{Kind: plan.InNone}, Stdout: plan.Output{Kind: plan.OutLog},
		}},
	}
}

func planOf(jobs ...*plan.Job) *plan.Plan {
	return &plan.Plan{Version: plan.Version, File: "/test.yaml", Dir: "/", Jobs: jobs}
}

func capture(max int64) plan.Output { return plan.Output{Kind: plan.OutCapture, Max: max, Trim: true} }

func toFile(path string, mode plan.FileMode) plan.Output {
	return plan.Output{Kind: plan.OutFile, Path: path, Mode: mode}
}

// outcome is what came of a run.
type outcome struct {
	*report.Report
	*recorder
}

// execute runs p to its end with nothing that would stop it.
func execute(t *testing.T, p *plan.Plan, o Options) outcome {
	t.Helper()
	return executeContext(t, t.Context(), p, o, nil)
}

// executeContext runs p, and checks what holds after every run: the events are
// in order and complete, and no process, goroutine and descriptor is left. on
// hears each event.
func executeContext(t *testing.T, ctx context.Context, p *plan.Plan, o Options, on func(*recorder, any)) outcome {
	t.Helper()
	files, goroutines := descriptors(t), runtime.NumGoroutine()
	rec := newRecorder(on)
	o.Sink = rec
	rep, err := Run(ctx, p, o)
	if err != nil {
		t.Fatal(err)
	}
	rec.check(t, p, rep)
	if left := children(t); len(left) > 0 {
		t.Errorf("children are left: %q", left)
	}
	settled(t, "goroutines", func() bool { return runtime.NumGoroutine() <= goroutines })
	if now := descriptors(t); !slices.Equal(now, files) {
		t.Errorf("open descriptors:\nbefore %q\nafter  %q", files, now)
	}
	return outcome{rep, rec}
}

// settled waits until ok, which becomes true soon without anything to wait on.
func settled(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%s did not settle:\n%s", what, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// descriptors lists the open descriptors of this process with what they are,
// but for lifelines, which are opened when their other side is. It is empty
// where /proc does not tell.
func descriptors(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && !strings.HasPrefix(filepath.Base(target), "life") {
			list = append(list, e.Name()+" "+target)
		}
	}
	slices.Sort(list)
	return list
}

// children lists the processes whose parent is this one, zombies too. It is
// empty where /proc does not tell.
func children(t testing.TB) (list []string) {
	t.Helper()
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		// PID (NAME) STATE PPID …, and NAME may hold anything.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if fields[1] == strconv.Itoa(os.Getpid()) {
			list = append(list, string(stat))
		}
	}
	return list
}

// lifeline is a FIFO by which a process shows that it lives.
type lifeline struct {
	path string
	dead chan struct{} // closed when every process that opened it has ended
	hold *os.File      // while this is open, a process that waits for release does
}

// newLifeline makes a FIFO for `linger`, and one named with .go beside it.
func newLifeline(t *testing.T) *lifeline {
	t.Helper()
	l := &lifeline{path: filepath.Join(t.TempDir(), "life"), dead: make(chan struct{})}
	for _, path := range []string{l.path, l.path + ".go"} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if l.hold, err = os.OpenFile(l.path+".go", os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	opened := make(chan struct{})
	go func() {
		defer close(l.dead)
		r, err := os.OpenFile(l.path, os.O_RDONLY, 0) // waits for the first writer
		close(opened)
		if err == nil {
			io.Copy(io.Discard, r) // to the end of the last
			r.Close()
		}
	}()
	t.Cleanup(func() {
		l.hold.Close()
		select {
		case <-opened:
		default: // nobody came: be the writer
			if w, err := os.OpenFile(l.path, os.O_WRONLY, 0); err == nil {
				w.Close()
			}
		}
		<-l.dead
	})
	return l
}

// release lets the processes that wait for it end.
func (l *lifeline) release() { l.hold.Close() }

// text reads a whole file; one that does not exist is "".
func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// signalOf is the signal that ended a process of os/exec.
func signalOf(state *os.ProcessState) syscall.Signal {
	return state.Sys().(syscall.WaitStatus).Signal()
}

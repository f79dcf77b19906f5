package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/report"
	"sluice/runner/state"
)

// lab is a folder with a job file and a state directory of its own.
type lab struct {
	*testing.T
	dir   string
	store *state.Store
}

// newLab makes a lab, whose runs are ended when the test is over.
func newLab(t *testing.T, file string) *lab {
	t.Helper()
	l := &lab{T: t, dir: t.TempDir()}
	l.store = state.At(filepath.Join(l.dir, "state"))
	l.write("job.yaml", "version: 1\njobs:\n"+file)
	t.Cleanup(func() { endRuns(t, l.store) })
	return l
}

// endRuns ends every run of s that goes on.
func endRuns(t interface{ Fatal(...any) }, s *state.Store) {
	runs, err := s.List()
	for _, f := range runs {
		if _, e := stopRun(f, true); e != nil {
			err = errors.Join(err, fmt.Errorf("stop %s: %w", f.ID, e))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (l *lab) write(name, text string) {
	l.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o666); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) path(name string) string { return filepath.Join(l.dir, name) }

// command is sluice with args.
func (l *lab) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(l.Context(), time.Minute)
	l.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "sluice", args...)
	cmd.Dir = l.dir
	cmd.Env = append(os.Environ(), "SLUICE_STATE_DIR="+l.store.Dir(), "NO_COLOR=1")
	return cmd
}

// sluice runs sluice with args, which must end with that exit code.
func (l *lab) sluice(want int, args ...string) (stdout, stderr string) {
	l.Helper()
	cmd := l.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want {
		l.Fatalf("sluice %q: %v, want exit code %d\n%s%s", args, err, want, &out, &errs)
	}
	return out.String(), errs.String()
}

// detach starts job.yaml detached and returns the run's id.
func (l *lab) detach() string {
	l.Helper()
	id, _ := l.sluice(0, "run", "--detach", "job.yaml")
	return strings.TrimSpace(id)
}

// sign is a FIFO that processes write to and hold open.
type sign struct{ read, hold *os.File }

// fifo makes a FIFO for processes of the lab.
func (l *lab) fifo(name string) sign {
	l.Helper()
	err := syscall.Mkfifo(l.path(name), 0o600)
	var s sign
	if err == nil {
		s.read, err = os.OpenFile(l.path(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	}
	if err == nil {
		s.hold, err = os.OpenFile(l.path(name), os.O_WRONLY, 0) // so that it does not end before it has begun
	}
	if err == nil {
		err = s.read.SetReadDeadline(time.Now().Add(30 * time.Second))
	}
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() {
		s.read.Close()
		s.hold.Close()
	})
	return s
}

// line waits until a process has written a line.
func (l *lab) line(s sign) {
	l.Helper()
	for b := make([]byte, 1); b[0] != '\n'; {
		if _, err := s.read.Read(b); err != nil {
			l.Fatal(err)
		}
	}
}

// gone wants that every process ends that has the FIFO open.
func (l *lab) gone(s sign) {
	l.Helper()
	s.hold.Close()
	if _, err := io.Copy(io.Discard, s.read); err != nil {
		l.Errorf("a process goes on: %v", err)
	}
}

func (l *lab) folder(id string) *state.Folder {
	l.Helper()
	f, err := l.store.Open(id)
	if err != nil {
		l.Fatal(err)
	}
	return f
}

// row is what ps --json says of the run.
func (l *lab) row(id string) runRow {
	l.Helper()
	text, _ := l.sluice(0, "ps", "--all", "--json")
	var rows []runRow
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		l.Fatal(err)
	}
	for _, r := range rows {
		if r.ID == id {
			return r
		}
	}
	l.Fatalf("ps has no run %s:\n%s", id, text)
	return runRow{}
}

// only is the id of the one run that there is.
func (l *lab) only() string {
	l.Helper()
	runs, err := l.store.List()
	if err != nil || len(runs) != 1 {
		l.Fatalf("%d runs, %v", len(runs), err)
	}
	return runs[0].ID
}

// supervisor is the process that runs the run.
func (l *lab) supervisor(id string) state.Process {
	l.Helper()
	m, err := l.folder(id).Meta()
	if err != nil {
		l.Fatal(err)
	}
	return m.Runner
}

// kill sends KILL to the supervisor of the run and waits for its end.
func (l *lab) kill(id string) {
	l.Helper()
	hold, err := l.supervisor(id).Hold()
	if err != nil {
		l.Fatal(err)
	}
	defer hold.Close()
	if err := errors.Join(hold.Signal(syscall.SIGKILL), hold.Wait(l.Context())); err != nil {
		l.Fatal(err)
	}
}

// A job that ignores TERM gets KILL after its grace, and with --now at once.
func TestStopADeafJob(t *testing.T) {
	for _, c := range []struct {
		name, grace string
		args        []string
		ended       string
	}{
		{"after its grace", "10ms", []string{"stop", "last"}, "was stopped by TERM, "},
		{"now", "1h", []string{"stop", "--now", "last"}, "was killed, "},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, "  deaf: {run: hang -i alive, stop: {grace: "+c.grace+"}}\n")
			alive := l.fifo("alive")
			id := l.detach()
			l.line(alive) // it ignores TERM from now on
			_, said := l.sluice(0, c.args...)
			l.gone(alive)
			if want := "sluice: run " + id + " " + c.ended; !strings.HasPrefix(said, want) || !strings.HasSuffix(said, " after its start\n") {
				t.Errorf("it says %q, want %q…", said, want)
			}
			if st := l.row(id).Jobs[0].State; st != "cancelled" {
				t.Errorf("the job is %s", st)
			}
			if _, said := l.sluice(137, "wait", id); !strings.Contains(said, c.ended) {
				t.Errorf("wait says %q", said)
			}
			// Its end is long past, and nothing of what stop does.
			if _, said := l.sluice(0, c.args...); !strings.HasPrefix(said, "sluice: run "+id+" had ended already: it "+c.ended) {
				t.Errorf("once more it says %q", said)
			}
		})
	}
}

// Whoever starts a detached run, or one with a detached job, is told what that
// waits for.
func TestLauncherTellsOfALock(t *testing.T) {
	for name, waits := range map[string]string{
		"run":           "  waits: {run: emit in, exclusive: door}\n",
		"run of a job":  "  waits: {run: emit in, exclusive: door}\n  other: {needs: [waits], run: emit other}\n",
		"job":           "  waits: {run: emit in, exclusive: door, detach: true}\n  other: {needs: [waits], run: emit other}\n",
		"job, detached": "  waits: {run: emit in, exclusive: door, detach: true}\n  other: {needs: [waits], run: emit other}\n",
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, "  keeps: {run: hang alive, exclusive: door}\n")
			alive := l.fifo("alive")
			id := l.detach()
			l.line(alive)
			l.write("waits.yaml", "version: 1\njobs:\n"+waits)
			args := []string{"run", "waits.yaml"}
			if name != "job" {
				args = append(args, "--detach")
			}
			cmd := l.command(args...)
			said, err := cmd.StderrPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(said).ReadString('\n')
			want := fmt.Sprintf("waits: waits: exclusive door is held by job keeps of run %s (process %d, %s)\n", id, l.supervisor(id).PID, l.path("job.yaml"))
			if err != nil || line != want {
				t.Errorf("it says %q, %v\nwant %q", line, err, want)
			}
			l.sluice(0, "stop", id)
			io.Copy(io.Discard, said)
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Nothing pretends that a run which was to end at once was asked to end first,
// or that it was told so twice.
func TestStopNow(t *testing.T) {
	l := newLab(t, `
  svc: {run: hang -i alive, service: true, stop: {grace: 1h}}
  deaf: {needs: [svc], run: hang -i busy, stop: {grace: 1h}}
  clean: {after: [deaf], run: hang}
  alone: {run: hang -i alone, service: true, stop: {grace: 1h}}
`)
	alive, alone, busy := l.fifo("alive"), l.fifo("alone"), l.fifo("busy")
	id := l.detach()
	l.line(alive)
	l.line(alone)
	l.line(busy)
	l.sluice(0, "stop", "--now", id)
	l.gone(alive)
	l.gone(alone)
	l.gone(busy)
	rep, err := l.folder(id).Result()
	if err != nil {
		t.Fatal(err)
	}
	if rep.Signal != "TERM" || !rep.Killed || rep.Status != report.Cancelled {
		t.Errorf("%s by %q, killed: %v", rep.Status, rep.Signal, rep.Killed)
	}
	for _, j := range rep.Jobs {
		if a := j.Last(); a != nil && len(a.Warnings) > 0 {
			t.Errorf("%s: %q", j.ID, a.Warnings)
		}
	}
	if got, want := rep.Jobs[2].Reason, "told to stop at once"; got != want {
		t.Errorf("clean-up did not run, for %q, want %q", got, want)
	}
}

// A folder has one supervisor. A second one is told so, and changes nothing.
func TestTwoSupervisors(t *testing.T) {
	l := newLab(t, "  nap: {run: hang alive}\n")
	l.fifo("alive")
	id := l.detach()
	dir := l.folder(id).Dir()
	journal, err := os.OpenFile(filepath.Join(dir, "events.jsonl"), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	other, err := os.Open(l.path("job.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	before := l.supervisor(id)
	for lock, want := range map[*os.File]string{journal: "run " + id + " is another process's", other: "is not the lock of run " + id} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := l.command(superviseWord, dir, "none")
		cmd.ExtraFiles = []*os.File{lock, w}
		out, _ := cmd.CombinedOutput()
		w.Close()
		if got := cmd.ProcessState.ExitCode(); got != exitError || !strings.Contains(string(out), want) {
			t.Errorf("exit code %d, %q; want %d, %q", got, out, exitError, want)
		}
		said, err := launcher{}.listen(r)
		r.Close()
		if err != nil || said.Ready || !said.Own || !strings.Contains(said.Reason, want) {
			t.Errorf("it said %+v, %v", said, err)
		}
	}
	if got := l.supervisor(id); got != before {
		t.Errorf("the runner is %+v, want %+v", got, before)
	}
	l.sluice(0, "stop", id)
	// A run that has ended is not run again.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := l.command(superviseWord, dir, "none")
	cmd.ExtraFiles = []*os.File{journal, w}
	out, _ := cmd.CombinedOutput()
	r.Close()
	w.Close()
	if want := "run " + id + " has ended"; !strings.Contains(string(out), want) {
		t.Errorf("%q; want %q", out, want)
	}
	if _, said := l.sluice(exitUsage, superviseWord); !strings.Contains(said, "nothing to call by hand") {
		t.Errorf("by hand: %q", said)
	}
}

// Whatever run.json says, a process that is not the run's is not signalled.
func TestStopNeverSignalsAnother(t *testing.T) {
	l := newLab(t, "  nap: {run: hang alive}\n")
	alive := l.fifo("alive")
	id := l.detach()
	l.line(alive)
	stranger, err := state.Self()
	if err != nil {
		t.Fatal(err)
	}
	stranger.Start-- // this process has the number, and began at another time
	l.kill(id)
	l.gone(alive)
	l.setRunner(id, stranger)
	if _, said := l.sluice(exitError, "stop", id); !strings.Contains(said, "run "+id+" is lost: what ran it ended without a word") {
		t.Errorf("stop says %q", said)
	}
	stranger.Boot = "another"
	l.setRunner(id, stranger)
	for _, command := range []string{"stop", "wait", "attach"} {
		if _, said := l.sluice(exitError, command, id); !strings.Contains(said, "run "+id+" is lost: the machine was started anew") {
			t.Errorf("%s says %q", command, said)
		}
	}
	if r := l.row(id); r.State != "lost" || r.Jobs[0].State != "lost" {
		t.Errorf("ps says %+v", r)
	}
}

// Where run.json does not name who holds the run's lock, nobody is signalled.
func TestStopOfAMisnamedRunner(t *testing.T) {
	l := newLab(t, "  nap: {run: hang alive}\n")
	alive := l.fifo("alive")
	id := l.detach()
	l.line(alive)
	supervisor := l.supervisor(id)
	stranger, err := state.Self()
	if err != nil {
		t.Fatal(err)
	}
	stranger.Start--
	l.setRunner(id, stranger)
	st, err := afterRunner(l.folder(id), stranger, time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "another process holds its lock; nothing was signalled") {
		t.Errorf("%+v, %v", st, err)
	}
	if got := l.row(id).State; got != "running" {
		t.Errorf("the run is %s", got)
	}
	l.setRunner(id, supervisor)
}

// setRunner writes another process into the run's run.json.
func (l *lab) setRunner(id string, p state.Process) {
	l.Helper()
	name := filepath.Join(l.folder(id).Dir(), "run.json")
	text, err := os.ReadFile(name)
	if err != nil {
		l.Fatal(err)
	}
	var m map[string]any
	if err = json.Unmarshal(text, &m); err == nil {
		m["runner"] = p
		text, err = json.Marshal(m)
	}
	if err == nil {
		err = os.WriteFile(name, text, 0o666)
	}
	if err != nil {
		l.Fatal(err)
	}
}

// The launcher may be killed while it waits: the run goes on.
func TestLauncherKilled(t *testing.T) {
	l := newLab(t, "  web: {run: hang alive, detach: true, ready: {file: ready}}\n")
	alive := l.fifo("alive")
	cmd := l.command("run", "--detach", "job.yaml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.line(alive)
	cmd.Process.Kill()
	cmd.Wait()
	id := l.only()
	if got := l.row(id).State; got != "running" {
		t.Errorf("the run is %s", got)
	}
	l.write("ready", "")
	err := l.folder(id).Follow(t.Context(), func(e state.Entry) error {
		if _, ok := e.Event.(event.Ready); ok {
			return io.EOF
		}
		return nil
	})
	if err != io.EOF {
		t.Fatalf("it did not become ready: %v", err)
	}
	l.sluice(0, "stop", id)
	l.gone(alive)
}

// Told to stop while it waits, a launcher stops the run.
func TestLauncherInterrupted(t *testing.T) {
	l := newLab(t, "  web: {run: hang alive, detach: true, ready: {file: ready}}\n")
	alive := l.fifo("alive")
	cmd := l.command("run", "--detach", "job.yaml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.line(alive)
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 130 {
		t.Errorf("exit code %d", got)
	}
	l.gone(alive)
	if got := l.row(l.only()).State; got != "cancelled" {
		t.Errorf("the run is %s", got)
	}
}

// A shell completes the ids of runs: for stop and attach those that go on.
func TestCompleteRuns(t *testing.T) {
	l := newLab(t, "  nap: {run: hang alive}\n  fine: {run: emit x}\n")
	alive := l.fifo("alive")
	ended, _ := l.sluice(0, "run", "--detach", "job.yaml", "fine")
	ended = strings.TrimSpace(ended)
	l.sluice(0, "wait", ended)
	napping, _ := l.sluice(0, "run", "--detach", "job.yaml", "nap")
	napping = strings.TrimSpace(napping)
	l.line(alive)
	lines := map[string]string{ended: ended + "\tsucceeded job.yaml\n", napping: napping + "\trunning job.yaml\n"}
	for command, want := range map[string]string{
		"logs":   lines[napping] + lines[ended],
		"wait":   lines[napping] + lines[ended],
		"stop":   lines[napping],
		"attach": lines[napping],
	} {
		if got, _ := l.sluice(0, "__complete", command, ""); !strings.HasPrefix(got, want+":") {
			t.Errorf("%s: got %q, want %q", command, got, want)
		}
	}
	if got, _ := l.sluice(0, "__complete", "wait", napping, ""); !strings.HasPrefix(got, lines[ended]+":") {
		t.Errorf("after one that is there: %q", got)
	}
}

func TestJobDetached(t *testing.T) {
	needTools(t, "tail", "echo")
	l := newLab(t, "  unused: {run: emit x}\n")
	l.write("box", "first\n")
	box, err := os.OpenFile(l.path("box"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	file, err := filepath.Abs("../../jobs/detached.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if out, said := l.sluice(3, "run", file, "-p", "box="+l.path("no-box")); out != "" || !strings.Contains(said, "no such file") {
		t.Errorf("a box that is missing: it says %q and\n%s", out, said)
	}
	out, said := l.sluice(0, "run", file, "-p", "box="+l.path("box"))
	if out != "the box is being read\n" || !strings.Contains(said, "reader: runs on as ") {
		t.Errorf("it says %q and\n%s", out, said)
	}
	cmd := l.command("logs", "-f", "last")
	lines, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(lines)
	for i, want := range []string{"first\n", "second\n"} {
		if line, err := r.ReadString('\n'); line != want || err != nil {
			t.Errorf("line %d is %q, %v; want %q", i, line, err, want)
		}
		if _, err := box.WriteString("second\n"); err != nil {
			t.Fatal(err)
		}
	}
	l.sluice(0, "stop", "last")
	if err := cmd.Wait(); err != nil {
		t.Errorf("logs -f ends with %v", err)
	}
}

// So it does when the supervisor does not even listen yet.
func TestLauncherInterruptedEarly(t *testing.T) {
	l := newLab(t, "  web: {run: hang alive, detach: true, ready: {file: ready}}\n")
	for n := 1; n <= 5; n++ {
		cmd := l.command("run", "--detach", "job.yaml")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(30 * time.Second)
		for begun := 0; begun < n; { // its folder is made right before the supervisor is started
			runs, err := l.store.List()
			if err != nil || time.Now().After(end) {
				t.Fatal("no run begins", err)
			}
			begun = len(runs)
		}
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != 130 {
			t.Errorf("exit code %d", got)
		}
	}
}

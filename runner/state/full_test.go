package state

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sluice/runner/event"
)

// playRecord makes a run in the store dir, and records instances until that
// fails, for no file may grow beyond 20 KiB, and no error beyond that comes. It
// prints the run's folder and the ids whose record was accepted.
func playRecord(dir string) error {
	signal.Ignore(syscall.SIGXFSZ) // so that write(2) fails with EFBIG instead
	limit := &syscall.Rlimit{Cur: 20 << 10, Max: 20 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, limit); err != nil {
		return err
	}
	var ids []string
	for i := range 1000 {
		ids = append(ids, fmt.Sprint("j", i))
	}
	run, err := At(dir).Create(planOf("/bin/true", ids[:10]...), Meta{}, Fsync)
	if err != nil {
		return err
	}
	fmt.Println(run.Dir())
	for _, id := range ids {
		if err := perform(run, id, []byte(id)); err != nil {
			return err
		}
		fmt.Println(id)
	}
	return nil
}

// A disk that is full ends the run with an error that says where, and what
// was accepted before is there.
func TestDiskFull(t *testing.T) {
	cmd := exec.Command(os.Args[0], "record", t.TempDir())
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !asExit(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	f, accepted, said := FolderAt(lines[0]), lines[1:len(lines)-1], lines[len(lines)-1]
	if want := filepath.Join(f.dir, journalName) + ": file too large"; !strings.HasSuffix(said, want) {
		t.Errorf("it says %q, want …%s", said, want)
	}
	done, err := f.Done()
	if err != nil || len(done) != len(accepted) || len(done) < 5 {
		t.Errorf("%d are done, %d were accepted; %v", len(done), len(accepted), err)
	}
	for _, id := range accepted {
		if d := done[id]; string(d.Stdout) != id {
			t.Errorf("%s was accepted, and is not done: %+v", id, d)
		}
	}
	if st, err := f.Status(); err != nil || st.State != Lost || st.Rebooted {
		t.Errorf("status %+v, %v", st, err)
	}
}

func asExit(err error, exit **exec.ExitError) (ok bool) {
	*exit, ok = err.(*exec.ExitError)
	return ok
}

// A log that can't be written fails the run at its next record, and not the
// instance that logs.
func TestLogError(t *testing.T) {
	run := create(t, At(t.TempDir()), planOf("/bin/true", "a", "b"), Meta{})
	run.Event(event.Output{ID: "a", Stream: event.Stdout, Data: []byte("x\n")})
	run.logs.files["a"].f.Close() // as any other error of writing
	run.Event(event.Output{ID: "a", Stream: event.Stdout, Data: bytes.Repeat([]byte("y\n"), 100)})
	if err := perform(run, "b", nil); err == nil || !strings.Contains(err.Error(), "logs/a.log") {
		t.Errorf("got %v", err)
	}
}

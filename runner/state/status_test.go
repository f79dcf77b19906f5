package state

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"sluice/runner/event"
	"sluice/runner/report"
)

// setMeta changes run.json.
func setMeta(t *testing.T, f *Folder, change func(*Meta)) {
	t.Helper()
	m, err := f.Meta()
	if err != nil {
		t.Fatal(err)
	}
	change(m)
	put(t, f, metaName, m.appendJSON(nil))
}

func wantStatus(t *testing.T, f *Folder, want State, rebooted bool) {
	t.Helper()
	st, err := f.Status()
	if err != nil || st.State != want || st.Rebooted != rebooted || (st.Result != nil) != (want == Final) {
		t.Errorf("%+v, %v; want %s, rebooted %v", st, err, want, rebooted)
	}
}

func TestStatus(t *testing.T) {
	run := create(t, At(t.TempDir()), planOf("/bin/true", "a"), Meta{})
	f := FolderAt(run.Dir())
	wantStatus(t, f, Running, false) // before run.json is there
	run.Event(event.StageStarted{})
	wantStatus(t, f, Running, false)
	// Another process holds the lock still when the runner is gone.
	fd, err := unix.Dup(int(run.Lock().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	monitor := os.NewFile(uintptr(fd), "lock")
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, f, Running, false)
	monitor.Close()
	wantStatus(t, f, Lost, false)
	// Not by this boot, if it was by another one.
	setMeta(t, f, func(m *Meta) { m.Runner.Boot = "another" })
	wantStatus(t, f, Lost, true)
	os.Remove(filepath.Join(f.dir, metaName))
	wantStatus(t, f, Lost, false)
	put(t, f, resultName, (&report.Report{Status: report.Failed}).AppendJSON(nil))
	wantStatus(t, f, Final, false)
}

// A result that the disk has damaged is none: who ran it is gone, and nobody
// knows how it ended.
func TestDamagedResult(t *testing.T) {
	s := At(t.TempDir())
	run := create(t, s, planOf("/bin/true", "a"), Meta{})
	if err := perform(run, "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	f := FolderAt(run.Dir())
	finish(t, run, "a")
	wantStatus(t, f, Final, false)
	text, err := os.ReadFile(filepath.Join(f.dir, resultName))
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{nil, make([]byte, len(text)), text[:len(text)/2]} {
		put(t, f, resultName, damaged)
		wantStatus(t, f, Lost, false)
		if done, err := f.Done(); err != nil || len(done) != 1 {
			t.Errorf("done are %v, %v", done, err)
		}
	}
	later, err := json.Marshal(map[string]any{"version": report.Version + 1, "status": "succeeded"})
	if err != nil {
		t.Fatal(err)
	}
	put(t, f, resultName, later)
	if _, err := f.Status(); err == nil || err.Error() != f.dir+"/result.json has version 2, expected 1" {
		t.Errorf("a later version: %v", err)
	}
}

// A process is known by more than its number.
func TestProcess(t *testing.T) {
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	later, rebooted := self, self
	later.Start++
	rebooted.Boot = "another"
	for p, want := range map[Process]bool{self: true, {}: false, later: false, rebooted: false} {
		if is, err := p.Alive(); err != nil || is != want {
			t.Errorf("%+v is alive: %v, %v", p, is, err)
		}
	}
	ended, process := child(t)
	if is, err := process.Alive(); err != nil || !is {
		t.Errorf("a child is alive: %v, %v", is, err)
	}
	ended.Process.Kill()
	ended.Wait()
	if is, err := process.Alive(); err != nil || is {
		t.Errorf("a child that has ended is alive: %v, %v", is, err)
	}
}

func TestNoFolder(t *testing.T) {
	f := FolderAt(filepath.Join(t.TempDir(), "20261126-110601-0000"))
	if _, err := f.Status(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("status: %v", err)
	}
	if _, err := f.Done(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("done: %v", err)
	}
}

// Who waits hears of the end of a run, with and without a result.
func TestWait(t *testing.T) {
	for _, want := range []State{Final, Lost} {
		run := create(t, At(t.TempDir()), planOf("/bin/true", "a"), Meta{})
		f := FolderAt(run.Dir())
		run.Event(event.StageStarted{})
		waited := make(chan Status)
		go func() {
			st, err := f.Wait(context.Background())
			if err != nil {
				t.Error(err)
			}
			waited <- st
		}()
		if want == Final {
			finish(t, run, "a")
		} else if err := run.Close(); err != nil {
			t.Error(err)
		}
		if st := <-waited; st.State != want {
			t.Errorf("got %+v, want %s", st, want)
		}
	}
	run := create(t, At(t.TempDir()), planOf("/bin/true"), Meta{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FolderAt(run.Dir()).Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Readers write nothing: a folder that nobody may write is read like any.
func TestReadOnly(t *testing.T) {
	s := At(t.TempDir())
	run := create(t, s, planOf("/bin/true", "a"), Meta{})
	if err := perform(run, "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	finish(t, run, "a")
	before := map[string]fs.FileInfo{}
	walk := func(visit func(path string, info fs.FileInfo)) {
		err := filepath.Walk(s.Dir(), func(path string, info fs.FileInfo, err error) error {
			visit(path, info)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	walk(func(path string, info fs.FileInfo) {
		mode := fs.FileMode(0o444)
		if info.IsDir() {
			mode = 0o555
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	})
	walk(func(path string, info fs.FileInfo) { before[path] = info })
	t.Cleanup(func() { walk(func(path string, info fs.FileInfo) { os.Chmod(path, 0o777) }) })
	f, err := s.Open("last")
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, f, Final, false)
	if list, err := f.Events(); err != nil || len(list) != 8 {
		t.Errorf("%d events, %v", len(list), err)
	}
	if _, _, err := f.Reusable(planOf("/bin/true", "a")); err != nil {
		t.Error(err)
	}
	walk(func(path string, info fs.FileInfo) {
		if b := before[path]; b == nil || !b.ModTime().Equal(info.ModTime()) || b.Size() != info.Size() {
			t.Errorf("%s was changed", path)
		}
	})
}

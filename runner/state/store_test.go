package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/report"
)

func TestLocate(t *testing.T) {
	for _, c := range []struct{ env, want string }{
		{"SLUICE_STATE_DIR=/s XDG_STATE_HOME=/x HOME=/h", "/s"},
		{"XDG_STATE_HOME=/x/ HOME=/h", "/x/sluice"},
		{"HOME=/h", "/h/.local/state/sluice"},
		{"SLUICE_STATE_DIR= HOME=/h", "/h/.local/state/sluice"},
		{"SLUICE_STATE_DIR=s HOME=/h", `SLUICE_STATE_DIR is "s", and an absolute path is expected`},
		{"XDG_STATE_HOME=~/x HOME=/h", `XDG_STATE_HOME is "~/x", and an absolute path is expected`},
		{"HOME=.", `HOME is ".", and an absolute path is expected`},
		{"", "HOME is not set; set SLUICE_STATE_DIR to a folder for what is kept of runs"},
	} {
		env := map[string]string{}
		for _, kv := range strings.Fields(c.env) {
			name, v, _ := strings.Cut(kv, "=")
			env[name] = v
		}
		s, err := Locate(func(name string) string { return env[name] })
		got := fmt.Sprint(err)
		if err == nil {
			got = s.Dir()
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.env, got, c.want)
		}
	}
}

// What is no run's folder is left out, and what is damaged hinders nobody.
func TestListAndOpen(t *testing.T) {
	s := At(filepath.Join(t.TempDir(), "not", "yet"))
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Fatalf("%v, %v", list, err)
	}
	if _, err := s.Open("last"); err == nil || err.Error() != "there is no run in "+s.runs() {
		t.Errorf("got %v", err)
	}
	ids := []string{"20261126-110601-0000", "20261126-110601-0a00", "20261126-110602-0000", "20271126-110601-0000"}
	for _, id := range ids {
		finish(t, create(t, s, planOf("/bin/true"), Meta{RunID: id}))
	}
	for _, name := range []string{"20261126-110601", "20261126-110601-00000", "20261126-110601-00zz", "29991399-110601-0000", "lost+found", ".20261126-110601-0000"} {
		if err := os.Mkdir(filepath.Join(s.runs(), name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(s.runs(), "20281126-110601-0000"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(s.runs(), ids[0], planName), []byte("{"), 0o666)
	os.Remove(filepath.Join(s.runs(), ids[1], planName))
	os.WriteFile(filepath.Join(s.runs(), ids[1], metaName), []byte("\x00\x00"), 0o666)
	os.Truncate(filepath.Join(s.runs(), ids[2], journalName), 10)
	list, err := s.List()
	var got []string
	for _, f := range list {
		got = append(got, f.ID)
		if st, err := f.Status(); err != nil || st.State != Final {
			t.Errorf("%s: %+v, %v", f.ID, st, err)
		}
	}
	slices.Reverse(got)
	if err != nil || !slices.Equal(got, ids) {
		t.Errorf("%v, %v", got, err)
	}
	for ref, want := range map[string]string{
		"last": ids[3], ids[1]: ids[1], "20261126-110601-0a": ids[1], "2027": ids[3], "20261126-110602": ids[2],
		"2026": `3 runs begin with "2026": the newest are 20261126-110602-0000 and 20261126-110601-0a00`,
		"3":    `there is no run "3"; the newest is 20271126-110601-0000`, "": `there is no run ""; the newest is 20271126-110601-0000`,
		"../x": `there is no run "../x"; the newest is 20271126-110601-0000`,
	} {
		f, err := s.Open(ref)
		got := fmt.Sprint(err)
		if err == nil {
			got = f.ID
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", ref, got, want)
		}
	}
}

// Ids sort by time, also within a second.
func TestIDs(t *testing.T) {
	at := time.Date(2026, 11, 26, 11, 6, 1, 0, time.UTC)
	last := ""
	for _, d := range []time.Duration{0, 16 * time.Microsecond, 500 * time.Millisecond, time.Second - 1, time.Second} {
		id := report.NewRunID(at.Add(d))
		if id <= last || !isID(id) {
			t.Errorf("%s after %s", id, last)
		}
		last = id
	}
}

// Runs that begin at the same time, in one store that is not made yet, never
// share a folder.
func TestCreateAtOnce(t *testing.T) {
	s := At(filepath.Join(t.TempDir(), "state"))
	const n = 50
	runs := make([]*Run, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			var err error
			if runs[i], err = s.Create(planOf("/bin/true", "a"), Meta{}, Fsync); err != nil {
				t.Error(err)
				return
			}
			if err := perform(runs[i], "a", []byte(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	dirs := map[string]bool{}
	for i, run := range runs {
		dirs[run.Dir()] = true
		f := FolderAt(run.Dir())
		if st, err := f.Status(); err != nil || st.State != Running {
			t.Errorf("%+v, %v", st, err)
		}
		finish(t, run, "a")
		done, err := f.Done()
		if err != nil || string(done["a"].Stdout) != fmt.Sprint(i) {
			t.Errorf("run %d: %+v, %v", i, done, err)
		}
	}
	if list, err := s.List(); err != nil || len(list) != n || len(dirs) != n {
		t.Errorf("%d runs in %d folders, %v", len(list), len(dirs), err)
	}
	if _, err := s.Create(planOf("/bin/true"), Meta{RunID: runs[0].ID()}, Fsync); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second run of that id: %v", err)
	}
}

// The newest ended runs stay, and all that go on.
func TestPrune(t *testing.T) {
	s := At(t.TempDir())
	var all []string
	var on *Run
	const more = keep/10 + 1
	for i := range keep + more - 1 {
		run := create(t, s, planOf("/bin/true", "a"), Meta{RunID: fmt.Sprintf("20261126-110601-%04x", i)})
		all = append(all, run.ID())
		if i == 3 {
			on = run
			continue
		}
		if err := run.Close(); err != nil { // lost ones count too
			t.Fatal(err)
		}
	}
	if list, err := s.List(); err != nil || len(list) != len(all) {
		t.Fatalf("%d runs, want %d; %v", len(list), len(all), err)
	}
	last := create(t, s, planOf("/bin/true"), Meta{RunID: "20261126-110602-0000"})
	last.Event(event.StageStarted{})
	want := append(slices.Clone(all[more:]), last.ID())
	want = slices.Insert(want, 0, on.ID())
	list, err := s.List()
	var got []string
	for _, f := range list {
		got = append(got, f.ID)
	}
	slices.Reverse(got)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v; %d runs are left, want %d, from %v", err, len(got), len(want), got[:3])
	}
	finish(t, on)
}

// A folder that can't be made is an error that names it.
func TestCreateRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := At(file).Create(planOf("/bin/true"), Meta{}, Fsync); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

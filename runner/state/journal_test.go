package state

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"sluice/runner/event"
	"sluice/runner/report"
)

// kept says how many whole lines of a journal are in its first n bytes.
func kept(text []byte, n int) int { return bytes.Count(text[:n], []byte{'\n'}) }

// events are the events of f's journal, and must be the first ones of all.
func eventsOf(t *testing.T, f *Folder, all []Entry) int {
	t.Helper()
	list, err := f.Events()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) > len(all) {
		t.Fatalf("%d events are read, and %d were written", len(list), len(all))
	}
	for i, e := range list {
		if !e.At.Equal(all[i].At) || !bytes.Equal(event.Append(nil, e.Event, e.At), event.Append(nil, all[i].Event, all[i].At)) {
			t.Fatalf("event %d reads as %+v, and was %+v", i, e, all[i])
		}
	}
	return len(list)
}

// A crash may leave any number of bytes of a journal: what is whole of it is
// read.
func TestJournalCutAtEveryByte(t *testing.T) {
	f, text := journalOf(t, "a", "b")
	all, err := f.Events()
	if err != nil || len(all) != kept(text, len(text)) {
		t.Fatalf("%d events, %v", len(all), err)
	}
	for n := range len(text) + 1 {
		put(t, f, journalName, text[:n])
		if got, want := eventsOf(t, f, all), kept(text, n); got != want {
			t.Fatalf("of %d bytes %d events are read, want %d", n, got, want)
		}
		done, err := f.Done()
		if want := bytes.Count(text[:n], []byte(`"type":"job_ended"`)); err != nil || len(done) > want || n == len(text) && len(done) != 2 {
			t.Fatalf("of %d bytes %d instances are done, want %d; %v", n, len(done), want, err)
		}
	}
}

// A bit that the disk has changed is never read as something else, and what
// stands before it is.
func TestJournalWithAnyBitChanged(t *testing.T) {
	f, text := journalOf(t, "a")
	all, err := f.Events()
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		for bit := range 8 {
			changed := bytes.Clone(text)
			changed[i] ^= 1 << bit
			put(t, f, journalName, changed)
			if got, want := eventsOf(t, f, all), kept(text, i); got != want {
				t.Fatalf("with bit %d of byte %d changed %d events are read, want %d", bit, i, got, want)
			}
		}
	}
}

// What a crash or an accident may leave behind the last line changes nothing.
func TestJournalWithATail(t *testing.T) {
	f, text := journalOf(t, "a")
	all, err := f.Events()
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\n'})
	last := append(bytes.Clone(lines[len(lines)-1]), '\n')
	tails := map[string][]byte{
		"NULs":              make([]byte, 4096),
		"a line of NULs":    append(make([]byte, 4095), '\n'),
		"the last line":     last,
		"half of itself":    text[len(text)/2:],
		"all of itself":     text,
		"an empty line":     []byte("\n"),
		"a line of another": []byte(`{"v":1,"type":"job_started","time":"2026-11-23T16:05:04Z","id":"z","crc":"00000000"}` + "\n"),
	}
	for name, tail := range tails {
		put(t, f, journalName, slices.Concat(text, tail))
		if got := eventsOf(t, f, all); got != len(all) {
			t.Errorf("behind it %s: %d events are read, want %d", name, got, len(all))
		}
	}
	// Nor is a line believed that stands where another one stood.
	put(t, f, journalName, slices.Concat(lines[1], lines[0], slices.Concat(lines[2:]...)))
	if got := eventsOf(t, f, all); got != 0 {
		t.Errorf("with two lines exchanged %d events are read", got)
	}
	put(t, f, journalName, slices.Concat(lines[0], slices.Concat(lines[2:]...)))
	if got := eventsOf(t, f, all); got != 1 {
		t.Errorf("with one line less %d events are read", got)
	}
}

func FuzzJournal(f *testing.F) {
	_, text := journalOf(f, "a")
	f.Add(text, 0, byte(0))
	f.Add(text[:100], 50, byte(1))
	f.Add([]byte("\n\n\x00\n"), 0, byte('}'))
	f.Fuzz(func(t *testing.T, text []byte, at int, change byte) {
		if at >= 0 && at < len(text) {
			text = bytes.Clone(text)
			text[at] ^= change
		}
		l := &lines{r: bytes.NewReader(text)}
		n := 0
		if _, err := l.events(func(Entry) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		if l.given > int64(len(text)) || n > kept(text, int(l.given)) || l.given > 0 && text[l.given-1] != '\n' {
			t.Errorf("%d events in %d bytes", n, l.given)
		}
		// Up to there all is believed, and nothing behind it.
		if whole := (&lines{r: bytes.NewReader(text[:l.given])}); n != count(whole) || whole.given != l.given {
			t.Errorf("%d events in %d bytes, and alone in %d", n, l.given, whole.given)
		}
	})
}

func count(l *lines) (n int) {
	l.events(func(Entry) error { n++; return nil })
	return n
}

// Few writes are made for a job, and none of a part of a line.
func TestJournalWrites(t *testing.T) {
	run := create(t, At(t.TempDir()), planOf("/bin/true", "a", "b"), Meta{})
	size := func() int64 {
		info, err := os.Stat(filepath.Join(run.Dir(), journalName))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	tell := func(writes bool, e event.Event) {
		before := size()
		run.Event(e)
		if got := size() > before; got != writes {
			t.Errorf("%T: written is %v, want %v", e, got, writes)
		}
	}
	res := done("a")
	tell(false, event.RunStarted{RunID: "r"})
	tell(false, event.JobStarted{ID: "a"})
	tell(false, event.AttemptStarted{ID: "a"})
	tell(true, event.StageStarted{ID: "a"})
	tell(false, event.Output{ID: "a", Stream: event.Stdout, Data: []byte("x\n")})
	tell(false, event.OutputEnded{ID: "a", Stream: event.Stdout})
	tell(false, event.StageExited{ID: "a"})
	tell(false, event.StageEnded{ID: "a", Result: res.Attempts[0].Stages[0]})
	tell(false, event.AttemptEnded{ID: "a", Result: res.Attempts[0]})
	before := size()
	if _, err := run.Record(res, nil); err != nil || size() == before {
		t.Errorf("the record is not written: %v", err)
	}
	tell(false, event.JobEnded{ID: "a", Result: res}) // it stands there already
	tell(true, event.JobEnded{ID: "b", Result: &report.Job{ID: "b", Name: "b", Status: report.NotStarted}})
	tell(true, event.RunEnded{})
	list, err := FolderAt(run.Dir()).Events()
	if err != nil || len(list) != 10 {
		t.Errorf("%d events, want 10: %v", len(list), err)
	}
}

// Records that are made at the same time are all there when each returns.
func TestRecordsTogether(t *testing.T) {
	var ids []string
	for i := range 50 {
		ids = append(ids, string(rune('a'+i/26))+string(rune('a'+i%26)))
	}
	run := create(t, At(t.TempDir()), planOf("/bin/true", ids...), Meta{})
	var group sync.WaitGroup
	for _, id := range ids {
		group.Go(func() {
			if err := perform(run, id, []byte(id)); err != nil {
				t.Error(err)
			}
			done, err := FolderAt(run.Dir()).Done()
			if d, ok := done[id]; err != nil || !ok || string(d.Stdout) != id || d.RunID != run.ID() {
				t.Errorf("%s is not recorded: %+v, %v", id, d, err)
			}
		})
	}
	group.Wait()
}

// The first error of the journal is told by every record after it, and leaves
// what was written before.
func TestJournalError(t *testing.T) {
	run := create(t, At(t.TempDir()), planOf("/bin/true", "a", "b"), Meta{})
	if err := perform(run, "a", nil); err != nil {
		t.Fatal(err)
	}
	run.journal.f.Close() // as any other error of writing
	for range 2 {
		if err := perform(run, "b", nil); !errors.Is(err, os.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
	if done, err := FolderAt(run.Dir()).Done(); err != nil || len(done) != 1 {
		t.Errorf("done are %v, %v", done, err)
	}
	if err := run.Finish(&report.Report{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("finish: %v", err)
	}
}

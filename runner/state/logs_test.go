package state

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
)

// logged is a log of one instance, whose lines are all of one moment.
func logged(t *testing.T, id string, limit plan.Log) (*logs, *Folder) {
	t.Helper()
	dir, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l := newLogs(dir, func(string) plan.Log { return limit })
	l.now = func() time.Time { return time.Date(2026, 11, 26, 11, 6, 1, 123_456_789, time.UTC) }
	t.Cleanup(func() {
		if err := l.end(); err != nil {
			t.Error(err)
		}
		dir.Close()
	})
	return l, FolderAt(dir.path)
}

func wantFile(t *testing.T, f *Folder, name, want string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil || string(text) != want {
		t.Errorf("%v; %s is\n%swant\n%s", err, name, text, want)
	}
}

func TestLogLines(t *testing.T) {
	l, f := logged(t, "a", plan.Log{})
	out := func(stage int, stream event.Stream, text string) {
		l.Event(event.Output{ID: "a", Stage: stage, Stream: stream, Data: []byte(text)})
	}
	out(0, event.Stdout, "one\ntwo, ")
	out(1, event.Stderr, "three\r\n\n")
	out(0, event.Stdout, "to its end\nfo")
	out(0, event.Stdout, "ur")
	l.Event(event.OutputEnded{ID: "a", Stream: event.Stdout})
	out(0, event.Stdout, "\x00\xff\n") // of the next attempt
	l.Event(event.OutputEnded{ID: "a", Stream: event.Stdout})
	l.Event(event.OutputEnded{ID: "a", Stage: 1, Stream: event.Stderr})
	l.Event(event.OutputEnded{ID: "silent", Stream: event.Stdout})
	const at = "2026-11-26T11:06:01.123456789Z"
	wantFile(t, f, "logs/a.log", at+" 0 stdout F one\n"+at+" 1 stderr F three\r\n"+at+" 1 stderr F \n"+
		at+" 0 stdout F two, to its end\n"+at+" 0 stdout F four\n"+at+" 0 stdout F \x00\xff\n")
	if entries, err := os.ReadDir(filepath.Join(f.dir, "logs")); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

// A line without an end takes no more memory than a piece of it.
func TestLogLongLine(t *testing.T) {
	for _, n := range []int{longestPiece - 1, longestPiece, longestPiece + 1, 3 * longestPiece} {
		for _, newline := range []string{"", "\n"} {
			l, f := logged(t, "a", plan.Log{})
			line := strings.Repeat("x", n)
			for rest := line + newline; rest != ""; {
				piece := rest[:min(5000, len(rest))]
				rest = rest[len(piece):]
				l.Event(event.Output{ID: "a", Stream: event.Stdout, Data: []byte(piece)})
				if s := l.files["a"].streams[source{0, event.Stdout}]; cap(s.text) > 2*longestPiece {
					t.Fatalf("%d bytes are kept", cap(s.text))
				}
			}
			l.Event(event.OutputEnded{ID: "a", Stream: event.Stdout})
			text, err := os.ReadFile(filepath.Join(f.dir, "logs/a.log"))
			if err != nil {
				t.Fatal(err)
			}
			got, whole := "", 0
			for line := range strings.Lines(string(text)) {
				parsed, ok := parseLine([]byte(strings.TrimSuffix(line, "\n")))
				if !ok || len(parsed.Text) > longestPiece || whole > 0 {
					t.Fatalf("n %d: %.60q", n, line)
				}
				got += string(parsed.Text)
				if !parsed.Partial {
					whole++
				}
			}
			if got != line || whole != 1 {
				t.Errorf("n %d, newline %q: %d bytes, %d ends", n, newline, len(got), whole)
			}
		}
	}
}

// What is gone is told of when it is, and no sooner.
func TestLogDropped(t *testing.T) {
	for keep := range 4 {
		l, f := logged(t, "a", plan.Log{MaxSize: 60, Keep: keep}) // a line to a file
		for n := range 5 {
			l.Event(event.Output{ID: "a", Stream: event.Stdout, Data: []byte("0123456789\n")})
			if got, want := f.Dropped("a"), n >= max(keep, 1); got != want {
				t.Errorf("keep %d, after %d lines: %v, want %v", keep, n+1, got, want)
			}
		}
	}
}

// Files are as large as the plan allows, whole lines all of them, and as many.
func TestLogRotation(t *testing.T) {
	for keep := range 4 {
		limit := plan.Log{MaxSize: 200, Keep: keep}
		l, f := logged(t, "a", limit)
		for i := range 20 { // each line has 52 bytes: three to a file, some in one piece
			l.Event(event.Output{ID: "a", Stream: event.Stdout, Data: fmt.Appendf(nil, "line %02d\nagain %d\n", i, i%10)})
		}
		if !f.Dropped("a") {
			t.Errorf("keep %d: it does not say that lines are gone", keep)
		}
		os.Remove(filepath.Join(f.dir, "logs/a.log.dropped"))
		entries, err := os.ReadDir(filepath.Join(f.dir, "logs"))
		if err != nil || len(entries) != max(keep, 1) {
			t.Errorf("keep %d: %d files, %v", keep, len(entries), err)
		}
		var all []byte
		for n := len(entries) - 1; n >= 0; n-- {
			name := "logs/a.log"
			if n > 0 {
				name += fmt.Sprint(".", n)
			}
			text, err := os.ReadFile(filepath.Join(f.dir, name))
			if err != nil || int64(len(text)) > limit.MaxSize || len(text) < 100 || text[len(text)-1] != '\n' {
				t.Errorf("%s has %d bytes, %v", name, len(text), err)
			}
			all = append(all, text...)
		}
		lines := bytes.Split(bytes.TrimSpace(all), []byte{'\n'})
		for i, line := range lines {
			k := 40 - len(lines) + i
			want := fmt.Sprintf("line %02d", k/2)
			if k%2 == 1 {
				want = fmt.Sprintf("again %d", k/2%10)
			}
			if parsed, ok := parseLine(line); !ok || string(parsed.Text) != want {
				t.Errorf("keep %d: line %d is %q, want %s", keep, i, line, want)
			}
		}
	}
	// A line that is longer than a file is one all the same.
	l, f := logged(t, "a", plan.Log{MaxSize: 10, Keep: 2})
	l.Event(event.Output{ID: "a", Stream: event.Stdout, Data: []byte("the first\nthe second\n")})
	wantFile(t, f, "logs/a.log.1", "2026-11-26T11:06:01.123456789Z 0 stdout F the first\n")
	wantFile(t, f, "logs/a.log", "2026-11-26T11:06:01.123456789Z 0 stdout F the second\n")
}

// A run has no more logs open than instances that run.
func TestLogDescriptors(t *testing.T) {
	l, _ := logged(t, "a", plan.Log{})
	for i := range 2000 {
		id := fmt.Sprint("j", i)
		l.Event(event.Output{ID: id, Stream: event.Stdout, Data: []byte("x\n")})
		l.Event(event.OutputEnded{ID: id, Stream: event.Stdout})
		l.Event(event.JobEnded{ID: id})
		if len(l.files) > 0 {
			t.Fatalf("%d are open", len(l.files))
		}
	}
}

// Names of files are those of the instances where they can be, and each its
// own.
func TestFileName(t *testing.T) {
	long := "test[" + strings.Repeat("x", 300) + "]"
	names := map[string]string{}
	for id, want := range map[string]string{
		"words": "words", "test[go=1.26,os=linux]": "test[go=1.26,os=linux]", "a[f=x/../y]": "a[f=x%2F..%2Fy]",
		"..": "%2E.", ".a": "%2Ea", "a b%2F~": "a%20b%252F%7E", "é\xff\x00\n": "%C3%A9%FF%00%0A", "": "",
		long: "", long + "x": "",
	} {
		name := fileName(id)
		if want != "" && name != want {
			t.Errorf("%q: %s, want %s", id, name, want)
		}
		if len(name) > longestName || strings.Contains(name, "/") || strings.HasPrefix(name, ".") {
			t.Errorf("%q: %s", id, name)
		}
		if other, twice := names[name]; twice {
			t.Errorf("%q and %q are both %s", id, other, name)
		}
		names[name] = id
		if got, ok := instanceOf(name); ok != (len(id) < 300) || ok && got != id {
			t.Errorf("%s is the instance %q, %v; want %q", name, got, ok, id)
		}
	}
	for _, name := range []string{"a%2f", "a%", "a b", "a~0123456789abcdef", "%61"} {
		if id, ok := instanceOf(name); ok {
			t.Errorf("%s is taken for the instance %q", name, id)
		}
	}
}

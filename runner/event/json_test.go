package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/runner/report"
)

var at = time.Date(2026, 11, 23, 16, 5, 4, 120_000_000, time.UTC)

// every is one event of each type with every field set.
func every() []Event {
	stage := &report.Stage{
		Name: "sort", Argv: []string{"sort", "-k", "a b"}, PID: 7, Status: report.StageFailed, Code: -1,
		Signal: "KILL", Core: true, Ending: "signal 9 KILL, 10s after TERM", Error: "x", Start: at,
		Took: 1, User: 2, System: 3, MaxRSS: 4, Stderr: "a\nb\n",
	}
	attempt := &report.Attempt{
		Number: 2, Status: report.TimedOut, Cause: "timeout of 3s", CauseBy: 1, Start: at, Took: 5, Close: 6,
		Stages: []*report.Stage{stage}, Warnings: []string{"w"},
		Survivors: []report.Survivor{{PID: 10, Name: "nfsd", State: "D", Why: "w"}},
	}
	job := &report.Job{
		ID: "a[x=1]", Name: "a", Status: report.Failed, Stopped: true, Reason: "r", RunID: "r2", Start: at, Took: 6,
		Outputs: []report.Output{{Path: "/o", Size: 7, Mtime: at}}, Earlier: 8,
		Attempts: []*report.Attempt{attempt},
	}
	return []Event{
		RunStarted{RunID: "r1", File: "/x.yaml", Instances: 3},
		JobStarted{ID: "a[x=1]"},
		AttemptStarted{ID: "a[x=1]", Attempt: 2},
		StageStarted{ID: "a", Attempt: 1, Stage: 1, Name: "n", Argv: []string{"n", "<&>"}, Path: "/bin/n", PID: 8, PGID: 9},
		Output{ID: "a", Attempt: 1, Stage: 1, Stream: Stderr, Data: []byte("\x00\xffé\n")},
		OutputEnded{ID: "a", Attempt: 1, Stage: 1, Stream: Stdout},
		StageExited{ID: "a", Attempt: 1, Stage: 1, At: at},
		Ready{ID: "a", Attempt: 1},
		Detached{ID: "a", RunID: "r2"},
		Waiting{ID: "a", Reason: "exclusive deploy is held by another run"},
		StageEnded{ID: "a", Attempt: 1, Stage: 1, Result: stage},
		Stopping{ID: "a", Attempt: 1, Reason: "timeout of 3s", Signal: "TERM", Grace: time.Second, Told: true},
		AttemptEnded{ID: "a", Result: attempt},
		RetryScheduled{ID: "a", Attempt: 2, Of: 3, Delay: time.Second},
		RestartScheduled{ID: "a", Attempt: 2, Delay: time.Second},
		JobEnded{ID: "a", Result: job},
		RunStopping{Reason: "interrupted again", Kill: true, Now: true},
		RunEnded{Status: report.Failed, Took: 9},
	}
}

func TestRoundTrip(t *testing.T) {
	seen := map[Type]bool{}
	for _, e := range every() {
		seen[e.event()] = true
		line := Append(nil, e, at)
		if want := slow(t, e); string(line) != want {
			t.Errorf("%s:\n got %swant %s", e.event(), line, want)
		}
		if bytes.IndexByte(line, '\n') != len(line)-1 {
			t.Errorf("%s: not one line: %q", e.event(), line)
		}
		got, when, err := Unmarshal(line)
		if err != nil {
			t.Fatalf("%s: %v\n%s", e.event(), err, line)
		}
		if !when.Equal(at) || !reflect.DeepEqual(got, e) {
			t.Errorf("%s:\n got %v %+v\nwant %v %+v", e.event(), when, got, at, e)
		}
		// A field that is never set in this test would never be compared.
		for i, v := 0, reflect.ValueOf(e); i < v.NumField(); i++ {
			if v.Field(i).IsZero() {
				t.Errorf("%s: field %s is not set by this test", e.event(), v.Type().Field(i).Name)
			}
			switch name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); name {
			case "", "v", "type", "time":
				t.Errorf("%s: field %s has JSON name %q, which the header needs", e.event(), v.Type().Field(i).Name, name)
			}
		}
	}
	if len(seen) != 18 {
		t.Errorf("%d types were tried, expected 18", len(seen))
	}
}

// slow is the line of e as encoding/json writes it.
func slow(t *testing.T, e Event) string {
	t.Helper()
	var text strings.Builder
	for _, v := range []any{header{Version, e.event(), at}, e} {
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Replace(text.String(), "}\n{", ",", 1)
}

// TestZero holds that events with nothing in them read as encoding/json writes
// them too.
func TestZero(t *testing.T) {
	zero := func(v any) any { return reflect.Zero(reflect.TypeOf(v)).Interface() }
	list := []Event{
		StageEnded{Result: &report.Stage{}}, AttemptEnded{Result: &report.Attempt{}}, JobEnded{Result: &report.Job{}},
		AttemptEnded{Result: &report.Attempt{Stages: []*report.Stage{}}}, StageStarted{Argv: []string{"", "\x7f\u2028\n\"\\\x00\xff"}},
	}
	for _, e := range every() {
		list = append(list, zero(e).(Event))
	}
	for _, e := range list {
		if got, want := string(Append(nil, e, at)), slow(t, e); got != want {
			t.Errorf("%s:\n got %swant %s", e.event(), got, want)
		}
	}
}

func TestAppendText(t *testing.T) {
	line := Append(nil, StageStarted{ID: "a", Attempt: 1, Name: "n", Argv: []string{"n", "<&>"}, Path: "/n", PID: 8, PGID: 9}, at)
	want := `{"v":1,"type":"stage_started","time":"2026-11-23T16:05:04.12Z",` +
		`"id":"a","attempt":1,"stage":0,"name":"n","argv":["n","<&>"],"path":"/n","pid":8,"pgid":9}` + "\n"
	if string(line) != want {
		t.Errorf("got  %swant %s", line, want)
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	for line, want := range map[string]string{
		``:                             "event line: unexpected end of JSON input",
		`{"v":1,"type":"job_sta`:       "event line: unexpected end of JSON input",
		`{"v":2,"type":"job_started"}`: "event line has version 2, expected 1",
		`{"type":"job_started"}`:       "event line has version 0, expected 1",
		`{"v":1,"type":"job_begun"}`:   `event line of type "job_begun": no such type`,
		`{"v":1,"type":"job_started","time":"2026-11-23T16:05:04Z","id":3}`: `event line of type "job_started": ` +
			`json: cannot unmarshal number into Go struct field JobStarted.id of type string`,
	} {
		e, _, err := Unmarshal([]byte(line))
		if err == nil || err.Error() != want || e != nil {
			t.Errorf("%s\n got %v, %v\nwant %s", line, e, err, want)
		}
	}
}

// lines counts Writes and holds what came.
type lines struct {
	bytes.Buffer
	writes int
}

func (l *lines) Write(p []byte) (int, error) {
	l.writes++
	return l.Buffer.Write(p)
}

func TestWriterFromManyGoroutines(t *testing.T) {
	var out lines
	w := &Writer{W: &out}
	const each = 50
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range each {
				Tee{w, w}.Event(JobStarted{ID: "a"})
			}
		})
	}
	wg.Wait()
	if w.Err() != nil || out.writes != 2*8*each {
		t.Fatalf("err %v, %d writes, expected %d", w.Err(), out.writes, 2*8*each)
	}
	var last time.Time
	for line := range bytes.Lines(out.Bytes()) {
		_, when, err := Unmarshal(line)
		if err != nil {
			t.Fatal(err)
		}
		if when.Before(last) {
			t.Fatalf("%v stands after %v", when, last)
		}
		last = when
	}
}

// full accepts n writes.
type full struct {
	n     int
	err   error
	calls int
}

func (f *full) Write(p []byte) (int, error) {
	f.calls++
	if f.n--; f.n >= 0 {
		return len(p), nil
	}
	return len(p) / 2, f.err
}

func TestWriterRemembersTheFirstError(t *testing.T) {
	full1 := errors.New("no space left on device")
	for _, c := range []struct{ given, want error }{{full1, full1}, {nil, io.ErrShortWrite}} {
		f := &full{n: 2, err: c.given}
		w := &Writer{W: f, Now: func() time.Time { return at }}
		for range 5 {
			w.Event(JobStarted{ID: "a"})
		}
		if !errors.Is(w.Err(), c.want) || f.calls != 3 {
			t.Errorf("err %v after %d writes, expected %v after 3", w.Err(), f.calls, c.want)
		}
	}
}

package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// began and those after it are short for events, so that tests read like a run.
func began(id string) event.Event { return event.JobStarted{ID: id} }

func out(id, text string) event.Event {
	return event.Output{ID: id, Attempt: 1, Stream: event.Stdout, Data: []byte(text)}
}

func errs(id, text string) event.Event {
	return event.Output{ID: id, Attempt: 1, Stream: event.Stderr, Data: []byte(text)}
}

func ended(id string, status report.Status) event.Event {
	j := &report.Job{ID: id, Name: jobOf(id), Status: status, Took: 1240 * time.Millisecond}
	a := &report.Attempt{Number: 1, Status: status, Took: j.Took}
	st := &report.Stage{Name: "cc", Argv: []string{"cc", "a b.c"}, PID: 7, Status: report.StageSucceeded, Ending: "exit code 0"}
	if !status.OK() {
		a.Cause = "exit code 2"
		st.Status, st.Code, st.Ending, st.Stderr = report.StageFailed, 2, "exit code 2", "cc: no input\n"
	}
	a.Stages = []*report.Stage{st}
	j.Attempts = []*report.Attempt{a}
	return event.JobEnded{ID: id, Result: j}
}

func attemptFailed(id string, n int, cause string, status report.Status) event.Event {
	return event.AttemptEnded{ID: id, Result: &report.Attempt{Number: n, Status: status, Cause: cause}}
}

func started(instances int) event.Event { return event.RunStarted{RunID: "r", Instances: instances} }

const block = `✗ a failed in 1.24s
  exit code 2
      cc 'a b.c'
  run again: sluice run x.yaml a
`

// tail is block with the end of the stage's standard error.
var tail = strings.Replace(block, "  run", "  │ cc: no input\n  run", 1)

// transcript is both of sluice's streams, and each on its own.
type transcript struct {
	mu            sync.Mutex
	both          bytes.Buffer
	stdout, stder stream
}

type stream struct {
	t    *transcript
	text bytes.Buffer
}

func (s *stream) Write(p []byte) (int, error) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.t.both.Write(p)
	return s.text.Write(p)
}

// play shows events with o and returns what was written.
func play(t *testing.T, o showOptions, events ...event.Event) *transcript {
	t.Helper()
	tr := &transcript{}
	tr.stdout.t, tr.stder.t = tr, tr
	o.Stdout, o.Stderr = &tr.stdout, &tr.stder
	o.Rerun = func(id string) string { return report.Quote([]string{"sluice", "run", "x.yaml", id}) }
	s := newShow(o)
	if g, ok := s.layout.(*groupLayout); ok {
		g.word = func() string { return "WORD" }
	}
	for _, e := range events {
		s.Event(e)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return tr
}

func (tr *transcript) want(t *testing.T, both string) *transcript {
	t.Helper()
	if got := tr.both.String(); got != both {
		t.Errorf("got\n%s\nwant\n%s\ngot  %q\nwant %q", got, both, got, both)
	}
	return tr
}

func (tr *transcript) wantStdout(t *testing.T, want string) {
	t.Helper()
	if got := tr.stdout.text.String(); got != want {
		t.Errorf("standard output: got %q, want %q", got, want)
	}
}

func tty(mode string) showOptions { return showOptions{Mode: mode, StdoutTTY: true, StderrTTY: true} }

func TestOrderedOneJobPassesEveryByte(t *testing.T) {
	bytes := "a\x00\x1b[2J\xff\r\nb\rno newline"
	play(t, showOptions{}, started(1), began("a"), out("a", bytes[:5]), errs("a", "e"), out("a", bytes[5:]),
		ended("a", report.Succeeded)).
		want(t, bytes[:5]+"e"+bytes[5:]).wantStdout(t, bytes)
}

func TestOrderedInterleaving(t *testing.T) {
	play(t, showOptions{}, started(4),
		began("a"), began("b"), began("c"), began("d"),
		out("b", "b1\nb"), out("a", "a1\na"), errs("b", "2\n"), out("a", "2\n"),
		ended("d", report.Succeeded),
		out("c", "c1\n"), ended("c", report.Succeeded),
		ended("a", report.Succeeded),
		out("b", "b3"), errs("b", "B\n"),
		ended("b", report.Succeeded),
	).want(t, "── a ──\na1\na2\n── b ──\nb1\nb2\nb3B\n── c ──\n"+
		"\nc1\n").wantStdout(t, "a1\na2\nb1\nbb3\nc1\n")
}

// The jobs behind a slow one share records, in whatever order they end.
func TestOrderedRecordsOfEndedJobsAreJoined(t *testing.T) {
	for _, order := range []string{"bcdef", "fedcb", "bdfce", "dbfce", "cebdf", "efbcd"} {
		tr := &transcript{}
		tr.stdout.t, tr.stder.t = tr, tr
		s := newShow(showOptions{Stdout: &tr.stdout, Stderr: &tr.stder})
		s.Event(started(1)) // no headings
		for _, id := range "abcdef" {
			s.Event(began(string(id)))
			s.Event(out(string(id), string(id)+"\n"))
		}
		for _, id := range order {
			s.Event(ended(string(id), report.Succeeded))
		}
		if n := queued(s); n != 2 {
			t.Errorf("%s: %d parts wait, expected the live job and one", order, n)
		}
		s.Event(ended("a", report.Succeeded))
		if n := queued(s); n != 0 {
			t.Errorf("%s: %d parts are left", order, n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		tr.want(t, "a\nb\nc\nd\ne\nf\n")
	}
}

// queued is how many parts stand in the queue when all events are handled.
func queued(s *show) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	return len(s.layout.(*orderedLayout).queue)
}

func TestOrderedOnATerminal(t *testing.T) {
	play(t, tty("ordered"), started(2), began("a"), began("b"),
		out("a", "10%\r20%\x1b"), out("a", "[31mred"), out("b", "b\x1b]0;t\a"), errs("a", "\xe6"), errs("a", "\xbc\xa2\r"), errs("a", "\n"),
		out("a", "\x1b[1mhalf"), ended("a", report.Failed), out("b", "x"), ended("b", report.Succeeded),
	).want(t, "── a ──\n10%␍20%\x1b[31mred漢\n\x1b[1mhalf\x1b[0m\n"+block+"── b ──\nb␛]0;t␇x")
}

func TestColoursAtTheEndTakeNoLine(t *testing.T) {
	play(t, tty("ordered"), started(2), began("a"), out("a", "\x1b[31mred\n\x1b[0m"), ended("a", report.Succeeded),
		began("b"), out("b", "b\n"), ended("b", report.Succeeded)).
		want(t, "── a ──\n\x1b[31mred\n\x1b[0m── b ──\nb\n")
}

func TestFailureBlockRepeatsOnlyWhatIsFar(t *testing.T) {
	play(t, showOptions{}, started(1), began("a"), errs("a", "cc: no input\n"), ended("a", report.Failed)).
		want(t, "cc: no input\n"+block)
	long := strings.Repeat("x\n", 30)
	play(t, showOptions{}, started(1), began("a"), errs("a", "cc: no input\n"), out("a", long), ended("a", report.Failed)).
		want(t, "cc: no input\n"+long+tail)
}

func TestSilentJobsShowNothing(t *testing.T) {
	for _, mode := range []string{"ordered", "group", "prefix", "raw", "quiet"} {
		play(t, showOptions{Mode: mode}, started(3), began("a"), began("b"),
			ended("b", report.Succeeded), ended("a", report.Cancelled), ended("c", report.NotStarted), ended("d", report.Skipped),
		).want(t, "")
		heading := ""
		if mode != "prefix" && mode != "raw" {
			heading = "── a ──\n"
		}
		b := block
		if mode == "prefix" || mode == "raw" {
			b = tail
		}
		play(t, showOptions{Mode: mode}, started(2), began("a"), ended("a", report.Failed)).want(t, heading+b)
	}
}

func TestPrefix(t *testing.T) {
	play(t, showOptions{Mode: "prefix"}, started(3),
		began("a"), out("a", "one\ntw"),
		began("bcd"), out("bcd", "x\ny\n"), errs("a", "err\n"), out("a", "o\nthree"), out("bcd", "\x1b[1m\xff\r"),
		out("a", "\n\nlast"), errs("a", "cut"),
		ended("a", report.Failed), out("bcd", "\n"), ended("bcd", report.Succeeded),
	).want(t, "a │ one\nbcd │ x\nbcd │ y\na   │ err\na   │ two\na   │ three\na   │ \na   │ last\na   │ cut\n"+tail+
		"bcd │ \x1b[1m\xff\r\n")
}

func TestPrefixOnATerminal(t *testing.T) {
	play(t, tty("prefix"), started(2), began("a"),
		out("a", "\x1b[31mred\nplain\x1b[2"), out("a", "J\r"), out("a", "\n"), out("a", "\x1b[0m"), ended("a", report.Succeeded),
	).want(t, "a │ \x1b[31mred\x1b[0m\na │ plain␛[2J\n")
	o := tty("prefix")
	o.Color = true
	play(t, o, started(2), began("a"), began("b"), out("a", "1\n"), out("b", "2\n")).
		want(t, "\x1b[36ma\x1b[0m\x1b[2m │ \x1b[0m1\n\x1b[35mb\x1b[0m\x1b[2m │ \x1b[0m2\n")
}

func TestPrefixColumnIsBounded(t *testing.T) {
	long := "build[os=linux,arch=amd64,go=1.26.0]"
	play(t, showOptions{Mode: "prefix"}, started(3), began("abc"), began(long), out("abc", "1\n"), out(long, "2\n")).
		want(t, "abc │ 1\n"+long+" │ 2\n")
	play(t, showOptions{Mode: "prefix", Width: 15}, started(3), began("a"), began("abcdef"), out("a", "1\n")).want(t, "a │ 1\n")
}

func TestGroup(t *testing.T) {
	play(t, showOptions{Mode: "group"}, started(3), began("a"), began("b"), began("c"),
		out("a", "a1\n"), out("b", "b1"), errs("a", "a2"), ended("b", report.Succeeded), out("a", "a3"), ended("a", report.Failed),
		out("c", "never ended"),
	).want(t, "── b ──\nb1── a ──\n\na1\na2a3\n"+block+"── c ──\n\nnever ended").wantStdout(t, "b1\na1\na3\nnever ended")
}

func TestGroupForGitHub(t *testing.T) {
	failed := ended("a[x=1,y=2%]", report.Failed)
	play(t, showOptions{Mode: "group", GitHub: true, Color: true}, started(3),
		began("a[x=1,y=2%]"), began("b"), began("c"),
		out("b", "::set-output name=x::y\n"), errs("b", "e\nb"), ended("b", report.Succeeded), ended("c", report.Succeeded),
		errs("a[x=1,y=2%]", "::endgroup::"), failed,
	).want(t, `::group::b
::stop-commands::WORD
::set-output name=x::y
e
b
::WORD::
::endgroup::
::group::a[x=1,y=2%25]
::stop-commands::WORD
::endgroup::
::WORD::
::endgroup::
::error title=a[x=1%2Cy=2%25] failed in 1.24s::exit code 2%0A    cc 'a b.c'%0A│ cc: no input%0Arun again: sluice run x.yaml 'a[x=1,y=2%25]'
`).wantStdout(t, `::group::b
::stop-commands::WORD
::set-output name=x::y
e
b
::WORD::
::endgroup::
::group::a[x=1,y=2%25]
::stop-commands::WORD
::endgroup::
::WORD::
::endgroup::
::error title=a[x=1%2Cy=2%25] failed in 1.24s::exit code 2%0A    cc 'a b.c'%0A│ cc: no input%0Arun again: sluice run x.yaml 'a[x=1,y=2%25]'
`)
}

func TestGitHubIsForGroups(t *testing.T) {
	for _, mode := range []string{"ordered", "quiet"} {
		play(t, showOptions{Mode: mode, GitHub: true}, started(1), began("a"), errs("a", "e\n"), ended("a", report.Failed)).
			want(t, "e\n"+block).wantStdout(t, "")
	}
}

func TestGitHubWordIsNew(t *testing.T) {
	s := newShow(showOptions{Mode: "group", GitHub: true})
	defer s.Close()
	l := s.layout.(*groupLayout)
	if a, b := l.word(), l.word(); a == b || len(a) < 20 {
		t.Errorf("words %q and %q can be guessed", a, b)
	}
}

func TestQuiet(t *testing.T) {
	play(t, showOptions{Mode: "quiet"}, started(2), began("a"), began("b"),
		out("b", "b\n"), out("a", "a\n"), event.RunStopping{Reason: "a job failed"}, ended("b", report.Succeeded), ended("a", report.Failed),
		event.RunStopping{Reason: "interrupted", Kill: true},
	).want(t, "── a ──\na\n"+block)
}

func TestRaw(t *testing.T) {
	play(t, showOptions{Mode: "raw"}, started(2), began("a"), began("b"), ended("b", report.Succeeded),
		attemptFailed("a", 1, "exit code 2", report.Failed), event.RetryScheduled{ID: "a", Attempt: 2, Of: 2}, ended("a", report.Failed),
	).want(t, "a: attempt 1 of 2 failed (exit code 2); again now\n"+tail)
}

func TestRetries(t *testing.T) {
	again := func(n int, d time.Duration) event.Event {
		return event.RetryScheduled{ID: "build", Attempt: n, Of: 3, Delay: d}
	}
	run := []event.Event{
		started(1), began("build"), event.AttemptStarted{ID: "build", Attempt: 1}, out("build", "one"),
		attemptFailed("build", 1, "exit code 2", report.Failed), again(2, time.Second),
		event.AttemptStarted{ID: "build", Attempt: 2}, out("build", "two\n"),
		event.Stopping{ID: "build", Attempt: 2, Reason: "timeout of 3s", Signal: "TERM"},
		attemptFailed("build", 2, "timeout of 3s", report.TimedOut), again(3, 1083*time.Millisecond),
		event.AttemptStarted{ID: "build", Attempt: 3}, out("build", "three\n"), ended("build", report.Succeeded),
	}
	const first, stop, second = "build: attempt 1 of 3 failed (exit code 2); again in 1s\n",
		"build: timeout of 3s: TERM sent to its process group\n",
		"build: attempt 2 of 3 timed out (timeout of 3s); again in 1.08s\n"
	play(t, tty("ordered"), run...).want(t, "one\n"+first+"two\n"+stop+second+"three\n")
	play(t, showOptions{Mode: "group"}, run...).want(t, "one"+first+"two\n"+stop+second+"three\n").wantStdout(t, "onetwo\nthree\n")
	play(t, showOptions{Mode: "prefix"}, run...).
		want(t, "build │ one\n"+first+"build │ two\n"+stop+second+"build │ three\n")
	play(t, showOptions{Mode: "quiet"}, run...).want(t, "")
}

func TestDetachedWaitingRestarted(t *testing.T) {
	run := []event.Event{
		started(2), event.Waiting{ID: "web", Reason: "exclusive web is held by run r1"}, began("web"),
		attemptFailed("web", 1, "exit code 2", report.Failed), event.RestartScheduled{ID: "web", Attempt: 2, Delay: time.Second},
		attemptFailed("web", 2, "", report.Succeeded), event.RestartScheduled{ID: "web", Attempt: 3, Delay: 2 * time.Second},
		began("job"), event.Detached{ID: "job", RunID: "r2"}, ended("job", report.Succeeded), ended("web", report.Succeeded),
	}
	const waits = "web: waits: exclusive web is held by run r1\n"
	const again = "web: exit code 2; started again in 1s\nweb: ended; started again in 2s\n"
	const goes = "job: runs on as r2; sluice logs -f r2 shows its output, sluice stop r2 ends it\n"
	play(t, showOptions{Mode: "prefix"}, run...).want(t, waits+again+goes)
	play(t, showOptions{}, run...).want(t, waits+"── web ──\n"+again+"── job ──\n"+goes)
	play(t, showOptions{Mode: "quiet"}, run...).want(t, "")
}

// What a service prints while an interactive job has the terminal comes after
// that.
func TestInteractiveIsAlone(t *testing.T) {
	jobs := func(id string) *plan.Job {
		return &plan.Job{Name: id, Interactive: id == "asks", Service: id != "asks"}
	}
	run := []event.Event{
		started(3), began("db"), out("db", "up\n"), began("web"), out("web", "web\n"), began("asks"), out("db", "asked\n"), out("web", "too\n"),
		ended("asks", report.Succeeded), out("db", "twice\n"), ended("db", report.Succeeded), ended("web", report.Succeeded),
	}
	at := len(run) - 4 // asks has not ended
	play(t, showOptions{JobOf: jobs}, run[:at]...).want(t, "── db ──\nup\n── db ──\nasked\n── web ──\nweb\ntoo\n")
	play(t, showOptions{JobOf: jobs}, run...).want(t, "── db ──\nup\n── db ──\nasked\ntwice\n── web ──\nweb\ntoo\n")
}

// A job that comes while a service is live is live from then on, and so is the
// next one: what services print comes at the end.
func TestServicesAreNotLive(t *testing.T) {
	jobs := func(id string) *plan.Job { return &plan.Job{Name: id, Service: id == "db"} }
	run := []event.Event{
		started(4), began("db"), out("db", "up\n"), began("one"), out("one", "1\n"), out("db", "asked\n"), began("two"), out("two", "2\n"),
		ended("one", report.Succeeded), out("two", "2 live\n"), began("three"), out("three", "3\n"), ended("two", report.Succeeded),
		ended("three", report.Succeeded), ended("db", report.Succeeded),
	}
	play(t, showOptions{JobOf: jobs}, run[:6]...).want(t, "── db ──\nup\n── one ──\n1\n── db ──\nasked\n")
	play(t, showOptions{JobOf: jobs}, run[:10]...).want(t, "── db ──\nup\n── one ──\n1\n── two ──\n2\n2 live\n── db ──\nasked\n")
	play(t, showOptions{JobOf: jobs}, run...).want(t, "── db ──\nup\n── one ──\n1\n── two ──\n2\n2 live\n── three ──\n3\n── db ──\nasked\n")
}

func TestWarnings(t *testing.T) {
	e := ended("a", report.Succeeded).(event.JobEnded)
	e.Result.Last().Warnings = []string{"a child of it\nheld the pipe"}
	play(t, showOptions{}, started(1), began("a"), e).want(t, "a: warning: a child of it␊held the pipe\n")
}

func TestRunStopping(t *testing.T) {
	head := []event.Event{started(3), began("a"), began("b"), out("a", "half"), out("b", "b\n")}
	kill := event.RunStopping{Reason: "interrupted", Kill: true}
	for _, c := range []struct {
		o    showOptions
		more []event.Event
		want string
	}{
		{tty("ordered"), []event.Event{
			kill,
			event.Stopping{ID: "a", Attempt: 1, Reason: "interrupted", Signal: "TERM", Told: true},
			event.Stopping{ID: "a", Attempt: 1, Reason: "interrupted", Signal: "KILL"}, out("a", "rest\n"),
		}, "── a ──\nhalf\nsluice: interrupted; waiting for a and b; press Ctrl-C again to kill at once\n" +
			"a: interrupted: KILL sent to its process group\nrest\n── b ──\nb\n"},
		{tty("ordered"), []event.Event{event.RunStopping{Reason: "a job failed"}},
			"── a ──\nhalf\na job failed: no more jobs are started; waiting for a and b\n── b ──\nb\n"},
		{tty("raw"), []event.Event{ended("b", report.Succeeded), kill},
			"halfb\nsluice: interrupted; waiting for a; press Ctrl-C again to kill at once\n"},
		{tty("prefix"), []event.Event{event.RunStopping{Reason: "told to stop by TERM", Kill: true}},
			"b │ b\nsluice: told to stop by TERM; waiting for a and b\na │ half\n"},
		{tty("raw"), []event.Event{ended("b", report.Succeeded), ended("a", report.Succeeded), kill}, "halfb\n"},
		{tty("quiet"), []event.Event{event.RunStopping{Reason: "a job failed"}, kill},
			"sluice: interrupted; waiting for a and b; press Ctrl-C again to kill at once\n"},
	} {
		play(t, c.o, append(head[:len(head):len(head)], c.more...)...).want(t, c.want)
	}
}

func TestWordsOfTheCaller(t *testing.T) {
	var b bytes.Buffer
	s := newShow(showOptions{Stdout: &b, Stderr: &b, StdoutTTY: true, StderrTTY: true})
	s.Event(out("a", "half"))
	s.Event(ended("a", report.Succeeded))
	if _, err := s.Write([]byte("1 job: 1 succeeded\n")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil || b.String() != "half\n1 job: 1 succeeded\n" {
		t.Errorf("got %v, %q", err, b.String())
	}
	s.Event(out("a", "late"))
	if err := s.Close(); err != nil || strings.Contains(b.String(), "late") {
		t.Errorf("after Close: got %v, %q", err, b.String())
	}
}

// One file for both streams is one screen, as with 2>&1.
func TestSameFileKeepsLinesApart(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := newShow(showOptions{Stdout: f, Stderr: f})
	s.Event(out("a", "half"))
	s.Event(ended("a", report.Failed))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(f.Name())
	if want := strings.SplitAfter("half\n"+tail, "\n"); err != nil || !strings.HasPrefix(string(got), want[0]+want[1]) {
		t.Errorf("got %v, %s", err, got)
	}
}

func TestWriteErrors(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	for _, mode := range []string{"ordered", "prefix", "group", "raw", "quiet"} {
		var stderr bytes.Buffer
		var told []error
		s := newShow(showOptions{Mode: mode, Stdout: w, Stderr: &stderr, OnError: func(err error) { told = append(told, err) }})
		for _, e := range []event.Event{started(1), began("a"), out("a", "x\n"), out("a", "y\n"), errs("a", "e\n"), ended("a", report.Failed)} {
			s.Event(e)
		}
		err := s.Close()
		if !errors.Is(err, syscall.EPIPE) || !strings.HasPrefix(err.Error(), "writing to standard output: ") {
			t.Errorf("%s: got %v", mode, err)
		}
		if len(told) != 1 || told[0] != err {
			t.Errorf("%s: told %v", mode, told)
		}
		if !strings.Contains(stderr.String(), "e\n") || strings.Contains(stderr.String(), "✗") { // the job's own, and no more
			t.Errorf("%s: the other stream got %q", mode, stderr.String())
		}
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full on this machine")
	}
	defer full.Close()
	s := newShow(showOptions{Stdout: full, Stderr: full})
	s.Event(out("a", "x"))
	if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want ENOSPC", err)
	}
}

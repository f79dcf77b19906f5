package state

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// played makes the folder of a run of the instances a and b.
func played(t *testing.T, log plan.Log) (*Run, *Folder) {
	t.Helper()
	p := &plan.Plan{Version: plan.Version}
	for _, id := range []string{"a", "b"} {
		p.Jobs = append(p.Jobs, &plan.Job{Name: id, Log: log, Instances: []*plan.Instance{{ID: id}}})
	}
	run, err := At(t.TempDir()).Create(p, Meta{}, None)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.Close() })
	if err := run.Written(); err != nil {
		t.Fatal(err)
	}
	return run, FolderAt(run.Dir())
}

func printed(id string, stream event.Stream, text string) event.Event {
	return event.Output{ID: id, Attempt: 1, Stream: stream, Data: []byte(text)}
}

// story is what Play tells, an item for each event.
func story(t *testing.T, f *Folder, o PlayOptions) (items []string) {
	t.Helper()
	if err := f.Play(t.Context(), o, tellTo(&items)); err != nil {
		t.Fatal(err)
	}
	return items
}

func tellTo(items *[]string) func(Entry) error {
	return func(e Entry) error {
		switch e := e.Event.(type) {
		case event.Output:
			*items = append(*items, e.ID+" "+string(e.Data))
		case event.JobEnded:
			*items = append(*items, e.ID+" ended")
		default:
			*items = append(*items, strings.TrimPrefix(fmt.Sprintf("%T", e), "event."))
		}
		return nil
	}
}

func TestPlay(t *testing.T) {
	run, f := played(t, plan.Log{})
	run.Event(event.JobStarted{ID: "a"})
	run.Event(printed("a", event.Stdout, "one\ntwo\nthr"))
	run.Event(event.JobStarted{ID: "b"})
	run.Event(printed("b", event.Stderr, "x\n"))
	run.Event(printed("a", event.Stdout, "ee"))
	run.Event(event.OutputEnded{ID: "a", Stream: event.Stdout})
	run.Event(event.JobEnded{ID: "a", Result: &report.Job{ID: "a"}})
	run.Event(event.RunStopping{Reason: "r"}) // and what was held back
	all := []string{"JobStarted", "a one\n", "a two\n", "JobStarted", "b x\n", "a three\n", "a ended", "RunStopping"}
	for _, c := range []struct {
		name string
		o    PlayOptions
		want []string
	}{
		{"nothing", PlayOptions{}, nil},
		{"everything", PlayOptions{All: true, Events: true}, all},
		{"lines", PlayOptions{All: true}, []string{"a one\n", "a two\n", "b x\n", "a three\n"}},
		{"the last lines", PlayOptions{Tail: 2}, []string{"b x\n", "a three\n"}},
		{"the last lines, with events", PlayOptions{Tail: 1, Events: true}, []string{"JobStarted", "JobStarted", "a three\n", "a ended", "RunStopping"}},
		{"more than there are", PlayOptions{Tail: 9, Of: func(id string) bool { return id == "b" }}, []string{"b x\n"}},
		{"what is wanted", PlayOptions{Tail: 1, Want: func(l Line) bool { return l.Stream == event.Stderr }}, []string{"b x\n"}},
	} {
		if got := story(t, f, c.o); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	stop := errors.New("stop")
	if err := f.Play(t.Context(), PlayOptions{All: true}, func(Entry) error { return stop }); err != stop {
		t.Errorf("an error of the caller's becomes %v", err)
	}
}

// A line that is too long comes in pieces, of which the last ends it. They
// count as one.
func TestPlayALongLine(t *testing.T) {
	run, f := played(t, plan.Log{})
	long := strings.Repeat("x", 2*longestPiece+1)
	run.Event(printed("a", event.Stdout, "before\n"+long+"\nafter\n"))
	for n, want := range []string{"", "after\n", long + "\nafter\n", "before\n" + long + "\nafter\n"} {
		var text strings.Builder
		pieces := 0
		err := f.Play(t.Context(), PlayOptions{Tail: n}, func(e Entry) error {
			pieces++
			text.Write(e.Event.(event.Output).Data)
			return nil
		})
		if err != nil || text.String() != want {
			t.Errorf("the last %d lines are %d bytes in %d pieces, %v; want %d bytes", n, text.Len(), pieces, err, len(want))
		}
	}
}

// Who follows hears everything, each thing once and what a job printed before
// its end, while files are rotated under its eyes.
func TestPlayFollows(t *testing.T) {
	run, f := played(t, plan.Log{MaxSize: 500, Keep: 1000})
	const lines = 600
	var told []string
	over := make(chan error)
	go func() {
		over <- f.Play(context.Background(), PlayOptions{All: true, Events: true, Follow: true}, tellTo(&told))
	}()
	var want []string
	for i := range lines {
		line := fmt.Sprintf("%d\n", i)
		run.Event(printed("a", event.Stdout, line))
		want = append(want, "a "+line)
	}
	run.Event(event.JobEnded{ID: "a", Result: &report.Job{ID: "a"}})
	want = append(want, "a ended")
	if err := run.Finish(&report.Report{}); err != nil {
		t.Fatal(err)
	}
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told, want) {
		t.Errorf("%d things were told, want %d", len(told), len(want))
	}
}

// What is damaged is not told, and that there is something is.
func TestPlayADamagedJournal(t *testing.T) {
	run, f := played(t, plan.Log{})
	run.Event(event.Ready{ID: "a"})
	run.Event(printed("a", event.Stdout, "one\n"))
	if _, err := io.WriteString(run.Lock(), "{}\n"); err != nil {
		t.Fatal(err)
	}
	run.Event(event.Ready{ID: "b"})
	var told []string
	err := f.Play(t.Context(), PlayOptions{All: true, Events: true}, tellTo(&told))
	if !errors.Is(err, errDamaged) || !slices.Equal(told, []string{"Ready", "a one\n"}) {
		t.Errorf("told %q, %v", told, err)
	}
	if told = story(t, f, PlayOptions{All: true}); !slices.Equal(told, []string{"a one\n"}) {
		t.Errorf("without events: %q", told)
	}
}

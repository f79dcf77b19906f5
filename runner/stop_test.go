package runner

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

var errInterrupted = errors.New("interrupted")

// cancelWhenReady runs p, and cancels it when n stages said that they run.
func cancelWhenReady(t *testing.T, p *plan.Plan, n int, o Options) outcome {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	return executeContext(t, ctx, p, o, whenReady(n, func() { cancel(errInterrupted) }))
}

func TestTimeout(t *testing.T) {
	j := job("j", self(t, "hang"), self(t, "hang"), self(t, "copy"))
	j.Timeout = plan.Duration(20 * time.Millisecond)
	o := execute(t, planOf(j), Options{})
	a := o.Jobs[0].Last()
	// The last stage may have read its end and left by itself.
	if got := words(a); !strings.HasPrefix(got, "timed_out timed_out ") || a.Status != report.TimedOut || o.Status != report.Failed {
		t.Errorf("%s, and the run is %s", got, o.Status)
	}
	if a.Cause != "timeout of 20ms" || a.CauseBy != -1 {
		t.Errorf("the cause is stage %d: %q", a.CauseBy, a.Cause)
	}
	for _, s := range a.Stages[:2] {
		if s.Ending != "signal 15 TERM, sent by sluice" || s.Signal != "TERM" || s.Code != -1 {
			t.Errorf("%s ended with %q", s.Name, s.Ending)
		}
	}
	stops := find[event.Stopping](o.recorder)
	if len(stops) != 1 || stops[0].Reason != "timeout of 20ms" || stops[0].Signal != "TERM" {
		t.Errorf("the events tell of %+v", stops)
	}
}

// A job that is done in time is not touched, and its timer ends with it.
func TestTimeoutNotReached(t *testing.T) {
	j := job("j", self(t, "copy"))
	j.Timeout = plan.Duration(time.Hour)
	execute(t, planOf(j), Options{}).wants(t, "succeeded; succeeded")
}

// Who ignores the signal is killed after the grace time, and the words say so.
func TestTimeoutNeedsKill(t *testing.T) {
	stage := tool(t, "sleep", "3600")
	signal.Ignore(syscall.SIGUSR1) // the child inherits it, and so it holds from its first moment
	defer signal.Reset(syscall.SIGUSR1)
	j := job("j", stage)
	j.Timeout = plan.Duration(10 * time.Millisecond)
	j.Stop = plan.Stop{Signal: "USR1", Grace: plan.Duration(30 * time.Millisecond)}
	a := execute(t, planOf(j), Options{}).wants(t, "timed_out; timed_out")
	s := a.Stages[0]
	if s.Signal != "KILL" || !killedAfter(s.Ending, "USR1", 30*time.Millisecond) {
		t.Errorf("it ended with %q", s.Ending)
	}
}

// killedAfter reports whether ending is `signal 9 KILL, TIME after SIGNAL` with
// at least the grace time.
func killedAfter(ending, signal string, grace time.Duration) bool {
	m := regexp.MustCompile(`^signal 9 KILL, (\d+(?:\.\d+)?m?s) after ` + signal + `$`).FindStringSubmatch(ending)
	if m == nil {
		return false
	}
	d, err := time.ParseDuration(m[1])
	return err == nil && d >= grace
}

// An exit code after the timeout changes nothing: there was too little time.
func TestTimeoutHandled(t *testing.T) {
	for _, code := range []string{"0", "3"} {
		o := cancelWhenReady(t, planOf(job("j", self(t, "handle", code))), 1, Options{})
		want := "cancelled; cancelled"
		if code == "0" {
			want = "succeeded; cancelled"
		}
		if a := o.wants(t, want); a.Stages[0].Ending != "exit code "+code+", after TERM" || a.Cause != "interrupted" {
			t.Errorf("%s: %s", a.Cause, a.Stages[0].Ending)
		}
	}
}

func TestCancel(t *testing.T) {
	o := cancelWhenReady(t, planOf(job("j", self(t, "hang"), self(t, "hang"))), 2, Options{})
	a := o.wants(t, "cancelled cancelled; cancelled")
	if a.Cause != "interrupted" || a.CauseBy != -1 {
		t.Errorf("the cause is stage %d: %q", a.CauseBy, a.Cause)
	}
	for _, s := range a.Stages {
		if s.Ending != "signal 15 TERM, sent by sluice" {
			t.Errorf("%q", s.Ending)
		}
	}
	if stops := find[event.RunStopping](o.recorder); len(stops) != 1 || stops[0] != (event.RunStopping{Reason: "interrupted", Kill: true}) {
		t.Errorf("the events tell of %+v", stops)
	}
}

func TestCancelNeedsKill(t *testing.T) {
	j := job("j", self(t, "ignore"), self(t, "hang"))
	j.Stop.Grace = plan.Duration(20 * time.Millisecond)
	a := cancelWhenReady(t, planOf(j), 2, Options{}).wants(t, "cancelled cancelled; cancelled")
	if got := a.Stages[0].Ending; !killedAfter(got, "TERM", 20*time.Millisecond) {
		t.Errorf("the one that ignores TERM ended with %q", got)
	}
	if got := a.Stages[1].Ending; got != "signal 15 TERM, sent by sluice" {
		t.Errorf("the other ended with %q", got)
	}
}

// What is stopped can't end by itself, and is woken.
func TestCancelWakes(t *testing.T) {
	a := cancelWhenReady(t, planOf(job("j", self(t, "doze"))), 1, Options{}).wants(t, "cancelled; cancelled")
	if got := a.Stages[0].Ending; got != "signal 15 TERM, sent by sluice" {
		t.Errorf("it ended with %q", got)
	}
}

// Kill does not wait for a grace time.
func TestKill(t *testing.T) {
	kill, now := context.WithCancelCause(context.Background())
	defer now(nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	on := whenReady(2, func() { cancel(errInterrupted); now(errors.New("a second signal")) })
	o := executeContext(t, ctx, planOf(job("j", self(t, "ignore"), self(t, "ignore"))), Options{Kill: kill}, on)
	for _, s := range o.wants(t, "cancelled cancelled; cancelled").Stages {
		if s.Signal != "KILL" {
			t.Errorf("it ended with %q", s.Ending)
		}
	}
}

// Kill also ends the delay of a clean-up job, which no cancel reaches.
func TestKillEndsCleanup(t *testing.T) {
	kill, now := context.WithCancelCause(context.Background())
	defer now(nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	clean, next := job("clean", self(t, "exit", "1")), job("next", self(t, "hang"))
	clean.After, next.After = []string{"j"}, []string{"clean"}
	clean.Retry = &plan.Retry{Attempts: 2, Delays: []plan.Duration{plan.Duration(2 * time.Second)}}
	ready := whenReady(1, func() { cancel(errInterrupted) })
	o := executeContext(t, ctx, planOf(job("j", self(t, "hang")), clean, next), Options{Kill: kill}, func(r *recorder, e any) {
		ready(r, e)
		if _, ok := e.(event.RetryScheduled); ok {
			now(errors.New("a second signal"))
		}
	})
	if n := len(o.Jobs[1].Attempts); n != 1 {
		t.Errorf("clean had %d attempts", n)
	}
	if o.Jobs[2].Status != report.NotStarted {
		t.Errorf("after a second signal next is %s", o.Jobs[2].Status)
	}
}

// The whole group ends, whoever of it is left and however the attempt ended.
func TestGrandchildrenEnd(t *testing.T) {
	t.Run("at a cancel", func(t *testing.T) {
		life := newLifeline(t)
		a := cancelWhenReady(t, planOf(job("j", self(t, "fork", life.path, "stay"))), 1, Options{}).wants(t, "cancelled; cancelled")
		<-life.dead
		if len(a.Warnings) > 0 {
			t.Errorf("warnings %q", a.Warnings)
		}
	})
	t.Run("after success", func(t *testing.T) {
		life := newLifeline(t)
		o := execute(t, planOf(job("j", self(t, "fork", life.path, "end"))), Options{})
		a := o.wants(t, "succeeded; succeeded")
		<-life.dead
		if got := o.logged("j", 0, event.Stdout); got != "ended\n" || len(a.Warnings) > 0 {
			t.Errorf("it printed %q, warnings %q", got, a.Warnings)
		}
	})
	t.Run("after a failure to start", func(t *testing.T) {
		life := newLifeline(t)
		missing := stageOf("missing", "/no/such/program", []string{"missing"}, nil)
		j := job("j", self(t, "fork", life.path, "end"))
		k := job("k", missing)
		k.Needs = []string{"j"}
		execute(t, planOf(j, k), Options{})
		<-life.dead
	})
}

// A process that left the group outlives the job. Where it holds a stream that
// is read, the end waits a little for it, and says so.
func TestLinger(t *testing.T) {
	life := newLifeline(t)
	o := execute(t, planOf(job("j", self(t, "fork", life.path, "leave"))), Options{})
	a := o.wants(t, "succeeded; succeeded")
	want := "a process that left the group still holds %s; what it writes later than 1s after the end is not read"
	if w := a.Warnings; len(w) != 2 || w[0] != fmt.Sprintf(want, "stdout") || w[1] != fmt.Sprintf(want, "stderr") {
		t.Errorf("warnings %q", w)
	}
	if a.Close < linger || a.Took < a.Close {
		t.Errorf("it closed after %s of %s", a.Close, a.Took)
	}
	if got := o.logged("j", 0, event.Stdout); got != "ended\n" {
		t.Errorf("it printed %q", got)
	}
	select {
	case <-life.dead:
		t.Error("what left the group did not live on")
	default:
	}
	life.release()
	<-life.dead
}

// More than may be captured stops the job, which would go on for ever.
func TestCaptureLimit(t *testing.T) {
	for _, tt := range []struct {
		max  int64
		size string
	}{{3000, "3000B"}, {64 << 10, "64KiB"}, {1 << 20, "1MiB"}} {
		j := job("j", self(t, "flood"), self(t, "copy"))
		j.Instances[0].Stdout = capture(tt.max)
		a := execute(t, planOf(j), Options{}).wants(t, "cancelled cancelled; failed")
		if want := "it printed more than the " + tt.size + " that stdout: {capture: {max}} allows"; a.Cause != want {
			t.Errorf("the cause is %q, want %q", a.Cause, want)
		}
	}
	// A job that ends before it could be stopped has failed all the same.
	for n, want := range map[int]report.Status{10: report.Succeeded, 11: report.Failed} {
		j := job("j", self(t, "emit", strconv.Itoa(n)))
		j.Instances[0].Stdout = capture(10)
		if a := execute(t, planOf(j), Options{}).Jobs[0].Last(); a.Status != want {
			t.Errorf("%d bytes: %s: %s", n, a.Status, a.Cause)
		}
	}
}

// A capture may be full before the last stage has started.
func TestCaptureLimitAtTheStart(t *testing.T) {
	for range 20 {
		first := self(t, "flood", "-e")
		first.Stderr.Kind = plan.OutJob
		j := job("j", first, self(t, "copy"), self(t, "copy"), self(t, "copy"))
		j.Instances[0].Stdout = capture(0)
		if a := execute(t, planOf(j), Options{}).Jobs[0].Last(); a.Status != report.Failed {
			t.Errorf("%s: %s", words(a), a.Cause)
		}
	}
}

// That what runs is killed is told once, and before the end of any of it.
func TestKillIsTold(t *testing.T) {
	kill, now := context.WithCancelCause(context.Background())
	defer now(nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	on := whenReady(2, func() { cancel(errInterrupted); now(errors.New("interrupted again")) })
	o := executeContext(t, ctx, planOf(job("a", self(t, "ignore")), job("b", self(t, "ignore"))), Options{Kill: kill, Parallel: 2}, on)
	told := event.RunStopping{Reason: "interrupted again", Kill: true, Now: true}
	var got []event.Event
	for _, e := range o.events {
		switch e.(type) {
		case event.RunStopping, event.JobEnded:
			got = append(got, e)
		}
	}
	at := slices.Index(got, event.Event(told))
	if n := len(find[event.RunStopping](o.recorder)); n != 2 || at < 0 || at > 1 {
		t.Errorf("%d stops, and it is told as number %d", n, at)
	}
}

package report

import (
	"strings"
	"testing"
	"time"
)

func failure(t *testing.T, j *Job, rerun string, s Style) string {
	t.Helper()
	var b strings.Builder
	if err := WriteFailure(&b, j, rerun, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func oneStage(st *Stage, cause string) *Job {
	return &Job{ID: "build[os=linux]", Status: Failed, Took: 1240 * time.Millisecond, Attempts: []*Attempt{
		{Number: 1, Status: Failed, Cause: cause, CauseBy: 0, Stages: []*Stage{st}},
	}}
}

func TestFailureOfOneStage(t *testing.T) {
	j := oneStage(&Stage{
		Name: "cc", Argv: []string{"cc", "-c", "a b.c"}, PID: 3, Status: StageFailed, Code: 2, Ending: "exit code 2",
		Stderr: "cc: \x1b[31merror:\x1b[0m no input\n\tat \x1b]0;x\a\n",
	}, "exit code 2")
	want := `✗ build[os=linux] failed in 1.24s
  exit code 2
      cc -c 'a b.c'
  │ cc: error: no input
  │ 	at ␛]0;x␇
  run again: sluice run jobs/x.yaml 'build[os=linux]'
`
	if got := failure(t, j, "sluice run jobs/x.yaml 'build[os=linux]'", Style{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A tee has no exit code. What it could not do is told also where another stage
// is at fault.
func TestFailureWithTee(t *testing.T) {
	tee := func(status StageStatus, err string) *Stage {
		return &Stage{Name: "tee", Argv: []string{}, Status: status, Code: 1, Ending: err, Error: err}
	}
	late := &Stage{Name: "sort", Argv: []string{"sort"}, PID: 1, Status: StageFailed, Code: 2, Ending: "exit code 2"}
	done := tee(StageSucceeded, "")
	done.Code = 0
	j := &Job{ID: "j", Status: Failed, Took: time.Second, Attempts: []*Attempt{{
		Number: 1, Status: Failed, CauseBy: 5, Cause: "stage 6, sort: exit code 2",
		Stages: []*Stage{tee(StageFailed, "write /x: no space left"), done, tee(StageClosedEarly, ""), tee(StageTimedOut, ""), tee(StageNotStarted, ""), late},
	}}}
	want := `✗ j failed in 1.00s
  stage 6, sort: exit code 2
      sort
  stages: tee failed · tee 0 · tee closed early · tee timed out · tee not started · sort 2
  also: tee: write /x: no space left
`
	if got := failure(t, j, "", Style{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestPlace holds that a stage of a graph is not told to be one of so many in a
// row.
func TestPlace(t *testing.T) {
	stage := func(name string) *Stage {
		return &Stage{Name: name, Argv: []string{name}, Status: StageSucceeded, Ending: "exit code 0"}
	}
	bad := stage("comm")
	bad.Status, bad.Code, bad.Ending = StageFailed, 1, "exit code 1"
	for first, want := range map[string]string{"sort": "  stage 2 of 2, comm: exit code 1\n", "old/sort": "  stage 2, comm: exit code 1\n"} {
		j := &Job{ID: "j", Status: Failed, Attempts: []*Attempt{{Number: 1, Status: Failed, CauseBy: 1, Stages: []*Stage{stage(first), bad}}}}
		if got := failure(t, j, "", Style{}); !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0B", 1: "1B", 1023: "1023B", 1024: "1KiB", 1536: "1536B", 1500 << 10: "1500KiB", 1 << 20: "1MiB", 5 << 30: "5GiB"} {
		if got := Size(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestFailureOfPipeline(t *testing.T) {
	stage := func(name string, st StageStatus, code int, ending string) *Stage {
		return &Stage{Name: name, Argv: []string{name, "-x"}, PID: 1, Status: st, Code: code, Ending: ending}
	}
	core := stage("f", StageFailed, -1, "signal 11 SEGV, core dumped")
	core.Signal, core.Core = "SEGV", true
	late := stage("g", StageTimedOut, -1, "signal 9 KILL, 10s after TERM")
	late.Signal = "KILL"
	late.Stderr = "slow\n"
	cut := stage("b", StageClosedEarly, -1, "signal 13 PIPE")
	cut.Signal = "PIPE"
	never := stage("i", StageNotStarted, 127, "could not start")
	never.Error = "no such program"
	never.PID, never.Error = 0, "no such file"
	j := &Job{ID: "words", Status: TimedOut, Took: 3 * time.Second, Attempts: []*Attempt{
		{Number: 1}, {Number: 2},
		{
			Number: 3, Status: TimedOut, Cause: "timeout of 3s", CauseBy: 6, Warnings: []string{"2 processes stayed\nbehind"},
			Stages: []*Stage{
				stage("a", StageClosedEarly, 141, "exit code 141"), cut, stage("c", StageSucceeded, 0, ""),
				stage("d", StageSucceeded, 1, ""), stage("e", StageFailed, 2, ""), core, late,
				stage("h", StageNotStarted, 0, ""), never,
			},
		},
	}}
	want := `✗ words timed out after 3.00s, attempt 3 of 3
  timeout of 3s
  stage 7 of 9, g: signal 9 KILL, 10s after TERM
      g -x
  stages: a 141 (closed early) · b 141 (closed early) · c 0 · d 1 (ok) · e 2 · f SEGV (core dumped) · g KILL (timed out) · h not started · i 127 (could not start)
  │ slow
  warning: 2 processes stayed␊behind
`
	if got := failure(t, j, "", Style{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFailureSaysEachThingOnce(t *testing.T) {
	st := &Stage{Name: "x", Argv: []string{"x"}, Status: StageNotStarted, Code: 127, Ending: "could not start", Error: "x: no such file"}
	for _, cause := range []string{"", "could not start", "could not start: x: no such file", "x: could not start: x: no such file"} {
		want := "✗ build[os=linux] failed in 1.24s\n  could not start: x: no such file\n      x\n"
		if got := failure(t, oneStage(st, cause), "", Style{}); got != want {
			t.Errorf("cause %q: got\n%s\nwant\n%s", cause, got, want)
		}
	}
}

// A service's cause says more than its ending does, and contains it.
func TestFailureOfAService(t *testing.T) {
	st := &Stage{Name: "x", Argv: []string{"x"}, PID: 1, Status: StageFailed, Code: 3, Ending: "exit code 3"}
	got := failure(t, oneStage(st, "it ended by itself: exit code 3"), "", Style{})
	if want := "✗ build[os=linux] failed in 1.24s\n  it ended by itself: exit code 3\n      x\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFailureWithoutAStage(t *testing.T) {
	j := oneStage(&Stage{Name: "x", Argv: []string{"x"}, PID: 1, Status: StageSucceeded}, "out.txt: no space left on device")
	j.Last().CauseBy = -1
	want := "✗ build[os=linux] failed in 1.24s\n  out.txt: no space left on device\n"
	if got := failure(t, j, "", Style{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	none := &Job{ID: "a", Status: NotStarted, Reason: "b failed"}
	if got, want := failure(t, none, "", Style{}), "○ a not started\n  b failed\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFailureOfAStoppedAttempt(t *testing.T) {
	j := oneStage(&Stage{
		Name: "x", Argv: []string{"x"}, PID: 1, Status: StageTimedOut, Code: -1, Signal: "KILL",
		Ending: "signal 9 KILL, 10s after TERM", Stderr: "still at it\n",
	}, "stopped at the timeout of 3s")
	j.Status, j.Last().CauseBy = TimedOut, -1
	want := `✗ build[os=linux] timed out after 1.24s
  stopped at the timeout of 3s
  signal 9 KILL, 10s after TERM
      x
  │ still at it
`
	if got := failure(t, j, "", Style{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFailureToStartInAPipeline(t *testing.T) {
	j := oneStage(&Stage{
		Name: "x", Argv: []string{"x"}, Status: StageNotStarted, Code: 127, Ending: "could not start", Error: "exec x: no such file",
	}, "stage 1 of 2, x: exec x: no such file")
	j.Last().Stages = append(j.Last().Stages, &Stage{Name: "y", Argv: []string{"y"}, Status: StageNotStarted})
	want := `✗ build[os=linux] failed in 1.24s
  stage 1 of 2, x: could not start: exec x: no such file
      x
  stages: x 127 (could not start) · y not started
`
	if got := failure(t, j, "", Style{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFailureTail(t *testing.T) {
	var text strings.Builder
	for range 30 {
		text.WriteString("line\r\n")
	}
	st := &Stage{Name: "x", Argv: []string{"x"}, PID: 1, Status: StageFailed, Ending: "exit code 1", Stderr: text.String() + "\n\x1b[31mlast"}
	got := failure(t, oneStage(st, ""), "", Style{})
	want := "✗ build[os=linux] failed in 1.24s\n  exit code 1\n      x\n  │ … 12 lines before\n" +
		strings.Repeat("  │ line\n", 18) + "  │\n  │ last\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got = failure(t, oneStage(st, ""), "", Style{Color: true})
	if want := "  \x1b[2m│\x1b[0m \x1b[31mlast\x1b[0m\n"; !strings.HasSuffix(got, want) {
		t.Errorf("got\n%q\nwant the end\n%q", got, want)
	}
}

package runner

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/proc"
	"sluice/runner/report"
)

func TestJudge(t *testing.T) {
	now := time.Now()
	code := func(n int, ok ...int) ending {
		return ending{started: true, exit: proc.Exit{Code: n}, ok: append(ok, 0), end: now}
	}
	sig := func(s syscall.Signal) ending {
		return ending{started: true, exit: proc.Exit{Code: -1, Signal: s}, ok: []int{0}, end: now}
	}
	unstarted := ending{startErr: errors.New("no such program")}
	tee := func(r plumb.TeeResult) ending { return ending{started: true, tee: true, copied: &r, end: now} }
	late := func(e ending) ending { e.end = now.Add(time.Minute); return e }
	timeout := stopped{status: report.TimedOut, reason: "timeout of 3s", signal: "TERM", at: now.Add(time.Second)}
	cancel := timeout
	cancel.status = report.Cancelled

	for _, tt := range []struct {
		name   string
		stages []ending
		stop   stopped
		want   string // statuses, then the attempt's, then the stage at fault
	}{
		{"one good", []ending{code(0)}, stopped{}, "succeeded; succeeded"},
		{"false | true", []ending{code(1), code(0)}, stopped{}, "failed succeeded; failed 0"},
		{"the rightmost failure is the cause", []ending{code(2), code(3), code(0)}, stopped{}, "failed failed succeeded; failed 1"},
		{"ok codes", []ending{code(1, 1), code(0)}, stopped{}, "succeeded succeeded; succeeded"},
		{"yes | head", []ending{sig(syscall.SIGPIPE), code(0)}, stopped{}, "closed_early succeeded; succeeded"},
		{"closed early all the way", []ending{sig(syscall.SIGPIPE), sig(syscall.SIGPIPE), code(0)}, stopped{}, "closed_early closed_early succeeded; succeeded"},
		{"141 after EPIPE", []ending{code(141), code(0)}, stopped{}, "closed_early succeeded; succeeded"},
		{"the reader failed", []ending{sig(syscall.SIGPIPE), code(1)}, stopped{}, "failed failed; failed 1"},
		{"SIGPIPE of the last stage", []ending{code(0), sig(syscall.SIGPIPE)}, stopped{}, "succeeded failed; failed 1"},
		{"another signal is no early close", []ending{sig(syscall.SIGSEGV), code(0)}, stopped{}, "failed succeeded; failed 0"},
		{"a stage that could not start comes first", []ending{unstarted, late(sig(syscall.SIGKILL))}, cancel, "not_started cancelled; failed 0"},
		{"later stages are not tried", []ending{late(sig(syscall.SIGKILL)), unstarted, {}}, cancel, "cancelled not_started not_started; failed 1"},
		{"timeout", []ending{late(sig(syscall.SIGTERM))}, timeout, "timed_out; timed_out"},
		{"what ended before the timeout keeps its ending", []ending{code(0), late(sig(syscall.SIGTERM))}, timeout, "succeeded timed_out; timed_out"},
		{"exit 0 after the timeout is still a timeout", []ending{late(code(0))}, timeout, "succeeded; timed_out"},
		{"cancelled", []ending{late(code(130))}, cancel, "cancelled; cancelled"},
		{"a tee that had passed on all", []ending{tee(plumb.TeeResult{}), late(sig(syscall.SIGTERM))}, cancel, "succeeded cancelled; cancelled"},
		{"a tee whose writer was told to stop", []ending{late(sig(syscall.SIGTERM)), late(tee(plumb.TeeResult{})), late(code(0))}, cancel, "cancelled cancelled succeeded; cancelled"},
		{"nobody read on then", []ending{late(sig(syscall.SIGTERM)), late(tee(plumb.TeeResult{Early: true})), late(code(0))}, cancel, "cancelled cancelled succeeded; cancelled"},
	} {
		statuses, attempt, by := judge(tt.stages, line(len(tt.stages)), tt.stop)
		var words []string
		for _, s := range statuses {
			words = append(words, string(s))
		}
		got := strings.Join(words, " ") + "; " + string(attempt)
		if by >= 0 {
			got += " " + string(rune('0'+by))
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if (attempt == report.Succeeded) && by >= 0 || by >= len(statuses) {
			t.Errorf("%s: stage at fault %d", tt.name, by)
		}
	}
}

func TestEndingWords(t *testing.T) {
	now := time.Now()
	e := func(x proc.Exit) ending { return ending{started: true, exit: x, end: now.Add(11 * time.Second)} }
	stop := stopped{status: report.TimedOut, reason: "timeout of 3s", signal: "TERM", at: now, killed: now.Add(10 * time.Second)}
	got := []string{
		e(proc.Exit{Code: 2}).words(stopped{}),
		e(proc.Exit{Code: 2}).words(stop),
		e(proc.Exit{Code: 2}).words(stopped{signal: "KILL", at: now}),
		ending{started: true, exit: proc.Exit{Code: 2}, end: now.Add(-1)}.words(stop),
		e(proc.Exit{Code: -1, Signal: syscall.SIGSEGV, Core: true}).words(stopped{}),
		e(proc.Exit{Code: -1, Signal: syscall.SIGTERM}).words(stop),
		e(proc.Exit{Code: -1, Signal: syscall.SIGKILL}).words(stop),
		e(proc.Exit{Code: -1, Signal: syscall.SIGKILL}).words(stopped{}),
		ending{}.words(stop),
		ending{startErr: errors.New("x")}.words(stop),
	}
	want := []string{
		"exit code 2",
		"exit code 2, after TERM",
		"exit code 2",
		"exit code 2",
		"signal 11 SEGV, core dumped",
		"signal 15 TERM, sent by sluice",
		"signal 9 KILL, 10s after TERM",
		"signal 9 KILL",
		"not started",
		"could not start: x",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// line is who reads whom in a pipeline of n stages.
func line(n int) [][]plan.Reader {
	readers := make([][]plan.Reader, n)
	for i := range n - 1 {
		readers[i] = []plan.Reader{{Stage: i + 1}}
	}
	return readers
}

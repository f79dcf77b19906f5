package runner

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// An attempt runs in the group that its job asks for, and the events say which
// that is.
func TestGroup(t *testing.T) {
	session, _ := unix.Getsid(0)
	for _, tt := range []struct {
		group          plan.Group
		leads, session bool
	}{{"", true, false}, {plan.GroupOwn, true, false}, {plan.GroupSession, true, true}, {plan.GroupInherit, false, false}} {
		j := job("j", self(t, "ids"))
		j.Group = tt.group
		o := execute(t, planOf(j), Options{})
		var pid, pgid, sid int
		fmt.Sscan(o.logged("j", 0, event.Stdout), &pid, &pgid, &sid)
		started := find[event.StageStarted](o.recorder)[0]
		if pid != started.PID || pgid != started.PGID || (pgid == pid) != tt.leads || !tt.leads && pgid != unix.Getpgrp() {
			t.Errorf("%q: process %d in group %d, which the events call %d", tt.group, pid, pgid, started.PGID)
		}
		if (sid == pid) != tt.session || !tt.session && sid != session {
			t.Errorf("%q: session %d", tt.group, sid)
		}
	}
}

// In sluice's own group the stages are signalled one by one: this test would
// not live on.
func TestStopInOwnGroup(t *testing.T) {
	j := job("j", self(t, "hang"), self(t, "ignore"), self(t, "hang"))
	j.Group = plan.GroupInherit
	j.Stop.Grace = plan.Duration(20 * time.Millisecond)
	a := cancelWhenReady(t, planOf(j), 3, Options{}).wants(t, "cancelled cancelled cancelled; cancelled")
	for i, want := range []string{"signal 15 TERM, sent by sluice", "KILL", "signal 15 TERM, sent by sluice"} {
		if got := a.Stages[i].Ending; got != want && !(want == "KILL" && killedAfter(got, "TERM", 20*time.Millisecond)) {
			t.Errorf("stage %d ended with %q", i, got)
		}
	}
}

// What the terminal has sent to the whole group is not sent again.
func TestStopFromTheTerminal(t *testing.T) {
	for _, group := range []plan.Group{plan.GroupInherit, plan.GroupOwn} {
		j := job("j", self(t, "hang"))
		j.Group = group
		ctx, cancel := context.WithCancelCause(t.Context())
		ready := whenReady(1, func() { cancel(&FromTerminal{Signal: "INT", Reason: "interrupted"}) })
		o := executeContext(t, ctx, planOf(j), Options{}, func(r *recorder, e any) {
			ready(r, e)
			if _, ok := e.(event.Stopping); ok && group == plan.GroupInherit {
				signalStages(r, "j", syscall.SIGINT) // as the terminal does
			}
		})
		cancel(nil)
		want := map[plan.Group]string{plan.GroupInherit: "signal 2 INT, sent by the terminal", plan.GroupOwn: "signal 15 TERM, sent by sluice"}[group]
		if a := o.Jobs[0].Last(); a.Stages[0].Ending != want || a.Status != report.Cancelled || a.Cause != "interrupted" {
			t.Errorf("%s: %s: %s", group, a.Status, a.Stages[0].Ending)
		}
	}
}

// The exit of a process and the end of its streams are two events, and the
// report has the time between them.
func TestExitAndClose(t *testing.T) {
	life := newLifeline(t)
	o := executeContext(t, t.Context(), planOf(job("j", self(t, "fork", life.path, "leave"))), Options{}, func(r *recorder, e any) {
		if _, ok := e.(event.StageExited); ok {
			if len(find[event.OutputEnded](r)) > 0 {
				t.Error("the streams ended first")
			}
			life.release()
		}
	})
	exits := find[event.StageExited](o.recorder)
	a := o.Jobs[0].Last()
	if len(exits) != 1 || exits[0].At.Before(a.Stages[0].Start) || a.Close <= 0 || a.Close >= a.Took || len(a.Warnings) > 0 {
		t.Errorf("exits %+v, closed after %s of %s, %q", exits, a.Close, a.Took, a.Warnings)
	}
	none := job("j", self(t, "exit", "0"))
	none.Instances[0].Stdout.Kind, none.Instances[0].Stages[0].Stderr.Kind = plan.OutDiscard, plan.OutDiscard
	if a := execute(t, planOf(none), Options{}).Jobs[0].Last(); a.Close != 0 {
		t.Errorf("without streams it closed after %s", a.Close)
	}
}

// A stage of a pipeline that leaves a stream open is named.
func TestLingerNamesTheStage(t *testing.T) {
	life := newLifeline(t)
	first := self(t, "fork", life.path, "leave")
	first.Stderr.Kind = plan.OutLog
	last := self(t, "exit", "0")
	j := job("j", first, last)
	j.Instances[0].Stages[0].OK = []int{0, 141}
	o := execute(t, planOf(j), Options{})
	want := "a process that left the group still holds stderr of stage 1, fork; what it writes later than 1s after the end is not read"
	if a := o.Jobs[0].Last(); strings.Join(a.Warnings, "|") != want {
		t.Errorf("warnings %q", a.Warnings)
	}
	life.release()
	<-life.dead
}

package runner

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/proc"
	"sluice/runner/report"
)

// ending is what is known of one stage when its attempt is over.
type ending struct {
	started  bool
	startErr error
	exit     proc.Exit
	ok       []int     // exit codes that are success
	end      time.Time // when it exited, or had copied all
	lives    bool      // it did not: KILL did not end it

	tee     bool             // it is none of a process
	copied  *plumb.TeeResult // of a tee that has begun
	copyErr error            // of copying, reading and writing, or of sharing a stream among copies
	cut     bool             // what it wrote to was not read, and it was stopped
}

// stopped says that sluice ended an attempt before its time. The zero stopped
// means that it did not.
type stopped struct {
	status    report.Status // TimedOut, Cancelled or Failed; Succeeded for a service that is not needed any more
	reason    string        // "timeout of 3s"
	fault     *stage        // who is to blame for it; nil: no stage
	signal    string        // what the group was sent first, or after message
	has       string        // that, where it was not sluice that sent it
	told      bool          // it was the whole run that was to stop, or to do without the service
	unneeded  bool          // it is a service, and all that needed it is over
	message   plan.JSON     // what was sent before the signal; empty: nothing
	at        time.Time
	signalled time.Time // when signal followed message; zero where it did not
	killed    time.Time // when KILL followed; zero where it was not needed
	atOnce    bool      // that did not wait for the grace: the run was to end at once
}

func (s stopped) happened() bool { return !s.at.IsZero() }

// asked is when signal was sent.
func (s stopped) asked() time.Time {
	if s.message != "" {
		return s.signalled
	}
	return s.at
}

// onlyToldBy reports whether all that had been sent by then was a message.
func (s stopped) onlyToldBy(end time.Time) bool {
	return s.message != "" && (s.signalled.IsZero() || end.Before(s.signalled))
}

const afterMessage = ", after its message to stop"

// judge gives each stage its status, from the last to the first, and the
// attempt its own. by is the stage at fault, or -1. readers are the stages that
// read each, which stand behind it.
//
// A pipeline succeeds when every stage succeeded or was closed early by a
// reader that did. Else its cause is a stage that could not start, or the
// rightmost that failed.
func judge(stages []ending, readers [][]plan.Reader, stop stopped) (statuses []report.StageStatus, attempt report.Status, by int) {
	statuses = make([]report.StageStatus, len(stages))
	by, notStarted := -1, -1
	for i := len(stages) - 1; i >= 0; i-- {
		failed := slices.ContainsFunc(readers[i], func(r plan.Reader) bool {
			return statuses[r.Stage] != report.StageSucceeded && statuses[r.Stage] != report.StageClosedEarly
		})
		statuses[i] = judgeStage(stages[i], stop, len(readers[i]) > 0 && !failed)
		switch {
		case stages[i].startErr != nil:
			notStarted = i
		case by < 0 && statuses[i] == report.StageFailed:
			by = i
		}
	}
	switch {
	case notStarted >= 0:
		return statuses, report.Failed, notStarted
	case stop.status == report.Succeeded && by >= 0: // it failed before it was told to stop
		return statuses, report.Failed, by
	case stop.happened():
		return statuses, stop.status, -1
	case by >= 0:
		return statuses, report.Failed, by
	}
	return statuses, report.Succeeded, -1
}

func judgeStage(e ending, stop stopped, readerOK bool) report.StageStatus {
	switch {
	case !e.started || e.tee && e.copied == nil:
		return report.StageNotStarted
	case e.copyErr != nil:
		return report.StageFailed
	case e.tee && stop.happened() && (e.cut || !e.end.Before(stop.at) || e.copied.Early && !readerOK):
		return stop.stage()
	case e.tee && e.copied.Early:
		return report.StageClosedEarly
	case e.tee:
		return report.StageSucceeded
	case slices.Contains(e.ok, e.exit.Code):
		return report.StageSucceeded
	case readerOK && (e.exit.Signal == sigpipe || e.exit.Code == 128+int(sigpipe)):
		return report.StageClosedEarly
	case stop.happened() && !e.end.Before(stop.at):
		return stop.stage()
	}
	return report.StageFailed
}

// stage is the status of a stage that was ended so.
func (s stopped) stage() report.StageStatus {
	switch s.status {
	case report.TimedOut:
		return report.StageTimedOut
	case report.Succeeded:
		return report.StageSucceeded
	}
	return report.StageCancelled
}

// words tells how a stage ended.
func (e ending) words(stop stopped) string {
	sig := e.exit.Signal
	switch {
	case e.startErr != nil:
		if _, ok := errors.AsType[*proc.StartError](e.startErr); ok {
			return e.startErr.Error() // "can't start …"
		}
		return "could not start: " + e.startErr.Error()
	case !e.started || e.tee && e.copied == nil:
		return "not started"
	case e.copyErr != nil:
		return e.copyErr.Error()
	case e.tee:
		return e.passed()
	case e.lives:
		return "not ended by KILL"
	case !e.exit.Known():
		return "its ending is not known: something else waited for it"
	case sig == 0:
		text := fmt.Sprintf("exit code %d", e.exit.Code)
		switch {
		case !stop.happened() || e.end.Before(stop.at):
		case stop.onlyToldBy(e.end):
			text += afterMessage
		case stop.signal != "KILL":
			text += ", after " + stop.signal
		}
		return text
	}
	text := fmt.Sprintf("signal %d %s", int(sig), proc.SignalName(sig))
	if e.exit.Core {
		text += ", core dumped"
	}
	switch {
	case !stop.happened() || e.end.Before(stop.at):
	case sig == sigkill && !stop.killed.IsZero() && stop.message != "" && stop.signalled.IsZero():
		text += fmt.Sprintf(", %s after its message to stop", roundly(stop.killed.Sub(stop.at)))
	case stop.onlyToldBy(e.end): // its own doing, or somebody else's
		text += afterMessage
	case sig == sigkill && !stop.killed.IsZero() && stop.signal != "KILL":
		text += fmt.Sprintf(", %s after %s", roundly(stop.killed.Sub(stop.asked())), stop.signal)
	case proc.SignalName(sig) == stop.has:
		text += ", sent by the terminal"
	case proc.SignalName(sig) == stop.signal && stop.message != "":
		text += fmt.Sprintf(", %s after its message to stop", roundly(stop.signalled.Sub(stop.at)))
	case proc.SignalName(sig) == stop.signal && stop.message == "":
		text += ", sent by sluice"
	}
	return text
}

// passed tells what a tee did.
func (e ending) passed() string {
	text := fmt.Sprintf("%d bytes copied", e.copied.Bytes)
	switch {
	case e.cut || e.copied.Cut:
		text += ", then it was stopped"
	case e.copied.Early:
		text += ", then nobody read on"
	}
	if e.copied.Spilled > 0 {
		text += fmt.Sprintf("; at most %d of them were kept for who read slowly", e.copied.Spilled)
	}
	return text
}

// roundly is d without figures that nobody reads.
func roundly(d time.Duration) plan.Duration {
	unit := time.Millisecond
	switch {
	case d > 10*time.Second:
		unit = time.Second
	case d > time.Second:
		unit = 100 * time.Millisecond
	}
	return plan.Duration(d.Round(unit))
}

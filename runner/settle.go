package runner

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-multierror"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/proc"
	"sluice/runner/report"
)

// reap ends what the stages left behind in their group, then frees their
// numbers, the leader's last: until then no other group can have its number.
func (a *attempt) reap() {
	if a.leader == nil {
		a.freeSet()
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.grace != nil {
		a.grace.Stop()
	}
	if a.despair != nil {
		a.despair.Stop()
	}
	a.reaped = true
	a.signal(sigkill)
	a.endLoan()
	a.clearSet()
	for i := len(a.stages) - 1; i >= 0; i-- {
		if s := a.stages[i]; s.p != nil {
			s.exit = s.p.Reap()
		}
	}
	a.freeSet()
}

// drain waits for the end of the streams that sluice reads. A process that
// left the group may hold one; nobody waits long for that.
func (a *attempt) drain() {
	deadline := time.Now().Add(linger)
	for _, s := range a.stages {
		s.readTrouble(deadline)
	}
	for _, l := range a.logs {
		l.Interrupt(deadline)
	}
	for _, c := range a.channels {
		c.Interrupt(deadline)
	}
	for _, l := range a.logs {
		if l.Wait() {
			a.stillHeld(l.stage, l.name)
		}
	}
	if a.capture != nil {
		a.capture.Interrupt(deadline)
		if a.capture.Wait() {
			a.stillHeld(a.flow.Last, event.Stdout)
		}
	}
	a.drainChannels()
	if exited := a.lastExit(); !exited.IsZero() && len(a.readers) > 0 {
		a.res.Close = time.Since(exited)
	}
}

func (a *attempt) stillHeld(stage int, stream event.Stream) {
	of := ""
	if len(a.stages) > 1 {
		of = fmt.Sprintf(" of stage %d, %s", stage+1, a.stages[stage].plan.Name)
	}
	a.warn("a process that left the group still holds %s%s; what it writes later than %s after the end is not read", stream, of, linger)
}

// lastExit is when the last process exited; zero where none was started.
func (a *attempt) lastExit() (last time.Time) {
	for _, s := range a.stages {
		if !s.tee && s.ending.end.After(last) {
			last = s.ending.end
		}
	}
	return last
}

// settle gives the verdict, and commits the files and the capture of an
// attempt that succeeded. It returns trouble if that is sluice's own error.
func (a *attempt) settle(trouble error) error {
	endings := make([]ending, len(a.stages))
	for i, s := range a.stages {
		endings[i] = s.ending
	}
	statuses, status, by := judge(endings, a.flow.Readers, a.stop)
	a.res.Status, a.res.CauseBy = status, by
	switch {
	case by >= 0 && a.loan != nil && a.stages[by].exit.Signal == syscall.SIGINT:
		statuses[by] = report.StageCancelled
		a.res.Status, a.res.CauseBy, a.res.Cause = report.Cancelled, -1, interrupted
	case by >= 0 && a.readerGone(by):
		statuses[by] = report.StageClosedEarly
		a.res.Status, a.res.CauseBy, a.res.Cause = report.Cancelled, -1, unread
	case by >= 0:
		a.res.Cause = a.cause(by)
	case trouble != nil:
		a.res.Status, a.res.Cause = report.Failed, trouble.Error()
	case status != report.Succeeded:
		a.res.Cause, a.res.CauseBy = a.stop.reason, slices.Index(a.stages, a.stop.fault)
		if status == report.Cancelled && a.killedToEnd() {
			a.res.Cause += ", killed"
		}
		if status == report.TimedOut && !slices.ContainsFunc(statuses, func(s report.StageStatus) bool { return s != report.StageSucceeded }) {
			a.res.Cause += a.undoes() // although they ended well
		}
	case a.gone:
		a.res.Status, a.res.Cause = report.Cancelled, unread
	case a.capture != nil && a.capture.Exceeded():
		a.res.Status, a.res.Cause = report.Failed, tooMuch(a.inst.Stdout.Max)
	case a.values.over != "":
		a.res.Status, a.res.Cause = report.Failed, a.values.over
	}
	if a.job.Service {
		a.settleService()
	}
	if a.res.Status == report.Succeeded && len(a.res.Survivors) > 0 {
		a.res.Status, a.res.Cause = report.Failed, outlived(a.res.Survivors[0])
	}
	if err := a.commit(a.res.Status == report.Succeeded); err != nil {
		a.res.Status, a.res.Cause = report.Failed, oneLine([]error{err})
	}
	a.res.Took = time.Since(a.res.Start)
	for i, s := range a.stages {
		a.res.Stages = append(a.res.Stages, s.report(statuses[i], a.stop))
		if a.r.o.Sink != nil {
			a.r.emit(event.StageEnded{ID: a.inst.ID, Attempt: a.res.Number, Stage: i, Result: a.res.Stages[i]})
		}
	}
	var own *ownError
	if errors.As(trouble, &own) {
		return fmt.Errorf("%s: %w", a.inst.ID, own.err)
	}
	return nil
}

// killedToEnd reports whether a stage did not end by what it was sent first.
func (a *attempt) killedToEnd() bool {
	return a.stop.signal != "KILL" && !a.stop.killed.IsZero() &&
		slices.ContainsFunc(a.stages, func(s *stage) bool { return s.exit.Signal == sigkill && !s.end.Before(a.stop.killed) })
}

// undoes names the output files that stay as they were, as what follows the
// cause of an attempt that did not succeed.
func (a *attempt) undoes() string {
	var names []string
	for path, f := range a.files {
		if f.undone {
			names = append(names, strings.TrimPrefix(path, a.r.plan.Dir+"/"))
		}
	}
	slices.Sort(names)
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "; " + names[0] + " is left as it was"
	}
	return "; " + strings.Join(names, ", ") + " are left as they were"
}

// interrupted is why an attempt ended whose job owned the terminal and got the
// Ctrl-C that else would have come to sluice.
const interrupted = "interrupted"

// unread is why an attempt ended that wrote to sluice's own standard output
// until nobody read that any more.
const unread = "the reader of standard output has gone"

// readerGone reports whether the stage at fault is the last one, which wrote
// to sluice's own standard output until its reader went away, as in
// `sluice run list | head`. That is no failure of the job.
func (a *attempt) readerGone(by int) bool {
	s := a.stages[by]
	out := a.inst.Stdout.Kind
	return by == a.flow.Last &&
		(s.exit.Signal == sigpipe || s.exit.Code == 128+int(sigpipe)) &&
		(out == plan.OutInherit || out == plan.OutLog && a.r.o.Direct) &&
		plumb.ReaderGone(a.r.o.Stdout)
}

// cause is why the attempt did not succeed, as its stage at fault tells it.
func (a *attempt) cause(by int) string {
	s := a.stages[by]
	text := s.words(a.stop)
	if len(a.stages) > 1 {
		text = report.Place(by, len(a.stages), s.plan.Name, a.inst.IsGraph()) + ": " + text
	}
	return text
}

func (s *stage) report(status report.StageStatus, stop stopped) *report.Stage {
	r := &report.Stage{Name: s.plan.Name, Argv: s.argv, Status: status, Ending: s.words(stop)}
	if s.argv == nil {
		for _, t := range s.plan.Argv {
			r.Argv = append(r.Argv, t.String())
		}
	}
	if s.log != nil {
		r.Stderr = s.log.Tail()
	}
	if s.startErr != nil {
		r.Error, r.Code = s.startErr.Error(), 126
		var se *proc.StartError
		if errors.As(s.startErr, &se) {
			r.Code = se.Code()
		}
	}
	if s.copyErr != nil {
		r.Error, r.Code = s.copyErr.Error(), 1
	}
	if s.p == nil {
		return r
	}
	r.PID, r.Code, r.Core = s.p.PID(), s.exit.Code, s.exit.Core
	if s.exit.Signal != 0 {
		r.Signal = proc.SignalName(s.exit.Signal)
	}
	r.Start, r.Took = s.start, s.end.Sub(s.start)
	r.User, r.System, r.MaxRSS = s.exit.User, s.exit.System, s.exit.MaxRSS
	return r
}

// commit makes the outputs of an attempt that succeeded final, and undoes
// those of any other.
func (a *attempt) commit(succeeded bool) error {
	var errs *multierror.Error
	for path, f := range a.files {
		if succeeded && errs == nil || f.shared {
			if err := f.Commit(); err != nil {
				errs = multierror.Append(errs, err)
			} else if succeeded && !f.shared {
				a.keepOutput(path)
			}
			continue
		}
		if err := f.Abort(); err != nil {
			a.warn("%v", err)
		}
	}
	if succeeded && errs == nil && a.capture != nil {
		a.r.setStdout(a.inst.ID, a.capture.Bytes(), a.trim)
	}
	if succeeded && errs == nil && a.values.byName != nil {
		a.made.values = a.values.byName
		a.r.setValues(a.inst.ID, a.made.values)
	}
	if errs != nil {
		errs.ErrorFormat = oneLine
	}
	return errs.ErrorOrNil()
}

// keepOutput notes what the file at path is now, for the report.
func (a *attempt) keepOutput(path string) {
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() {
		a.made.outputs = append(a.made.outputs, report.Output{Path: path, Size: info.Size(), Mtime: info.ModTime()})
	}
}

// oneLine is several errors as one line, and not an endless one.
func oneLine(errs []error) string {
	const most = 3
	var parts []string
	for _, err := range errs[:min(most, len(errs))] {
		parts = append(parts, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if more := len(errs) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more like these", more))
	}
	return strings.Join(parts, "; ")
}

func (a *attempt) closeChildEnds() {
	for _, f := range a.childEnds {
		f.Close() // nothing was written through these numbers
	}
	a.childEnds = nil
	for to, f := range a.ends {
		if a.stages[to.Stage].plan.Tee != nil { // which has not come to take it
			f.Close()
		}
	}
}

// ownError is an error of sluice: not the file's, not a child's.
type ownError struct{ err error }

func (e *ownError) Error() string { return e.err.Error() }
func (e *ownError) Unwrap() error { return e.err }

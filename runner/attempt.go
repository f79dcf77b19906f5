package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-multierror"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/proc"
	"sluice/runner/report"
)

// linger is how long the readers of an attempt's streams wait for their end
// when its process group is gone: something outside the group holds them.
const linger = time.Second

// attempt is one execution of an instance's pipeline. One goroutine, the
// instance's, owns it.
type attempt struct {
	r      *run
	job    *plan.Job
	inst   *plan.Instance
	res    *report.Attempt
	stages []*stage

	mu       sync.Mutex    // guards these, and the group while it is signalled
	leader   *proc.Process // of the group; reaped last, so that its number stays taken
	stop     stopped
	terminal *os.File    // lent to the group while it lives, or nil
	reaped   bool        // the group's number may be somebody else's
	grace    *time.Timer // runs after stop; nil where there was none

	childEnds []*os.File // what children inherit; closed when the last has started
	files     map[string]*plumb.File
	readers   []func() // begin to read logs and captures, after the events of the starts
	logs      []*plumb.Log
	capture   *plumb.Capture
	trim      bool
}

// stage is one process of an attempt.
type stage struct {
	plan  *plan.Stage
	argv  []string
	p     *proc.Process // nil where it did not start
	start time.Time
	log   *plumb.Log // of its standard error; nil where that is not logged
	ending
}

// attempt runs inst's pipeline once. The error is sluice's own.
func (r *run) attempt(ctx context.Context, j *plan.Job, inst *plan.Instance, number int) (*report.Attempt, error) {
	a := &attempt{
		r: r, job: j, inst: inst,
		res:   &report.Attempt{Number: number, Start: time.Now(), CauseBy: -1},
		files: map[string]*plumb.File{},
	}
	for _, s := range inst.Stages {
		a.stages = append(a.stages, &stage{plan: s, ending: ending{ok: s.OK}})
	}
	r.emit(event.AttemptStarted{ID: inst.ID, Attempt: number})
	trouble := a.start()
	if trouble != nil { // before the pipes break: no stage is to blame for that
		a.stopGroup(stopped{status: report.Cancelled, reason: "another stage could not start", signal: "KILL"}, sigkill)
	}
	a.closeChildEnds()
	for _, read := range a.readers {
		read()
	}
	a.wait(ctx)
	a.reap()
	a.drain()
	return a.res, a.settle(trouble)
}

// start opens the streams and starts the stages, from the first to the last.
// Where one can't start, the later ones are not tried.
func (a *attempt) start() error {
	stdin, err := a.input()
	if err != nil {
		return err
	}
	last := len(a.stages) - 1
	jobOut, err := a.output(a.inst.Stdout, last, event.Stdout, nil)
	if err != nil {
		return err
	}
	for i, s := range a.stages {
		stdout := jobOut
		var next *os.File
		if i < last {
			if next, stdout, err = plumb.Pipe(); err != nil {
				return &ownError{err}
			}
			a.childEnds = append(a.childEnds, next, stdout)
		}
		own := stdout
		if s.plan.Stderr.Kind == plan.OutJob {
			own = jobOut
		}
		stderr, err := a.output(s.plan.Stderr, i, event.Stderr, own)
		if err != nil {
			return err
		}
		if err := a.startStage(i, []*os.File{stdin, stdout, stderr}); err != nil {
			return err
		}
		stdin = next
	}
	return nil
}

func (a *attempt) startStage(i int, files []*os.File) error {
	s := a.stages[i]
	c := proc.Command{Path: s.plan.Path, Dir: s.plan.Dir, Files: files, Umask: -1}
	var err error
	if a.inst.Umask != "" {
		mask, err := strconv.ParseUint(a.inst.Umask, 8, 32)
		if err != nil {
			return &ownError{fmt.Errorf("the plan's umask: %w", err)}
		}
		c.Umask = int(mask)
	}
	for _, t := range s.plan.Argv {
		v, err := t.Resolve(a.unknown)
		if err != nil {
			return a.cannotStart(s, err)
		}
		s.argv = append(s.argv, v)
	}
	c.Argv = s.argv
	c.Env = make([]string, len(s.plan.Env))
	for k, e := range s.plan.Env {
		v, err := e.Value.Resolve(a.unknown)
		if err != nil {
			return a.cannotStart(s, err)
		}
		c.Env[k] = e.Name + "=" + v
	}
	if a.leader != nil {
		c.Group = a.leader.PID()
	} else if a.inst.Stdin.Kind == plan.InInherit && proc.HasForeground(a.r.o.Stdin) {
		// Only the foreground group may read from a terminal: from any
		// other it is stopped by SIGTTIN. Ctrl-C then reaches the job alone.
		c.Foreground, a.terminal = a.r.o.Stdin, a.r.o.Stdin
	}
	s.start = time.Now()
	if s.p, err = proc.Start(c); err != nil {
		return a.cannotStart(s, err)
	}
	s.started = true
	if a.leader == nil {
		a.mu.Lock()
		a.leader = s.p
		a.mu.Unlock()
	}
	if a.r.o.Sink != nil {
		a.r.emit(event.StageStarted{ID: a.inst.ID, Attempt: a.res.Number, Stage: i, Name: s.plan.Name, Argv: s.argv, Path: c.Path, PID: s.p.PID(), PGID: a.leader.PID()})
	}
	return nil
}

func (a *attempt) cannotStart(s *stage, err error) error {
	s.startErr = err
	return err
}

// unknown is a value that only the run knows.
func (a *attempt) unknown(u plan.Unknown) (string, error) {
	switch u.Kind {
	case plan.UnknownRunID:
		return a.r.o.RunID, nil
	case plan.UnknownAttempt:
		return strconv.Itoa(a.res.Number), nil
	case plan.UnknownJobStdout:
		c, ok := a.r.captured(u.Job)
		if !ok {
			return "", fmt.Errorf("job %s captured nothing, so %s has no value", u.Job, u)
		}
		text := string(c.data)
		if c.trim {
			text = strings.TrimRight(text, "\r\n")
		}
		switch {
		case strings.ContainsRune(text, 0):
			return "", fmt.Errorf("%s has a NUL byte, which no argument can have", u)
		case u.NoDash && strings.HasPrefix(text, "-"):
			return "", fmt.Errorf("%s begins with a dash and could be read as an option; put a -- before it", u)
		}
		return text, nil
	}
	return "", fmt.Errorf("the plan has the unknown %q, which this sluice does not know", u.Kind)
}

func (r *run) captured(id string) (captured, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.captures[id]
	return c, ok
}

// wait returns when every started stage has exited. It ends them before their
// time when the timeout is over, ctx is cancelled, a capture is full, or the
// caller wants no more of it. No goroutine waits for these: they call.
func (a *attempt) wait(ctx context.Context) {
	var group sync.WaitGroup
	var self *stage // the one that this goroutine waits for
	for _, s := range a.stages {
		switch {
		case s.p == nil:
		case self == nil:
			self = s
		default:
			group.Go(s.waitExit)
		}
	}
	if self == nil {
		return
	}
	if d := time.Duration(a.job.Timeout); d > 0 {
		defer time.AfterFunc(d, func() {
			a.end(stopped{status: report.TimedOut, reason: "timeout of " + a.job.Timeout.String()})
		}).Stop()
	}
	defer context.AfterFunc(ctx, func() {
		a.end(stopped{status: report.Cancelled, reason: context.Cause(ctx).Error()})
	})()
	defer context.AfterFunc(a.r.kill, func() {
		a.stopGroup(stopped{status: report.Cancelled, reason: context.Cause(a.r.kill).Error(), signal: "KILL"}, sigkill)
		a.killGroup()
	})()
	self.waitExit()
	group.Wait()
}

func (s *stage) waitExit() {
	s.p.WaitExit()
	s.ending.end = time.Now()
}

// end stops the attempt: the job's signal now, KILL when its grace is over.
// The first reason counts.
func (a *attempt) end(s stopped) {
	s.signal = a.job.Stop.Signal
	sig, _ := proc.ParseSignal(s.signal)
	a.stopGroup(s, sig)
}

// endFull stops the attempt because its capture is over the limit.
func (a *attempt) endFull() {
	a.end(stopped{status: report.Failed, reason: tooMuch(a.inst.Stdout.Max)})
}

// stopGroup asks the group to end with sig, and wakes what is stopped in it so
// that it can; KILL follows when its grace is over. It does nothing where that
// was done before, or all is over.
func (a *attempt) stopGroup(s stopped, sig syscall.Signal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stop.happened() || a.reaped || a.leader == nil {
		return
	}
	s.at = time.Now()
	a.stop = s
	a.signal(sig)
	if sig != sigkill {
		a.signal(syscall.SIGCONT)
		a.grace = time.AfterFunc(time.Duration(a.job.Stop.Grace), a.killGroup)
	}
	a.r.emit(event.Stopping{ID: a.inst.ID, Attempt: a.res.Number, Reason: s.reason, Signal: s.signal})
}

func (a *attempt) killGroup() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.reaped && a.stop.killed.IsZero() {
		a.stop.killed = time.Now()
		a.signal(sigkill)
	}
}

// signal signals the group. The caller holds a.mu, and the leader is unreaped.
func (a *attempt) signal(sig syscall.Signal) {
	if err := proc.SignalGroup(a.leader, sig); err != nil {
		a.warn("signal %s to the process group: %v", proc.SignalName(sig), err)
	}
}

func (a *attempt) warn(format string, args ...any) {
	a.res.Warnings = append(a.res.Warnings, fmt.Sprintf(format, args...))
}

// reap ends what the stages left behind in their group, then frees their
// numbers, the leader's last: until then no other group can have its number.
func (a *attempt) reap() {
	if a.leader == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.grace != nil {
		a.grace.Stop()
	}
	a.reaped = true
	a.signal(sigkill)
	if a.terminal != nil {
		if err := proc.TakeForeground(a.terminal); err != nil {
			a.warn("the terminal could not be taken back: %v", err)
		}
	}
	for i := len(a.stages) - 1; i >= 0; i-- {
		if s := a.stages[i]; s.p != nil {
			s.exit = s.p.Reap()
		}
	}
}

// drain waits for the end of the streams that sluice reads.
func (a *attempt) drain() {
	deadline := time.Now().Add(linger)
	cut := false
	for _, l := range a.logs {
		l.Interrupt(deadline)
		cut = l.Wait() || cut
	}
	if a.capture != nil {
		a.capture.Interrupt(deadline)
		cut = a.capture.Wait() || cut
	}
	if cut {
		a.warn("a process that left the group still holds an output stream: what it writes after %s is not read", linger)
	}
}

// settle gives the verdict, and commits the files and the capture of an
// attempt that succeeded. It returns trouble if that is sluice's own error.
func (a *attempt) settle(trouble error) error {
	endings := make([]ending, len(a.stages))
	for i, s := range a.stages {
		endings[i] = s.ending
	}
	statuses, status, by := judge(endings, a.stop)
	a.res.Status, a.res.CauseBy = status, by
	switch {
	case by >= 0 && a.terminal != nil && a.stages[by].exit.Signal == syscall.SIGINT:
		statuses[by] = report.StageCancelled
		a.res.Status, a.res.CauseBy, a.res.Cause = report.Cancelled, -1, interrupted
	case by >= 0 && a.readerGone(by):
		statuses[by] = report.StageClosedEarly
		a.res.Status, a.res.CauseBy, a.res.Cause = report.Cancelled, -1, "the reader of standard output has gone"
	case by >= 0:
		a.res.Cause = a.cause(by)
	case trouble != nil:
		a.res.Status, a.res.Cause = report.Failed, trouble.Error()
	case status != report.Succeeded:
		a.res.Cause = a.stop.reason
	case a.capture != nil && a.capture.Exceeded():
		a.res.Status, a.res.Cause = report.Failed, tooMuch(a.inst.Stdout.Max)
	}
	if err := a.commit(a.res.Status == report.Succeeded); err != nil {
		a.res.Status, a.res.Cause = report.Failed, err.Error()
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

// interrupted is why an attempt ended whose job owned the terminal and got the
// Ctrl-C that else would have come to sluice.
const interrupted = "interrupted"

// readerGone reports whether the stage at fault is the last one, which wrote
// to sluice's own standard output until its reader went away, as in
// `sluice run list | head`. That is no failure of the job.
func (a *attempt) readerGone(by int) bool {
	s := a.stages[by]
	out := a.inst.Stdout.Kind
	return by == len(a.stages)-1 &&
		(s.exit.Signal == sigpipe || s.exit.Code == 128+int(sigpipe)) &&
		(out == plan.OutInherit || out == plan.OutLog && a.r.o.Direct) &&
		plumb.ReaderGone(a.r.o.Stdout)
}

// cause is why the attempt did not succeed, as its stage at fault tells it.
func (a *attempt) cause(by int) string {
	s := a.stages[by]
	text := s.words(a.stop)
	if len(a.stages) > 1 {
		text = fmt.Sprintf("stage %d of %d, %s: %s", by+1, len(a.stages), s.plan.Name, text)
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
	for _, f := range a.files {
		if succeeded && errs == nil {
			if err := f.Commit(); err != nil {
				errs = multierror.Append(errs, err)
			}
			continue
		}
		if err := f.Abort(); err != nil {
			a.warn("%v", err)
		}
	}
	if succeeded && errs == nil && a.capture != nil {
		a.r.mu.Lock()
		a.r.captures[a.inst.ID] = captured{a.capture.Bytes(), a.trim}
		a.r.mu.Unlock()
	}
	return errs.ErrorOrNil()
}

func (a *attempt) closeChildEnds() {
	for _, f := range a.childEnds {
		f.Close() // nothing was written through these numbers
	}
	a.childEnds = nil
}

// ownError is an error of sluice: not the file's, not a child's.
type ownError struct{ err error }

func (e *ownError) Error() string { return e.err.Error() }
func (e *ownError) Unwrap() error { return e.err }

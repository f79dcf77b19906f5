package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"sluice/runner/contain"
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
	flow   *plan.Flow
	res    *report.Attempt
	stages []*stage
	set    *contain.Set // what the stages are born into; nil where the run has no Keeper

	mu      sync.Mutex    // guards these, and the group while it is signalled
	leader  *proc.Process // the first process, which leads the group if there is one; reaped last, so that its number stays taken
	stop    stopped
	reaped  bool           // the group's number may be somebody else's
	copying bool           // tees and pumps go on
	cut     *time.Timer    // runs after they were cut off; nil where they were not
	grace   *time.Timer    // runs after stop; nil where there was none
	despair *time.Timer    // runs after KILL; nil where there was none
	telling sync.WaitGroup // that the attempt is being stopped; begins before it is reaped

	loan    *loan      // the terminal, while the group has it; nil where it has not
	ready   *readiness // nil where nobody asks
	silence silence

	childEnds []*os.File               // what children inherit; closed when the last has started
	ends      map[plan.Reader]*os.File // of them, what the stages to come read
	files     map[string]outFile
	made      made
	readers   []func() // begin to read logs and captures, after the events of the starts
	logs      []loggedStream
	tees      []*tee
	pumps     []pumped
	channels  []*channel
	values    values
	gone      bool // nobody read sluice's own standard output any more
	capture   *plumb.Capture
	trim      bool
}

// loggedStream is a stream of a stage that is logged.
type loggedStream struct {
	*plumb.Log
	stage int
	name  event.Stream
}

// outFile is an output file of an attempt.
type outFile struct {
	*plumb.File
	shared bool // others append to it too: nothing is cut off again
	undone bool // what the attempt wrote is, where it did not succeed
}

// stage is one process of an attempt.
type stage struct {
	plan    *plan.Stage
	argv    []string
	p       *proc.Process // nil where it did not start
	start   time.Time
	log     *plumb.Log // of its standard error; nil where that is not logged
	trouble *os.File   // from the process that shares its stream, closed by drain; nil: there is none
	ending
}

// made is what an attempt leaves that succeeded.
type made struct {
	outputs []report.Output // files that were committed
	values  map[string]json.RawMessage
}

// attempt runs inst's pipeline once, and returns what it made where it
// succeeded. The error is sluice's own.
func (r *run) attempt(ctx context.Context, j *plan.Job, inst *plan.Instance, number int) (*report.Attempt, made, error) {
	a := &attempt{
		r: r, job: j, inst: inst, flow: inst.Flow(), ends: map[plan.Reader]*os.File{},
		res:   &report.Attempt{Number: number, Start: time.Now(), CauseBy: -1},
		files: map[string]outFile{},
	}
	a.silence.began = a.res.Start
	for _, s := range inst.Stages {
		a.stages = append(a.stages, &stage{plan: s, ending: ending{ok: s.OK, tee: s.Tee != nil}})
	}
	r.emit(event.AttemptStarted{ID: inst.ID, Attempt: number})
	trouble := a.start()
	if trouble != nil {
		a.ready = nil // before the pipes break: no stage is to blame for that
		a.stopGroup(stopped{status: report.Cancelled, reason: "another stage could not start", signal: "KILL"}, sigkill)
		a.killGroup(true)
		for _, t := range a.tees {
			t.whole = false // they don't begin
		}
	}
	a.closeChildEnds()
	for _, read := range a.readers {
		read()
	}
	a.wait(ctx)
	a.drain()
	a.telling.Wait() // that it is being stopped comes before that it has ended
	err := a.settle(trouble)
	return a.res, a.made, err
}

// start opens the streams and starts the stages, from the first to the last.
// Where one can't start, the later ones are not tried.
func (a *attempt) start() error {
	err := a.enter()
	if err != nil {
		return err
	}
	if a.ready, err = a.prepareReady(); err != nil {
		return err
	}
	out, err := a.output(a.inst.Stdout, a.flow.Last, event.Stdout, nil)
	if err != nil {
		return err
	}
	for i, s := range a.stages {
		if s.plan.Tee != nil {
			if err := a.startTee(i, out); err != nil {
				return a.cannotStart(s, err)
			}
			continue
		}
		files, err := a.streams(i, out)
		if err != nil {
			return err
		}
		if err := a.startStage(i, files); err != nil {
			return err
		}
	}
	return nil
}

func (a *attempt) startStage(i int, files []*os.File) error {
	s := a.stages[i]
	c := proc.Command{Path: s.plan.Path, Dir: s.plan.Dir, Files: files, Umask: -1}
	if a.set != nil {
		c.Within = a.set
	}
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
		if strings.ContainsRune(v, 0) {
			return a.cannotStart(s, fmt.Errorf("%s has a NUL byte, which no argument can have", t))
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
	if err := plan.CheckSize(c.Path, c.Argv, c.Env); err != nil {
		return a.cannotStart(s, err)
	}
	switch {
	case a.job.Group == plan.GroupInherit:
		c.Group = -1
	case a.leader != nil:
		c.Group = a.leader.PID()
	default:
		c.Session = a.job.Group == plan.GroupSession
	}
	if a.leader == nil {
		if a.loan = a.borrow(); a.loan != nil && a.loan.lent {
			c.Foreground = a.loan.terminal
		}
	}
	if s.plan.Shard != nil {
		if err := a.sharded(s, &c); err != nil {
			return a.cannotStart(s, err)
		}
	}
	s.start = time.Now()
	if s.p, err = proc.Start(c); err != nil {
		if a.leader == nil {
			a.endLoan() // what dies before its exec may have had it
		}
		return a.cannotStart(s, err)
	}
	s.started = true
	if a.leader == nil {
		a.mu.Lock()
		a.leader = s.p
		a.mu.Unlock()
	}
	if a.r.o.Sink != nil {
		a.r.emit(event.StageStarted{ID: a.inst.ID, Attempt: a.res.Number, Stage: i, Name: s.plan.Name, Argv: s.argv, Path: s.plan.Path, PID: s.p.PID(), PGID: a.group()})
	}
	return nil
}

// group is the number of the attempt's process group.
func (a *attempt) group() int {
	if a.job.Group == plan.GroupInherit {
		return syscall.Getpgrp()
	}
	return a.leader.PID()
}

func (a *attempt) cannotStart(s *stage, err error) error {
	s.startErr = err
	return err
}

// unknown is a value that only the run knows.
func (a *attempt) unknown(u plan.Unknown) (string, error) {
	if text, ok, err := a.r.fromJobs(u); ok {
		return text, err
	}
	switch u.Kind {
	case plan.UnknownMatrix:
		return axisValue(a.inst, u)
	case plan.UnknownRunID:
		return a.r.o.RunID, nil
	case plan.UnknownAttempt:
		return strconv.Itoa(a.res.Number), nil
	}
	return "", fmt.Errorf("the plan has the unknown %q, which this sluice does not know", u.Kind)
}

func (a *attempt) warn(format string, args ...any) {
	a.res.Warnings = append(a.res.Warnings, fmt.Sprintf(format, args...))
}

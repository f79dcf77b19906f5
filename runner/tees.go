package runner

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/report"
)

// Stages that are no processes: sluice copies what they read.

// tee is a stage that is no process.
type tee struct {
	stage int
	in    *os.File
	outs  []*os.File
	names []string // of outs, for people
	whole bool     // in and outs are all there

	// What comes is not by a process of the attempt, which ends with that, but
	// by a file or by what sluice itself reads.
	fed bool

	copying *plumb.Tee // nil: it did not begin
	waited  string     // for whom, at the bound
}

// pumped is a copy, for a tee, between a pipe and what is none.
type pumped struct {
	*plumb.Pump
	stage int      // the tee's
	file  *os.File // its end that is no pipe; closed when it has ended
	out   bool     // it is written
}

// startTee makes stage i a tee, which begins when all processes have started.
func (a *attempt) startTee(i int, out *os.File) error {
	s := a.stages[i]
	t := &tee{stage: i}
	a.tees = append(a.tees, t)
	a.readers = append(a.readers, func() { a.beginTee(t) })
	if err := a.teeSource(t); err != nil {
		return err
	}
	for _, to := range a.flow.Readers[i] {
		w, err := a.join(to)
		if err != nil {
			return err
		}
		t.add(w, a.stages[to.Stage].plan.Name)
	}
	for _, o := range s.plan.Tee.Files {
		f, err := a.file(o)
		if err == nil {
			err = a.pumpTo(t, f, o)
		}
		if err != nil {
			return err
		}
	}
	if o, ok := a.inst.OutputOf(a.flow, i); ok && o.Kind != plan.OutDiscard {
		f := out
		var err error
		if i != a.flow.Last {
			f, err = a.output(o, i, event.Stdout, nil)
		}
		if err == nil {
			err = a.pumpTo(t, f, o)
		}
		if err != nil {
			return err
		}
	}
	t.whole, s.started = true, true
	return nil
}

// teeSource opens what t copies.
func (a *attempt) teeSource(t *tee) (err error) {
	if from := a.flow.Source[t.stage]; from >= 0 {
		to := plan.Reader{Stage: t.stage}
		t.in, t.fed = a.ends[to], a.stages[from].plan.Tee != nil
		delete(a.ends, to)
		return nil
	}
	f, err := a.source(t.stage)
	if err != nil {
		return err
	}
	t.fed = true
	own, err := duplicate(f)
	if err != nil {
		return &ownError{err}
	}
	r, p, err := plumb.FeedPipe(own)
	if err != nil {
		own.Close()
		return &ownError{err}
	}
	t.in = r
	a.pumps = append(a.pumps, pumped{Pump: p, stage: t.stage, file: own})
	return nil
}

// pumpTo makes f, which is o, a branch of t.
func (a *attempt) pumpTo(t *tee, f *os.File, o plan.Output) error {
	own, err := duplicate(f)
	if err != nil {
		return &ownError{err}
	}
	w, p, err := plumb.DrainTo(own)
	if err != nil {
		own.Close()
		return &ownError{err}
	}
	a.pumps = append(a.pumps, pumped{Pump: p, stage: t.stage, file: own, out: true})
	name := o.Path
	if name == "" {
		name = "stdout"
	}
	t.add(w, name)
	return nil
}

func (t *tee) add(w *os.File, name string) {
	t.outs, t.names = append(t.outs, w), append(t.names, name)
}

// duplicate is f under another number, for one who needs it longer than others.
func duplicate(f *os.File) (*os.File, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var n int
	var failed error
	if err := conn.Control(func(fd uintptr) { n, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 3) }); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, os.NewSyscallError("fcntl", failed)
	}
	return os.NewFile(uintptr(n), f.Name()), nil
}

// beginTee begins to copy, unless something of t is missing.
func (a *attempt) beginTee(t *tee) {
	if !t.whole {
		for _, f := range append(t.outs, t.in) {
			if f != nil {
				f.Close()
			}
		}
		return
	}
	a.mu.Lock()
	a.copying = true
	a.mu.Unlock()
	o := a.stages[t.stage].plan.Tee
	t.copying = plumb.StartTee(t.in, t.outs, plumb.TeeOptions{Spill: o.Spill, Names: t.names, Waits: func(branch int) {
		t.waited = t.names[branch]
		if o.Fail {
			// Not by an end of the branches, which would pass for that of the stream.
			fault := t.stage // where it is no stage that reads slowly
			if readers := a.flow.Readers[t.stage]; branch < len(readers) {
				fault = readers[branch].Stage
			}
			a.end(stopped{status: report.Failed, fault: a.stages[fault], reason: fmt.Sprintf("%s is %s behind the others, and spill allows no more", t.waited, report.Size(o.Spill))})
		}
	}})
}

// copyOn returns when every tee has passed on what there is, and all of that is
// written. The processes have ended, and a process outside that holds the pipe
// of a tee is not waited for long.
func (a *attempt) copyOn() {
	if len(a.tees) == 0 {
		return
	}
	deadline := time.Now().Add(linger)
	for _, t := range a.tees {
		if t.copying != nil && !t.fed {
			t.copying.Interrupt(deadline)
		}
	}
	a.mu.Lock()
	if a.stop.happened() {
		a.cutTees()
	}
	a.mu.Unlock()
	for _, t := range a.tees {
		if t.copying != nil {
			a.waitTee(t)
		}
	}
	for _, p := range a.pumps {
		a.waitPump(p)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.copying = false
	if a.cut != nil {
		a.cut.Stop()
	}
}

// waitTee returns when t copies no more.
func (a *attempt) waitTee(t *tee) {
	result := t.copying.Wait()
	s := a.stages[t.stage]
	s.copied, s.copyErr, s.ending.end = &result, result.Err, result.End
	if writer := a.writer(t); writer != nil && !result.Early && !result.Cut && writer.ending.end.Before(result.End) {
		s.ending.end = writer.ending.end // what followed is the pace of this process
	}
	a.mu.Lock()
	stopped := a.stop.happened()
	a.mu.Unlock()
	if result.Cut && !t.fed && !stopped {
		a.stillHeld(a.flow.Source[t.stage], event.Stdout)
	}
	if t.waited != "" && !s.plan.Tee.Fail {
		a.warn("%s kept as much as spill allows, and went on as fast as %s read", s.plan.Name, t.waited)
	}
}

// writer is the process that t copies from, if need be through other tees; nil
// where that is none of the attempt.
func (a *attempt) writer(t *tee) *stage {
	i := a.flow.Source[t.stage]
	for i >= 0 && a.stages[i].plan.Tee != nil {
		i = a.flow.Source[i]
	}
	if i < 0 || a.stages[i].p == nil {
		return nil
	}
	return a.stages[i]
}

// waitPump returns when p copies no more.
func (a *attempt) waitPump(p pumped) {
	err := p.Wait()
	p.file.Close()
	s := a.stages[p.stage]
	switch {
	case err == nil:
	case errors.Is(err, plumb.ErrStopped):
		s.cut = true
		a.warn("%v", err)
	case errors.Is(err, syscall.EPIPE) && plumb.ReaderGone(a.r.o.Stdout):
		a.gone = true
	case s.copyErr == nil:
		s.copyErr = err
	}
}

// cutTees lets tees read no more, and what is copied already be written within
// the time that is given to what lingers. The caller holds a.mu.
func (a *attempt) cutTees() {
	for _, t := range a.tees {
		if t.copying != nil {
			t.copying.Interrupt(time.Now())
		}
	}
	a.cut = time.AfterFunc(linger, func() {
		for _, p := range a.pumps {
			if p.out {
				p.Stop()
			}
		}
	})
}

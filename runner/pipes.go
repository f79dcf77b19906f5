package runner

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
)

// How the stages of an attempt are joined.

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
	result  plumb.TeeResult
	waited  string // for whom, at the bound
}

// pumped is a copy between a pipe and what is none.
type pumped struct {
	*plumb.Pump
	file *os.File // its end that is no pipe; closed when it has ended
	out  plan.Output
	in   bool
}

// streams are the descriptors of stage i, from 0 on. out is where the job's
// standard output goes.
func (a *attempt) streams(i int, out *os.File) ([]*os.File, error) {
	stdin, err := a.source(i)
	if err != nil {
		return nil, err
	}
	stdout, err := a.sink(i, out)
	if err != nil {
		return nil, err
	}
	s := a.stages[i].plan
	joined := stdout
	if s.Stderr.Kind == plan.OutJob {
		joined = out
	}
	stderr, err := a.output(s.Stderr, i, event.Stderr, joined)
	if err != nil {
		return nil, err
	}
	files := []*os.File{stdin, stdout, stderr}
	for range s.Inputs {
		files = append(files, a.ends[plan.Reader{Stage: i, FD: len(files)}])
	}
	if s.Channel != nil {
		child, err := a.openChannel(i)
		if err != nil {
			return nil, err
		}
		files = append(files, child)
	}
	return files, nil
}

// source is what stage i reads on its standard input.
func (a *attempt) source(i int) (*os.File, error) {
	if a.flow.Source[i] >= 0 {
		return a.ends[plan.Reader{Stage: i}], nil
	}
	return a.input(a.inst.InputOf(a.flow, i))
}

// sink is where stage i, a process, writes.
func (a *attempt) sink(i int, out *os.File) (*os.File, error) {
	if readers := a.flow.Readers[i]; len(readers) > 0 {
		w, err := a.join(readers[0])
		if err == nil {
			a.childEnds = append(a.childEnds, w)
		}
		return w, err
	}
	if i == a.flow.Last {
		return out, nil
	}
	return a.output(*a.stages[i].plan.Stdout, i, event.Stdout, nil)
}

// join makes the pipe to a reader, and returns the end to write to, which the
// caller closes.
func (a *attempt) join(to plan.Reader) (w *os.File, err error) {
	r, w, err := plumb.Pipe()
	if err != nil {
		return nil, &ownError{err}
	}
	a.ends[to] = r
	if a.stages[to.Stage].plan.Tee == nil { // else it is the tee's
		a.childEnds = append(a.childEnds, r)
	}
	return w, nil
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
		t.in, t.fed = a.ends[plan.Reader{Stage: t.stage}], a.stages[from].plan.Tee != nil
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
	a.pumps = append(a.pumps, pumped{Pump: p, file: own, in: true})
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
	a.pumps = append(a.pumps, pumped{Pump: p, file: own, out: o})
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
	t.copying = plumb.StartTee(t.in, t.outs, plumb.TeeOptions{Spill: o.Spill, Fail: o.Fail, Waits: func(branch int) { t.waited = t.names[branch] }})
}

// waitTees returns when every tee has passed on what there is. The processes
// have ended, and a process outside that holds the pipe of one of them is not
// waited for long.
func (a *attempt) waitTees() {
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
	stopped := a.stop.happened()
	a.mu.Unlock()
	if stopped {
		a.cutTees()
	}
	for _, t := range a.tees {
		if t.copying == nil {
			continue
		}
		t.result = t.copying.Wait()
		s := a.stages[t.stage]
		s.copied, s.copyErr, s.ending.end = &t.result, t.full(t.result.Err), time.Now()
		if t.result.Cut && !t.fed && !stopped {
			a.stillHeld(a.flow.Source[t.stage], event.Stdout)
		}
		if t.waited != "" {
			a.warn("%s kept as much as spill allows, and went on as fast as %s read", s.plan.Name, t.waited)
		}
	}
	a.mu.Lock()
	a.copying = false
	a.mu.Unlock()
}

// cutTees lets tees read no more.
func (a *attempt) cutTees() {
	for _, t := range a.tees {
		if t.copying != nil {
			t.copying.Interrupt(time.Now())
		}
	}
}

// waitPumps returns when all is written that tees have passed on, and the first
// error of that.
func (a *attempt) waitPumps() (failed error) {
	for _, p := range a.pumps {
		err := p.Wait()
		p.file.Close()
		if err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// full says which branch is behind, by its name.
func (t *tee) full(err error) error {
	var full *plumb.TeeFull
	if !errors.As(err, &full) {
		return err
	}
	return fmt.Errorf("%s is %d bytes behind the others, and spill allows %d for all that read slowly", t.names[full.Branch], full.Behind, full.Spill)
}

package runner

import (
	"os"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
)

// How the stages of an attempt are joined.

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

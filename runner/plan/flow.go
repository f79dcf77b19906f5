package plan

import "slices"

// Flow is how the stages of an instance are joined: which reads which.
type Flow struct {
	First, Last int   // stages: of Stdin and of Stdout of the instance
	Source      []int // by stage: the one that it reads on its standard input, or -1
	Readers     [][]Reader
}

// Reader is a stage that reads another, and by which of its descriptors.
type Reader struct{ Stage, FD int }

// Flow is how the stages of i are joined.
func (i *Instance) Flow() *Flow {
	f := &Flow{Last: len(i.Stages) - 1, Source: make([]int, len(i.Stages)), Readers: make([][]Reader, len(i.Stages))}
	if i.Ends != nil {
		f.First, f.Last = i.Ends.First, i.Ends.Last
	}
	for k, s := range i.Stages {
		switch {
		case s.Stdin != nil && s.Stdin.Kind == InStage:
			f.Source[k] = s.Stdin.Stage
		case s.Stdin != nil || k == f.First:
			f.Source[k] = -1
		default:
			f.Source[k] = k - 1
		}
		if from := f.Source[k]; from >= 0 {
			f.Readers[from] = append(f.Readers[from], Reader{k, 0})
		}
		for n, from := range s.Inputs {
			f.Readers[from] = append(f.Readers[from], Reader{k, 3 + n})
		}
	}
	return f
}

// IsGraph reports whether the stages of i are no plain pipeline, of which each
// reads the one before it.
func (i *Instance) IsGraph() bool {
	return slices.ContainsFunc(i.Stages, func(s *Stage) bool { return s.Tee != nil || len(s.Inputs) > 0 })
}

// InputOf is what stage k reads that reads no other stage.
func (i *Instance) InputOf(f *Flow, k int) Input {
	if k == f.First && i.Stages[k].Stdin == nil {
		return i.Stdin
	}
	return *i.Stages[k].Stdin
}

// OutputOf is where stage k writes beside the stages that read it; ok is false
// where there is no such place.
func (i *Instance) OutputOf(f *Flow, k int) (out Output, ok bool) {
	switch {
	case k == f.Last:
		return i.Stdout, true
	case i.Stages[k].Stdout != nil:
		return *i.Stages[k].Stdout, true
	}
	return Output{}, false
}

// Inputs are what all stages of i read that is no other stage's output, Stdin
// first.
func (i *Instance) Inputs() []Input {
	list := []Input{i.Stdin}
	for _, s := range i.Stages {
		if s.Stdin != nil && s.Stdin.Kind != InStage {
			list = append(list, *s.Stdin)
		}
	}
	return list
}

// Outputs are where the streams of i go, to be changed in place.
func (i *Instance) Outputs() []*Output {
	list := []*Output{&i.Stdout}
	for _, s := range i.Stages {
		list = append(list, &s.Stderr)
		if s.Stdout != nil {
			list = append(list, s.Stdout)
		}
		if s.Tee != nil {
			for k := range s.Tee.Files {
				list = append(list, &s.Tee.Files[k])
			}
		}
	}
	return list
}

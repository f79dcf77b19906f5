package spec

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// What a job is made of, however its author wrote it.

// Stages are those of the pipeline that j is, of which there is one where it
// is no pipe. Stages that could not be read are left out.
func (j *Job) Stages() []*Stage {
	if j.Pipe.IsSet() {
		return readable(j.Pipe.Items)
	}
	return []*Stage{{Pos: j.Pos, alone: true, Layout: j.Layout, Run: j.Run, Command: j.Command, Args: j.Args, Inputs: j.Inputs, Channel: j.Channel}}
}

// Stages are those of the branch; none of one that is a file.
func (b *Branch) Stages() []*Stage {
	switch {
	case b.File.IsSet():
		return nil
	case b.Pipe.IsSet():
		return readable(b.Pipe.Items)
	}
	return []*Stage{{Pos: b.Pos, alone: true, Layout: b.Layout, Run: b.Run, Command: b.Command, Args: b.Args, Inputs: b.Inputs}}
}

// Stages are those that make the input; none of one that is a branch.
func (f *Feed) Stages() []*Stage {
	switch {
	case f.Branch.IsSet():
		return nil
	case f.Pipe.IsSet():
		return readable(f.Pipe.Items)
	}
	return []*Stage{{Pos: f.Pos, alone: true, Layout: f.Layout, Run: f.Run, Command: f.Command, Args: f.Args, Inputs: f.Inputs}}
}

// readable is list without what could not be read.
func readable(list []*Stage) (stages []*Stage) {
	for _, s := range list {
		if s != nil {
			stages = append(stages, s)
		}
	}
	return stages
}

// Written reports whether s is written as a stage. Else it is all of a job, a
// branch or an input.
func (s *Stage) Written() bool { return !s.alone }

// IsTee reports whether s is no process.
func (s *Stage) IsTee() bool { return s.Tee.IsSet() }

// Walk visits the stages of j, those of its inputs and branches too, in the
// order in which what flows through them does: the inputs of a stage before
// it, the branches of a tee after it.
func (j *Job) Walk(visit Visitor) { visit.pipeline(j.Stages()) }

// Visitor is what to do with the parts of a job. A nil function does nothing.
type Visitor struct {
	Stage  func(*Stage)
	Branch func(*Branch)
	Feed   func(name String, f *Feed)
}

func (v Visitor) pipeline(stages []*Stage) {
	for _, s := range stages {
		for _, e := range s.Inputs.Entries {
			if e.Value == nil {
				continue
			}
			if v.Feed != nil {
				v.Feed(e.Key, e.Value)
			}
			v.pipeline(e.Value.Stages())
		}
		if v.Stage != nil {
			v.Stage(s)
		}
		for _, b := range s.Tee.Items {
			if b == nil {
				continue
			}
			if v.Branch != nil {
				v.Branch(b)
			}
			v.pipeline(b.Stages())
		}
	}
}

// Processes are the stages of j that are processes, in the order of Walk.
func (j *Job) Processes() iter.Seq[*Stage] {
	return func(yield func(*Stage) bool) {
		more := true
		j.Walk(Visitor{Stage: func(s *Stage) {
			if more && !s.IsTee() {
				more = yield(s)
			}
		}})
	}
}

// Inner are the stages of j beside its own command, tees included, in the order
// of Walk.
func (j *Job) Inner() (list []*Stage) {
	j.Walk(Visitor{Stage: func(s *Stage) {
		if !s.alone || s.Pos != j.Pos {
			list = append(list, s)
		}
	}})
	return list
}

// Feeds are the inputs of the stages of j, in the order of Walk.
func (j *Job) Feeds() (list []*Feed) {
	j.Walk(Visitor{Feed: func(_ String, f *Feed) { list = append(list, f) }})
	return list
}

// Branches are those of the tees of j, in the order of Walk.
func (j *Job) Branches() (list []*Branch) {
	j.Walk(Visitor{Branch: func(b *Branch) { list = append(list, b) }})
	return list
}

// Stdins are what the first stages of j and of its inputs read.
func (j *Job) Stdins() []Input {
	list := []Input{j.Stdin}
	for _, f := range j.Feeds() {
		list = append(list, f.Stdin)
	}
	return list
}

// Sources are the jobs whose captured output j reads, by stdin or by an axis of
// its matrix, and so needs without a word in Needs.
func (j *Job) Sources() (list []Source) {
	for _, in := range j.Stdins() {
		if in.Kind == InputJob {
			list = append(list, Source{in.Job, "stdin"})
		}
	}
	if j.Matrix != nil {
		for _, a := range j.Matrix.Axes {
			if a.Job.IsSet() {
				list = append(list, Source{a.Job, "axis " + show(a.Name.Value)})
			}
		}
	}
	return list
}

// Source is a job whose captured output another one reads.
type Source struct {
	Job String
	By  string // what reads it: "stdin", or "axis" and its name
}

// Channels are the processes of j that have a message channel, in the order of
// Walk.
func (j *Job) Channels() (list []*Stage) {
	for s := range j.Processes() {
		if s.Channel != nil {
			list = append(list, s)
		}
	}
	return list
}

// Addressee is who gets the messages of a channel: a process of the same job,
// or of another.
type Addressee struct {
	Job   *Job // nil: the same
	Stage *Stage
}

// Addressee finds who the to of a channel of j names. It is ok where that is
// one process with a channel; why says else what is wrong, and what to write.
func (f *File) Addressee(j *Job, to String) (who Addressee, ok bool, why, hint string) {
	name, stage, inJob := strings.Cut(to.Value, "/")
	other, isJob := f.Jobs.Get(name)
	if !inJob {
		own := called(j, name)
		switch {
		case len(own) > 0 && isJob && other != nil && other != j:
			return who, false, fmt.Sprintf("%q is a stage of this job and a job", name), "give the stage another name"
		case len(own) > 1:
			return who, false, fmt.Sprintf("this job has %d stages that are called %q", len(own), name), "give each its own name"
		case len(own) == 1:
			return Addressee{Stage: own[0]}, own[0].Channel != nil, fmt.Sprintf("stage %q has no channel", name), "give it channel: true"
		}
	}
	if !isJob || other == nil {
		return who, false, fmt.Sprintf("there is no job %q", name), "name a stage of this job that has a name, a job, or JOB/STAGE"
	}
	found := other.Channels()
	if inJob {
		found = slices.DeleteFunc(called(other, stage), func(s *Stage) bool { return s.Channel == nil })
	}
	who.Job = other
	if other == j {
		who.Job = nil
	}
	switch {
	case len(found) == 1:
		who.Stage = found[0]
		return who, true, "", ""
	case len(found) == 0 && inJob:
		return who, false, fmt.Sprintf("job %q has no stage that is called %q and has a channel", name, stage), "give it name: " + stage + " and channel: true"
	case len(found) == 0:
		return who, false, fmt.Sprintf("job %q has no channel", name), "give it channel: true"
	}
	return who, false, fmt.Sprintf("job %q has %d channels", name, len(found)), "name one of its stages: " + name + "/STAGE"
}

// called are the stages of j that the author called name.
func called(j *Job, name string) (list []*Stage) {
	for s := range j.Processes() {
		if s.Name.IsSet() && s.Name.Value == name {
			list = append(list, s)
		}
	}
	return list
}

// Output is where what comes out of b goes: a file's copy into the file.
func (b *Branch) Output() Output {
	if b.File.IsSet() {
		return Output{Kind: OutputFile, Pos: b.Pos, File: b.File, Mode: b.Mode}
	}
	return b.Stdout.Output
}

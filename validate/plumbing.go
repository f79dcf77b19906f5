package validate

import (
	"fmt"
	"slices"

	"sluice/spec"
	"sluice/spec/diag"
)

// plumbing checks how the stages of j are joined beyond a line: its tees and
// inputs (SL111).
func (c *check) plumbing(j *spec.Job) {
	if j.Pipe.IsSet() && j.Inputs.IsSet() {
		c.add("SL111", j.Inputs.Pos, 1, "inputs are those of a command, and this job is a pipe", "write them at the stage that opens them")
	}
	c.process(j)
	g := newGraph(j)
	for _, s := range g.stages {
		if s.IsTee() {
			c.tee(s)
			continue
		}
		if s.Spill != nil {
			c.add("SL111", s.Spill.Pos, 1, "spill belongs to a tee", "remove it")
		}
		c.stageInputs(s)
		c.shard(s)
		c.blockwise(s)
	}
	for _, f := range j.Feeds() {
		c.inputsOf(f.Inputs, f.Command, f.Run)
	}
	names := map[string]*spec.Branch{}
	for _, b := range j.Branches() {
		c.inputsOf(b.Inputs, b.Command, b.Run)
		c.branch(b, names)
	}
	c.branchInputs(j, names)
	c.sources(j)
	c.circle(g)
}

// inputsOf reports inputs where no command is that could open them.
func (c *check) inputsOf(inputs spec.Map[*spec.Feed], command spec.Template, run spec.Line) {
	if inputs.IsSet() && !command.IsSet() && !run.IsSet() {
		c.add("SL111", inputs.Pos, 1, "inputs are those of a command, and there is none beside them", "write them at the stage that opens them")
	}
}

// process checks that j has a process at all.
func (c *check) process(j *spec.Job) {
	for range j.Processes() {
		return
	}
	if stages := j.Stages(); len(stages) > 0 && !c.broken.jobs[j.Name.Value] {
		c.add("SL111", stages[0].Tee.Pos, 1, fmt.Sprintf("job %q has no process: all of its stages are tees", j.Name.Value), "put cat before it, or give a branch a command")
	}
}

// tee checks one of the stages that are no processes.
func (c *check) tee(s *spec.Stage) {
	if len(s.Tee.Items) == 0 {
		c.add("SL017", s.Tee.Pos, 1, "tee has no branches", "list them: tee: [{file: raw.log}, wc -l]")
	}
	for _, key := range []string{"env", "dir", "shard", "stderr", "channel", "ok", "inputs"} {
		if k := s.Layout.Key(key); k.IsSet() {
			c.at("SL111", k, key+" is of a process, and a tee is none", "write it at the stages of the branches")
		}
	}
	if s.Spill != nil {
		c.word(s.Spill.Full, spec.Fulls(), "thing that a tee can do when it is full")
	}
}

// stageInputs checks that each input of s is opened once.
func (c *check) stageInputs(s *spec.Stage) {
	var names []string
	for _, e := range s.Inputs.Entries {
		c.name(e.Key, "input")
		names = append(names, e.Key.Value)
	}
	opened := map[string]spec.String{}
	for _, a := range s.Args.Items {
		if a.Kind != spec.ArgInput || !a.Input.IsSet() {
			continue
		}
		first, twice := opened[a.Input.Value]
		_, known := s.Inputs.Get(a.Input.Value)
		switch {
		case !known:
			c.unknown(a.Input, "input", names)
		case twice:
			p := c.at("SL111", a.Input, fmt.Sprintf("input %q is opened twice, and a pipe can be read once", a.Input.Value), "make a second input of the same command, or two branches of a tee")
			p.Related = []diag.Related{{Pos: first.Pos, Msg: "first here"}}
		default:
			opened[a.Input.Value] = a.Input
		}
	}
	for _, e := range s.Inputs.Entries {
		if _, is := opened[e.Key.Value]; !is && !s.Run.IsSet() {
			c.at("SL111", e.Key, fmt.Sprintf("no argument opens input %q, so nothing would read it", e.Key.Value), "name it among args: {input: "+e.Key.Value+"}")
		}
	}
	if s.Run.IsSet() && s.Inputs.IsSet() {
		c.add("SL111", s.Inputs.Pos, 1, "a line can't name inputs", "write command: and args: [{input: …}]")
	}
}

// branch checks b, and adds its name to names.
func (c *check) branch(b *spec.Branch, names map[string]*spec.Branch) {
	if b.File.IsSet() && b.Stdout.Kind != spec.OutputUnset {
		c.add("SL111", b.Stdout.Pos, 1, "a branch that is a file has no stdout", "remove one of the two")
	}
	if b.Mode.IsSet() && !b.File.IsSet() {
		c.at("SL111", b.Mode, "mode is how a file is written", "write it beside file")
	}
	if !b.Name.IsSet() {
		return
	}
	c.name(b.Name, "branch")
	if first, twice := names[b.Name.Value]; twice {
		p := c.at("SL008", b.Name, fmt.Sprintf("two branches of the job are called %q", b.Name.Value), "give each its own name")
		p.Related = []diag.Related{{Pos: first.Name.Pos, Msg: "first here"}}
		return
	}
	names[b.Name.Value] = b
}

// branchInputs checks the inputs of j that are the output of a branch.
func (c *check) branchInputs(j *spec.Job, branches map[string]*spec.Branch) {
	var names []string
	for _, b := range j.Branches() {
		if b.Name.IsSet() {
			names = append(names, b.Name.Value)
		}
	}
	read := map[string]spec.String{}
	for _, f := range j.Feeds() {
		if !f.Branch.IsSet() {
			continue
		}
		if f.Stdin.Kind != spec.InputUnset {
			c.add("SL111", f.Stdin.Pos, 1, "a branch reads the stream of its tee", "remove stdin")
		}
		b, first := branches[f.Branch.Value], read[f.Branch.Value]
		switch {
		case b == nil:
			c.unknown(f.Branch, "branch", names)
		case b.File.IsSet():
			c.at("SL111", f.Branch, fmt.Sprintf("branch %q is a file, and has no output", f.Branch.Value), "name a branch with a command")
		case b.Stdout.Kind != spec.OutputUnset:
			p := c.at("SL111", f.Branch, fmt.Sprintf("the output of branch %q goes elsewhere", f.Branch.Value), "remove stdout of the branch")
			p.Related = []diag.Related{{Pos: b.Stdout.Pos, Msg: "here"}}
		case first.IsSet():
			p := c.at("SL111", f.Branch, fmt.Sprintf("branch %q is read twice, and a pipe can be read once", f.Branch.Value), "make two branches of it")
			p.Related = []diag.Related{{Pos: first.Pos, Msg: "first here"}}
		}
		read[f.Branch.Value] = f.Branch
	}
}

// sources checks what first stages read.
func (c *check) sources(j *spec.Job) {
	nothing := func(in spec.Input, stages []*spec.Stage, terminal bool) {
		if len(stages) == 0 || !stages[0].IsTee() {
			return
		}
		at := stages[0].Tee.Pos
		switch in.Kind {
		case spec.InputUnset, spec.InputInherit:
			if terminal {
				c.add("SL111", at, 1, "the tee is the first stage, and only a process can read the terminal", "put cat before it")
				return
			}
		}
		if in.Kind == spec.InputUnset || in.Kind == spec.InputNone {
			c.add("SL111", at, 1, "the tee is the first stage, and nothing comes through it", "put what it shall copy before it, or give stdin")
		}
	}
	nothing(j.Stdin, j.Stages(), j.Interactive.Value)
	for _, f := range j.Feeds() {
		nothing(f.Stdin, f.Stages(), j.Interactive.Value && f.Stdin.Kind == spec.InputInherit)
	}
	inherit := 0
	for _, in := range j.Stdins() {
		if in.Kind != spec.InputInherit {
			continue
		}
		if inherit++; inherit > 1 {
			c.add("SL107", in.Pos, 1, "two pipelines of the job inherit stdin, and what one reads is gone for the other", "read it once, and copy it with a tee")
		}
	}
}

// graph is which stages read which.
type graph struct {
	stages []*spec.Stage
	reads  map[*spec.Stage][]*spec.Stage
	at     map[*spec.Stage]spec.String // where a stage names the branch that it reads
}

func newGraph(j *spec.Job) *graph {
	g := &graph{reads: map[*spec.Stage][]*spec.Stage{}, at: map[*spec.Stage]spec.String{}}
	ends := map[string]*spec.Stage{} // of branches, by name
	type open struct {
		stage *spec.Stage
		name  spec.String
	}
	var branches []open
	// pipeline notes what its stages read, and returns the last. before is what
	// the first reads.
	var pipeline func(stages []*spec.Stage, before *spec.Stage) *spec.Stage
	pipeline = func(stages []*spec.Stage, before *spec.Stage) *spec.Stage {
		for _, s := range stages {
			g.stages = append(g.stages, s)
			if before != nil {
				g.reads[s] = append(g.reads[s], before)
			}
			for _, e := range s.Inputs.Entries {
				switch f := e.Value; {
				case f == nil:
				case f.Branch.IsSet():
					branches = append(branches, open{s, f.Branch})
				default:
					if end := pipeline(f.Stages(), nil); end != nil {
						g.reads[s] = append(g.reads[s], end)
					}
				}
			}
			for _, b := range s.Tee.Items {
				if b != nil {
					ends[b.Name.Value] = pipeline(b.Stages(), s)
				}
			}
			before = s
		}
		return before
	}
	pipeline(j.Stages(), nil)
	for _, o := range branches {
		if end := ends[o.name.Value]; end != nil {
			g.reads[o.stage] = append(g.reads[o.stage], end)
			g.at[o.stage] = o.name
		}
	}
	return g
}

// circle reports a stage that reads what comes of its own output.
func (c *check) circle(g *graph) {
	const open, done = 1, 2
	state := map[*spec.Stage]int{}
	var path []*spec.Stage
	var visit func(s *spec.Stage) (loop []*spec.Stage)
	visit = func(s *spec.Stage) []*spec.Stage {
		state[s] = open
		path = append(path, s)
		for _, from := range g.reads[s] {
			if state[from] == open {
				return path[slices.Index(path, from):]
			}
			if state[from] == done {
				continue
			}
			if loop := visit(from); loop != nil {
				return loop
			}
		}
		state[s], path = done, path[:len(path)-1]
		return nil
	}
	for _, s := range g.stages {
		if state[s] == done {
			continue
		}
		for _, in := range visit(s) {
			if at := g.at[in]; at.IsSet() { // without one, all flows one way
				c.at("SL111", at, fmt.Sprintf("what branch %q makes would come back to it: the stage that opens it is before its tee, or in the branch itself", at.Value),
					"open it in a stage behind the tee, or in another branch")
				return
			}
		}
	}
}

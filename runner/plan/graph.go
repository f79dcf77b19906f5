package plan

import (
	"sluice/spec"
	"sluice/spec/diag"
)

// grapher makes the stages of one instance, whatever they are joined like.
type grapher struct {
	*builder
	inst   *Instance
	scope  scope // of the job
	env    envLayer
	stderr Output
	ok     []int // of the job's own pipeline

	nodes    []*node
	branches map[string]*node // the last of each branch, by name
	named    []opened
	last     *node // of the job's own pipeline
}

// node is a stage and what it reads.
type node struct {
	stage  *Stage
	pos    diag.Pos // where it is written
	from   *node    // on its standard input; nil: stdin, or Stdin of the instance
	inputs []*node  // by descriptor
	stdin  *Input   // of the first stage of an input
	placed bool     // it has its place in the instance
	index  int
}

// opened is an input of n that is a branch, by its name.
type opened struct {
	n      *node
	input  int
	branch string
}

// graph makes the stages of j, in an order in which each stands behind those
// that it reads.
func (g *grapher) graph(j *spec.Job) {
	var first *node
	first, g.last = g.pipeline(j.Stages(), nil, nil, "", true)
	for _, o := range g.named {
		o.n.inputs[o.input] = g.branches[o.branch]
	}
	for _, n := range g.nodes {
		g.place(n)
	}
	for _, n := range g.nodes {
		switch {
		case n.from != nil && n.from.index != n.index-1:
			n.stage.Stdin = &Input{Kind: InStage, Stage: n.from.index}
		case n.from == nil && n != first:
			n.stage.Stdin = n.stdin
		}
		for _, in := range n.inputs {
			n.stage.Inputs = append(n.stage.Inputs, in.index)
		}
	}
	if first.index != 0 || g.last.index != len(g.nodes)-1 {
		g.inst.Ends = &Ends{First: first.index, Last: g.last.index}
	}
}

// place puts n into the instance, behind what it reads. There are no circles
// (package validate).
func (g *grapher) place(n *node) {
	if n == nil || n.placed {
		return
	}
	n.placed = true
	g.place(n.from)
	for _, in := range n.inputs {
		g.place(in)
	}
	n.index = len(g.inst.Stages)
	g.places[n.pos] = n.index
	g.inst.Stages = append(g.inst.Stages, n.stage)
}

// pipeline makes stages, of which the first reads from, or stdin where that is
// nil. Their names begin with prefix. own says that they are the job's own.
func (g *grapher) pipeline(stages []*spec.Stage, from *node, stdin *Input, prefix string, own bool) (first, last *node) {
	for i, st := range stages {
		n := &node{pos: st.Pos, from: from}
		if i == 0 {
			first, n.stdin = n, stdin
		}
		for _, e := range st.Inputs.Entries {
			n.inputs = append(n.inputs, g.feed(n, len(n.inputs), e, prefix))
		}
		g.nodes = append(g.nodes, n)
		if st.IsTee() {
			g.tee(n, st, prefix)
		} else {
			ok := []int{0}
			if own {
				ok = g.ok
			}
			n.stage = g.stage(g.inst, st, g.scope, g.env, g.stderr, ok, own && i == len(stages)-1)
		}
		n.stage.Name = prefix + n.stage.Name
		from, last = n, n
	}
	return first, last
}

// feed makes the pipeline of an input of n, and returns its last stage. That
// of a branch is nil until all branches are made.
func (g *grapher) feed(n *node, index int, e spec.Entry[*spec.Feed], prefix string) *node {
	if e.Value.Branch.IsSet() {
		g.named = append(g.named, opened{n, index, e.Value.Branch.Value})
		return nil
	}
	stdin := g.input(e.Value.Stdin, g.scope)
	_, last := g.pipeline(e.Value.Stages(), nil, &stdin, prefix+e.Key.Value+"/", false)
	return last
}

// tee makes n a tee, and its branches.
func (g *grapher) tee(n *node, st *spec.Stage, prefix string) {
	const spill = 1 << 30
	t := &Tee{Spill: spill}
	if st.Spill != nil {
		t.Spill, t.Fail = int64(st.Spill.Max.Value), st.Spill.Full.Value == "fail"
	}
	n.stage = &Stage{Name: "tee", Argv: []Text{}, Dir: g.scope.dir, Env: []EnvVar{}, Stderr: Output{Kind: OutDiscard}, OK: []int{}, Tee: t}
	if st.Name.IsSet() {
		n.stage.Name = st.Name.Value
	}
	read := map[string]bool{}
	for _, f := range g.scope.job.Feeds() {
		read[f.Branch.Value] = true
	}
	for _, b := range st.Tee.Items {
		if b.File.IsSet() {
			t.Files = append(t.Files, g.output(b.Output(), g.scope, g.inst, false))
			continue
		}
		name := prefix
		if b.Name.IsSet() {
			name += b.Name.Value + "/"
		}
		_, last := g.pipeline(b.Stages(), n, nil, name, false)
		if b.Name.IsSet() && read[b.Name.Value] {
			g.branches[b.Name.Value] = last
			continue
		}
		out := g.output(b.Stdout.Output, g.scope, g.inst, false)
		switch {
		case b.Stdout.Kind != spec.OutputUnset:
		case last.stage.Tee != nil:
			out.Kind = OutDiscard
		case g.scope.job.Interactive.Value:
			out.Kind = OutInherit
		}
		last.stage.Stdout = &out
	}
}

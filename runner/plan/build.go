package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
)

// Inputs is what a plan depends on besides the job file. Build reads the file
// system too: directories, executables, patterns, env files.
type Inputs struct {
	Dir    string           // the caller's working directory, absolute
	Env    []string         // the caller's environment, "NAME=value"
	OS     string           // as runtime.GOOS; empty means this machine's
	Arch   string           // as runtime.GOARCH; empty means this machine's
	Params map[string]Given // by name
	Jobs   []string         // what to run, "job" or "job[axis=value,…]", with all it needs; empty means every job
	// MaxInstances bounds the instances of all jobs together; 0 means 100,000.
	MaxInstances int
}

// Given is a param's value as the caller gave it.
type Given struct {
	Values []string
	Dir    string // where a relative path begins, absolute
	Source string // how messages call it, such as "-p top=5"
}

// Build makes the plan of f. f must be free of problems (spec.Parse,
// validate.Check). The Plan is nil where there are problems.
//
// Build starts no process, writes nothing and opens no socket.
func Build(f *spec.File, in Inputs) (*Plan, diag.List) {
	b := &builder{file: f, in: in, lookups: map[string]lookup{}, stats: map[string]bool{}, outputs: map[string]output{}, shared: map[string]bool{}, places: places{}}
	if b.in.OS == "" {
		b.in.OS = runtime.GOOS
	}
	if b.in.Arch == "" {
		b.in.Arch = runtime.GOARCH
	}
	if b.in.MaxInstances == 0 {
		b.in.MaxInstances = defaultMaxInstances
	}
	p := b.plan()
	b.list = b.list.Sort().Cut()
	if b.list.Invalid(false) {
		return nil, b.list
	}
	return p, b.list
}

// builder makes one plan.
type builder struct {
	file    *spec.File
	in      Inputs
	list    diag.List
	fileDir string // the job file's directory
	dir     string // the file's dir:
	params  map[string]param
	base    envLayer // what every job sees
	count   int      // instances so far

	upstream map[string]bool   // jobs that have others before them
	lookups  map[string]lookup // executables found, by PATH and name
	stats    map[string]bool   // directories known to exist
	outputs  map[string]output // files that instances write, by path
	shared   map[string]bool   // those that several append to
	globs    []globUse
	argSpace int      // what execve takes; 0 until it is asked for
	reads    []string // files that what is being built reads, in any order
	always   []string // those that every instance reads
	spoken   []spoken
	places   places
}

func (b *builder) add(rule string, pos diag.Pos, length int, msg, hint string) *diag.Problem {
	p := diag.New(rule, pos, length, msg, hint)
	p.File = b.file.Name
	if b.file.Waiver(p) != nil {
		return &p
	}
	return b.list.Add(p)
}

func (b *builder) at(rule string, s spec.String, msg, hint string) {
	b.add(rule, s.Pos, s.Len(), msg, hint)
}

func (b *builder) plan() *Plan {
	f := b.file
	p := &Plan{Version: Version, File: f.Name, MaxParallel: int(f.MaxParallel.Value)}
	if b.in.MaxInstances != defaultMaxInstances {
		p.MaxInstances = b.in.MaxInstances
	}
	sum := sha256.Sum256(f.Source)
	p.SHA256 = hex.EncodeToString(sum[:])
	b.fileDir = b.in.Dir
	if f.Name != "-" {
		p.File = absolute(b.in.Dir, f.Name)
		b.fileDir = filepath.Dir(p.File)
	}
	b.bindParams(p)
	b.dir = b.fileDir
	if f.Dir.IsSet() {
		b.dir, _ = b.path(f.Dir, scope{dir: b.fileDir}, b.fileDir)
	}
	p.Dir = b.dir
	b.fileEnv()
	b.always = b.reads
	for _, e := range f.Pools.Entries {
		if p.Pools == nil {
			p.Pools = map[string]int{}
		}
		p.Pools[e.Key.Value] = int(e.Value.Value)
	}
	sel, err := selectJobs(f, b.in.Jobs)
	if err != nil {
		b.add("SL101", diag.Pos{}, 0, err.Error(), "")
		return nil
	}
	b.upstream = map[string]bool{}
	for _, e := range f.Jobs.Entries {
		if sel.has(e.Key.Value) {
			b.upstream[e.Key.Value] = len(needs(e.Value)) > 0 || len(e.Value.After.Items) > 0
		}
	}
	for _, e := range f.Jobs.Entries {
		if sel.has(e.Key.Value) && b.count <= b.in.MaxInstances {
			p.Jobs = append(p.Jobs, b.job(e.Value, sel))
		}
	}
	b.addressees()
	b.conflicts(p)
	b.together(p)
	b.stale()
	return p
}

// absolute is name, seen from dir unless it is absolute itself.
func absolute(dir, name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(dir, name)
}

// needs are the jobs that must succeed before j, in the order of the file.
func needs(j *spec.Job) (names []string) {
	for _, s := range j.Needs.Items {
		names = append(names, s.Value)
	}
	for _, from := range j.Sources() {
		if !slices.Contains(names, from.Job.Value) {
			names = append(names, from.Job.Value)
		}
	}
	return names
}

func (b *builder) job(j *spec.Job, sel selection) *Job {
	p := &Job{
		Name:        j.Name.Value,
		Description: j.Description.Value,
		Needs:       needs(j),
		MaxParallel: int(j.MaxParallel.Value),
		Pool:        j.Pool.Value,
		Instances:   []*Instance{},
	}
	b.endings(j, p)
	for _, s := range j.After.Items {
		if sel.has(s.Value) {
			p.After = append(p.After, s.Value)
		}
	}
	if p.Skip = b.skip(j.When); p.Skip != "" {
		return p
	}
	combinations := b.spread(j)
	if b.count += len(combinations); b.count > b.in.MaxInstances {
		b.at("SL015", j.Name, fmt.Sprintf("more than %d instances of jobs", b.in.MaxInstances), "run fewer jobs at once, or raise the limit with --max-instances")
		return p
	}
	for _, id := range sel.unmatched(p.Name, combinations) {
		b.add("SL101", diag.Pos{}, 0, fmt.Sprintf("job %q has no instance %s", p.Name, id), "sluice plan shows the instances")
	}
	for _, axes := range combinations {
		inst := &Instance{ID: instanceID(p.Name, plainAxes(axes)), Matrix: plainAxes(axes)}
		if !sel.hasInstance(p.Name, axes) {
			continue
		}
		b.instance(j, inst, axes)
		if inst.spreads() {
			p.Each, p.Only = append(p.Each, inst), sel.only(p.Name)
		} else {
			p.Instances = append(p.Instances, inst)
		}
	}
	if id := namesake(p.Instances); id != "" {
		b.at("SL105", j.Name, fmt.Sprintf("two instances of job %q would be called %s, for commas part the axes there too", p.Name, id), "give values without commas")
	}
	return p
}

// skip says why w does not hold, or "".
func (b *builder) skip(w *spec.When) string {
	if w == nil {
		return ""
	}
	has := func(l spec.List[spec.String], v string) bool {
		return !l.IsSet() || slices.ContainsFunc(l.Items, func(s spec.String) bool { return s.Value == v })
	}
	switch {
	case !has(w.OS, b.in.OS):
		return "when: os is " + b.in.OS
	case !has(w.Arch, b.in.Arch):
		return "when: arch is " + b.in.Arch
	}
	for _, e := range w.Param.Entries {
		p := b.params[e.Key.Value]
		same := func(v string) bool {
			if p.decl != nil && p.decl.TypeName() == "path" {
				return v == absolute(b.dir, e.Value.Value)
			}
			return p.decl != nil && p.decl.Same(v, e.Value.Value)
		}
		if !slices.ContainsFunc(p.values, same) {
			return fmt.Sprintf("when: param %s is %s", e.Key.Value, strings.Join(p.values, ", "))
		}
	}
	return ""
}

// instance fills inst, j with one combination of its matrix.
func (b *builder) instance(j *spec.Job, inst *Instance, axes []axisValue) {
	b.reads = slices.Clone(b.always)
	s := scope{job: j, axes: axes, dir: b.dir}
	later := b.upstream[j.Name.Value]
	dir, known := b.dir, true
	if d := b.file.Defaults; d != nil && d.Dir.IsSet() {
		dir, known = b.path(d.Dir, s, dir)
	}
	if j.Dir.IsSet() {
		dir, known = b.path(j.Dir, s, b.dir)
	}
	at := j.Dir.String
	if !at.IsSet() {
		at = j.Name
	}
	if known {
		b.needDir(dir, at, later)
	}
	s.dir = dir
	env := b.jobEnv(j, s)
	if j.Umask.IsSet() {
		inst.Umask = fmt.Sprintf("%03o", j.Umask.Value)
		if b.in.OS != "linux" {
			b.add("SL018", j.Umask.Pos, 5, "umask needs Linux", "leave the job out elsewhere with when: {os: [linux]}")
		}
	}
	s.env, s.whys = env.values, env.whys
	ok := codes(j.OK, []int{0})
	stderr := b.output(j.Stderr, s, inst, true)
	if j.Interactive.Value && j.Stderr.Kind == spec.OutputUnset {
		stderr.Kind = OutInherit
	}
	if stderr.Kind == OutStdout && (j.Pipe.IsSet() || j.Inputs.IsSet()) {
		stderr.Kind = OutJob
	}
	g := grapher{builder: b, inst: inst, scope: s, env: env, stderr: stderr, ok: ok, branches: map[string]*node{}}
	g.graph(j)
	inst.Stdin = b.input(j.Stdin, s)
	inst.Stdout = b.output(j.Stdout, s, inst, false)
	if j.Interactive.Value && j.Stdin.Kind == spec.InputUnset {
		inst.Stdin.Kind = InInherit
	}
	if j.Interactive.Value && j.Stdout.Kind == spec.OutputUnset {
		inst.Stdout.Kind = OutInherit
	}
	if g.last.stage.Tee != nil && j.Stdout.Kind == spec.OutputUnset {
		inst.Stdout.Kind = OutDiscard // a stream that goes to branches is meant for them
	}
	inst.Ready = b.ready(j.Ready, s)
	inst.Exclusive = b.exclusive(j.Exclusive, s)
	slices.Sort(b.reads)
	for _, path := range slices.Compact(b.reads) {
		inst.Reads = append(inst.Reads, Known(path))
	}
}

// codes are the exit codes of l, sorted, or def where the file gives none.
func codes(l spec.List[spec.Int], def []int) []int {
	if !l.IsSet() {
		return def
	}
	list := []int{}
	for _, v := range l.Items {
		list = append(list, int(v.Value))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// stage is st as a process.
func (b *builder) stage(inst *Instance, st *spec.Stage, s scope, env envLayer, stderr Output, ok []int, last bool) *Stage {
	later := b.upstream[s.job.Name.Value]
	if st.Dir.IsSet() {
		dir, known := b.path(st.Dir, s, s.dir)
		if known {
			b.needDir(dir, st.Dir.String, later)
		}
		s.dir = dir
	}
	if st.Env.IsSet() {
		env = b.envOver(env, st.Env, s, "stage")
		s.env, s.whys = env.values, env.whys
	}
	stage := &Stage{Dir: s.dir, Stderr: stderr, OK: codes(st.OK, ok)}
	stage.Env = b.channel(st.Channel, s.job, stage, env, len(st.Inputs.Entries)).list
	if st.Stderr.Kind != spec.OutputUnset {
		stage.Stderr = b.output(st.Stderr, s, inst, true)
	}
	if last && stage.Stderr.Kind == OutJob {
		stage.Stderr.Kind = OutStdout
	}
	s.inputs = st.Inputs
	words := st.Argv()
	for i, a := range words {
		stage.Argv = append(stage.Argv, b.arg(a, s, i, hasDashes(words[:i]))...)
	}
	name, known := stage.Argv[0].Known()
	if known && name != "" {
		stage.Path, stage.Later = b.executable(name, words[0], s, later)
	} else {
		b.add("SL402", words[0].Pos, 1, "the command is empty, or only the run knows it", "")
	}
	stage.Name = st.Name.Value
	if stage.Name == "" {
		stage.Name = filepath.Base(name)
	}
	if d := st.Shard; d != nil {
		const block = 1 << 20
		stage.Shard = &Shard{Workers: int(d.Workers.Value), By: "lines", Block: int64(d.Block.Or(block)), Merge: "ordered"}
		if d.By.IsSet() {
			stage.Shard.By = d.By.Value
		}
		if d.Merge.IsSet() {
			stage.Shard.Merge = d.Merge.Value
		}
	}
	b.checkSize(stage, words)
	return stage
}

// hasDashes reports whether one of words is the -- that ends a command's
// options.
func hasDashes(words []spec.Arg) bool {
	return slices.ContainsFunc(words, func(a spec.Arg) bool { return a.Kind == spec.ArgText && a.Text.Value == "--" })
}

// Package spec is the language of job files: its types, and Parse, which
// reads a file strictly and remembers where every value stands.
//
// The types hold what the author wrote. Whether it makes sense is for
// package validate to say, and what it comes to on a machine for
// runner/plan. The struct tags are the language's one table: `key` is the
// YAML key, `doc`, `default` and `example` explain it, `validate` bounds its
// value (read by package validate), `enum` and `names` say which words it takes.
// The JSON Schema and the documentation of the keys (Keys) are made from them.
// The order of the fields is the order in which Format writes the keys.
package spec

import (
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// File is one job file.
type File struct {
	Name   string   // as the caller named it
	Source []byte   // its bytes
	Pos    diag.Pos `free:"x-"`
	Bounds []Bound  // every value in the file that has a range, for package validate
	Layout Layout

	Version     Int           `key:"version,required" doc:"The version of the language. This is version 1." example:"1"`
	Description String        `key:"description" doc:"What the file is for, in a sentence. Shown by sluice list." example:"The most frequent words of a text"`
	Dir         Template      `key:"dir" doc:"The directory in which jobs run and where relative names begin, relative to this file. Default: this file's directory." example:".."`
	Env         Map[Template] `key:"env" names:"env" doc:"Environment variables of every job." example:"{LC_ALL: C}"`
	PassEnv     List[String]  `key:"pass_env" names:"env" doc:"Names of the caller's environment variables that every job sees, besides the few that always pass." example:"[GOFLAGS]"`
	EnvFile     Template      `key:"env_file" doc:"A file of NAME=value lines, read when the plan is made. Nothing in it is expanded." example:"ci.env"`
	Params      Map[*Param]   `key:"params" names:"name" doc:"Values that the caller may give with -p name=value: the one door for outside values." example:"{top: {type: int, default: 10}}"`
	Defaults    *Defaults     `key:"defaults" doc:"What jobs have unless they say otherwise." example:"{timeout: 10m}"`
	MaxParallel Int           `key:"max_parallel" validate:"min=1,max=10000" doc:"How many instances run at once over the whole file. -j overrides it. Default: the number of CPUs." example:"4"`
	Pools       Map[Int]      `key:"pools" names:"name" validate:"min=1" doc:"Shared bounds: a name, and how many instances of the jobs that name it run at once." example:"{database: 1}"`
	Jobs        Map[*Job]     `key:"jobs,required" names:"name" doc:"The jobs, by name." example:"{hello: {run: echo hello}}"`
}

// Defaults is what every job has unless it says otherwise.
type Defaults struct {
	Pos     diag.Pos
	Env     Map[Template] `key:"env" names:"env" doc:"Environment variables of every job, above the file's env." example:"{LC_ALL: C}"`
	Dir     Template      `key:"dir" doc:"The directory in which jobs run, relative to the file's dir." example:"web"`
	Timeout Duration      `key:"timeout" validate:"gt=0" doc:"The longest time of one attempt." example:"10m"`
	Retry   *Retry        `key:"retry" doc:"Whether and when a failed job is tried again." example:"{attempts: 3, delay: 1s}"`
	Stop    *Stop         `key:"stop" doc:"How a job is ended before its time." example:"{signal: INT, grace: 5s}"`
}

// Param is one value that the caller may give.
type Param struct {
	Pos         diag.Pos
	Type        String       `key:"type" enum:"param type" doc:"What values it takes." default:"string" example:"int"`
	List        Bool         `key:"list" doc:"Whether it has any number of values: -p is repeated." default:"false" example:"true"`
	Values      List[String] `key:"values" doc:"The values of an enum." example:"[debug, release]"`
	Default     ParamDefault `key:"default" doc:"The value where the caller gives none; a list for a list param." example:"10"`
	Required    Bool         `key:"required" doc:"Whether the caller must give it. Default: true when there is no default." example:"false"`
	Min         String       `key:"min" doc:"The least value of an int, float, duration or size." example:"1"`
	Max         String       `key:"max" doc:"The greatest value of an int, float, duration or size." example:"1000"`
	Pattern     String       `key:"pattern" doc:"A regular expression (RE2) that the whole value must match. It replaces the strict default of strings." example:"[a-z]+(-[a-z]+)*"`
	Description String       `key:"description" doc:"What it means, in a sentence." example:"how many words to show"`
}

// Job is one job.
type Job struct {
	Name   String // the key that names it
	Pos    diag.Pos
	Layout Layout

	Description String        `key:"description" doc:"What the job does, in a sentence. Shown by sluice list." example:"Count the words"`
	Needs       List[String]  `key:"needs" names:"other" doc:"Jobs that must have succeeded before this one starts." example:"[build]"`
	After       List[String]  `key:"after" names:"other" doc:"Jobs that must have ended before this one starts, however they ended: for clean-up." example:"[test]"`
	When        *When         `key:"when" doc:"When this does not hold, the job is skipped, which counts as success for needs." example:"{os: [linux]}"`
	Matrix      *Matrix       `key:"matrix" doc:"Axes and their values: one instance for each combination." example:"{go: ['1.25', '1.26'], os: [linux, darwin]}"`
	MaxParallel Int           `key:"max_parallel" validate:"min=1,max=10000" doc:"How many instances of this job run at once. Default: no bound but the file's." example:"2"`
	Pool        String        `key:"pool" doc:"The name of a pool that bounds this job together with others." example:"database"`
	Env         Map[Template] `key:"env" names:"env" doc:"Environment variables of this job." example:"{LC_ALL: C}"`
	PassEnv     List[String]  `key:"pass_env" names:"env" doc:"Names of the caller's environment variables that this job sees." example:"[SSH_AUTH_SOCK]"`
	EnvFile     Template      `key:"env_file" doc:"A file of NAME=value lines for this job." example:"test.env"`
	Dir         Template      `key:"dir" doc:"The directory in which the job runs, relative to the file's dir." example:"web"`
	Umask       Umask         `key:"umask" doc:"The file mode creation mask, as an octal number in quotes." example:"\"027\""`
	Stdin       Input         `key:"stdin" doc:"What the first stage reads: nothing, sluice's own standard input, a file, a text, or what another job captured." default:"none" example:"{file: data.txt}"`
	Run         Line          `key:"run" doc:"A command on one line, with POSIX quoting, split once when the file is read. There is no shell." example:"go vet ./..."`
	Command     Template      `key:"command" doc:"The program: a name found on the job's PATH, or a path." example:"./scripts/report"`
	Args        List[Arg]     `key:"args" doc:"The arguments of command, element by element." example:"[--in, out/words.txt]"`
	Pipe        List[*Stage]  `key:"pipe" doc:"A pipeline: stages joined by the kernel's pipes, one process group, one verdict." example:"[sort, uniq -c]"`
	Stdout      Output        `key:"stdout" doc:"Where the last stage's standard output goes: into the log, to sluice's own, nowhere, into a file, or to jobs that need it." default:"log" example:"{file: out/words.txt}"`
	Stderr      Output        `key:"stderr" doc:"Where standard error goes, of every stage that does not say: into the log, to sluice's own, nowhere, where standard output goes, or into a file." default:"log" example:"stdout"`
	OK          List[Int]     `key:"ok" validate:"min=0,max=255" doc:"Exit codes that count as success." default:"[0]" example:"[0, 1]"`
	Timeout     Duration      `key:"timeout" validate:"gt=0" doc:"The longest time of one attempt; then it is stopped as stop says." example:"30s"`
	Retry       *Retry        `key:"retry" doc:"Whether and when a failed job is tried again." example:"{attempts: 3, delay: 1s}"`
	Stop        *Stop         `key:"stop" doc:"How the job is ended before its time." example:"{signal: INT, grace: 5s}"`
	Allow       List[*Allow]  `key:"allow" doc:"Rules that this job may break, each with the reason." example:"[{rule: SL205, reason: the program matches names itself}]"`
}

// Stage is one process of a pipeline, written as a line or as a mapping.
type Stage struct {
	Pos     diag.Pos
	Layout  Layout
	Short   bool          // written as a line
	Name    String        `key:"name" doc:"What reports call the stage. Default: the base name of its command." example:"count"`
	Env     Map[Template] `key:"env" names:"env" doc:"Environment variables of this stage, above the job's." example:"{LC_ALL: C}"`
	Dir     Template      `key:"dir" doc:"The directory in which the stage runs, relative to the job's." example:"web"`
	Run     Line          `key:"run" doc:"A command on one line, with POSIX quoting." example:"grep -c 'a b'"`
	Command Template      `key:"command" doc:"The program: a name found on the stage's PATH, or a path." example:"./scripts/report"`
	Args    List[Arg]     `key:"args" doc:"The arguments of command, element by element." example:"[-n, '10']"`
	Stderr  Output        `key:"stderr" doc:"Where the stage's standard error goes. stdout joins it to the stage's own standard output. Default: as the job says." example:"discard"`
	OK      List[Int]     `key:"ok" validate:"min=0,max=255" doc:"Exit codes of this stage that count as success. Default: those of the job." example:"[0, 1]"`
	Allow   List[*Allow]  `key:"allow" doc:"Rules that this stage may break, each with the reason." example:"[{rule: SL205, reason: the program matches names itself}]"`
}

// Allow waives one rule for a job or a stage.
type Allow struct {
	Pos    diag.Pos
	Rule   String `key:"rule,required" enum:"rule" doc:"The id of a rule, as sluice explain lists them." example:"SL205"`
	Reason String `key:"reason,required" doc:"Why it may be broken here, for whoever reviews the file." example:"the program matches names itself"`
}

// When is a condition. All that is given must hold.
type When struct {
	Pos   diag.Pos
	OS    List[String] `key:"os" enum:"system" doc:"Operating systems, as Go names them." example:"[linux, darwin]"`
	Arch  List[String] `key:"arch" enum:"processor" doc:"Processors, as Go names them." example:"[amd64, arm64]"`
	Param Map[String]  `key:"param" doc:"Params and the value that each must have." example:"{mode: release}"`
}

// Retry says what happens after a failed attempt.
type Retry struct {
	Pos      diag.Pos
	Attempts Int      `key:"attempts,required" validate:"min=1,max=100" doc:"How many attempts there are in all, the first included." example:"3"`
	Delay    Duration `key:"delay" doc:"The time before the second attempt." default:"1s" example:"1s"`
	Factor   Float    `key:"factor" validate:"min=1,max=100" doc:"What each delay is multiplied by for the next one." default:"2" example:"2"`
	MaxDelay Duration `key:"max_delay" doc:"The longest delay; at least delay." default:"1m" example:"10s"`
	Jitter   Float    `key:"jitter" validate:"min=0,max=1" doc:"Each delay is made up to this share longer or shorter, at random." default:"0" example:"0.2"`
}

// Stop says how an attempt is ended before its time.
type Stop struct {
	Pos    diag.Pos
	Signal String   `key:"signal" enum:"signal" doc:"The signal that asks the process group to end." default:"TERM" example:"INT"`
	Grace  Duration `key:"grace" doc:"How long it has before KILL." default:"10s" example:"5s"`
}

// Bound is a value together with the range that the language gives it.
type Bound struct {
	Key   string
	Tag   string // as go-playground/validator reads it: "min=1,max=100"
	Value any    // int64, float64, time.Duration or Bytes
	Raw   string // as written
	Pos   diag.Pos
}

// Limits bound what Parse takes. Only the command line raises them.
type Limits struct {
	File   int // bytes of a file
	Depth  int // levels of nesting
	Nodes  int // keys and values; and, before they are read, lines and separators
	Scalar int // bytes of one value
	Jobs   int // jobs of a file
	Stages int // stages of all its pipelines
}

// DefaultLimits are the limits unless the caller raises them.
func DefaultLimits() Limits {
	return Limits{File: 4 << 20, Depth: 32, Nodes: 200_000, Scalar: 64 << 10, Jobs: 20_000, Stages: 50_000}
}

// Parse reads a job file. name is how problems call it. The File is nil where
// the text is so broken that nothing can be said of its jobs; else it holds
// what could be read, also when there are problems.
func Parse(name string, text []byte, limits Limits) (*File, diag.List) {
	d := &decoder{src: &source{name: name}, limits: limits, types: map[reflect.Type]*fields{}}
	if !d.scanBytes(text) {
		return nil, d.list.Sort()
	}
	d.src.split(text)
	root := d.document(text)
	if root == nil || !d.checkTree(root) || d.tooManyJobs(root) {
		return nil, d.list.Sort()
	}
	f := &File{Name: name, Source: text}
	d.mapping(root, reflect.ValueOf(f).Elem(), "the job file")
	f.Bounds = d.bounds
	for i, e := range f.Jobs.Entries {
		if e.Value == nil { // it has no value, which was told
			e.Value = &Job{Pos: e.Key.Pos}
			f.Jobs.Entries[i] = e
		}
		e.Value.Name = e.Key
	}
	if d.list.Full() {
		return nil, d.list.Sort()
	}
	return f, d.list.Sort()
}

// tooManyJobs reports whether the job file root has more jobs, or more stages
// in them, than the limits allow.
func (d *decoder) tooManyJobs(root *yaml.Node) bool {
	jobs := valueOf(root, "jobs")
	if jobs == nil {
		return false
	}
	if n := len(jobs.Content) / 2; n > d.limits.Jobs {
		d.add("SL015", d.pos(jobs), 1, fmt.Sprintf("%d jobs; at most %d are allowed", n, d.limits.Jobs), "use a matrix, or raise the limit with --max-jobs")
		return true
	}
	stages := 0
	for i := 1; i < len(jobs.Content); i += 2 {
		if pipe := valueOf(jobs.Content[i], "pipe"); pipe != nil {
			stages += len(pipe.Content)
		}
	}
	if stages > d.limits.Stages {
		d.add("SL015", d.pos(jobs), 1, fmt.Sprintf("%d stages; at most %d are allowed", stages, d.limits.Stages), "split the file, or raise the limit with --max-stages")
	}
	return stages > d.limits.Stages
}

// valueOf is the value of key in the mapping n, or nil.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// Argv is the command and its arguments, however s writes them.
func (s *Stage) Argv() []Arg { return argv(s.Run, s.Command, s.Args) }

// Argv is the command and its arguments of a job that is not a pipeline.
func (j *Job) Argv() []Arg { return argv(j.Run, j.Command, j.Args) }

func argv(run Line, command Template, args List[Arg]) []Arg {
	if run.IsSet() {
		return run.Words
	}
	return append([]Arg{{Kind: ArgText, Text: command, Pos: command.Pos}}, args.Items...)
}

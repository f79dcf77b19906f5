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
	Defaults    *Defaults     `key:"defaults" doc:"What jobs have unless they say otherwise. Its timeouts are not for services, detached and interactive jobs, its idle_timeout not for jobs that log nothing, and its retry not for jobs with restart." example:"{timeout: 10m}"`
	MaxParallel Int           `key:"max_parallel" validate:"min=1,max=10000" doc:"How many instances run at once over the whole file. -j overrides it. Default: the number of CPUs." example:"4"`
	Pools       Map[Int]      `key:"pools" names:"name" validate:"min=1" doc:"Shared bounds: a name, and how many instances of the jobs that name it run at once." example:"{database: 1}"`
	Jobs        Map[*Job]     `key:"jobs,required" names:"name" doc:"The jobs, by name." example:"{hello: {run: echo hello}}"`
}

// Defaults is what every job has unless it says otherwise.
type Defaults struct {
	Pos         diag.Pos
	Env         Map[Template] `key:"env" names:"env" doc:"Environment variables of every job, above the file's env." example:"{LC_ALL: C}"`
	Dir         Template      `key:"dir" doc:"The directory in which jobs run, relative to the file's dir." example:"web"`
	Timeout     Duration      `key:"timeout" validate:"gt=0" doc:"The longest time of one attempt; then it is stopped as stop says." example:"30s"`
	IdleTimeout Duration      `key:"idle_timeout" validate:"gt=0" doc:"The longest time of one attempt in which nothing arrives on its logged streams; then it is stopped as stop says." example:"2m"`
	Retry       *Retry        `key:"retry" doc:"Whether and when a failed job is tried again." example:"{attempts: 3, delay: 1s}"`
	Group       String        `key:"group" enum:"group" doc:"The process group that an attempt runs in. own: a new one; session: a new one in a new session, without a terminal, of one stage; inherit: sluice's own, so that what the terminal sends reaches its processes too." default:"own" example:"session"`
	Stop        *Stop         `key:"stop" doc:"How the job is ended before its time." example:"{signal: INT, grace: 5s}"`
	Log         *Log          `key:"log" doc:"How much is kept of what the job logs." example:"{max_size: 1MiB, keep: 3}"`
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

// Bound is a value together with the range that the language gives it.
type Bound struct {
	Key   string
	Tag   string // as go-playground/validator reads it: "min=1,max=100"
	Value any    // int64, float64, time.Duration or Bytes
	Raw   string // as written
	Pos   diag.Pos
}

// The bounds of what channel: {max: …} allows.
const (
	LeastMessage Bytes = 1 << 10
	MostMessage  Bytes = 64 << 20
)

// ChannelVars are the environment variables that tell a process of its channel,
// which are for sluice alone to set.
func ChannelVars() []string {
	return []string{"NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE"}
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
	if root == nil {
		return nil, d.list.Sort()
	}
	d.joinCommas(root)
	if !d.checkTree(root) || d.tooManyJobs(root) {
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
		stages += stagesIn(jobs.Content[i])
	}
	if stages > d.limits.Stages {
		d.add("SL015", d.pos(jobs), 1, fmt.Sprintf("%d stages; at most %d are allowed", stages, d.limits.Stages), "split the file, or raise the limit with --max-stages")
	}
	return stages > d.limits.Stages
}

// stagesIn counts the stages of pipelines in the mapping n, those of inputs and
// branches too.
func stagesIn(n *yaml.Node) (count int) {
	if valueOf(n, "run") != nil || valueOf(n, "command") != nil {
		count = 1
	}
	if pipe := valueOf(n, "pipe"); pipe != nil {
		for _, stage := range pipe.Content {
			count += max(1, stagesIn(stage)) // a line is one
		}
	}
	for _, key := range []string{"tee", "inputs"} {
		if list := valueOf(n, key); list != nil {
			for _, inner := range list.Content {
				count += stagesIn(inner)
			}
		}
	}
	return count
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

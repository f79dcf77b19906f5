// Package plan turns a checked job file into a Plan: everything that a run
// will do, decided before anything starts.
//
// A Plan is plain data. It names every argv, executable, directory,
// environment variable and stream of every instance, so that what a person
// reads in it is what the runner executes, and another machine could execute
// it without the job file. What only the run can know (the captured output of
// an earlier job, the number of the attempt) stands in it as a typed unknown.
package plan

import (
	"encoding/json"
	"strings"
	"time"
)

// Version is the version of the JSON form of a Plan. It grows when a reader
// of the old form would misread the new one.
const Version = 1

// Plan is what one run will do.
type Plan struct {
	Version     int     `json:"version"`
	File        string  `json:"file"`                   // absolute path of the job file; "-" for standard input
	SHA256      string  `json:"sha256"`                 // of the job file's bytes, hex
	Dir         string  `json:"dir"`                    // absolute; where relative names of the file begin
	Params      []Param `json:"params,omitempty"`       // in the order of the file
	MaxParallel int     `json:"max_parallel,omitempty"` // instances at once over the whole run; 0 is the runner's choice
	// MaxInstances bounds the instances of all jobs together, with those that
	// only the run finds; 0 is 100,000.
	MaxInstances int            `json:"max_instances,omitempty"`
	Pools        map[string]int `json:"pools,omitempty"` // name to how many instances at once
	Jobs         []*Job         `json:"jobs"`            // in the order of the file; Needs point into it by name
}

// Param is a param with the value that this plan was built with.
type Param struct {
	Name   string   `json:"name"`
	Values []string `json:"values"` // one element unless the param is a list
	List   bool     `json:"list,omitempty"`
}

// Job is one job of the file with its instances. A job without a matrix has
// exactly one instance. A skipped job has none, and neither has one with Each
// until the run has come to it.
type Job struct {
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	Needs       []string    `json:"needs,omitempty"`        // jobs that must succeed first, stdin and ${jobs…} included
	After       []string    `json:"after,omitempty"`        // jobs that must end first, however
	Skip        string      `json:"skip,omitempty"`         // why `when` leaves this job out; empty: it runs
	MaxParallel int         `json:"max_parallel,omitempty"` // of this job's instances; 0 is no bound
	Pool        string      `json:"pool,omitempty"`
	Timeout     Duration    `json:"timeout,omitempty"`      // of one attempt; 0 is none
	IdleTimeout Duration    `json:"idle_timeout,omitempty"` // of silence on the logged streams of one attempt; 0 is none
	Group       Group       `json:"group,omitempty"`        // empty is GroupOwn
	Interactive bool        `json:"interactive,omitempty"`  // it owns the terminal, alone
	Stop        Stop        `json:"stop"`
	Retry       *Retry      `json:"retry,omitempty"`   // nil is one attempt
	Detach      bool        `json:"detach,omitempty"`  // it runs on under a supervisor of its own
	Service     bool        `json:"service,omitempty"` // started for its dependents, stopped after them
	Restart     *Restart    `json:"restart,omitempty"` // of Detach and Service; nil: never
	Log         Log         `json:"log"`               // how much of what it logs is kept
	Instances   []*Instance `json:"instances"`
	// Each is the instances of a job with axes whose values are lines that
	// other jobs print, one for each combination of its other axes: of each,
	// there is an instance for each line. Spread makes them.
	Each []*Instance `json:"each,omitempty"`
	// Only is which of those instances are asked for, each as "job[axis=value,…]"
	// with some axes or all; nil: all of them.
	Only []string `json:"only,omitempty"`
}

// Group says which process group an attempt runs in.
type Group string

// The groups.
const (
	GroupOwn     Group = "own"     // a new one
	GroupSession Group = "session" // a new one in a new session, without a terminal; of one stage
	GroupInherit Group = "inherit" // sluice's own: signals go to the processes one by one
)

// Ready says when a service or a detached job is ready. At most one of Message,
// Line, Port and File is set; without any it is ready when its processes run.
type Ready struct {
	Message bool     `json:"message,omitempty"` // a process says so on its channel
	Line    string   `json:"line,omitempty"`    // RE2; a line of a logged stream matches it somewhere
	Port    string   `json:"port,omitempty"`    // host:port; a TCP connection to it is accepted
	File    string   `json:"file,omitempty"`    // absolute path; it was made, or changed, since the start
	Timeout Duration `json:"timeout"`           // from the start; then the attempt is a failure
}

// Restart says when a service or a detached job that has ended is started
// again. It stands in for Retry: no job has both.
type Restart struct {
	Always   bool     `json:"always"` // after a success too; else after a failure
	Delay    Duration `json:"delay"`  // before the first restart
	Factor   float64  `json:"factor"` // what each delay is multiplied by for the next one
	MaxDelay Duration `json:"max_delay"`
	Max      int      `json:"max"`    // restarts within Window; one more is a failure
	Window   Duration `json:"window"` // after so long without an end, Delay is the delay again
}

// Exclusive is a lock that one instance at a time holds, over all runs that
// have the same state directory.
type Exclusive struct {
	Name string `json:"name"`
	Fail bool   `json:"fail,omitempty"` // where it is held, the job fails at once; else it waits
}

// Log bounds what is kept of the logged streams of an instance: files of
// MaxSize bytes, the Keep newest of them.
type Log struct {
	MaxSize int64 `json:"max_size"`
	Keep    int   `json:"keep"`
}

// Stop says how an attempt is ended before its time.
type Stop struct {
	Signal string   `json:"signal"` // "TERM", without SIG
	Grace  Duration `json:"grace"`  // between the signal and KILL
	// Message is sent first to each process that has a channel; then Signal
	// follows after Grace. Empty is none.
	Message JSON `json:"message,omitempty"`
}

// Retry is the table of what happens after a failed attempt.
type Retry struct {
	Attempts int        `json:"attempts"`         // in all, the first included
	Delays   []Duration `json:"delays"`           // before attempt 2, 3, …; Attempts-1 of them
	Jitter   float64    `json:"jitter,omitempty"` // each delay is multiplied by 1±Jitter, at random
	Budget   Duration   `json:"budget,omitempty"` // no attempt starts so long after the first did; 0 is no bound
	On       *RetryOn   `json:"on,omitempty"`     // nil: any failure or timeout is tried again
}

// RetryOn says which endings are tried again. The ending is that of the stage
// at fault.
type RetryOn struct {
	Exit    []int    `json:"exit,omitempty"`    // exit codes
	Signal  []string `json:"signal,omitempty"`  // signals that ended it, without SIG
	Timeout bool     `json:"timeout,omitempty"` // timeout, idle_timeout and ready.timeout
	Start   bool     `json:"start,omitempty"`   // it could not start
}

// Instance is one execution of a job: a job with one combination of its matrix.
type Instance struct {
	ID     string   `json:"id"`               // "test" or "test[go=1.26,os=linux]"
	Matrix []Axis   `json:"matrix,omitempty"` // in the order of the file
	Stages []*Stage `json:"stages"`           // each behind those that it reads
	Ends   *Ends    `json:"ends,omitempty"`   // nil: Stdin is of the first of Stages, and Stdout of the last
	Stdin  Input    `json:"stdin"`            // of the first stage
	Stdout Output   `json:"stdout"`           // of the last stage
	Umask  string   `json:"umask,omitempty"`  // octal, "022"; empty is the caller's
	// Ready and Exclusive may differ by the values of the matrix.
	Ready     *Ready     `json:"ready,omitempty"`     // of Detach and Service; nil: ready when its processes run
	Exclusive *Exclusive `json:"exclusive,omitempty"` // nil: others may run at the same time
	// Reads are the files and directories, besides Stdin, that the job file
	// hands to the instance by a pattern, a path param or an env_file.
	// Absolute and sorted.
	Reads []Text `json:"reads,omitempty"`
}

// Axis is the value that one axis of the matrix has in an instance.
type Axis struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Job   string `json:"job,omitempty"` // in Each: whose lines are the values; Value is empty
}

// Ends are the two ends of a job's own pipeline, where inputs and branches
// stand beside it: indices of stages.
type Ends struct {
	First int `json:"first"`
	Last  int `json:"last"`
}

// Stage is one process, or a tee. Its standard output is the standard input of
// the next one, by a pipe of the kernel, where no stage says otherwise.
type Stage struct {
	Name   string   `json:"name"`            // as the file says, else the base name of the command
	Argv   []Text   `json:"argv"`            // argv[0] as written; the path that is executed is Path
	Path   string   `json:"path,omitempty"`  // absolute path of the executable
	Later  bool     `json:"later,omitempty"` // Path does not exist yet; a job that this one needs may make it
	Dir    string   `json:"dir"`             // absolute
	Env    []EnvVar `json:"env"`             // complete and sorted by name; nothing else reaches the child
	Stderr Output   `json:"stderr"`
	OK     []int    `json:"ok"` // exit codes that are success, sorted

	// Stdin is what the stage reads; nil: what the stage before it writes, or,
	// of the first of the job's own pipeline, Stdin of the instance.
	Stdin *Input `json:"stdin,omitempty"`
	// Stdout is where the last stage of a branch writes; nil: to the stage that
	// reads it, or, of the last of the job's own pipeline, Stdout of the
	// instance.
	Stdout *Output `json:"stdout,omitempty"`
	Inputs []int   `json:"inputs,omitempty"` // stages whose output it has open as descriptors 3, 4, …
	Shard  *Shard  `json:"shard,omitempty"`  // nil: one process reads the stream
	Tee    *Tee    `json:"tee,omitempty"`    // it is no process: Argv, Path, Env and OK mean nothing
	// Channel is its message channel, descriptor ChannelFD; nil: it has none.
	Channel *Channel `json:"channel,omitempty"`
}

// Shard says that copies of a stage share its stream, which is cut into blocks.
type Shard struct {
	Workers int    `json:"workers"` // copies at once
	By      string `json:"by"`      // "lines" or "bytes": what a block ends with
	Block   int64  `json:"block"`   // bytes
	Merge   string `json:"merge"`   // "ordered", "sorted" or "any"
}

// Tee copies what it reads to each stage that reads it, to Files, and to its
// Stdout.
type Tee struct {
	Files []Output `json:"files,omitempty"` // of kind file
	Spill int64    `json:"spill"`           // bytes that are kept at most for all that read slowly
	Fail  bool     `json:"fail,omitempty"`  // when so much is kept the attempt fails; else the tee waits for them
}

// EnvVar is one variable of a child's environment.
type EnvVar struct {
	Name  string `json:"name"`
	Value Text   `json:"value"`
	From  string `json:"from"` // "caller", "env_file", "file", "defaults", "job", "stage", "channel"
}

// InputKind says what a first stage reads.
type InputKind string

// The kinds of standard input.
const (
	InNone    InputKind = "none"    // /dev/null
	InInherit InputKind = "inherit" // the caller's
	InFile    InputKind = "file"
	InText    InputKind = "text"
	InJob     InputKind = "job"   // what another job captured
	InStage   InputKind = "stage" // what another stage of the instance writes
)

// Input is the standard input of a pipeline or of a stage.
type Input struct {
	Kind  InputKind `json:"kind"`
	Path  string    `json:"path,omitempty"`  // for file: absolute
	Named *Named    `json:"named,omitempty"` // for file, in Each: what Path will be
	Later bool      `json:"later,omitempty"` // Path does not exist yet and a job that this one needs makes it, or is not known
	Text  Text      `json:"text,omitzero"`   // for text
	Job   string    `json:"job,omitempty"`   // for job: its ID
	Stage int       `json:"stage,omitempty"` // for stage: its index
}

// Named is a file whose name only the run knows.
type Named struct {
	Dir  string `json:"dir"`  // absolute: where a relative name begins
	Name Text   `json:"name"` // of its unknowns each is a value of the matrix
}

// OutputKind says where a stream goes.
type OutputKind string

// The kinds of standard output and standard error.
const (
	OutLog     OutputKind = "log"     // shown by the output mode
	OutInherit OutputKind = "inherit" // the caller's own descriptor
	OutDiscard OutputKind = "discard" // /dev/null
	OutFile    OutputKind = "file"
	OutCapture OutputKind = "capture"    // kept, for jobs that need it
	OutStdout  OutputKind = "stdout"     // stderr only: the stage's own standard output
	OutJob     OutputKind = "job_stdout" // stderr only: where the job's standard output goes
)

// FileMode says how an output file comes to be.
type FileMode string

// The modes of an output file.
const (
	ModeAtomic   FileMode = "atomic"   // written beside it, renamed over it when the attempt has succeeded
	ModeAppend   FileMode = "append"   // a failed attempt's bytes are cut off again
	ModeTruncate FileMode = "truncate" // emptied, then written in place
	ModeCreate   FileMode = "create"   // as atomic, and an error where the file exists
)

// Output is where a stream goes.
type Output struct {
	Kind OutputKind `json:"kind"`
	Path string     `json:"path,omitempty"` // for file: absolute; missing directories above it are made
	Mode FileMode   `json:"mode,omitempty"` // for file
	// Named is what Path will be, in Each.
	Named *Named `json:"named,omitempty"`
	// Shared: other instances append to this file too, so what a failed
	// attempt wrote stays: cutting it off could take theirs.
	Shared bool  `json:"shared,omitempty"`
	Max    int64 `json:"max,omitempty"`  // for capture: bytes; more is a failure
	Trim   bool  `json:"trim,omitempty"` // for capture: ${jobs.j.stdout} loses its trailing newlines
}

// Text is a string of which parts may be known only to the run. The zero Text
// is the empty string.
//
// In JSON a known Text is a string (or {"base64": …} where it is not UTF-8,
// as a file name may be), and any other is {"parts": […]}, an array of strings
// and unknowns.
type Text struct {
	parts []Part
}

// Part is a piece of a Text: bytes, or an unknown.
type Part struct {
	Text    string
	Unknown *Unknown // nil for bytes
}

// Unknown is a value that only the run knows.
type Unknown struct {
	Kind string `json:"unknown"`        // "job.stdout", "job.output", "matrix", "run.id", "attempt"
	Job  string `json:"job,omitempty"`  // for job.stdout and job.output: the instance's ID
	Name string `json:"name,omitempty"` // for job.output: that of the output; for matrix: that of the axis
	// NoDash: the value makes a whole element before any --, so one that
	// begins with a dash could be read as an option, and the run refuses it.
	NoDash bool `json:"no_dash,omitempty"`
}

// The kinds of Unknown.
const (
	UnknownJobStdout = "job.stdout"
	UnknownJobOutput = "job.output"
	UnknownMatrix    = "matrix" // the instance's own Matrix has it
	UnknownRunID     = "run.id"
	UnknownAttempt   = "attempt"
)

// Duration is a time.Duration that reads and writes as "1m30s" in JSON.
type Duration time.Duration

// String is d as people write it: 1m and not 1m0s.
func (d Duration) String() string {
	text := time.Duration(d).String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return text
}

// json is d as time.Duration prints it, which plans that are kept have.
func (d Duration) json() string { return time.Duration(d).String() }

// MarshalJSON writes d as time.Duration prints it.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.json()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	*d = Duration(v)
	return err
}

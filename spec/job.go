package spec

import (
	"slices"

	"sluice/spec/diag"
)

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
	Inputs      Map[*Feed]    `key:"inputs" names:"name" doc:"Pipelines whose output the command opens as files: {input: NAME} among its args is the path of one." example:"{old: sort old.txt, new: sort new.txt}"`
	Pipe        List[*Stage]  `key:"pipe" doc:"A pipeline: stages joined by the kernel's pipes, one process group, one verdict." example:"[sort, uniq -c]"`
	Stdout      Output        `key:"stdout" doc:"Where the last stage's standard output goes: into the log, to sluice's own, nowhere, into a file, or to jobs that need it." default:"log" example:"{file: out/words.txt}"`
	Stderr      Output        `key:"stderr" doc:"Where standard error goes, of every stage that does not say: into the log, to sluice's own, nowhere, where standard output goes, or into a file." default:"log" example:"stdout"`
	Channel     *Channel      `key:"channel" doc:"Whether the command has a message channel, as Node's child_process.fork gives one: it finds the descriptor in NODE_CHANNEL_FD, and messages are lines of JSON. {\"sluice\": {\"output\": {\"KEY\": …}}} makes ${jobs.NAME.outputs.KEY} for jobs that need the job, and {\"sluice\": {\"progress\": 0.4}} says how far it is. A mapping says more." example:"true"`
	OK          List[Int]     `key:"ok" validate:"min=0,max=255" doc:"Exit codes that count as success, of the stages of the job's own pipeline." default:"[0]" example:"[0, 1]"`
	Timeout     Duration      `key:"timeout" validate:"gt=0" doc:"The longest time of one attempt; then it is stopped as stop says." example:"30s"`
	IdleTimeout Duration      `key:"idle_timeout" validate:"gt=0" doc:"The longest time of one attempt in which nothing arrives on its logged streams; then it is stopped as stop says." example:"2m"`
	Retry       *Retry        `key:"retry" doc:"Whether and when a failed job is tried again." example:"{attempts: 3, delay: 1s}"`
	Group       String        `key:"group" enum:"group" doc:"The process group that an attempt runs in. own: a new one; session: a new one in a new session, without a terminal, of one stage; inherit: sluice's own, so that what the terminal sends reaches its processes too." default:"own" example:"session"`
	Stop        *Stop         `key:"stop" doc:"How the job is ended before its time." example:"{signal: INT, grace: 5s}"`
	Interactive Bool          `key:"interactive" doc:"Whether the job owns the terminal, and no other job runs meanwhile. Its streams are sluice's own where the job does not say." default:"false" example:"true"`
	Detach      Bool          `key:"detach" doc:"Whether the job runs on, as a run of its own in a new session, when the run that started it ends. Jobs that need it start when it is ready." default:"false" example:"true"`
	Service     Bool          `key:"service" doc:"Whether the job is there for those that need it: started before them, and stopped when they have ended." default:"false" example:"true"`
	Ready       *Ready        `key:"ready" doc:"When a service or a detached job is ready. Default: when its processes run." example:"{port: 8080}"`
	Restart     *Restart      `key:"restart" doc:"Whether and when a service or a detached job that has ended is started again. Default: never." example:"{when: always}"`
	Exclusive   *Exclusive    `key:"exclusive" doc:"A lock that one job at a time holds, over all runs of this user: its name, or a mapping." example:"deploy"`
	Log         *Log          `key:"log" doc:"How much is kept of what the job logs." example:"{max_size: 1MiB, keep: 3}"`
	Allow       List[*Allow]  `key:"allow" doc:"Rules that this job may break, each with the reason." example:"[{rule: SL205, reason: the program matches names itself}]"`
}

// Stage is one process of a pipeline, written as a line or as a mapping; or a
// tee, which is none.
type Stage struct {
	Pos     diag.Pos
	Layout  Layout
	Short   bool // written as a line
	alone   bool
	Name    String        `key:"name" doc:"What reports call the stage. Default: the base name of its command; of a tee, tee." example:"count"`
	Env     Map[Template] `key:"env" names:"env" doc:"Environment variables of this stage, above the job's." example:"{LC_ALL: C}"`
	Dir     Template      `key:"dir" doc:"The directory in which the stage runs, relative to the job's." example:"web"`
	Run     Line          `key:"run" doc:"A command on one line, with POSIX quoting." example:"grep -c 'a b'"`
	Command Template      `key:"command" doc:"The program: a name found on the stage's PATH, or a path." example:"./scripts/report"`
	Args    List[Arg]     `key:"args" doc:"The arguments of command, element by element." example:"[-n, '10']"`
	Inputs  Map[*Feed]    `key:"inputs" names:"name" doc:"Pipelines whose output the command opens as files: {input: NAME} among its args is the path of one." example:"{words: sort words.txt}"`
	Tee     List[*Branch] `key:"tee" doc:"Branches that get a copy each of what comes through, in place of a command. The stream itself goes on to the next stage, or to the job's stdout where that is given." example:"[{file: raw.log}, {run: wc -l, stdout: {file: count.txt}}]"`
	Spill   *Spill        `key:"spill" doc:"Of a tee: how much of what slow branches have not read yet is kept, in memory and in unlinked temporary files, so that they don't hold up the others." default:"1GiB" example:"10GiB"`
	Shard   *Shard        `key:"shard" doc:"How many copies of the command share the stream, or a mapping. Default: one process reads it." example:"4"`
	Stderr  Output        `key:"stderr" doc:"Where the stage's standard error goes. stdout joins it to the stage's own standard output. Default: as the job says." example:"discard"`
	Channel *Channel      `key:"channel" doc:"Whether the stage has a message channel, as Node's child_process.fork gives one: it finds the descriptor in NODE_CHANNEL_FD, and messages are lines of JSON. {\"sluice\": {\"output\": {\"KEY\": …}}} makes ${jobs.NAME.outputs.KEY} for jobs that need the job, and {\"sluice\": {\"progress\": 0.4}} says how far it is. A mapping says more." example:"true"`
	OK      List[Int]     `key:"ok" validate:"min=0,max=255" doc:"Exit codes of this stage that count as success. Default: those of the job, or 0 within an input or a branch." example:"[0, 1]"`
	Allow   List[*Allow]  `key:"allow" doc:"Rules that this stage may break, each with the reason." example:"[{rule: SL205, reason: the program matches names itself}]"`
}

// Branch is one of the branches of a tee: a file, a line, or a mapping with a
// pipeline.
type Branch struct {
	Pos     diag.Pos
	Layout  Layout
	Short   bool         // written as a line
	Name    String       `key:"name" doc:"What reports call the branch, and what an input names it by." example:"sorted"`
	File    Template     `key:"file" doc:"A file for the copy, relative to the job's directory. Missing directories above it are made." example:"raw.log"`
	Mode    String       `key:"mode" enum:"mode" doc:"How the file is written: as that of stdout." default:"atomic" example:"append"`
	Run     Line         `key:"run" doc:"A command on one line, with POSIX quoting." example:"wc -l"`
	Command Template     `key:"command" doc:"The program: a name found on the job's PATH, or a path." example:"./scripts/count"`
	Args    List[Arg]    `key:"args" doc:"The arguments of command, element by element." example:"[-n, '10']"`
	Inputs  Map[*Feed]   `key:"inputs" names:"name" doc:"Pipelines whose output the command opens as files." example:"{words: sort words.txt}"`
	Pipe    List[*Stage] `key:"pipe" doc:"A pipeline that reads the copy." example:"[sort, uniq -c]"`
	Stdout  BranchOutput `key:"stdout" doc:"Where the output of the branch goes: into the log, to sluice's own, nowhere, or into a file. Not for a branch that an input names." default:"log" example:"{file: count.txt}"`
}

// Spill bounds what a tee keeps of its stream, written as a size or as a
// mapping.
type Spill struct {
	Pos  diag.Pos
	Max  Size   `key:"max,required" doc:"The most that is kept for all branches together." example:"10GiB"`
	Full String `key:"full" enum:"full" doc:"What happens when so much is kept. wait: the stream goes on as fast as the slowest branch reads; fail: the attempt fails." default:"wait" example:"fail"`
}

// Shard says how copies of a stage share its stream, written as their number or
// as a mapping.
type Shard struct {
	Pos     diag.Pos
	Layout  Layout // of a mapping
	Workers Int    `key:"workers,required" validate:"min=1,max=256" doc:"How many copies run at once." example:"4"`
	By      String `key:"by" enum:"by" doc:"Where the stream is cut into blocks. lines: at the end of a line; bytes: when they have exactly the size of block." default:"lines" example:"bytes"`
	Block   Size   `key:"block" validate:"min=1" doc:"How long a block is, at most 1GiB; at lines, at most so long, but for a line that is longer." default:"1MiB" example:"4MiB"`
	Merge   String `key:"merge" enum:"merge" doc:"How the outputs become one. ordered: a copy for each block, whose output comes in the order of the blocks; sorted: the command is sort, and sort -m merges what its copies write; any: whole lines as they come, each copy reading many blocks." default:"ordered" example:"any"`
}

// Feed is a pipeline whose output a stage opens as a file, written as a line
// or as a mapping.
type Feed struct {
	Pos     diag.Pos
	Layout  Layout
	Short   bool         // written as a line
	Branch  String       `key:"branch" doc:"The name of a branch of a tee of this job, whose output it is, in place of a command." example:"sorted"`
	Stdin   Input        `key:"stdin" doc:"What the first stage reads." default:"none" example:"{file: data.txt}"`
	Run     Line         `key:"run" doc:"A command on one line, with POSIX quoting." example:"sort words.txt"`
	Command Template     `key:"command" doc:"The program: a name found on the job's PATH, or a path." example:"./scripts/list"`
	Args    List[Arg]    `key:"args" doc:"The arguments of command, element by element." example:"[-n, '10']"`
	Inputs  Map[*Feed]   `key:"inputs" names:"name" doc:"Pipelines whose output the command opens as files." example:"{words: sort words.txt}"`
	Pipe    List[*Stage] `key:"pipe" doc:"A pipeline that makes it." example:"[cut -f1 data.txt, sort]"`
}

// Channel is a message channel to a process, written as true or as a mapping.
type Channel struct {
	Pos diag.Pos
	To  String `key:"to" doc:"Who gets the messages that are not for sluice itself: a named stage of this job, a job that has one channel, or JOB/STAGE. Default: nobody but sluice messages." example:"collect"`
	Max Size   `key:"max" validate:"min=1" doc:"The longest message, either way, as JSON: from 1KiB to 64MiB." default:"16MiB" example:"64KiB"`
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
	Budget   Duration `key:"budget" validate:"gt=0" doc:"No attempt starts so long after the first one did." example:"5m"`
	On       *RetryOn `key:"on" doc:"Which endings are tried again. Default: every failure and timeout." example:"{exit: [75], timeout: true}"`
}

// RetryOn says which endings of a failed attempt are tried again. What is not
// named is not.
type RetryOn struct {
	Pos     diag.Pos
	Exit    List[Int]    `key:"exit" validate:"min=0,max=255" doc:"Exit codes of the stage at fault." example:"[75]"`
	Signal  List[String] `key:"signal" enum:"ending" doc:"Signals that ended the stage at fault." example:"[SEGV, KILL]"`
	Timeout Bool         `key:"timeout" doc:"Whether running out of timeout, idle_timeout or ready.timeout is." default:"false" example:"true"`
	Start   Bool         `key:"start" doc:"Whether a program that could not be started is." default:"false" example:"true"`
}

// Stop says how an attempt is ended before its time.
type Stop struct {
	Pos     diag.Pos
	Message JSON     `key:"message" doc:"What the processes with a channel are sent first, as JSON, of a job that has one: signal follows after grace, and KILL after grace once more. Nothing in it is substituted." example:"{cmd: shutdown}"`
	Signal  String   `key:"signal" enum:"signal" doc:"The signal that asks the process group to end." default:"TERM" example:"INT"`
	Grace   Duration `key:"grace" doc:"How long it has before KILL." default:"10s" example:"5s"`
}

// Ready says when a service or a detached job is ready. It has exactly one of
// Message, Line, Port and File.
type Ready struct {
	Pos     diag.Pos
	Layout  Layout
	Message Bool     `key:"message" doc:"Whether a process says so on its channel: {\"sluice\": {\"ready\": true}}." example:"true"`
	Line    String   `key:"line" doc:"A regular expression (RE2) that is found in a line of what the job logs." example:"listening on"`
	Port    Template `key:"port" doc:"A port of this machine, or host:port, that takes a TCP connection." example:"8080"`
	File    Template `key:"file" doc:"A file, relative to the job's directory, that is made or changed after the start." example:"run/server.pid"`
	Timeout Duration `key:"timeout" validate:"gt=0" doc:"The longest time from the start until it is ready; then the attempt has failed." default:"60s" example:"10s"`
}

// Restart says whether and when a service or a detached job that has ended is
// started again.
type Restart struct {
	Pos      diag.Pos
	When     String   `key:"when" enum:"restart" doc:"After which endings: failure, or always, which is after a success too." default:"failure" example:"always"`
	Delay    Duration `key:"delay" doc:"The time before the first restart." default:"1s" example:"5s"`
	Factor   Float    `key:"factor" validate:"min=1,max=100" doc:"What each delay is multiplied by for the next one." default:"2" example:"1.5"`
	MaxDelay Duration `key:"max_delay" doc:"The longest delay; at least delay." default:"1m" example:"30s"`
	Max      Int      `key:"max" validate:"min=1,max=1000" doc:"How many restarts there are within window; one more is a failure." default:"5" example:"3"`
	Window   Duration `key:"window" validate:"gt=0" doc:"The time in which restarts are counted. After so long without an end, the next delay is the first one again." default:"10m" example:"1h"`
}

// Exclusive is a lock that one job at a time holds, written as its name or as
// a mapping.
type Exclusive struct {
	Pos        diag.Pos
	Name       Template `key:"name,required" doc:"What the lock is called. Jobs that name the same one exclude each other, whichever file they are of." example:"deploy-${params.host}"`
	OnConflict String   `key:"on_conflict" enum:"conflict" doc:"What a job does that finds the lock held: wait, or fail at once." default:"wait" example:"fail"`
}

// Log bounds what is kept of the logged streams of a job.
type Log struct {
	Pos     diag.Pos
	MaxSize Size `key:"max_size" validate:"min=4096" doc:"The size at which a new file of the log is begun; at least 4KiB." default:"10MiB" example:"1MiB"`
	Keep    Int  `key:"keep" validate:"min=1,max=1000" doc:"How many of the files are kept, the newest ones." default:"5" example:"3"`
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

// Logs reports whether anything that j writes is logged.
func (j *Job) Logs() bool {
	unset := OutputLog
	if j.Interactive.Value {
		unset = OutputInherit
	}
	or := func(o Output, def OutputKind) OutputKind {
		if o.Kind == OutputUnset {
			return def
		}
		return o.Kind
	}
	if or(j.Stdout, unset) == OutputLog {
		return true
	}
	stderr := or(j.Stderr, unset)
	for s := range j.Processes() {
		if or(s.Stderr, stderr) == OutputLog {
			return true
		}
	}
	return slices.ContainsFunc(j.Branches(), func(b *Branch) bool {
		return b.Stdout.Kind == OutputLog || b.Stdout.Kind == OutputUnset && !b.File.IsSet()
	})
}

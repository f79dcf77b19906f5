package validate

import (
	"fmt"
	"strings"

	"sluice/spec"
)

// streams checks that j's streams can be joined as it says.
func (c *check) streams(j *spec.Job) {
	c.mode(j.Stdout)
	c.mode(j.Stderr)
	for _, s := range j.Inner() {
		c.mode(s.Stderr)
		if s.Stderr.Kind == spec.OutputCapture {
			c.add("SL107", s.Stderr.Pos, 1, "a stage's stderr can't be captured: nothing could name it", "use stderr: {file: …}, or log")
		}
	}
	if j.Stderr.Kind == spec.OutputCapture {
		c.add("SL107", j.Stderr.Pos, 1, "stderr can't be captured on its own: ${jobs…} has only stdout", "write stderr: stdout to capture both together")
	}
	for _, b := range j.Branches() {
		c.mode(b.Output())
		if b.Stdout.Kind == spec.OutputCapture {
			c.add("SL107", b.Stdout.Pos, 1, "a branch can't be captured: ${jobs…} has only the job's own stdout", "use stdout: {file: …}, or log")
		}
	}
	for _, s := range j.Sources() {
		if from := c.jobs[s.Job.Value]; from != nil {
			c.captures(from, s.Job, s.By)
		}
	}
	c.readAgain(j)
	if in := inherits(j); in.Kind == spec.InputInherit && j.Matrix != nil && !j.Interactive.Value { // which run one by one
		c.add("SL107", in.Pos, 1, "the instances of a matrix can't all inherit stdin", "read a {file: …}")
	}
	if j.IdleTimeout.IsSet() && !j.Logs() && !j.Interactive.Value {
		c.add("SL107", j.IdleTimeout.Pos, len(j.IdleTimeout.Raw), "idle_timeout waits for silence on logged streams, and this job logs nothing", "leave stdout or stderr out to log it, or bound the whole time with timeout")
	}
	if r := j.Ready; r != nil && r.Line.IsSet() && !j.Logs() {
		c.at("SL107", r.Line, "line is looked for in what is logged, and this job logs nothing", "leave stdout or stderr out to log it, or wait for a port or a file")
	}
}

// inherits is the stdin by which j reads sluice's own, or none that does.
func inherits(j *spec.Job) (in spec.Input) {
	for _, in = range j.Stdins() {
		if in.Kind == spec.InputInherit {
			break
		}
	}
	return in
}

func (c *check) mode(o spec.Output) { c.word(o.Mode, spec.OutputModes(), "mode of a file") }

// readAgain reports a job of several attempts that reads what is gone for the
// second one.
func (c *check) readAgain(j *spec.Job) {
	retry, hint := j.Retry, "or remove retry"
	if d := c.file.Defaults; d != nil && retry == nil && j.Restart == nil {
		retry, hint = d.Retry, "or write retry: {attempts: 1} here, over that of defaults"
	}
	switch {
	case retry == nil || retry.Attempts.Value <= 1:
	case inherits(j).Kind == spec.InputInherit:
		c.add("SL107", inherits(j).Pos, 1, "a job with retry can't inherit stdin: what an attempt has read is gone for the next", "read a {file: …}, "+hint)
	case j.Interactive.Value && j.Stdin.Kind == spec.InputUnset:
		c.add("SL107", j.Interactive.Pos, len(j.Interactive.Raw), "an interactive job can't have retry: what an attempt has read of the terminal is gone for the next", strings.TrimPrefix(hint, "or "))
	}
}

// captures reports where from's captured output is used and from has none.
func (c *check) captures(from *spec.Job, at spec.String, what string) {
	switch {
	case c.broken.jobs[from.Name.Value]:
	case from.Detach.Value || from.Service.Value:
		c.at("SL107", at, fmt.Sprintf("%s reads what %s captured, which captures nothing: it has not ended when its dependents start", what, kindOf(from)),
			"let it write a {file: …}, and name that file")
	case from.Stdout.Kind != spec.OutputCapture:
		c.at("SL107", at, fmt.Sprintf("%s reads what job %q captured, and that job captures nothing", what, from.Name.Value),
			fmt.Sprintf("give job %q stdout: {capture: {}}", from.Name.Value))
	case from.Matrix != nil:
		c.at("SL107", at, fmt.Sprintf("%s reads what job %q captured, and that job has many instances", what, from.Name.Value), ownFiles(from))
	}
}

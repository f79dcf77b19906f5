package validate

import (
	"fmt"
	"slices"
	"strings"

	"sluice/spec"
)

// streams checks that j's streams can be joined as it says.
func (c *check) streams(j *spec.Job) {
	c.outputMode(j.Stdout)
	c.outputMode(j.Stderr)
	for _, s := range j.Pipe.Items {
		if s == nil {
			continue
		}
		c.outputMode(s.Stderr)
		if s.Stderr.Kind == spec.OutputCapture {
			c.add("SL107", s.Stderr.Pos, 1, "a stage's stderr can't be captured: nothing could name it", "use stderr: {file: …}, or log")
		}
	}
	if j.Stderr.Kind == spec.OutputCapture {
		c.add("SL107", j.Stderr.Pos, 1, "stderr can't be captured on its own: ${jobs…} has only stdout", "write stderr: stdout to capture both together")
	}
	if j.Stdin.Kind == spec.InputJob {
		if from := c.jobs[j.Stdin.Job.Value]; from != nil {
			c.captures(from, j.Stdin.Job, "stdin")
		}
	}
	retry := j.Retry
	if d := c.file.Defaults; d != nil && retry == nil {
		retry = d.Retry
	}
	if j.Stdin.Kind == spec.InputInherit && retry != nil && retry.Attempts.Value > 1 {
		c.add("SL107", j.Stdin.Pos, 1, "a job with retry can't inherit stdin: what an attempt has read is gone for the next", "read a {file: …}, or remove retry")
	}
	if j.Stdin.Kind == spec.InputInherit && j.Matrix != nil {
		c.add("SL107", j.Stdin.Pos, 1, "the instances of a matrix can't all inherit stdin", "read a {file: …}")
	}
}

func (c *check) outputMode(o spec.Output) {
	if !o.Mode.IsSet() {
		return
	}
	if modes := spec.OutputModes(); !slices.Contains(modes, o.Mode.Value) {
		hint := "expected one of " + strings.Join(modes, ", ")
		if near := spec.Nearest(o.Mode.Value, modes); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.at("SL018", o.Mode, fmt.Sprintf("%q is no mode of a file", o.Mode.Value), hint)
	}
}

// captures reports where from's captured output is used and from has none.
func (c *check) captures(from *spec.Job, at spec.String, what string) {
	switch {
	case c.broken.jobs[from.Name.Value]:
	case from.Stdout.Kind != spec.OutputCapture:
		c.at("SL107", at, fmt.Sprintf("%s reads what job %q captured, and that job captures nothing", what, from.Name.Value),
			fmt.Sprintf("give job %q stdout: {capture: {}}", from.Name.Value))
	case from.Matrix != nil:
		c.at("SL107", at, fmt.Sprintf("%s reads what job %q captured, and that job has many instances", what, from.Name.Value), "")
	}
}

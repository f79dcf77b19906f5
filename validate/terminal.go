package validate

import (
	"fmt"

	"sluice/spec"
	"sluice/spec/diag"
)

// terminal checks the process group of j, and who has the terminal (SL108).
func (c *check) terminal(j *spec.Job) {
	group, own := j.Group, "own"
	if d := c.file.Defaults; d != nil && !group.IsSet() {
		group, own = d.Group, "own, over that of defaults"
	}
	processes := 0
	for range j.Processes() {
		processes++
	}
	if group.Value == "session" && processes > 1 {
		at := j.Pipe.Pos
		if !j.Pipe.IsSet() {
			at = j.Inputs.Pos
		}
		c.add("SL108", c.groupOr(j, at), 1, fmt.Sprintf("group is session and the job has %d processes: none can join the group of another session", processes),
			"write group: "+own+": it puts the stages into one group")
	}
	if !j.Interactive.Value {
		return
	}
	no := func(pos diag.Pos, what, hint string) {
		c.add("SL108", pos, 1, "an interactive job "+what, hint)
	}
	switch group.Value {
	case "session":
		no(c.groupOr(j, j.Interactive.Pos), "can't have a session of its own: that has no terminal", "write group: "+own)
	case "inherit":
		no(c.groupOr(j, j.Interactive.Pos), "can't be in sluice's own process group: the terminal is handed to a group of its own", "write group: "+own)
	}
	if j.Detach.Value {
		no(j.Detach.Pos, "can't be detached: a detached job has no terminal", "remove one of the two")
	}
	if j.Service.Value {
		no(j.Service.Pos, "can't be a service: no other job runs while it has the terminal", "remove one of the two")
	}
	if j.IdleTimeout.IsSet() {
		no(j.IdleTimeout.Pos, "waits for a person, so its silence says nothing", "remove idle_timeout, or bound the whole time with timeout")
	}
	switch j.Stdin.Kind {
	case spec.InputUnset, spec.InputInherit:
	default:
		no(j.Stdin.Pos, "reads the terminal", "remove stdin, which is then sluice's own")
	}
	c.seen(j.Stdout, "stdout", "{file: …}")
	c.seen(j.Stderr, "stderr", "{file: …} or discard")
	for _, s := range j.Inner() {
		c.seen(s.Stderr, "stderr", "{file: …} or discard")
	}
	for _, b := range j.Branches() {
		c.seen(b.Stdout.Output, "stdout", "{file: …} or discard")
	}
}

// groupOr is where j says its group; where defaults do, it is pos.
func (c *check) groupOr(j *spec.Job, pos diag.Pos) diag.Pos {
	if j.Group.IsSet() {
		return j.Group.Pos
	}
	return pos
}

// seen reports a stream of an interactive job that sluice would read. key is
// what it is called.
func (c *check) seen(o spec.Output, key, others string) {
	kind := map[spec.OutputKind]string{spec.OutputLog: "logged", spec.OutputCapture: "captured"}[o.Kind]
	if kind != "" {
		c.add("SL108", o.Pos, 1, fmt.Sprintf("an interactive job writes to the terminal, so its %s can't be %s", key, kind), "remove "+key+", which is then sluice's own; or write "+others)
	}
}

package validate

import (
	"fmt"
	"slices"

	"sluice/spec"
	"sluice/spec/diag"
	"sluice/spec/order"
)

// Message channels (SL112).

// channels checks the channels of j, and what of j needs one.
func (c *check) channels(j *spec.Job) {
	if j.Channel != nil && j.Pipe.IsSet() {
		c.add("SL112", j.Channel.Pos, 1, "a channel is of one process, and this job is a pipe", "write it at the stage that has the channel")
	}
	list := j.Channels()
	for _, s := range list {
		c.addressee(j, s)
		if s.Shard != nil {
			c.add("SL112", s.Channel.Pos, 1, "a channel is of one process, and shard makes several", "remove one of the two")
		}
		if max := s.Channel.Max; max.IsSet() && max.Value > 0 && (max.Value < spec.LeastMessage || max.Value > spec.MostMessage) {
			c.add("SL112", max.Pos, len(max.Raw), "max is "+max.Raw+"; expected from 1KiB to 64MiB", "")
		}
	}
	for _, s := range j.Inner() {
		c.channelVars(s.Env, spec.List[spec.String]{})
	}
	c.channelVars(j.Env, j.PassEnv)
	broken := c.broken.jobs[j.Name.Value]
	if r := j.Ready; r != nil && r.Message.IsSet() {
		if !r.Message.Value {
			c.add("SL018", r.Message.Pos, len(r.Message.Raw), "message is false, so nothing would make it ready; expected true", "")
		} else if len(list) == 0 && !broken {
			c.add("SL112", r.Message.Pos, len(r.Message.Raw), "ready waits for a message, and the job has no channel", "add channel: true")
		}
	}
	if j.Stop == nil || !j.Stop.Message.IsSet() {
		return
	}
	if len(list) == 0 && !broken {
		c.add("SL112", j.Stop.Message.Pos, 1, "stop sends a message, and the job has no channel", "add channel: true")
	}
	for _, s := range list {
		if most := s.Channel.Max.Or(16 << 20); spec.Bytes(len(j.Stop.Message.Text)) > most {
			c.add("SL112", j.Stop.Message.Pos, 1, fmt.Sprintf("the message has %d bytes as JSON, and the channel takes %d", len(j.Stop.Message.Text), most), "give the channel a larger max")
		}
	}
}

// addressee checks to whom the messages of s, a stage of j, go.
func (c *check) addressee(j *spec.Job, s *spec.Stage) {
	to := s.Channel.To
	if !to.IsSet() {
		return
	}
	no := func(msg, hint string) { c.at("SL112", to, "to: "+msg, hint) }
	who, ok, why, hint := c.file.Addressee(j, to)
	switch other := who.Job; {
	case !ok && other != nil && c.broken.jobs[other.Name.Value], !ok && c.broken.jobs[j.Name.Value]:
	case !ok:
		no(why, hint)
	case other == nil && who.Stage.Pos == s.Pos:
		no("the messages of a process can't go to itself", "name another process; or leave to out, and only sluice messages shows them")
	case other == nil:
	case j.Detach.Value:
		no("a detached job is a run of its own, and can't reach another job", "name a stage of this job")
	case other.Detach.Value:
		no(fmt.Sprintf("job %q is detached, and so a run of its own", other.Name.Value), "make it a service, which is of the same run")
	case other.Matrix != nil:
		no(fmt.Sprintf("job %q has a matrix, and the messages are for one process", other.Name.Value), "let a job without a matrix take them")
	}
}

// unheard checks that jobs which messages go to run at the same time as those
// that send them: a message to a job that does not run is dropped.
func (c *check) unheard(g *order.Graph) {
	for _, name := range c.jobNames {
		j := c.jobs[name]
		for _, s := range j.Channels() {
			to := s.Channel.To
			if who, ok, _, _ := c.file.Addressee(j, to); to.IsSet() && ok && who.Job != nil {
				c.meets(g, j, who.Job, to)
			}
		}
	}
}

// meets checks that from, whose messages go to other as to says, is not over
// before that starts, nor the other way round.
func (c *check) meets(g *order.Graph, from, other *spec.Job, to spec.String) {
	a, b, msg, hint := from.Name.Value, other.Name.Value, "starts only when this one has ended", "let the two run at once"
	switch {
	case g.Precedes(b, a) && other.Service.Value:
		a, b, msg, hint = b, a, "is stopped before this one starts", "add "+b+" to needs, and it is stopped after this one"
	case g.Precedes(b, a):
		a, b, msg = b, a, "has ended when this one starts"
	case !g.Precedes(a, b):
		return
	case !from.Service.Value && from.Matrix == nil:
		hint += ", or have it read an output of this one: ${jobs." + a + ".outputs.NAME}"
	}
	p := c.at("SL112", to, fmt.Sprintf("to: job %q %s, so no message could reach it", other.Name.Value, msg), hint)
	for _, e := range c.edges(c.jobs[b]) {
		if e.to.Value == a || g.Precedes(a, e.to.Value) {
			p.Related = []diag.Related{{Pos: e.to.Pos, Msg: e.String()}}
			return
		}
	}
}

// channelVars reports variables that tell a process of its channel.
func (c *check) channelVars(env spec.Map[spec.Template], pass spec.List[spec.String]) {
	names := slices.Clone(pass.Items)
	for _, e := range env.Entries {
		names = append(names, e.Key)
	}
	for _, name := range names {
		if slices.Contains(spec.ChannelVars(), name.Value) {
			c.at("SL112", name, name.Value+" is set by sluice, for a process that has a channel", "remove it, and add channel: true where a channel is meant")
		}
	}
}

// stopMessage checks what a stop sends.
func (c *check) stopMessage(s *spec.Stop) {
	if cmd, reserved := s.Message.Reserved(); reserved {
		c.at("SL112", cmd, fmt.Sprintf("a message whose cmd begins with NODE_ is Node's own, and %q would never come through", cmd.Value), "use another word")
	}
}

// handsOver checks that from, which needs a channel for it, may have the output
// that r asks for.
func (c *check) handsOver(from *spec.Job, r *spec.Ref, at spec.String) {
	switch {
	case c.broken.jobs[from.Name.Value]:
	case from.Detach.Value || from.Service.Value:
		c.at("SL112", at, fmt.Sprintf("%s is an output of %s, which has not ended when its dependents start", r.Text, kindOf(from)), "let it write a {file: …}, and name that file")
	case len(from.Channels()) == 0:
		c.at("SL112", at, fmt.Sprintf("%s is an output of job %q, which has no channel to send it by", r.Text, from.Name.Value), fmt.Sprintf("give job %q channel: true", from.Name.Value))
	case from.Matrix != nil:
		c.at("SL112", at, fmt.Sprintf("%s is an output of job %q, and that job has many instances", r.Text, from.Name.Value), ownFiles(from))
	}
}

// ownFiles is what to do where one value is asked of j, which has a matrix.
func ownFiles(j *spec.Job) string {
	if len(j.Matrix.Axes) == 0 {
		return ""
	}
	return fmt.Sprintf("let each instance write a file of its own, with ${matrix.%s} in its name, and read those", j.Matrix.Axes[0].Name.Value)
}

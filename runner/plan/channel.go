package plan

import (
	"fmt"
	"strconv"

	"sluice/spec"
	"sluice/spec/diag"
)

// Channel is a message channel to a process, by the protocol of Node's
// child_process.fork. The process has it behind its Inputs; its Env says where.
type Channel struct {
	Max int64      `json:"max"`          // bytes of the longest message, either way
	To  *Addressee `json:"to,omitempty"` // who gets its messages; nil: nobody
}

// Addressee is a process that has a channel.
type Addressee struct {
	Job   string `json:"job,omitempty"` // its instance's ID, which may be of no job in the plan; empty: the same instance
	Stage int    `json:"stage"`         // index
}

// ChannelFD is the number of the channel of s in its process.
func (s *Stage) ChannelFD() int { return 3 + len(s.Inputs) }

// HasChannel reports whether a process of i has a channel.
func (i *Instance) HasChannel() bool {
	for _, s := range i.Stages {
		if s.Channel != nil {
			return true
		}
	}
	return false
}

// HasChannel reports whether a process of p has a channel.
func (p *Plan) HasChannel() bool {
	for _, j := range p.Jobs {
		for _, i := range j.Shapes() {
			if i.HasChannel() {
				return true
			}
		}
	}
	return false
}

// JSON is a JSON value as text. The empty JSON is none.
type JSON string

// MarshalJSON writes j as it is.
func (j JSON) MarshalJSON() ([]byte, error) { return []byte(j), nil }

// UnmarshalJSON keeps b.
func (j *JSON) UnmarshalJSON(b []byte) error {
	*j = JSON(b)
	return nil
}

// withChannel adds to env what tells a process of its channel, which is
// descriptor fd.
func withChannel(env envLayer, fd int) envLayer {
	values := []string{strconv.Itoa(fd), "json"}
	var more []EnvVar
	for i, name := range spec.ChannelVars() {
		more = append(more, EnvVar{Name: name, Value: Known(values[i]), From: "channel"})
	}
	return env.with(more)
}

// channel is the channel of st; who it speaks to is known when all stages are.
func (b *builder) channel(c *spec.Channel, j *spec.Job, stage *Stage, env envLayer, inputs int) envLayer {
	if c == nil {
		return env
	}
	stage.Channel = &Channel{Max: int64(c.Max.Or(16 << 20))}
	if c.To.IsSet() {
		b.spoken = append(b.spoken, spoken{j, c.To, stage.Channel})
	}
	return withChannel(env, 3+inputs)
}

// spoken is a channel whose messages go to another process.
type spoken struct {
	job *spec.Job
	to  spec.String
	c   *Channel
}

// addressees finds the processes that messages go to. Package validate has
// checked that each is one. A job that is not in the plan has no stages.
func (b *builder) addressees() {
	for _, s := range b.spoken {
		who, ok, _, _ := b.file.Addressee(s.job, s.to)
		if !ok {
			continue
		}
		s.c.To = &Addressee{}
		if who.Job != nil {
			s.c.To.Job = who.Job.Name.Value
		}
		s.c.To.Stage = b.places[who.Stage.Pos]
	}
}

// noChannelVar reports a variable of an env_file that tells a process of its
// channel.
func (b *builder) noChannelVar(name, place string, at spec.String) bool {
	for _, taken := range spec.ChannelVars() {
		if name == taken {
			b.at("SL112", at, fmt.Sprintf("env_file: %s sets %s, which sluice sets for a process that has a channel", place, name), "remove it from the file")
			return true
		}
	}
	return false
}

// places are the indices of stages, by where they are written.
type places map[diag.Pos]int

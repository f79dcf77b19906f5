package plan

import (
	"encoding/base64"
	"maps"
	"slices"
	"unicode/utf8"

	"sluice/runner/fields"
)

// AppendJSON appends p as encoding/json would write it, but for the order of
// what has none and for what is escaped.
func (p *Plan) AppendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Int("version", int64(p.Version))
	o.String("file", p.File)
	o.String("sha256", p.SHA256)
	o.String("dir", p.Dir)
	if len(p.Params) > 0 {
		array(&o, "params", p.Params, Param.appendJSON)
	}
	o.IntOpt("max_parallel", int64(p.MaxParallel))
	o.IntOpt("max_instances", int64(p.MaxInstances))
	if len(p.Pools) > 0 {
		o.Name("pools", func(buf []byte) []byte {
			o := fields.Open(buf)
			for _, name := range slices.Sorted(maps.Keys(p.Pools)) {
				o.Int(name, int64(p.Pools[name]))
			}
			return o.Close()
		})
	}
	array(&o, "jobs", p.Jobs, (*Job).appendJSON)
	return o.Close()
}

// array writes a field that is an array of objects.
func array[E any](o *fields.Object, name string, list []E, add func(E, []byte) []byte) {
	o.Name(name, func(buf []byte) []byte {
		return fields.Array(buf, list, func(buf []byte, e E) []byte { return add(e, buf) })
	})
}

func (d Duration) field(o *fields.Object, name string) { o.String(name, d.json()) }

func (d Duration) fieldOpt(o *fields.Object, name string) {
	if d != 0 {
		d.field(o, name)
	}
}

func (p Param) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("name", p.Name)
	o.Strings("values", p.Values)
	o.BoolOpt("list", p.List)
	return o.Close()
}

func (j *Job) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("name", j.Name)
	o.StringOpt("description", j.Description)
	o.StringsOpt("needs", j.Needs)
	o.StringsOpt("after", j.After)
	o.StringOpt("skip", j.Skip)
	o.IntOpt("max_parallel", int64(j.MaxParallel))
	o.StringOpt("pool", j.Pool)
	j.Timeout.fieldOpt(&o, "timeout")
	j.IdleTimeout.fieldOpt(&o, "idle_timeout")
	o.StringOpt("group", string(j.Group))
	o.BoolOpt("interactive", j.Interactive)
	o.Name("stop", j.Stop.appendJSON)
	if j.Retry != nil {
		o.Name("retry", j.Retry.appendJSON)
	}
	o.BoolOpt("detach", j.Detach)
	o.BoolOpt("service", j.Service)
	if j.Restart != nil {
		o.Name("restart", j.Restart.appendJSON)
	}
	o.Name("log", j.Log.appendJSON)
	array(&o, "instances", j.Instances, (*Instance).appendJSON)
	if len(j.Each) > 0 {
		array(&o, "each", j.Each, (*Instance).appendJSON)
	}
	o.StringsOpt("only", j.Only)
	return o.Close()
}

func (s Stop) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("signal", s.Signal)
	s.Grace.field(&o, "grace")
	if s.Message != "" {
		o.Name("message", s.Message.appendJSON)
	}
	return o.Close()
}

func (j JSON) appendJSON(buf []byte) []byte { return append(buf, j...) }

func (r *Retry) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Int("attempts", int64(r.Attempts))
	o.Name("delays", func(buf []byte) []byte {
		return fields.Array(buf, r.Delays, func(buf []byte, d Duration) []byte { return fields.AppendString(buf, d.json()) })
	})
	if r.Jitter != 0 {
		o.Float("jitter", r.Jitter)
	}
	r.Budget.fieldOpt(&o, "budget")
	if r.On != nil {
		o.Name("on", r.On.appendJSON)
	}
	return o.Close()
}

func (r *RetryOn) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	if len(r.Exit) > 0 {
		o.Ints("exit", r.Exit)
	}
	o.StringsOpt("signal", r.Signal)
	o.BoolOpt("timeout", r.Timeout)
	o.BoolOpt("start", r.Start)
	return o.Close()
}

func (r *Ready) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.BoolOpt("message", r.Message)
	o.StringOpt("line", r.Line)
	o.StringOpt("port", r.Port)
	o.StringOpt("file", r.File)
	r.Timeout.field(&o, "timeout")
	return o.Close()
}

func (r *Restart) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Bool("always", r.Always)
	r.Delay.field(&o, "delay")
	o.Float("factor", r.Factor)
	r.MaxDelay.field(&o, "max_delay")
	o.Int("max", int64(r.Max))
	r.Window.field(&o, "window")
	return o.Close()
}

func (e *Exclusive) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("name", e.Name)
	o.BoolOpt("fail", e.Fail)
	return o.Close()
}

func (l Log) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Int("max_size", l.MaxSize)
	o.Int("keep", int64(l.Keep))
	return o.Close()
}

func (i *Instance) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("id", i.ID)
	if len(i.Matrix) > 0 {
		array(&o, "matrix", i.Matrix, Axis.appendJSON)
	}
	array(&o, "stages", i.Stages, (*Stage).appendJSON)
	if i.Ends != nil {
		o.Name("ends", i.Ends.appendJSON)
	}
	o.Name("stdin", i.Stdin.appendJSON)
	o.Name("stdout", i.Stdout.appendJSON)
	o.StringOpt("umask", i.Umask)
	if i.Ready != nil {
		o.Name("ready", i.Ready.appendJSON)
	}
	if i.Exclusive != nil {
		o.Name("exclusive", i.Exclusive.appendJSON)
	}
	if len(i.Reads) > 0 {
		array(&o, "reads", i.Reads, Text.AppendJSON)
	}
	return o.Close()
}

func (a Axis) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("name", a.Name)
	o.String("value", a.Value)
	o.StringOpt("job", a.Job)
	return o.Close()
}

func (s *Stage) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("name", s.Name)
	array(&o, "argv", s.Argv, Text.AppendJSON)
	o.StringOpt("path", s.Path)
	o.BoolOpt("later", s.Later)
	o.String("dir", s.Dir)
	array(&o, "env", s.Env, EnvVar.appendJSON)
	o.Name("stderr", s.Stderr.appendJSON)
	o.Ints("ok", s.OK)
	if s.Stdin != nil {
		o.Name("stdin", s.Stdin.appendJSON)
	}
	if s.Stdout != nil {
		o.Name("stdout", s.Stdout.appendJSON)
	}
	if len(s.Inputs) > 0 {
		o.Ints("inputs", s.Inputs)
	}
	if s.Shard != nil {
		o.Name("shard", s.Shard.appendJSON)
	}
	if s.Tee != nil {
		o.Name("tee", s.Tee.appendJSON)
	}
	if s.Channel != nil {
		o.Name("channel", s.Channel.appendJSON)
	}
	return o.Close()
}

func (e *Ends) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Int("first", int64(e.First))
	o.Int("last", int64(e.Last))
	return o.Close()
}

func (s *Shard) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Int("workers", int64(s.Workers))
	o.String("by", s.By)
	o.Int("block", s.Block)
	o.String("merge", s.Merge)
	return o.Close()
}

func (t *Tee) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	if len(t.Files) > 0 {
		array(&o, "files", t.Files, Output.appendJSON)
	}
	o.Int("spill", t.Spill)
	o.BoolOpt("fail", t.Fail)
	return o.Close()
}

func (c *Channel) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Int("max", c.Max)
	if c.To != nil {
		o.Name("to", c.To.appendJSON)
	}
	return o.Close()
}

func (a *Addressee) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.StringOpt("job", a.Job)
	o.Int("stage", int64(a.Stage))
	return o.Close()
}

func (e EnvVar) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("name", e.Name)
	o.Name("value", e.Value.AppendJSON)
	o.String("from", e.From)
	return o.Close()
}

func (in Input) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("kind", string(in.Kind))
	o.StringOpt("path", in.Path)
	if in.Named != nil {
		o.Name("named", in.Named.appendJSON)
	}
	o.BoolOpt("later", in.Later)
	if !in.Text.IsZero() {
		o.Name("text", in.Text.AppendJSON)
	}
	o.StringOpt("job", in.Job)
	o.IntOpt("stage", int64(in.Stage))
	return o.Close()
}

func (n *Named) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("dir", n.Dir)
	o.Name("name", n.Name.AppendJSON)
	return o.Close()
}

func (out Output) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("kind", string(out.Kind))
	o.StringOpt("path", out.Path)
	o.StringOpt("mode", string(out.Mode))
	if out.Named != nil {
		o.Name("named", out.Named.appendJSON)
	}
	o.BoolOpt("shared", out.Shared)
	o.IntOpt("max", out.Max)
	o.BoolOpt("trim", out.Trim)
	return o.Close()
}

// AppendJSON appends t in the form that the comment on Text tells of.
func (t Text) AppendJSON(buf []byte) []byte {
	if s, ok := t.Known(); ok {
		return appendBytes(buf, s)
	}
	o := fields.Open(buf)
	array(&o, "parts", t.parts, func(p Part, buf []byte) []byte {
		if p.Unknown == nil {
			return appendBytes(buf, p.Text)
		}
		o := fields.Open(buf)
		o.String("unknown", p.Unknown.Kind)
		o.StringOpt("job", p.Unknown.Job)
		o.StringOpt("name", p.Unknown.Name)
		o.BoolOpt("no_dash", p.Unknown.NoDash)
		return o.Close()
	})
	return o.Close()
}

func appendBytes(buf []byte, s string) []byte {
	if utf8.ValidString(s) {
		return fields.AppendString(buf, s)
	}
	o := fields.Open(buf)
	o.String("base64", base64.StdEncoding.EncodeToString([]byte(s)))
	return o.Close()
}

package event

import (
	"encoding/base64"

	"sluice/runner/fields"
)

// add writes the fields of e as encoding/json would write them.
func add(o *fields.Object, e Event) {
	switch e := e.(type) {
	case RunStarted:
		o.String("run_id", e.RunID)
		o.String("file", e.File)
		o.Int("instances", int64(e.Instances))
	case Spread:
		o.String("id", e.ID)
		o.Int("instances", int64(e.Instances))
	case JobStarted:
		o.String("id", e.ID)
	case AttemptStarted:
		attempt(o, e.ID, e.Attempt)
	case StageStarted:
		stage(o, e.ID, e.Attempt, e.Stage)
		o.String("name", e.Name)
		o.Strings("argv", e.Argv)
		o.String("path", e.Path)
		o.Int("pid", int64(e.PID))
		o.Int("pgid", int64(e.PGID))
	case Output:
		stage(o, e.ID, e.Attempt, e.Stage)
		o.String("stream", string(e.Stream))
		o.Name("data", func(buf []byte) []byte {
			if e.Data == nil {
				return append(buf, "null"...)
			}
			return append(base64.StdEncoding.AppendEncode(append(buf, '"'), e.Data), '"')
		})
	case OutputEnded:
		stage(o, e.ID, e.Attempt, e.Stage)
		o.String("stream", string(e.Stream))
	case StageExited:
		stage(o, e.ID, e.Attempt, e.Stage)
		o.Time("at", e.At)
	case Ready:
		attempt(o, e.ID, e.Attempt)
	case Detached:
		o.String("id", e.ID)
		o.String("run_id", e.RunID)
	case Waiting:
		o.String("id", e.ID)
		o.String("reason", e.Reason)
	case Message:
		stage(o, e.ID, e.Attempt, e.Stage)
		o.String("name", e.Name)
		raw(o, "value", e.Value)
	case MessageFault:
		stage(o, e.ID, e.Attempt, e.Stage)
		o.String("fault", e.Fault)
	case Progress:
		stage(o, e.ID, e.Attempt, e.Stage)
		o.Float("progress", e.Progress)
	case Value:
		stage(o, e.ID, e.Attempt, e.Stage)
		o.String("name", e.Name)
		raw(o, "value", e.Value)
	case StageEnded:
		stage(o, e.ID, e.Attempt, e.Stage)
		result(o, e.Result)
	case Stopping:
		attempt(o, e.ID, e.Attempt)
		o.String("reason", e.Reason)
		o.String("signal", e.Signal)
		o.Int("grace_ns", int64(e.Grace))
		o.BoolOpt("told", e.Told)
		o.BoolOpt("message", e.Message)
	case AttemptEnded:
		o.String("id", e.ID)
		result(o, e.Result)
	case RetryScheduled:
		attempt(o, e.ID, e.Attempt)
		o.Int("of", int64(e.Of))
		o.Int("delay_ns", int64(e.Delay))
	case RestartScheduled:
		attempt(o, e.ID, e.Attempt)
		o.Int("delay_ns", int64(e.Delay))
	case JobEnded:
		o.String("id", e.ID)
		result(o, e.Result)
	case RunStopping:
		o.String("reason", e.Reason)
		o.Bool("kill", e.Kill)
		o.BoolOpt("now", e.Now)
	case RunEnded:
		o.String("status", string(e.Status))
		o.Int("took_ns", int64(e.Took))
	}
}

func attempt(o *fields.Object, id string, number int) {
	o.String("id", id)
	o.Int("attempt", int64(number))
}

func stage(o *fields.Object, id string, number, stage int) {
	attempt(o, id, number)
	o.Int("stage", int64(stage))
}

// raw writes a field that is a JSON value in one line.
func raw(o *fields.Object, name string, value []byte) {
	o.Name(name, func(buf []byte) []byte {
		if value == nil {
			return append(buf, "null"...)
		}
		return append(buf, value...)
	})
}

// result writes the result of a stage, an attempt or a job.
func result[R interface {
	comparable
	AppendJSON([]byte) []byte
}](o *fields.Object, r R) {
	o.Name("result", func(buf []byte) []byte {
		var none R
		if r == none {
			return append(buf, "null"...)
		}
		return r.AppendJSON(buf)
	})
}

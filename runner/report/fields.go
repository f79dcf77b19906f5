package report

import "sluice/runner/fields"

// AppendJSON appends r as encoding/json would write it, with the version of
// the form.
func (r *Report) AppendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Int("version", Version)
	o.String("run_id", r.RunID)
	o.String("file", r.File)
	o.String("status", string(r.Status))
	o.StringOpt("signal", r.Signal)
	o.BoolOpt("killed", r.Killed)
	o.StringOpt("error", r.Error)
	o.String("contained", r.Contained)
	o.Time("start", r.Start)
	o.Int("took_ns", int64(r.Took))
	o.Name("jobs", func(buf []byte) []byte {
		return fields.Array(buf, r.Jobs, func(buf []byte, j *Job) []byte { return j.AppendJSON(buf) })
	})
	return o.Close()
}

// AppendJSON appends j as encoding/json would write it.
func (j *Job) AppendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("id", j.ID)
	o.String("name", j.Name)
	o.String("status", string(j.Status))
	o.BoolOpt("stopped", j.Stopped)
	o.StringOpt("reason", j.Reason)
	o.StringOpt("run_id", j.RunID)
	if len(j.Outputs) > 0 {
		o.Name("outputs", func(buf []byte) []byte { return fields.Array(buf, j.Outputs, appendOutput) })
	}
	o.TimeOpt("start", j.Start)
	o.Int("took_ns", int64(j.Took))
	o.IntOpt("earlier_attempts", int64(j.Earlier))
	if len(j.Attempts) > 0 {
		o.Name("attempts", func(buf []byte) []byte {
			return fields.Array(buf, j.Attempts, func(buf []byte, a *Attempt) []byte { return a.AppendJSON(buf) })
		})
	}
	return o.Close()
}

func appendOutput(buf []byte, out Output) []byte {
	o := fields.Open(buf)
	o.String("path", out.Path)
	o.Int("size", out.Size)
	o.Time("mtime", out.Mtime)
	return o.Close()
}

// AppendJSON appends a as encoding/json would write it.
func (a *Attempt) AppendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Int("number", int64(a.Number))
	o.String("status", string(a.Status))
	o.StringOpt("cause", a.Cause)
	o.Int("cause_stage", int64(a.CauseBy))
	o.Time("start", a.Start)
	o.Int("took_ns", int64(a.Took))
	o.Int("close_ns", int64(a.Close))
	o.Name("stages", func(buf []byte) []byte {
		return fields.Array(buf, a.Stages, func(buf []byte, s *Stage) []byte { return s.AppendJSON(buf) })
	})
	if len(a.Survivors) > 0 {
		o.Name("survivors", func(buf []byte) []byte { return fields.Array(buf, a.Survivors, appendSurvivor) })
	}
	o.StringsOpt("warnings", a.Warnings)
	return o.Close()
}

func appendSurvivor(buf []byte, s Survivor) []byte {
	o := fields.Open(buf)
	o.Int("pid", int64(s.PID))
	o.String("name", s.Name)
	o.String("state", s.State)
	o.String("why", s.Why)
	return o.Close()
}

// AppendJSON appends s as encoding/json would write it.
func (s *Stage) AppendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("name", s.Name)
	o.Strings("argv", s.Argv)
	o.IntOpt("pid", int64(s.PID))
	o.String("status", string(s.Status))
	o.Int("code", int64(s.Code))
	o.StringOpt("signal", s.Signal)
	o.BoolOpt("core", s.Core)
	o.String("ending", s.Ending)
	o.StringOpt("error", s.Error)
	o.TimeOpt("start", s.Start)
	o.Int("took_ns", int64(s.Took))
	o.Int("user_ns", int64(s.User))
	o.Int("system_ns", int64(s.System))
	o.Int("max_rss_bytes", s.MaxRSS)
	o.StringOpt("stderr_tail", s.Stderr)
	return o.Close()
}

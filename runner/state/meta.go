package state

import (
	"maps"
	"slices"
	"time"

	"sluice/runner/fields"
)

// Meta says of a run who runs it and what was asked for. It is run.json.
type Meta struct {
	RunID    string   `json:"run_id"`
	Parent   string   `json:"parent,omitempty"` // the run that it repeats, or that it was detached from
	Detached bool     `json:"detached,omitempty"`
	Name     string   `json:"name,omitempty"`   // of a detached job: its instance's id
	Direct   bool     `json:"direct,omitempty"` // its jobs wrote to the runner's own streams, and nothing was logged
	Version  string   `json:"version"`          // of sluice
	Dir      string   `json:"dir"`              // where it was asked for; absolute
	Args     []string `json:"args"`             // the command line, "sluice" included
	Asked    Asked    `json:"asked"`
	// Prior are the instances that were not started because they had
	// succeeded in an earlier run: id to the run that holds their result.
	Prior map[string]string `json:"prior,omitempty"`

	// Set by Create and Adopt.
	Start      time.Time  `json:"start"`
	Runner     Process    `json:"runner,omitzero"`   // of a detached run none until its supervisor has adopted it
	Launcher   Process    `json:"launcher,omitzero"` // of a detached run: what made the folder
	Durability Durability `json:"durability"`
}

// owner is what runs the run, or is about to have it run.
func (m *Meta) owner() Process {
	if m.Runner == (Process{}) {
		return m.Launcher
	}
	return m.Runner
}

// Asked is what a plan is made anew of.
type Asked struct {
	File      string   `json:"file"`             // absolute path of the job file; "-" for standard input
	Jobs      []string `json:"jobs,omitempty"`   // as on the command line; none is all
	Params    []Given  `json:"params,omitempty"` // sorted by name
	Parallel  int      `json:"parallel,omitempty"`
	KeepGoing bool     `json:"keep_going,omitempty"`
	FailFast  bool     `json:"fail_fast,omitempty"`
}

// Given is a param's value as it was given.
type Given struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
	Dir    string   `json:"dir"`    // absolute; where relative paths begin
	Source string   `json:"source"` // "-p NAME=VALUE", or a place in a file
}

// Durability says how much is on the disk when a job counts as done.
type Durability string

// The durabilities.
const (
	// Fsync: its record, and what it captured. A machine that loses power
	// right after still knows that the job is done.
	Fsync Durability = "fsync"
	// None: what the kernel has written by itself. The record survives the
	// end of every process, and not that of the machine.
	None Durability = "none"
)

// appendJSON appends m as encoding/json would write it.
func (m *Meta) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("run_id", m.RunID)
	o.StringOpt("parent", m.Parent)
	o.BoolOpt("detached", m.Detached)
	o.StringOpt("name", m.Name)
	o.BoolOpt("direct", m.Direct)
	o.String("version", m.Version)
	o.String("dir", m.Dir)
	o.Strings("args", m.Args)
	o.Name("asked", m.Asked.appendJSON)
	if len(m.Prior) > 0 {
		o.Name("prior", func(buf []byte) []byte {
			o := fields.Open(buf)
			for _, id := range slices.Sorted(maps.Keys(m.Prior)) {
				o.String(id, m.Prior[id])
			}
			return o.Close()
		})
	}
	o.Time("start", m.Start)
	for _, p := range []struct {
		name string
		Process
	}{{"runner", m.Runner}, {"launcher", m.Launcher}} {
		if p.Process != (Process{}) {
			o.Name(p.name, p.appendJSON)
		}
	}
	o.String("durability", string(m.Durability))
	return o.Close()
}

func (a Asked) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("file", a.File)
	o.StringsOpt("jobs", a.Jobs)
	if len(a.Params) > 0 {
		o.Name("params", func(buf []byte) []byte {
			return fields.Array(buf, a.Params, func(buf []byte, g Given) []byte { return g.appendJSON(buf) })
		})
	}
	o.IntOpt("parallel", int64(a.Parallel))
	o.BoolOpt("keep_going", a.KeepGoing)
	o.BoolOpt("fail_fast", a.FailFast)
	return o.Close()
}

func (g Given) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.String("name", g.Name)
	o.Strings("values", g.Values)
	o.String("dir", g.Dir)
	o.String("source", g.Source)
	return o.Close()
}

func (p Process) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Int("pid", int64(p.PID))
	o.Int("start", int64(p.Start))
	o.String("boot", p.Boot)
	return o.Close()
}

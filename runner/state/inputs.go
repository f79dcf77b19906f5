package state

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"sluice/runner/fields"
	"sluice/runner/plan"
)

// Input is a file that a plan reads, as it was at some moment.
type Input struct {
	Path  plan.Text `json:"path"` // absolute
	Size  int64     `json:"size"` // bytes; -1: it could not be looked at
	Mtime time.Time `json:"mtime,omitzero"`
	Inode int64     `json:"inode,omitempty"`
	Dir   bool      `json:"dir,omitempty"` // a directory: nothing is known of what is in it
}

func (in Input) appendJSON(buf []byte) []byte {
	o := fields.Open(buf)
	o.Name("path", in.Path.AppendJSON)
	o.Int("size", in.Size)
	o.TimeOpt("mtime", in.Mtime)
	o.IntOpt("inode", in.Inode)
	o.BoolOpt("dir", in.Dir)
	return o.Close()
}

// reads are the files that inst reads, in any order, but for those that a job
// makes first.
func reads(inst *plan.Instance, made map[string]bool) (paths []string) {
	add := func(path string) {
		if path != "" && !made[path] {
			paths = append(paths, path)
		}
	}
	for _, text := range inst.Reads {
		path, _ := text.Known()
		add(path)
	}
	for _, in := range inst.Inputs() {
		if in.Kind == plan.InFile && !in.Later {
			add(in.Path)
		}
	}
	for _, s := range inst.Stages {
		if !s.Later {
			add(s.Path)
		}
	}
	return paths
}

// made are the files that instances of p write.
func made(p *plan.Plan) map[string]bool {
	paths := map[string]bool{}
	for _, j := range p.Jobs {
		for _, inst := range j.Shapes() {
			for _, out := range inst.Outputs() {
				paths[out.Path] = true
			}
		}
	}
	return paths
}

// statInputs looks at the files that p reads, in the order of the plan.
func statInputs(p *plan.Plan) []Input {
	list := []Input{}
	made, seen := made(p), map[string]bool{}
	for _, j := range p.Jobs {
		for _, inst := range j.Shapes() {
			for _, path := range reads(inst, made) {
				if !seen[path] {
					seen[path] = true
					list = append(list, statInput(path))
				}
			}
		}
	}
	return list
}

func statInput(path string) Input {
	info, err := os.Stat(path)
	if err != nil {
		info = nil
	}
	return inputOf(path, info)
}

// inputOf is what info tells of the file at path; nil is nothing.
func inputOf(path string, info os.FileInfo) Input {
	in := Input{Path: plan.Known(path)}
	switch {
	case info == nil:
		in.Size = -1
	case info.IsDir():
		in.Dir = true
	default:
		in.Size, in.Mtime = info.Size(), info.ModTime().UTC()
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			in.Inode = int64(s.Ino)
		}
	}
	return in
}

// change says how a file differs from what it was, or "", and when its content
// or its place changed the last time. What was not there, nobody has read.
func (was Input) change() (how string, at time.Time) {
	path, _ := was.Path.Known()
	info, err := os.Stat(path)
	if err != nil {
		info = nil
	}
	switch is := inputOf(path, info); {
	case was.Size < 0:
		return "", at
	case is.Size < 0:
		how = path + " is missing"
	case is.Dir != was.Dir, is.Inode != was.Inode:
		how = path + " is another file"
	case is.Size != was.Size:
		how = fmt.Sprintf("%s has %d bytes and had %d", path, is.Size, was.Size)
	case !is.Mtime.Equal(was.Mtime):
		how = path + " has changed"
	}
	if info != nil {
		at = changeTime(info)
	}
	return how, at
}

// sinceNamed is change for a file that was not looked at when the run began,
// since lines that a job printed then named it.
func sinceNamed(path string) (how string, at time.Time) {
	info, err := os.Stat(path)
	if err != nil {
		return path + " is missing", at
	}
	return path + " may have changed since it was read", changeTime(info)
}

// Inputs reads inputs.json, by path.
func (f *Folder) Inputs() (map[string]Input, error) {
	var list []Input
	if err := f.readJSON(inputsName, &list); err != nil {
		return nil, err
	}
	byPath := make(map[string]Input, len(list))
	for _, in := range list {
		path, _ := in.Path.Known()
		byPath[path] = in
	}
	return byPath, nil
}

// Package validate holds the rules that need no machine: what can be said of
// a job file by reading it alone. One file holds one family of rules.
package validate

import (
	"cmp"
	"fmt"
	"slices"

	"sluice/spec"
	"sluice/spec/diag"
)

// Parse reads a job file and applies every rule of this package to it: all
// its problems, in the order of the file. The File is nil where the text is
// too broken to say anything of its jobs.
func Parse(name string, text []byte, limits spec.Limits) (*spec.File, diag.List) {
	f, broken := spec.Parse(name, text, limits)
	if f == nil {
		return nil, broken
	}
	return f, append(withoutEchoes(Check(f), broken, f), broken...).Sort()
}

// withoutEchoes drops from list what follows from values that could not be
// read: problems at the same place, and keys that seem to be missing from a
// job in which another key could not be read.
func withoutEchoes(list, broken diag.List, f *spec.File) diag.List {
	if len(broken) == 0 {
		return list
	}
	places, jobs := map[diag.Pos]bool{}, map[int]bool{}
	jobOf := func(line int) int {
		n, _ := slices.BinarySearchFunc(f.Jobs.Entries, line+1, func(e spec.Entry[*spec.Job], line int) int { return cmp.Compare(e.Key.Pos.Line, line) })
		return n
	}
	for _, p := range broken {
		places[p.Pos] = true
		jobs[jobOf(p.Pos.Line)] = true
	}
	return slices.DeleteFunc(list, func(p diag.Problem) bool {
		return places[p.Pos] || p.Rule == "SL017" && jobs[jobOf(p.Pos.Line)]
	})
}

// Check returns every problem of f that no machine is needed to see. f may be
// what Parse could make of a broken file.
func Check(f *spec.File) diag.List {
	c := &check{file: f, jobs: map[string]*spec.Job{}}
	for _, e := range f.Jobs.Entries {
		if e.Value != nil {
			c.jobs[e.Key.Value] = e.Value
			c.jobNames = append(c.jobNames, e.Key.Value)
		}
	}
	for _, e := range f.Params.Entries {
		c.paramNames = append(c.paramNames, e.Key.Value)
	}
	c.bounds()
	c.names()
	c.params()
	for _, e := range f.Jobs.Entries {
		if e.Value != nil {
			c.job(e.Value)
		}
	}
	c.cycles()
	c.texts()
	return c.list.Sort()
}

// check is one reading of one file.
type check struct {
	file       *spec.File
	list       diag.List
	jobs       map[string]*spec.Job
	jobNames   []string
	paramNames []string
}

func (c *check) add(rule string, pos diag.Pos, length int, msg, hint string) *diag.Problem {
	p := diag.New(rule, pos, length, msg, hint)
	p.File = c.file.Name
	c.list = append(c.list, p)
	return &c.list[len(c.list)-1]
}

// at is add for a place that a String names.
func (c *check) at(rule string, s spec.String, msg, hint string) *diag.Problem {
	length := len([]rune(s.Value))
	return c.add(rule, s.Pos, length, msg, hint)
}

// unknown reports a name that nothing defines, with the nearest that is.
func (c *check) unknown(s spec.String, kind string, names []string) {
	msg, hint := fmt.Sprintf("there is no %s %q", kind, s.Value), ""
	if near := spec.Nearest(s.Value, names); near != "" {
		msg += fmt.Sprintf("; did you mean %q?", near)
	} else if len(names) == 0 {
		hint = "the file defines none"
	}
	c.at("SL101", s, msg, hint)
}

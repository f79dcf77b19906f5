// Package validate holds the rules that need no machine: what can be said of
// a job file by reading it alone. One file holds one family of rules.
package validate

import (
	"fmt"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
)

// Parse reads a job file and applies every rule of this package to it: all
// its problems, in the order of the file, without those that it waives. The
// File is nil where the text is too broken to say anything of its jobs.
func Parse(name string, text []byte, limits spec.Limits) (*spec.File, diag.List) {
	f, broken := spec.Parse(name, text, limits)
	if f == nil {
		return nil, broken.Cut()
	}
	return f, checkFile(f, broken).WithLineEnds(text)
}

// Check returns every problem of f that no machine is needed to see, without
// those that it waives. f may be what spec.Parse could make of a broken file.
func Check(f *spec.File) diag.List { return checkFile(f, nil) }

// checkFile adds to list, which reading f has told, what the rules have to say.
func checkFile(f *spec.File, list diag.List) diag.List {
	c := &check{
		file: f, broken: brokenParts(f, list), told: map[diag.Pos]bool{}, used: map[*spec.Allow]bool{}, homes: map[diag.Pos]*diag.Fix{},
		jobs: map[string]*spec.Job{}, params: map[string]*spec.Param{}, clients: map[string][]spec.String{},
	}
	for _, e := range f.Jobs.Entries {
		if e.Value != nil {
			c.jobs[e.Key.Value] = e.Value
			c.jobNames = append(c.jobNames, e.Key.Value)
		}
	}
	c.findClients()
	for _, e := range f.Params.Entries {
		c.params[e.Key.Value] = e.Value
		c.paramNames = append(c.paramNames, e.Key.Value)
	}
	for _, p := range list {
		c.keep(p)
		c.told[p.Pos] = true
	}
	c.rules()
	sorted := c.list.Sort().Cut()
	return append(sorted, c.notes...).Sort()
}

// rules applies every rule, until there are more problems than are told.
func (c *check) rules() {
	c.bounds()
	c.names()
	c.paramRules()
	c.defaults()
	c.channelVars(c.file.Env, c.file.PassEnv)
	for _, name := range c.jobNames {
		if !c.list.Full() {
			c.job(c.jobs[name])
		}
	}
	if !c.cycles() {
		g := c.order()
		c.together(g)
		c.unheard(g)
		c.lonely(g)
	}
	c.texts()
	c.outputs()
	c.timeouts()
	whole := !c.broken.any && !c.list.Invalid(false)
	if whole {
		c.unread() // the job that reads it may be one that is not right yet
	}
	c.uselessWaivers(whole)
}

// check is one reading of one file.
type check struct {
	file       *spec.File
	broken     parts
	told       map[diag.Pos]bool // places of which reading the file has told: one mistake, one problem
	list       diag.List         // without notes
	notes      diag.List
	used       map[*spec.Allow]bool // waivers that something needed
	jobs       map[string]*spec.Job
	jobNames   []string
	clients    map[string][]spec.String // of each service: the jobs that need it, by name, where they say so
	params     map[string]*spec.Param   // nil where one could not be read
	paramNames []string
	compared   int // names that were compared with an unknown one
	asked      int // clients of services that were followed
	split      lineWords
	homes      map[diag.Pos]*diag.Fix // of lines with a ~, by where they begin
}

// mostCompared bounds the search for what was meant by unknown names: a
// thousand of them among twenty thousand would take seconds.
const mostCompared = 200_000

// add tells of a problem, and returns it to be given more before the next one.
func (c *check) add(rule string, pos diag.Pos, length int, msg, hint string) *diag.Problem {
	if c.list.Full() || c.told[pos] {
		return &diag.Problem{}
	}
	p := diag.New(rule, pos, length, msg, hint)
	p.File = c.file.Name
	return c.keep(p)
}

// keep adds p to what is told, unless it is waived.
func (c *check) keep(p diag.Problem) *diag.Problem {
	if a := c.file.Waiver(p); a != nil {
		c.used[a] = true
		return &p
	}
	if p.Severity == diag.Info {
		return c.notes.Add(p)
	}
	return c.list.Add(p)
}

// at is add for a place that a String names.
func (c *check) at(rule string, s spec.String, msg, hint string) *diag.Problem {
	return c.add(rule, s.Pos, s.Len(), msg, hint)
}

// unknown reports a name that nothing defines, with the nearest that is.
func (c *check) unknown(s spec.String, kind string, names []string) {
	c.unknownName(s, fmt.Sprintf("there is no %s %q", kind, s.Value), names)
}

func (c *check) unknownName(s spec.String, msg string, names []string) {
	const mostNames = 13 // that fit on a line or two
	near, hint := "", ""
	if c.compared += len(names); c.compared <= mostCompared {
		near = spec.Nearest(s.Value, names)
	}
	switch {
	case near != "":
		msg += fmt.Sprintf("; did you mean %q?", near)
	case len(names) == 0 && c.broken.top:
		return // the key that defines it may be one that could not be read
	case len(names) == 0:
		hint = "the file defines none"
	case len(names) == 1:
		hint = "there is only " + names[0]
	case len(names) <= mostNames:
		hint = "expected one of " + strings.Join(names, ", ")
	}
	c.at("SL101", s, msg, hint)
}

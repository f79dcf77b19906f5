package validate

import (
	"sort"

	"sluice/spec"
	"sluice/spec/diag"
)

// parts are the pieces of a file in which something could not be read. What
// seems to be missing from them may be just that, so nobody is told of it.
type parts struct {
	any          bool // anywhere
	top          bool // a key beside jobs
	jobs, params map[string]bool
}

// brokenParts tells where the problems of list stand in f.
func brokenParts(f *spec.File, list diag.List) parts {
	b := parts{any: len(list) > 0, jobs: map[string]bool{}, params: map[string]bool{}}
	for _, p := range list {
		job, param := entryAt(f.Jobs, p.Pos), entryAt(f.Params, p.Pos)
		switch {
		case p.Pos.Col == f.Pos.Col && p.Pos.Line > 0 && !inFlow(f):
			b.top = true
		case job.IsSet() && (!param.IsSet() || f.Params.Pos.Before(f.Jobs.Pos)):
			b.jobs[job.Value] = true
		case param.IsSet():
			b.params[param.Value] = true
		}
	}
	return b
}

// inFlow reports whether f is written as {version: 1, …}, so that columns say
// nothing.
func inFlow(f *spec.File) bool { return f.Jobs.IsSet() && f.Jobs.Pos.Line == f.Pos.Line }

// entryAt is the key of the last entry of m that does not begin behind pos.
func entryAt[T any](m spec.Map[T], pos diag.Pos) (key spec.String) {
	after := sort.Search(len(m.Entries), func(i int) bool { return pos.Before(m.Entries[i].Key.Pos) })
	if after > 0 {
		key = m.Entries[after-1].Key
	}
	return key
}

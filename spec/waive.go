package spec

import (
	"slices"
	"sort"

	"sluice/spec/diag"
)

// LeastReason is how many characters the reason of a waiver has: enough for a
// few words.
const LeastReason = 10

// Waive returns list without the problems that jobs and stages of f allow, and
// the waivers that were of use. Fatal problems can't be waived.
func (f *File) Waive(list diag.List) (kept diag.List, used map[*Allow]bool) {
	used = map[*Allow]bool{}
	return slices.DeleteFunc(list, func(p diag.Problem) bool {
		if p.Severity == diag.Fatal {
			return false
		}
		a := f.allowedAt(p.Pos, p.Rule)
		if a != nil {
			used[a] = true
		}
		return a != nil
	}), used
}

// allowedAt is what waives rule at pos: of the stage that pos is in, or else
// of the job; nil where nothing does.
func (f *File) allowedAt(pos diag.Pos, rule string) *Allow {
	j := f.JobAt(pos)
	if j == nil {
		return nil
	}
	if s := j.stageAt(pos); s != nil {
		if a := waiver(s.Allow, rule); a != nil {
			return a
		}
	}
	return waiver(j.Allow, rule)
}

func waiver(l List[*Allow], rule string) *Allow {
	for _, a := range l.Items {
		if a != nil && a.Rule.Value == rule && a.Reason.Value != "" {
			return a
		}
	}
	return nil
}

// JobAt is the job in whose text pos is, or nil.
func (f *File) JobAt(pos diag.Pos) (j *Job) {
	if f.Layout.at(pos) != "jobs" {
		return nil
	}
	// Entries stand in the order of the file, and there may be thousands.
	after := sort.Search(len(f.Jobs.Entries), func(i int) bool { return pos.Before(f.Jobs.Entries[i].Key.Pos) })
	if after == 0 {
		return nil
	}
	return f.Jobs.Entries[after-1].Value
}

// stageAt is the stage of j in whose text pos is, or nil.
func (j *Job) stageAt(pos diag.Pos) (at *Stage) {
	if j.Layout.at(pos) != "pipe" {
		return nil
	}
	items := j.Pipe.Items // nil where one could not be read
	after := sort.Search(len(items), func(i int) bool { return items[i] != nil && pos.Before(items[i].Pos) })
	if after > 0 {
		at = items[after-1]
	}
	return at
}

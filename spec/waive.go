package spec

import (
	"sort"
	"strings"
	"unicode/utf8"

	"sluice/spec/diag"
)

// LeastReason is how many characters the reason of a waiver has: enough for a
// few words.
const LeastReason = 10

// Waiver is what allows p: of the stage that p is in, or else of the job; nil
// where nothing does. Fatal problems can't be waived.
func (f *File) Waiver(p diag.Problem) *Allow {
	j := f.JobAt(p.Pos)
	if j == nil || p.Severity == diag.Fatal {
		return nil
	}
	if s := j.stageAt(p.Pos); s != nil {
		if a := waiver(s.Allow, p.Rule); a != nil {
			return a
		}
	}
	return waiver(j.Allow, p.Rule)
}

func waiver(l List[*Allow], rule string) *Allow {
	for _, a := range l.Items {
		if a != nil && a.Rule.Value == rule && utf8.RuneCountInString(strings.TrimSpace(a.Reason.Value)) >= LeastReason {
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
func (j *Job) stageAt(pos diag.Pos) *Stage {
	if j.Layout.at(pos) != "pipe" {
		return nil
	}
	items := j.Pipe.Items
	for after := sort.Search(len(items), func(i int) bool { return items[i] != nil && pos.Before(items[i].Pos) }); after > 0; after-- {
		if items[after-1] != nil { // nil is one that could not be read
			return items[after-1]
		}
	}
	return nil
}

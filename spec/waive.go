package spec

import (
	"slices"
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
	for _, s := range slices.Backward(j.stagesAt(p.Pos)) {
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

// stagesAt are the stages of j in whose text pos is: one of its pipeline, then
// one within that, and so on.
func (j *Job) stagesAt(pos diag.Pos) []*Stage {
	return stagesAt(pos, j.Layout, j.Pipe, j.Inputs, List[*Branch]{})
}

// stagesAt are those of a mapping with these keys.
func stagesAt(pos diag.Pos, l Layout, pipe List[*Stage], inputs Map[*Feed], tee List[*Branch]) []*Stage {
	switch l.at(pos) {
	case "pipe":
		if s := lastAt(pos, pipe.Items, func(s *Stage) diag.Pos { return s.Pos }); s != nil {
			return append([]*Stage{s}, stagesAt(pos, s.Layout, List[*Stage]{}, s.Inputs, s.Tee)...)
		}
	case "tee":
		if b := lastAt(pos, tee.Items, func(b *Branch) diag.Pos { return b.Pos }); b != nil {
			return stagesAt(pos, b.Layout, b.Pipe, b.Inputs, List[*Branch]{})
		}
	case "inputs":
		var feeds []*Feed
		for _, e := range inputs.Entries {
			feeds = append(feeds, e.Value)
		}
		if f := lastAt(pos, feeds, func(f *Feed) diag.Pos { return f.Pos }); f != nil {
			return stagesAt(pos, f.Layout, f.Pipe, f.Inputs, List[*Branch]{})
		}
	}
	return nil
}

// lastAt is the last of items that does not begin behind pos, or nil. What
// could not be read is nil too.
func lastAt[T any](pos diag.Pos, items []*T, begin func(*T) diag.Pos) *T {
	for after := sort.Search(len(items), func(i int) bool { return items[i] != nil && pos.Before(begin(items[i])) }); after > 0; after-- {
		if items[after-1] != nil {
			return items[after-1]
		}
	}
	return nil
}

// Package diag holds problems of a job file: what is wrong, where, by which
// rule, and what to write instead.
//
// A problem is never a Go error and never the bad ending of a child. It
// belongs to the text that a person wrote, so it always has a place.
package diag

import (
	"cmp"
	"fmt"
	"slices"
)

// Pos is a place in a job file. The zero Pos is no place.
type Pos struct {
	Line int `json:"line"`   // 1-based
	Col  int `json:"column"` // 1-based, in code points, as editors count
}

// IsZero reports whether p is no place at all.
func (p Pos) IsZero() bool { return p.Line == 0 }

// Before reports whether p stands before q in the file.
func (p Pos) Before(q Pos) bool { return comparePos(p, q) < 0 }

func comparePos(p, q Pos) int {
	if c := cmp.Compare(p.Line, q.Line); c != 0 {
		return c
	}
	return cmp.Compare(p.Col, q.Col)
}

// Severity says what a problem does to the verdict on its file.
type Severity uint8

// Fatal and Error make a file invalid; Warning does so under --strict; Info
// never does. Fatal ones can't be waived.
const (
	Fatal Severity = iota
	Error
	Warning
	Info
)

func (s Severity) String() string {
	switch s {
	case Fatal, Error:
		return "error"
	case Warning:
		return "warning"
	default:
		return "info"
	}
}

// Related is a second place that a problem is about, such as the first of two
// duplicate keys.
type Related struct {
	Pos Pos
	Msg string
}

// Problem is one thing that is wrong with a job file.
type Problem struct {
	Rule     string   // "SL014"; see Rules
	Severity Severity // the zero value is Fatal
	File     string   // as the caller named it
	Pos      Pos      // where it begins; zero where the whole file is meant
	Len      int      // code points to underline; 0 means 1
	Msg      string   // what was found and what was expected, one line
	Hint     string   // what to write instead; may have several lines or be empty
	Related  []Related
	Fix      *Fix // a change that mends it for certain; nil where there is none
}

// List is a set of problems. The nil List is no problem.
type List []Problem

// Sort orders l by file, then by place, then by rule, and drops repetitions,
// so that the same file always gives the same text.
func (l List) Sort() List {
	slices.SortStableFunc(l, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			comparePos(a.Pos, b.Pos),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Msg, b.Msg),
		)
	})
	return slices.CompactFunc(l, func(a, b Problem) bool {
		return a.File == b.File && a.Pos == b.Pos && a.Rule == b.Rule && a.Msg == b.Msg
	})
}

// Most is how many problems of one file are told. More say nothing new, and a
// file made to have millions of them must not take the memory for them.
const Most = 1000

// Add appends p unless l is full, and returns where it stands: to be given more
// before the next call.
func (l *List) Add(p Problem) *Problem {
	if l.Full() {
		return &p
	}
	*l = append(*l, p)
	return &(*l)[len(*l)-1]
}

// Full reports whether l has more problems than are ever told.
func (l List) Full() bool { return len(l) > Most }

// Cut is l, which is sorted, without the problems that are not told. The last
// one says so.
func (l List) Cut() List {
	if !l.Full() {
		return l
	}
	last := New("SL015", l[Most].Pos, 1, fmt.Sprintf("more than %d problems; the rest is not told", Most), "mend these first")
	last.File = l[Most].File
	return append(l[:Most:Most], last)
}

// AtLeast are the problems of l that are as severe as s or more.
func (l List) AtLeast(s Severity) (severe List) {
	for _, p := range l {
		if p.Severity <= s {
			severe = append(severe, p)
		}
	}
	return severe
}

// Invalid reports whether l makes its file invalid. With strict, warnings do.
func (l List) Invalid(strict bool) bool {
	return slices.ContainsFunc(l, func(p Problem) bool {
		return p.Severity <= Error || strict && p.Severity == Warning
	})
}

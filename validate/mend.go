package validate

import (
	"bytes"
	"slices"

	"sluice/spec"
	"sluice/spec/diag"
)

// mostRounds bounds how often a text is mended. A fix may bring to light what
// its problem hid, and of two that touch only one is made at a time; but each
// round leaves fewer problems, and nothing that people write needs as many.
const mostRounds = 50

// Mend returns text with every certain fix made, and how many problems that
// mended. Nothing else of text is touched, and no fix is made that would make
// a file worse: one that cures a problem and brings another.
func Mend(name string, text []byte, limits spec.Limits) (mended []byte, fixed int) {
	m := mender{name, limits}
	problems := m.problems(text)
	for range mostRounds {
		next, n := m.harmless(text, problems, problems).Apply(text)
		if n == 0 || bytes.Equal(next, text) {
			break
		}
		text, fixed = next, fixed+n
		problems = m.problems(text)
	}
	return text, fixed
}

type mender struct {
	name   string
	limits spec.Limits
}

func (m mender) problems(text []byte) diag.List {
	_, list := Parse(m.name, text, m.limits)
	return list
}

// harmless are the problems of list with a fix, without those whose fix makes
// text, which has the problems before, worse. One harmful among n is found
// with 2 log n readings.
func (m mender) harmless(text []byte, before, list diag.List) diag.List {
	list = slices.DeleteFunc(slices.Clone(list), func(p diag.Problem) bool { return p.Fix == nil })
	fixed, n := list.Apply(text)
	if n == 0 || !worse(m.problems(fixed), before) {
		return list
	}
	if len(list) == 1 {
		return nil
	}
	half := len(list) / 2
	first := m.harmless(text, before, list[:half])
	both := append(first, m.harmless(text, before, list[half:])...)
	if fixed, _ := both.Apply(text); worse(m.problems(fixed), before) {
		return first // each does no harm alone
	}
	return both
}

// worse reports whether a file with the problems after is further from being
// run than one with the problems before.
func worse(after, before diag.List) bool {
	are, _, _ := after.Counts()
	were, _, _ := before.Counts()
	return fatal(after) > fatal(before) || are > were
}

func fatal(l diag.List) (n int) {
	for _, p := range l {
		if p.Severity == diag.Fatal {
			n++
		}
	}
	return n
}

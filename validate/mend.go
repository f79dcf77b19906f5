package validate

import (
	"bytes"

	"sluice/spec"
	"sluice/spec/diag"
)

// mostRounds bounds how often a text is mended: a fix may bring to light what
// its problem hid, and no chain of those is longer.
const mostRounds = 8

// Mend returns text with every certain fix made, and how many problems that
// mended. Nothing else of text is touched, and no fix is made that would make
// a file worse: after it every fatal problem was one before.
func Mend(name string, text []byte, limits spec.Limits) (mended []byte, fixes int) {
	_, problems := Parse(name, text, limits)
	for range mostRounds {
		next, list, n := mendOnce(name, text, problems, limits)
		if n == 0 {
			break
		}
		text, problems, fixes = next, list, fixes+n
	}
	return text, fixes
}

// mendOnce makes the fixes of problems together, or, where one of them does
// harm, each that does none.
func mendOnce(name string, text []byte, problems diag.List, limits spec.Limits) (mended []byte, left diag.List, n int) {
	mended, n = problems.Apply(text)
	if n == 0 || bytes.Equal(mended, text) {
		return text, problems, 0
	}
	if _, left = Parse(name, mended, limits); !worse(left, problems) {
		return mended, left, n
	}
	for _, p := range problems {
		if p.Fix == nil {
			continue
		}
		// Later places move with what is put in before them, so each fix is
		// tried on the text as it was, and only one is made a round.
		one, _ := diag.List{p}.Apply(text)
		if _, list := Parse(name, one, limits); !worse(list, problems) {
			return one, list, 1
		}
	}
	return text, problems, 0
}

// worse reports whether a file with the problems after is further from being
// run than one with the problems before.
func worse(after, before diag.List) bool { return fatal(after) > fatal(before) }

func fatal(l diag.List) (n int) {
	for _, p := range l {
		if p.Severity == diag.Fatal {
			n++
		}
	}
	return n
}

package spec

import (
	"strings"
	"unicode/utf8"
)

// Nearest is the one of names that was probably meant by name, or "" where
// none is near: the same but for case, or within a third of its length in
// edits, a swap of neighbours counting as one.
func Nearest(name string, names []string) string {
	best, bestAt := "", max(1, utf8.RuneCountInString(name)/3)+1
	if len(name) > 64 {
		return ""
	}
	for _, n := range names {
		if strings.EqualFold(name, n) {
			return n
		}
		if at := distance([]rune(name), []rune(n), bestAt); at < bestAt {
			best, bestAt = n, at
		}
	}
	return best
}

// distance is the optimal string alignment distance of a and b, or most where
// it is at least that.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], most)
}

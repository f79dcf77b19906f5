package main

import (
	"slices"
	"strings"

	"sluice/runner/plan"
)

// jobOf is the name of the job of the instance id.
func jobOf(id string) string {
	name, _, _ := strings.Cut(id, "[")
	return name
}

// asks reports whether --job with this word asks for j or an instance of it,
// which may be one that the run has yet to find. No word asks for all.
func asks(word string, j *plan.Job) bool {
	switch {
	case word == "" || word == j.Name:
		return true
	case j.Vague():
		return jobOf(word) == j.Name
	}
	return slices.Contains(idsOf(j), word)
}

// idsOf are the instances of j, or j where none is known.
func idsOf(j *plan.Job) (ids []string) {
	for _, inst := range j.Instances {
		ids = append(ids, inst.ID)
	}
	if j.Vague() {
		return []string{j.Name}
	}
	return ids
}

// asksOf reports whether --job with this word asks for the instance id.
func asksOf(word, id string) bool {
	return word == "" || word == id || word == jobOf(id)
}

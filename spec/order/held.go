package order

import (
	"fmt"
	"slices"
)

// Held says why other would wait for ever for a lock that holder has too: by
// which rule, and what to write instead. rule is empty where it would not.
func (g *Graph) Held(holder, other string) (rule, msg, hint string) {
	if !g.Hangs(holder, other) {
		return "", "", ""
	}
	h, o := g.jobs[g.at[holder]], g.jobs[g.at[other]]
	switch {
	case h.Detach:
		return "SL109", fmt.Sprintf("%s starts after %s, which holds this lock as long as it lives", o, h), "remove it from one of the two"
	case slices.Contains(o.Needs, holder):
		return "SL110", fmt.Sprintf("%s needs %s, which holds this lock until the %s has ended", o, h, o.kind()), "remove it here: the service has it"
	case g.Outlives(holder, other):
		return "SL110", fmt.Sprintf("%s is ended after %s, and holds this lock until then", h, o), "remove it from one of the two"
	}
	return "SL110", fmt.Sprintf("%s holds this lock until jobs have ended that wait for %s", h, o), "remove it from one of the two"
}

// kind is what messages call such a job.
func (j Job) kind() string {
	switch {
	case j.Service:
		return "service"
	case j.Detach:
		return "detached job"
	}
	return "job"
}

// String is how messages call j.
func (j Job) String() string { return fmt.Sprintf("%s %q", j.kind(), j.Name) }

package plan

import (
	"fmt"

	"sluice/spec"
	"sluice/spec/diag"
	"sluice/spec/order"
)

// Package validate judges the locks and ports that a file names. Here is what
// substitutions, conditions and the choice of jobs make of them.

// use is one instance with a lock or a port, and where the file gives that.
type use struct {
	job  *Job
	id   string
	text spec.Template
}

// together reports instances of p that can't run as they must, because of a
// lock or a port that another has.
func (b *builder) together(p *Plan) {
	locks, ports := map[string][]use{}, map[string][]use{}
	var several bool
	for _, j := range p.Jobs {
		for _, inst := range j.Shapes() {
			if inst.Exclusive != nil {
				locks[inst.Exclusive.Name] = append(locks[inst.Exclusive.Name], use{job: j, id: inst.ID})
				several = several || len(locks[inst.Exclusive.Name]) > 1
			}
			if j.Service && inst.Ready != nil && inst.Ready.Port != "" {
				port := spec.Address(inst.Ready.Port)
				ports[port] = append(ports[port], use{job: j, id: inst.ID})
				several = several || len(ports[port]) > 1
			}
		}
	}
	if !several {
		return // as nearly always
	}
	jobs := map[string]*spec.Job{}
	for _, e := range b.file.Jobs.Entries {
		jobs[e.Key.Value] = e.Value
	}
	g := orderOf(p)
	for _, uses := range locks {
		for i := range uses {
			uses[i].text = jobs[uses[i].job.Name].Exclusive.Name
		}
		b.eachPair(uses, func(holder, waits use) bool { return b.held(g, holder, waits) || b.held(g, waits, holder) })
	}
	for _, uses := range ports {
		for i := range uses {
			uses[i].text = jobs[uses[i].job.Name].Ready.Port
		}
		b.eachPair(uses, func(one, other use) bool {
			if one.job != other.job && g.Apart(one.job.Name, other.job.Name) {
				return false
			}
			b.clash("SL110", one, other, fmt.Sprintf("services %s and %s are ready by the same port, and they run at once: one would answer for the other", one.id, other.id), "give each a port of its own")
			return true
		})
	}
}

// orderOf is the jobs of p with what they wait for. What is skipped is over.
func orderOf(p *Plan) *order.Graph {
	var jobs []order.Job
	for _, j := range p.Jobs {
		if j.Skip == "" {
			jobs = append(jobs, order.Job{Name: j.Name, Service: j.Service, Detach: j.Detach, Needs: j.Needs, After: j.After})
		}
	}
	return order.New(jobs)
}

// mostPairs bounds how many pairs of instances are compared.
const mostPairs = 200_000

// eachPair calls f with the pairs of uses until it is true, which is once for
// each that comes second.
func (b *builder) eachPair(uses []use, f func(one, other use) bool) {
	left := mostPairs
	for i, other := range uses {
		for _, one := range uses[:i] {
			if left--; left < 0 || b.list.Full() {
				return
			}
			if f(one, other) {
				break
			}
		}
	}
}

// held reports that waits would wait for ever for the lock that holder has,
// and whether it would.
func (b *builder) held(g *order.Graph, holder, waits use) bool {
	h, w := holder.job.Name, waits.job.Name
	rule, msg, hint := g.Held(h, w)
	switch {
	case h == w && holder.job.Service:
		rule, msg, hint = "SL110", fmt.Sprintf("%s and %s run at once, and one of them at a time could hold this lock", holder.id, waits.id), "put ${matrix.…} into the name"
	case rule == "" && g.Endless(h) && !g.Apart(h, w):
		rule, msg = "SL110", fmt.Sprintf("%s never gets this lock: service %s holds it until the run is stopped, since no job needs it", waits.id, holder.id)
		hint = "run them apart, by name; or remove it from one of the two"
	}
	if rule == "" {
		return false
	}
	b.clash(rule, holder, waits, msg, hint)
	return true
}

func (b *builder) clash(rule string, one, other use, msg, hint string) {
	p := b.add(rule, other.text.Pos, other.text.Len(), msg, hint)
	if one.text.Pos != other.text.Pos {
		p.Related = []diag.Related{{Pos: one.text.Pos, Msg: "of " + one.id}}
	}
}

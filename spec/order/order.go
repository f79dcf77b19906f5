// Package order tells what must have happened in a run before something else
// can, as far as needs, after, services and detached jobs say. It is told of
// jobs as a file writes them, or as a plan has them.
package order

import "slices"

// Job is what the order of a run depends on.
type Job struct {
	Name    string
	Service bool     // it ends after all that need it
	Detach  bool     // what waits for it waits for its start alone; it may live for ever
	Needs   []string // a name that no job has is passed over
	After   []string
	Maybe   bool // it may turn out to be skipped
}

// Graph is the jobs of a run. It is not for several goroutines at once.
type Graph struct {
	jobs    []Job
	at      map[string]int
	clients [][]int // of each service: the jobs that need it
	calls   map[call]events
	left    int // steps that may still be taken
}

// mostSteps bounds what is spent on one file, to a good second: ten thousand
// services that hang on each other would take minutes. Beyond that nothing is
// found any more.
const mostSteps = 2_000_000

// New makes the graph of jobs, in which none may wait for itself.
func New(jobs []Job) *Graph {
	g := &Graph{jobs: jobs, at: map[string]int{}, clients: make([][]int, len(jobs)), calls: map[call]events{}, left: mostSteps}
	for i, j := range jobs {
		g.at[j.Name] = i
	}
	for i, j := range jobs {
		for _, name := range j.Needs {
			if s, ok := g.at[name]; ok && jobs[s].Service {
				g.clients[s] = append(g.clients[s], i)
			}
		}
	}
	return g
}

// Endless reports whether the service name is needed by nothing, so that only
// the end of the run ends it.
func (g *Graph) Endless(name string) bool {
	i, ok := g.at[name]
	return ok && g.jobs[i].Service && len(g.clients[i]) == 0
}

// Lasting are the names of the jobs that end only when the run is stopped:
// services that nothing needs, services that those need, and jobs that come
// after such ones. It is nil where there are none.
func (g *Graph) Lasting() (names map[string]bool) {
	known := make([]int8, 2*len(g.jobs)) // of each event: 1 it comes by itself, 2 it does not
	var lasts func(e int) bool
	lasts = func(e int) bool {
		if known[e] == 0 {
			known[e] = 1
			if e%2 == 1 && g.Endless(g.jobs[e/2].Name) || slices.ContainsFunc(g.needed(e), lasts) {
				known[e] = 2
			}
		}
		return known[e] == 2
	}
	for i, j := range g.jobs {
		if lasts(end(i)) {
			if names == nil {
				names = map[string]bool{}
			}
			names[j.Name] = true
		}
	}
	return names
}

// Hangs reports whether other would wait for ever for what holder, a service
// or a detached job, has from its start to its end: other must start before
// holder can end, and need not be over before holder starts.
func (g *Graph) Hangs(holder, other string) bool {
	h, o, ok := g.both(holder, other)
	switch {
	case !ok:
		return false
	case g.jobs[h].Detach:
		return g.before(o, true)[start(h)] && !g.over(g.before(h, false), o)
	case g.jobs[h].Service:
		return g.reach(true, end(h))[start(o)] && !g.over(g.before(h, false), o)
	}
	return false
}

// Outlives reports whether the service name ends only after other has ended.
func (g *Graph) Outlives(name, other string) bool {
	h, o, ok := g.both(name, other)
	return ok && g.reach(true, end(h))[end(o)]
}

// Apart reports whether one of a and b is over before the other starts.
func (g *Graph) Apart(a, b string) bool {
	_, _, ok := g.both(a, b)
	return !ok || g.Precedes(a, b) || g.Precedes(b, a)
}

// Precedes reports whether a is over before b starts, in a run in which nothing
// is skipped.
func (g *Graph) Precedes(a, b string) bool {
	i, j, ok := g.both(a, b)
	return ok && g.over(g.before(j, false), i)
}

// Together reports whether one of the services a and b can't end before the
// other has started, and neither is over before that.
func (g *Graph) Together(a, b string) bool { return g.Hangs(a, b) || g.Hangs(b, a) }

// both finds two different jobs. ok is false where there are none, and when
// enough was looked for.
func (g *Graph) both(a, b string) (i, j int, ok bool) {
	i, okA := g.at[a]
	j, okB := g.at[b]
	g.left--
	return i, j, okA && okB && i != j && g.left > 0
}

// events are starts and ends of jobs that have happened.
type events map[int]bool

func start(job int) int { return 2 * job }
func end(job int) int   { return 2*job + 1 }

// passed is what a job has waited for that waited for job: its end, or the
// start of what is detached.
func (g *Graph) passed(job int) int {
	if g.jobs[job].Detach {
		return start(job)
	}
	return end(job)
}

// over reports whether nothing of job is left when all of happened has: it has
// ended, or it is a service and all that need it have.
func (g *Graph) over(happened events, job int) bool {
	if g.jobs[job].Detach {
		return false
	}
	if clients := g.clients[job]; len(clients) > 0 && !slices.ContainsFunc(clients, func(c int) bool { return !happened[g.passed(c)] }) {
		return true
	}
	return happened[end(job)]
}

// before is all that has happened when job starts, itself included. What is
// certain does not count on jobs that may be skipped.
func (g *Graph) before(job int, certain bool) events {
	all := g.reach(certain, start(job))
	g.add(all, g.called(call{job, certain}))
	return all
}

// add puts more into all.
func (g *Graph) add(all, more events) {
	g.left -= len(more)
	for e := range more {
		all[e] = true
	}
}

// reach is all that has happened when the events from have.
func (g *Graph) reach(certain bool, from ...int) events {
	all := events{}
	for len(from) > 0 && g.left > 0 {
		e := from[len(from)-1]
		from = from[:len(from)-1]
		g.left--
		job := e / 2
		if all[e] || certain && g.jobs[job].Maybe {
			continue
		}
		all[e] = true
		from = append(from, g.needed(e)...)
	}
	return all
}

// needed is what must have happened right before e.
func (g *Graph) needed(e int) (events []int) {
	job := e / 2
	if e == start(job) {
		services, others := g.waits(job)
		return append(services, others...)
	}
	for _, c := range g.clients[job] {
		events = append(events, g.passed(c))
	}
	return append(events, start(job))
}

// waits is what job waits for to start: starts of services, and other events.
func (g *Graph) waits(job int) (services, others []int) {
	for _, name := range g.jobs[job].Needs {
		switch i, ok := g.at[name]; {
		case !ok:
		case g.jobs[i].Service:
			services = append(services, start(i))
		default:
			others = append(others, g.passed(i))
		}
	}
	for _, name := range g.jobs[job].After {
		if i, ok := g.at[name]; ok {
			others = append(others, g.passed(i))
		}
	}
	return services, others
}

// call is the question what must have happened when a service is called.
type call struct {
	service int
	certain bool
}

// called is what has happened when a service is called, which is when one of
// the jobs that need it waits for nothing but services: what is common to all
// of them.
func (g *Graph) called(c call) events {
	if known, ok := g.calls[c]; ok || g.left <= 0 {
		return known
	}
	var common events
	for _, client := range g.clients[c.service] {
		_, others := g.waits(client)
		happened := g.reach(c.certain, others...)
		g.add(happened, g.called(call{client, c.certain}))
		if common == nil {
			common = happened
		}
		g.left -= len(common)
		for e := range common {
			if !happened[e] {
				delete(common, e)
			}
		}
	}
	g.calls[c] = common
	return common
}

package runner

import (
	"container/heap"
	"fmt"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// schedule decides what may start next. It knows no process and no time: it
// is told what ended, and answers what is ready. One goroutine uses it.
type schedule struct {
	jobs    []*jobState
	byName  map[string]*jobState
	ready   jobHeap        // jobs that may have an instance to start
	free    map[string]int // pool to how many more may run
	parked  map[string][]*jobState
	stopped bool // only clean-up jobs start any more
	halted  bool // nothing does
}

// jobState is what is known of one job.
type jobState struct {
	job        *plan.Job
	index      int
	next       int // the next instance to start
	left       int // instances that have not ended
	running    int
	waiting    int // jobs before it that have not ended
	dependents []dependent
	reason     string // why it never starts; empty while it may
	begun      bool   // an instance was started
	failed     bool   // an instance did not succeed
	queued     bool   // it is in ready or parked
}

type dependent struct {
	job   *jobState
	needs bool // else after
}

// unstarted is an instance that never starts, and why.
type unstarted struct {
	job    *plan.Job
	inst   *plan.Instance
	reason string
}

// stdinPool bounds the jobs that inherit standard input: one reads at a time.
// No pool of a job file has this name.
const stdinPool = "(stdin)"

func newSchedule(p *plan.Plan) (*schedule, []unstarted) {
	s := &schedule{byName: map[string]*jobState{}, free: map[string]int{stdinPool: 1}, parked: map[string][]*jobState{}}
	for name, n := range p.Pools {
		s.free[name] = n
	}
	for i, j := range p.Jobs {
		st := &jobState{job: j, index: i, left: len(j.Instances)}
		s.jobs = append(s.jobs, st)
		s.byName[j.Name] = st
	}
	for _, st := range s.jobs {
		for _, name := range st.job.Needs {
			s.edge(name, dependent{st, true})
		}
		for _, name := range st.job.After {
			s.edge(name, dependent{st, false})
		}
	}
	var never []unstarted
	for _, st := range s.jobs {
		if st.waiting == 0 {
			never = append(never, s.release(st)...)
		}
	}
	return s, never
}

func (s *schedule) edge(from string, d dependent) {
	if st := s.byName[from]; st != nil {
		st.dependents = append(st.dependents, d)
		d.job.waiting++
	}
}

// release is called once for each job, when nothing that it waits for is left.
func (s *schedule) release(st *jobState) []unstarted {
	if st.left == 0 { // skipped, or a matrix of nothing
		return s.finish(st)
	}
	if st.reason == "" && s.stopped && !s.isCleanup(st) {
		st.reason = "the run was stopping"
	}
	if st.reason == "" && s.afterNothing(st) {
		st.reason = "nothing that it comes after was started"
	}
	if st.reason != "" {
		return s.drop(st)
	}
	s.queue(st)
	return nil
}

// afterNothing reports whether st comes after jobs of which none was started,
// because something that they need failed. A skipped job does not count: it is
// as good as done.
func (s *schedule) afterNothing(st *jobState) bool {
	found := false
	for _, name := range st.job.After {
		before := s.byName[name]
		if before == nil {
			continue
		}
		if before.begun || before.reason == "" {
			return false
		}
		found = true
	}
	return found
}

// isCleanup reports whether st comes after a job that was started, so that it
// runs although the run is stopping.
func (s *schedule) isCleanup(st *jobState) bool {
	if s.halted {
		return false
	}
	for _, name := range st.job.After {
		if before := s.byName[name]; before != nil && before.begun {
			return true
		}
	}
	return false
}

func (s *schedule) queue(st *jobState) {
	if !st.queued {
		st.queued = true
		heap.Push(&s.ready, st)
	}
}

// pools are the bounds that st's instances share with others.
func (st *jobState) pools() (names []string) {
	if st.job.Pool != "" {
		names = append(names, st.job.Pool)
	}
	if st.next < len(st.job.Instances) && st.job.Instances[st.next].Stdin.Kind == plan.InInherit {
		names = append(names, stdinPool)
	}
	return names
}

// start takes the next instance that may start now. ok is false where there
// is none until something ends.
func (s *schedule) start() (j *plan.Job, inst *plan.Instance, ok bool) {
	for len(s.ready) > 0 {
		st := heap.Pop(&s.ready).(*jobState)
		st.queued = false
		if st.next == len(st.job.Instances) || st.job.MaxParallel > 0 && st.running >= st.job.MaxParallel {
			continue // ended queues it again
		}
		pools := st.pools()
		if full := s.fullPool(pools); full != "" {
			st.queued = true
			s.parked[full] = append(s.parked[full], st)
			continue
		}
		for _, name := range pools {
			s.free[name]--
		}
		inst = st.job.Instances[st.next]
		st.next++
		st.running++
		st.begun = true
		s.queue(st)
		return st.job, inst, true
	}
	return nil, nil, false
}

func (s *schedule) fullPool(names []string) string {
	for _, name := range names {
		if s.free[name] == 0 {
			return name
		}
	}
	return ""
}

// ended records the end of an instance that start gave out, and returns those
// that can't start any more because of it.
func (s *schedule) ended(j *plan.Job, inst *plan.Instance, status report.Status) []unstarted {
	st := s.byName[j.Name]
	st.running--
	st.left--
	st.failed = st.failed || !status.OK()
	pools := []string{j.Pool}
	if inst.Stdin.Kind == plan.InInherit {
		pools = append(pools, stdinPool)
	}
	for _, name := range pools {
		if name == "" {
			continue
		}
		s.free[name]++
		for _, waiting := range s.parked[name] {
			waiting.queued = false
			s.queue(waiting)
		}
		delete(s.parked, name)
	}
	if st.left == 0 {
		return s.finish(st)
	}
	if st.next < len(j.Instances) {
		s.queue(st)
	}
	return nil
}

// finish tells the dependents of st that it is over.
func (s *schedule) finish(st *jobState) (never []unstarted) {
	for _, d := range st.dependents {
		if d.needs && st.failed && d.job.reason == "" {
			d.job.reason = fmt.Sprintf("it needs %s, which did not succeed", st.job.Name)
		}
		if d.job.waiting--; d.job.waiting == 0 {
			never = append(never, s.release(d.job)...)
		}
	}
	return never
}

// drop gives up every instance of st that has not started.
func (s *schedule) drop(st *jobState) (never []unstarted) {
	for st.next < len(st.job.Instances) {
		never = append(never, unstarted{st.job, st.job.Instances[st.next], st.reason})
		st.next++
		st.left--
		st.failed = true
	}
	if st.left == 0 {
		never = append(never, s.finish(st)...)
	}
	return never
}

// halt lets nothing start any more, and returns what never will.
func (s *schedule) halt(reason string) (never []unstarted) {
	if s.halted {
		return nil
	}
	s.halted, s.stopped = true, false // what stop spared is judged anew
	return s.stop(reason)
}

// stop lets nothing start any more but clean-up jobs, and returns what never
// will.
func (s *schedule) stop(reason string) (never []unstarted) {
	if s.stopped {
		return nil
	}
	s.stopped = true
	for _, st := range s.jobs {
		if st.next == len(st.job.Instances) || st.waiting > 0 || s.isCleanup(st) {
			continue
		}
		if st.reason == "" {
			st.reason = reason
		}
		never = append(never, s.drop(st)...)
	}
	return never
}

// jobHeap orders jobs as the plan does.
type jobHeap []*jobState

func (h jobHeap) Len() int           { return len(h) }
func (h jobHeap) Less(i, j int) bool { return h[i].index < h[j].index }
func (h jobHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *jobHeap) Push(x any)        { *h = append(*h, x.(*jobState)) }
func (h *jobHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

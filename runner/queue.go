package runner

import (
	"container/heap"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// stdinPool bounds the jobs that inherit standard input: one reads at a time.
// No pool of a job file has this name.
const stdinPool = "(stdin)"

// queue makes st one that may have an instance to start.
func (s *schedule) queue(st *jobState) {
	switch {
	case st.queued:
		return
	case st.service:
		heap.Push(&s.services, st)
	default:
		heap.Push(&s.ready, st)
	}
	st.queued = true
}

// pools are the bounds that st's instances share with others.
func (st *jobState) pools() (names []string) {
	if st.job.Pool != "" {
		names = append(names, st.job.Pool)
	}
	if st.next < len(st.todo) && st.todo[st.next].Stdin.Kind == plan.InInherit {
		names = append(names, stdinPool)
	}
	return names
}

// start takes the next instance that may start now; without room only a
// service may. ok is false where there is none until something ends.
func (s *schedule) start(room bool) (j *plan.Job, inst *plan.Instance, ok bool) {
	if s.owned {
		return nil, nil, false
	}
	if st := s.nextService(); st != nil {
		return st.job, st.take(), true
	}
	for room && len(s.ready) > 0 {
		st := heap.Pop(&s.ready).(*jobState)
		st.queued = false
		if st.next == len(st.todo) || st.job.MaxParallel > 0 && st.running >= st.job.MaxParallel {
			continue // ended queues it again
		}
		pools := st.pools()
		if full := s.fullPool(pools); full != "" {
			st.queued = true
			s.parked[full] = append(s.parked[full], st)
			continue
		}
		if st.job.Interactive && s.busy > 0 {
			s.queue(st) // nothing else starts until it can have the terminal for itself
			return nil, nil, false
		}
		for _, name := range pools {
			s.free[name]--
		}
		s.busy++
		s.owned = st.job.Interactive
		inst = st.take()
		s.queue(st)
		return st.job, inst, true
	}
	return nil, nil, false
}

// take is the next instance of st, which is started.
func (st *jobState) take() *plan.Instance {
	inst := st.todo[st.next]
	st.next++
	st.running++
	st.begun++
	return inst
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
// that can't start any more because of it. Its status is NotStarted where it
// was kept from starting after all.
func (s *schedule) ended(j *plan.Job, inst *plan.Instance, status report.Status) (never []unstarted) {
	st := s.byName[j.Name]
	st.running--
	st.left--
	if status == report.NotStarted {
		st.begun--
	}
	st.failed = st.failed || !status.OK()
	if st.service {
		if !status.OK() {
			never = s.broken(st)
		}
	} else {
		s.busy--
		s.owned = false // it was alone
		s.freePools(j, inst)
	}
	if st.left == 0 {
		return append(never, s.finish(st)...)
	}
	if st.next < len(st.todo) {
		s.queue(st)
	}
	return never
}

func (s *schedule) freePools(j *plan.Job, inst *plan.Instance) {
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

package runner

import (
	"container/heap"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// serving is what is known of a job that is a service. It starts when a job
// that needs it waits for nothing but services, lets those start when all its
// instances are ready, and is to be stopped when they are over. A service that
// nothing in the plan needs was asked for itself: it starts as any job does,
// and runs until the run is stopped.
type serving struct {
	service  bool
	wantable bool                    // something in the plan needs it
	wanted   bool                    // something that needs it can't go on without it
	users    int                     // jobs that need it and are not over
	isReady  map[*plan.Instance]bool // those that are
	settled  bool                    // those that need it know: it was ready, or never will be
	broke    bool                    // an instance failed, or was not started
}

// called reports whether the service may start.
func (v *serving) called() bool { return v.wanted || !v.wantable }

// call makes services wanted.
func (s *schedule) call(services []*jobState) (never []unstarted) {
	for _, svc := range services {
		if !svc.wanted {
			svc.wanted = true
			never = append(never, s.advance(svc)...)
		}
	}
	return never
}

// nextService is the next service that has an instance to start, or nil.
func (s *schedule) nextService() *jobState {
	for len(s.services) > 0 {
		st := s.services[0]
		if st.next < len(st.todo) {
			return st
		}
		heap.Pop(&s.services)
		st.queued = false
	}
	return nil
}

// announce records that an instance of a service is ready. It may be said
// again, when the instance was started again.
func (s *schedule) announce(j *plan.Job, inst *plan.Instance) []unstarted {
	st := s.byName[j.Name]
	if st.isReady == nil {
		st.isReady = map[*plan.Instance]bool{}
	}
	st.isReady[inst] = true
	if len(st.isReady) < len(st.todo) || st.settled {
		return nil
	}
	return s.settle(st, "")
}

// settle tells those that need the service what they waited for: it is ready,
// or why they never start.
func (s *schedule) settle(svc *jobState, reason string) (never []unstarted) {
	svc.settled = true
	for _, d := range svc.dependents {
		if !d.needs {
			continue
		}
		d.job.unready--
		d.job.waiting--
		if d.job.reason == "" {
			d.job.reason = reason
		}
		never = append(never, s.advance(d.job)...)
	}
	return never
}

// broken keeps what needs the service and has not started from starting.
func (s *schedule) broken(svc *jobState) (never []unstarted) {
	if svc.broke {
		return nil
	}
	svc.broke = true
	if !svc.settled {
		return s.settle(svc, unmet(svc))
	}
	for _, d := range svc.dependents {
		if !d.needs || d.job.next == len(d.job.todo) {
			continue
		}
		if d.job.reason == "" {
			d.job.reason = unmet(svc)
		}
		if d.job.released {
			never = append(never, s.drop(d.job)...)
		} else {
			never = append(never, s.advance(d.job)...)
		}
	}
	return never
}

// leave tells services that a job which needs them is over.
func (s *schedule) leave(services []*jobState) (never []unstarted) {
	for _, svc := range services {
		if svc.users--; svc.users == 0 && !svc.over {
			never = append(never, s.dismiss(svc)...)
		}
	}
	return never
}

// dismiss has a service stopped that nothing needs any more. What of it has
// not started is as good as done.
func (s *schedule) dismiss(svc *jobState) []unstarted {
	svc.released = true
	never := svc.giveUp(report.Skipped, "nothing that needs it was started")
	if svc.left == 0 {
		return append(never, s.finish(svc)...)
	}
	s.unneeded = append(s.unneeded, svc.job)
	return never
}

// surplus are the running services that are to be stopped, each told once or
// more.
func (s *schedule) surplus() []*plan.Job {
	list := s.unneeded
	s.unneeded = nil
	return list
}

package runner

import (
	"cmp"
	"fmt"
	"slices"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// schedule decides what may start next. It knows no process and no time: it
// is told what ended and which services are ready, and answers what may start
// and which services are no longer needed. One goroutine uses it.
type schedule struct {
	jobs     []*jobState
	byName   map[string]*jobState
	ready    jobHeap        // jobs that may have an instance to start
	services jobHeap        // services that have one; they take no slot
	free     map[string]int // pool to how many more may run
	parked   map[string][]*jobState
	busy     int         // instances that run, but for services
	owned    bool        // one of them is interactive, and alone
	unneeded []*plan.Job // running services that nothing needs any more
	stopped  bool        // only clean-up jobs start any more
	halted   bool        // nothing does
	why      string      // the reason of halt
	spread   spreader
}

// spreader finds the instances of a job with Each, now that all that it needs
// has succeeded. done tells how many more succeeded in an earlier run. The
// error says why there can be none.
type spreader func(*plan.Job) (todo []*plan.Instance, done int, err error)

// jobState is what is known of one job.
type jobState struct {
	job        *plan.Job
	index      int
	todo       []*plan.Instance // without those that succeeded in an earlier run
	next       int              // the next of them to start
	left       int              // of them that have not ended
	begun      int              // instances that were started, in earlier runs too
	running    int
	waiting    int // jobs before it that are not over, and services that are not ready
	unready    int // of those, services that it needs
	dependents []dependent
	reason     string // why it never starts; empty while it may
	vague      bool   // its instances are not known yet: a stand-in is all of todo
	released   bool   // it was queued, or given up
	failed     bool   // an instance did not succeed
	over       bool   // none is left
	queued     bool   // it is in ready, services or parked
	serving           // of a service
	uses       []*jobState
}

type dependent struct {
	job   *jobState
	needs bool // else after
}

// unstarted is an instance that never starts, and why. Of a job whose instances
// are not known it is a stand-in that is called as the job.
type unstarted struct {
	job    *plan.Job
	inst   *plan.Instance
	status report.Status // NotStarted or Skipped; Failed where a job could not be spread
	reason string
}

// newSchedule makes the schedule of p. done tells which instances succeeded in
// an earlier run, and may be nil. Services are started all the same where they
// are needed. spread may be nil where no job has Each.
func newSchedule(p *plan.Plan, done func(*plan.Instance) bool, spread spreader) (s *schedule, never []unstarted) {
	s = &schedule{byName: map[string]*jobState{}, free: map[string]int{stdinPool: 1}, parked: map[string][]*jobState{}, spread: spread}
	for name, n := range p.Pools {
		s.free[name] = n
	}
	for i, j := range p.Jobs {
		st := &jobState{job: j, index: i, todo: j.Instances}
		st.service = j.Service && len(j.Instances) > 0
		if done != nil && !st.service {
			st.todo = slices.DeleteFunc(slices.Clone(j.Instances), done)
		}
		st.left = len(st.todo)
		st.begun = len(j.Instances) - st.left
		if j.Vague() {
			st.vague, st.todo, st.left = true, []*plan.Instance{{ID: j.Name}}, 1
		}
		s.jobs = append(s.jobs, st)
		s.byName[j.Name] = st
	}
	for _, st := range s.jobs {
		s.connect(st)
	}
	for _, st := range s.jobs {
		never = append(never, s.advance(st)...)
	}
	return s, never
}

// connect makes st wait for what it needs and comes after. What is done, or
// skipped, needs no service.
func (s *schedule) connect(st *jobState) {
	for _, name := range st.job.Needs {
		before := s.byName[name]
		switch {
		case before == nil:
		case before.service:
			before.wantable = true
			if len(st.todo) > 0 {
				before.users++
				st.uses = append(st.uses, before)
				st.unready++
				s.edge(before, dependent{st, true})
			}
		default:
			s.edge(before, dependent{st, true})
		}
	}
	for _, name := range st.job.After {
		if before := s.byName[name]; before != nil {
			s.edge(before, dependent{st, false})
		}
	}
}

func (s *schedule) edge(from *jobState, d dependent) {
	if d.job.left == 0 && d.job.begun > 0 {
		return // all of it is done, whatever became of the others
	}
	from.dependents = append(from.dependents, d)
	d.job.waiting++
}

// advance is called when st may have less to wait for. Where that is nothing,
// st is queued; where it is services alone, these are called; and what can't
// start any more is given up.
func (s *schedule) advance(st *jobState) []unstarted {
	if st.released || st.waiting > st.unready {
		return nil
	}
	if st.left == 0 { // skipped, a matrix of nothing, or done
		st.released = true
		return s.finish(st)
	}
	if st.reason == "" && s.stopped && !s.isCleanup(st) {
		st.reason = cmp.Or(s.why, "the run was stopping")
	}
	if st.reason == "" && s.afterNothing(st) {
		st.reason = "nothing that it comes after was started"
	}
	if st.vague && st.reason == "" {
		if never := s.find(st); st.left == 0 {
			st.released = true
			return append(never, s.finish(st)...)
		}
	}
	switch {
	case st.reason != "":
		return s.drop(st)
	case st.service && !st.called():
		if st.users == 0 {
			return s.dismiss(st)
		}
		return nil
	case st.waiting > 0:
		return s.call(st.uses)
	}
	st.released = true
	s.queue(st)
	return nil
}

// find puts the instances of st in the place of its stand-in, which ends here
// where there are none.
func (s *schedule) find(st *jobState) (never []unstarted) {
	todo, done, err := s.spread(st.job)
	switch {
	case err != nil:
		st.failed, st.reason = true, err.Error() // for what comes after it: nothing of it was started
		return st.giveUp(report.Failed, err.Error())
	case len(todo)+done == 0:
		return st.giveUp(report.Skipped, plan.NoLines)
	}
	st.vague, st.todo, st.left = false, todo, len(todo)
	st.begun += done
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
		if before.begun > 0 || before.reason == "" {
			return false
		}
		found = true
	}
	return found
}

// isCleanup reports whether st comes after a job that was started, so that it
// runs although the run is stopping, or is a service that such a job needs.
func (s *schedule) isCleanup(st *jobState) bool {
	if s.halted {
		return false
	}
	if st.service {
		return slices.ContainsFunc(st.dependents, func(d dependent) bool {
			return d.needs && !d.job.over && d.job.reason == "" && s.isCleanup(d.job)
		})
	}
	return slices.ContainsFunc(st.job.After, func(name string) bool {
		before := s.byName[name]
		return before != nil && before.begun > 0
	})
}

// finish tells the dependents of st that it is over, and the services that it
// used.
func (s *schedule) finish(st *jobState) (never []unstarted) {
	if st.over {
		return nil
	}
	st.over = true
	for _, d := range st.dependents {
		if d.needs && st.service {
			continue // they know since it was ready, or since it can't be any more
		}
		if d.needs && st.failed && d.job.reason == "" {
			d.job.reason = unmet(st)
		}
		d.job.waiting--
		never = append(never, s.advance(d.job)...)
	}
	return append(never, s.leave(st.uses)...)
}

func unmet(st *jobState) string {
	return fmt.Sprintf("it needs %s, which did not succeed", st.job.Name)
}

// drop gives up every instance of st that has not started.
func (s *schedule) drop(st *jobState) []unstarted {
	st.released = true
	never := st.giveUp(report.NotStarted, st.reason)
	if len(never) > 0 {
		st.failed = true
		if st.service {
			never = append(never, s.broken(st)...)
		}
	}
	if st.left == 0 {
		never = append(never, s.finish(st)...)
	}
	return never
}

// giveUp counts the instances that have not started as ended.
func (st *jobState) giveUp(status report.Status, reason string) (never []unstarted) {
	for _, inst := range st.todo[st.next:] {
		never = append(never, unstarted{st.job, inst, status, reason})
	}
	st.left -= len(never)
	st.next = len(st.todo)
	return never
}

// halt lets nothing start any more, and returns what never will.
func (s *schedule) halt(reason string) (never []unstarted) {
	if s.halted {
		return nil
	}
	s.halted, s.why, s.stopped = true, reason, false // what stop spared is judged anew
	return s.stop(reason)
}

// stop lets nothing start any more but clean-up jobs and what they need, and
// returns what never will.
func (s *schedule) stop(reason string) (never []unstarted) {
	if s.stopped {
		return nil
	}
	s.stopped = true
	for _, st := range s.jobs {
		if st.over || st.waiting > st.unready || s.isCleanup(st) {
			continue
		}
		if st.next < len(st.todo) {
			if st.reason == "" {
				st.reason = reason
			}
			never = append(never, s.drop(st)...)
		}
		if st.service && !st.wantable && !st.over {
			s.unneeded = append(s.unneeded, st.job)
		}
	}
	return never
}

// stuck gives up what would wait for ever: a job that comes after a service
// which waits for a job that waits for it. It is called when nothing runs.
func (s *schedule) stuck() (never []unstarted) {
	for _, st := range s.jobs {
		if !st.over {
			if st.reason == "" {
				st.reason = "it waits for a service that can't end before it"
			}
			never = append(never, s.drop(st)...)
		}
	}
	return never
}

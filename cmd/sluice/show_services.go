package main

import (
	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
	"sluice/spec/order"
)

// othersOf are the jobs of p that end by themselves, and how many instances each
// has, where p has services that nothing needs: when all the others have ended,
// these run on until somebody stops the run. It is nil where there are none.
func othersOf(p *plan.Plan) map[string]int {
	var jobs []order.Job
	services := false
	for _, j := range p.Jobs {
		if j.Skip == "" {
			services = services || j.Service
			jobs = append(jobs, order.Job{Name: j.Name, Service: j.Service, Detach: j.Detach, Needs: j.Needs, After: j.After})
		}
	}
	if !services {
		return nil
	}
	lasting := order.New(jobs).Lasting()
	if lasting == nil {
		return nil
	}
	others := map[string]int{}
	for _, j := range p.Jobs {
		switch {
		case lasting[j.Name] || j.Skip != "":
		case len(j.Each) > 0:
			others[j.Name] = 1 // until it is spread
		default:
			others[j.Name] = len(j.Instances)
		}
	}
	return others
}

// onlyServices says so when the last of the other instances has ended, and the
// run goes on for services that nothing needs. A failure stops these too,
// unless the run keeps going.
func (s *show) onlyServices(e event.JobEnded) {
	if _, other := s.opts.Others[e.Result.Name]; !other {
		return
	}
	s.others--
	s.halts = s.halts || e.Result.Status == report.Cancelled || !e.Result.Status.OK() && !s.opts.KeepGoing
	if s.others > 0 || s.halts || s.opts.Mode == "quiet" {
		return
	}
	var ids []string
	for _, j := range s.running() {
		ids = append(ids, report.Clip(j.id))
	}
	if len(ids) > 0 {
		s.screen.say(s.notice("only services run now: " + names(ids) + "; Ctrl-C ends them"))
	}
}

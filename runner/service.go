package runner

import (
	"context"
	"errors"
	"slices"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// settleService gives an attempt of a service its meaning: it succeeds when it
// ends because it was told to, and fails when it ends by itself.
func (a *attempt) settleService() {
	switch told := a.stop; {
	case told.status == report.Succeeded && a.res.Status == report.Succeeded:
		if !told.killed.IsZero() && !told.atOnce {
			how := told.signal
			if told.message != "" {
				how = "its message to stop and then " + how
			}
			a.warn("it was killed, since %s did not end it within %s", how, a.job.Stop.Grace)
		}
	case told.happened():
	case a.res.Status == report.Succeeded || a.res.Status == report.Failed && a.res.CauseBy >= 0 && a.started():
		how := a.res.Cause
		if how == "" {
			how = a.stages[a.flow.Last].words(told)
		}
		when := "it ended by itself"
		if a.ready != nil && !a.ready.told.Load() {
			when = "it ended before it was ready"
		}
		a.res.Status, a.res.Cause = report.Failed, when+": "+how
	}
}

// started reports whether all stages were.
func (a *attempt) started() bool {
	return !slices.ContainsFunc(a.stages, func(s *stage) bool { return s.p == nil && !s.tee })
}

// service is what the instances of a service run under. No stop of the run
// reaches them but KILL: what still runs may need them.
type service struct {
	ctx  context.Context
	stop context.CancelCauseFunc
}

func (c *coordinator) serviceOf(j *plan.Job) *service {
	svc := c.services[j.Name]
	if svc == nil {
		svc = &service{}
		svc.ctx, svc.stop = context.WithCancelCause(context.WithoutCancel(c.ctx))
		c.services[j.Name] = svc
	}
	return svc
}

// errUnneeded is why a service is stopped where all went its way.
var errUnneeded = errors.New("nothing needs it any more")

// stopServices stops the services that nothing needs any more.
func (c *coordinator) stopServices() {
	for _, j := range c.sched.surplus() {
		why := errUnneeded
		if c.why != "" {
			why = errors.New(c.why)
		}
		c.serviceOf(j).stop(why)
		for t, end := range c.waiting {
			if t.job == j {
				end(&abandoned{why.Error()})
			}
		}
	}
}

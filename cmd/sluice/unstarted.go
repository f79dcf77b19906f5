package main

import (
	"errors"
	"strings"
	"time"

	"sluice/runner/report"
	"sluice/runner/state"
)

// neverStarted is the report of a run in which nothing was started: because of
// an error of sluice, or where why is a notReady that is not sluice's own, for
// it was told to stop before.
func neverStarted(run *state.Run, why error) *report.Report {
	p, start := run.Plan(), run.Meta().Start
	rep := &report.Report{
		RunID: run.ID(), File: p.File, Status: report.Failed, Start: start, Took: time.Since(start),
	}
	failed, ok := errors.AsType[*notReady](why)
	if ok {
		why = failed.err
	}
	reason := strings.ReplaceAll(strings.TrimSpace(why.Error()), "\n", "; ")
	if ok && !failed.own {
		rep.Status = report.Cancelled
	} else {
		rep.Error = reason
	}
	for _, j := range p.Jobs {
		if j.Skip != "" {
			rep.Jobs = append(rep.Jobs, &report.Job{ID: j.Name, Name: j.Name, Status: report.Skipped, Reason: j.Skip})
		}
		if len(j.Each) > 0 {
			rep.Jobs = append(rep.Jobs, &report.Job{ID: j.Name, Name: j.Name, Status: report.NotStarted, Reason: reason})
		}
		for _, inst := range j.Instances {
			rep.Jobs = append(rep.Jobs, &report.Job{ID: inst.ID, Name: j.Name, Status: report.NotStarted, Reason: reason})
		}
	}
	return rep
}

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// mostNames is how many jobs a line names.
const mostNames = 3

// runStoppingLine says why no more jobs start, and what is waited for: the
// running jobs. A job of which nothing is known is nil.
func runStoppingLine(e event.RunStopping, ids []string, jobOf func(id string) *plan.Job) string {
	reason := report.Visible(e.Reason)
	if e.Now {
		return fmt.Sprintf("sluice: %s: killing what still runs: %s", reason, names(ids))
	}
	if !e.Kill {
		return fmt.Sprintf("%s: no more jobs are started; waiting for %s", reason, names(ids))
	}
	line := fmt.Sprintf("sluice: %s; waiting for %s", reason, endings(e, ids, jobOf))
	if e.Reason != interrupted {
		return line // nobody sits at the keyboard
	}
	return line + "; press Ctrl-C again to kill at once"
}

// names are ids as a sentence has them, not all if they are many.
func names(ids []string) string {
	shown := ids[:min(len(ids), mostNames)]
	if more := len(ids) - len(shown); more > 0 {
		return report.Visible(strings.Join(shown, ", ")) + fmt.Sprintf(" and %d more", more)
	}
	if last := len(shown) - 1; last > 0 {
		return report.Visible(strings.Join(shown[:last], ", ") + " and " + shown[last])
	}
	return report.Visible(strings.Join(shown, ""))
}

// endings names the jobs with what each is sent: "a and b (TERM sent, KILL in
// 10s), then db". A service that one of them needs is stopped after it.
func endings(e event.RunStopping, ids []string, jobOf func(id string) *plan.Job) string {
	var order []string // of what is sent
	sent := map[string][]string{}
	var later []string
	for _, id := range ids {
		j := jobOf(id)
		how := ""
		if j != nil {
			if j.Service && slices.ContainsFunc(ids, func(other string) bool { return needs(jobOf(other), j.Name) }) {
				later = append(later, id)
				continue
			}
			how = sends(j, e.Reason)
		}
		if sent[how] == nil {
			order = append(order, how)
		}
		sent[how] = append(sent[how], id)
	}
	var parts []string
	for _, how := range order {
		parts = append(parts, strings.TrimSpace(names(sent[how])+" "+how))
	}
	if len(later) > 0 {
		parts = append(parts, "then "+names(later))
	}
	return strings.Join(parts, ", ")
}

func needs(j *plan.Job, name string) bool { return j != nil && slices.Contains(j.Needs, name) }

// sends is what j is ended by, when the run is stopped for that reason.
func sends(j *plan.Job, reason string) string {
	signal := j.Stop.Signal
	if j.Group == plan.GroupInherit && reason == interrupted {
		signal = "INT" // of the terminal
	} else if j.Stop.Message != "" {
		return fmt.Sprintf("(message sent, %s %s)", signal, delay(time.Duration(j.Stop.Grace)))
	}
	if signal == "KILL" {
		return "(KILL sent)"
	}
	return fmt.Sprintf("(%s sent, KILL %s)", signal, delay(time.Duration(j.Stop.Grace)))
}

// jobsOf finds the job of an instance of p.
func jobsOf(p *plan.Plan) func(id string) *plan.Job {
	return func(id string) *plan.Job {
		for _, j := range p.Jobs {
			if id == j.Name || strings.HasPrefix(id, j.Name+"[") {
				return j
			}
		}
		return nil
	}
}

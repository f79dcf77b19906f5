package main

import (
	"fmt"
	"strings"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// A job that printed no more than this has it all on the screen right above
// its failure block, which then does not repeat the end of it.
const (
	shownLines = 20
	shownBytes = 4 << 10
)

// failureBlock is why j failed, as lines.
func (s *show) failureBlock(j *showJob, r *report.Job) string {
	style := s.style
	if s.opts.GitHub {
		style = report.Style{} // it becomes an annotation
	}
	job := s.opts.JobOf(j.id)
	elsewhere := job != nil && job.Detach // what it printed is in the log of its own run
	if s.adjacent() && !elsewhere && j.lines <= shownLines && j.bytes <= shownBytes {
		r = withoutTails(r)
	}
	rerun := ""
	if s.opts.Rerun != nil && report.Clip(j.id) == j.id { // a longer one is nobody's to copy
		rerun = s.opts.Rerun(j.id)
	}
	var b strings.Builder
	if err := report.WriteFailure(&b, r, rerun, style); err != nil {
		s.fail(err)
	}
	return b.String()
}

// adjacent reports whether a job's text stands in one piece above its block.
func (s *show) adjacent() bool {
	return s.opts.Mode != "prefix" && s.opts.Mode != "raw" && !s.opts.GitHub
}

// withoutTails is a copy of r in which the last attempt has no standard error.
func withoutTails(r *report.Job) *report.Job {
	last := r.Last()
	if last == nil {
		return r
	}
	job, attempt := *r, *last
	attempt.Stages = make([]*report.Stage, len(last.Stages))
	for i, st := range last.Stages {
		stage := *st
		stage.Stderr = ""
		attempt.Stages[i] = &stage
	}
	job.Attempts = append([]*report.Attempt(nil), r.Attempts...)
	job.Attempts[len(job.Attempts)-1] = &attempt
	return &job
}

func retryLine(j *showJob, e event.RetryScheduled) string {
	verb := "failed"
	if j.timed {
		verb = "timed out"
	}
	cause := ""
	if j.cause != "" {
		cause = " (" + j.cause + ")"
	}
	return report.Visible(fmt.Sprintf("%s: attempt %d of %d %s%s; again %s", report.Clip(j.id), e.Attempt-1, e.Of, verb, cause, delay(e.Delay)))
}

func restartLine(j *showJob, e event.RestartScheduled) string {
	cause := "ended"
	if j.cause != "" {
		cause = j.cause
	}
	return report.Visible(fmt.Sprintf("%s: %s; started again %s", report.Clip(j.id), cause, delay(e.Delay)))
}

func waitsLine(e event.Waiting) string { return report.Clip(e.ID) + ": waits: " + e.Reason }

func detachedLine(e event.Detached) string {
	return fmt.Sprintf("%s: runs on as %s; sluice logs -f %s shows its output, sluice stop %s ends it", report.Clip(e.ID), e.RunID, e.RunID, e.RunID)
}

// delay is a time to wait: 1s, 500ms, 1m30s.
func delay(d time.Duration) string {
	if d <= 0 {
		return "now"
	}
	unit := 10 * time.Millisecond
	if d < time.Second {
		unit = time.Millisecond
	}
	return "in " + plan.Duration(max(d.Round(unit), time.Millisecond)).String()
}

// stoppingLine says why an attempt of j is ended, and how. A j that is nil is
// not known.
func stoppingLine(e event.Stopping, j *plan.Job) string {
	if e.Message {
		return report.Visible(fmt.Sprintf("%s: %s: its message to stop sent; %s %s", report.Clip(e.ID), e.Reason, e.Signal, delay(e.Grace)))
	}
	to := "its process group"
	if j != nil && j.Group == plan.GroupInherit {
		to = "its processes"
	}
	return report.Visible(fmt.Sprintf("%s: %s: %s sent to %s", report.Clip(e.ID), e.Reason, e.Signal, to))
}

func warningLines(r *report.Job) []string {
	last := r.Last()
	if last == nil {
		return nil
	}
	var lines []string
	for _, w := range last.Warnings {
		lines = append(lines, report.Visible(report.Clip(r.ID)+": warning: "+w))
	}
	return lines
}

package runner

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// recorder is a sink that keeps every event.
type recorder struct {
	on func(*recorder, any) // called with each event, after it was kept

	mu     sync.Mutex
	events []event.Event
	output map[string]*bytes.Buffer // by stream, see key
}

func newRecorder(on func(*recorder, any)) *recorder {
	return &recorder{on: on, output: map[string]*bytes.Buffer{}}
}

func (r *recorder) Event(e event.Event) {
	r.keep(e)
	if r.on != nil {
		r.on(r, e)
	}
}

func (r *recorder) keep(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if out, ok := e.(event.Output); ok {
		key := fmt.Sprintf("%s/%d/%s", out.ID, out.Stage, out.Stream)
		if r.output[key] == nil {
			r.output[key] = &bytes.Buffer{}
		}
		r.output[key].Write(out.Data)
		out.Data = nil // the runner's again
		e = out
	}
	switch m := e.(type) { // so is what a message says
	case event.Message:
		m.Value = slices.Clone(m.Value)
		e = m
	case event.Value:
		m.Value = slices.Clone(m.Value)
		e = m
	}
	r.events = append(r.events, e)
}

// logged is what a stage wrote to a logged stream, in all attempts.
func (r *recorder) logged(id string, stage int, stream event.Stream) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.output[fmt.Sprintf("%s/%d/%s", id, stage, stream)]; b != nil {
		return b.String()
	}
	return ""
}

// whenReady calls f when every one of the n streams of standard error said
// "ready".
func whenReady(n int, f func()) func(*recorder, any) {
	var once sync.Once
	return func(r *recorder, e any) {
		if _, ok := e.(event.Output); ok && r.ready() == n {
			once.Do(f)
		}
	}
}

func (r *recorder) ready() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.output {
		n += strings.Count(b.String(), "ready\n")
	}
	return n
}

// find returns the events of type E.
func find[E event.Event](r *recorder) (list []E) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e, ok := e.(E); ok {
			list = append(list, e)
		}
	}
	return list
}

// life is what the events said of one instance so far.
type life struct {
	inst     *plan.Instance
	job      string // "", "running" or "ended"
	attempt  int    // the one that runs; 0 between attempts
	tried    int    // attempts that ended
	stages   []string
	stopping bool              // the attempt that runs is
	streams  map[string]string // "open" or "ended", by stage and stream
	each     *plan.Instance    // of a job whose instances the plan does not have
	left     int               // instances of it that are to come
}

// check holds the events to the order that their documentation gives, and the
// report to the events.
func (r *recorder) check(t *testing.T, p *plan.Plan, rep *report.Report) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	lives := map[string]*life{}
	for _, j := range p.Jobs {
		if j.Skip != "" {
			lives[j.Name] = &life{}
		}
		for _, inst := range j.Instances {
			lives[inst.ID] = &life{inst: inst}
		}
		if j.Vague() {
			lives[j.Name] = &life{each: j.Each[0]}
		}
	}
	results := map[string]*report.Job{}
	for i, e := range r.events {
		if problem := follow(lives, e, i == 0, i == len(r.events)-1); problem != "" {
			t.Errorf("event %d of %d, %T: %s: %+v", i+1, len(r.events), e, problem, e)
		}
		if e, ok := e.(event.JobEnded); ok {
			results[e.ID] = e.Result
		}
	}
	for id, l := range lives {
		if l.job == "spread" && l.left == 0 {
			delete(lives, id)
			continue
		}
		if l.job != "ended" {
			t.Errorf("%s has no end", id)
		}
	}
	for _, j := range rep.Jobs {
		if results[j.ID] != j {
			t.Errorf("the report has another result of %s than its event", j.ID)
		}
	}
	if len(rep.Jobs) != len(lives) {
		t.Errorf("the report has %d results, want %d", len(rep.Jobs), len(lives))
	}
}

// follow returns what is wrong with e after the events before it, or "".
func follow(lives map[string]*life, e event.Event, first, last bool) string {
	if _, is := e.(event.RunStarted); is != first {
		return "the run starts once, first"
	}
	if _, is := e.(event.RunEnded); is != last {
		return "the run ends once, last"
	}
	switch e := e.(type) {
	case event.Spread:
		l := lives[e.ID]
		if l == nil || l.each == nil {
			return "the plan has its instances"
		}
		if e.Instances > 0 {
			l.left = e.Instances
			return l.step("", "spread")
		}
	case event.JobStarted:
		found(lives, e.ID)
		return lives[e.ID].step("", "running")
	case event.JobEnded:
		found(lives, e.ID)
		if l := lives[e.ID]; l != nil && l.each != nil && e.Result.Status == report.Failed {
			return l.step("", "ended")
		}
		if e.Result.Status == report.NotStarted || e.Result.Status == report.Skipped {
			return lives[e.ID].step("", "ended")
		}
		if e.Result.Status == report.Succeeded && strings.HasPrefix(e.Result.Reason, "succeeded in run ") {
			return lives[e.ID].step("", "ended")
		}
		if lives[e.ID].attempt != 0 || e.Result.Tries() != lives[e.ID].tried {
			return "an attempt runs, or is missing"
		}
		return lives[e.ID].step("running", "ended")
	case event.AttemptStarted:
		return lives[e.ID].startAttempt(e.Attempt)
	case event.AttemptEnded:
		return lives[e.ID].endAttempt(e.Result)
	case event.StageStarted:
		return lives[e.ID].stage(e.Attempt, e.Stage, "", "running")
	case event.StageExited:
		return lives[e.ID].stage(e.Attempt, e.Stage, "running", "exited")
	case event.StageEnded:
		if e.Result.PID == 0 {
			return lives[e.ID].stage(e.Attempt, e.Stage, "", "ended")
		}
		return lives[e.ID].stage(e.Attempt, e.Stage, "exited", "ended")
	case event.Ready:
		if l := lives[e.ID]; l.attempt != e.Attempt || l.stopping || slices.Contains(l.stages, "") && !slices.ContainsFunc(l.inst.Stages, func(s *plan.Stage) bool { return s.Tee != nil }) {
			return "this attempt can't be ready"
		}
	case event.Waiting, event.Detached:
	case event.Message:
		return lives[e.ID].speaks(e.Attempt, e.Stage)
	case event.MessageFault:
		return lives[e.ID].speaks(e.Attempt, e.Stage)
	case event.Progress:
		return lives[e.ID].speaks(e.Attempt, e.Stage)
	case event.Value:
		return lives[e.ID].speaks(e.Attempt, e.Stage)
	case event.Output:
		return lives[e.ID].stream(e.Attempt, e.Stage, e.Stream, "open")
	case event.OutputEnded:
		return lives[e.ID].stream(e.Attempt, e.Stage, e.Stream, "ended")
	case event.Stopping:
		if lives[e.ID].attempt != e.Attempt {
			return "this attempt does not run"
		}
		lives[e.ID].stopping = true
	case event.RetryScheduled:
		return lives[e.ID].mayFollow(e.Attempt)
	case event.RestartScheduled:
		return lives[e.ID].mayFollow(e.Attempt)
	}
	return ""
}

// found adds the life of an instance that the plan does not have.
func found(lives map[string]*life, id string) {
	job, _, _ := strings.Cut(id, "[")
	if l := lives[job]; lives[id] == nil && l != nil && l.left > 0 {
		l.left--
		lives[id] = &life{inst: l.each}
	}
}

func (l *life) mayFollow(attempt int) string {
	if l.attempt != 0 || attempt != l.tried+1 || l.job != "running" {
		return "this attempt can't follow"
	}
	return ""
}

func (l *life) step(from, to string) string {
	if l == nil || l.job != from {
		return fmt.Sprintf("the job is %+v, want it %q", l, from)
	}
	l.job = to
	return ""
}

func (l *life) startAttempt(n int) string {
	if l.job != "running" || l.attempt != 0 || n != l.tried+1 {
		return fmt.Sprintf("attempt %d is no successor of %+v", n, l)
	}
	l.attempt, l.streams, l.stages, l.stopping = n, map[string]string{}, make([]string, len(l.inst.Stages)), false
	return ""
}

func (l *life) endAttempt(a *report.Attempt) string {
	if l.attempt != a.Number {
		return "another attempt runs"
	}
	if slices.ContainsFunc(l.stages, func(s string) bool { return s != "ended" }) {
		return fmt.Sprintf("its stages are %q", l.stages)
	}
	for name, state := range l.streams {
		if state != "ended" {
			return "stream " + name + " has no end"
		}
	}
	l.attempt = 0
	l.tried++
	return ""
}

func (l *life) stage(attempt, i int, from, to string) string {
	if l.attempt != attempt || l.stages[i] != from {
		return fmt.Sprintf("attempt %d runs with stages %q", l.attempt, l.stages)
	}
	if to == "running" && i > 0 && l.stages[i-1] == "" && l.inst.Stages[i-1].Tee == nil {
		return "an earlier stage has not started"
	}
	l.stages[i] = to
	return ""
}

func (l *life) speaks(attempt, i int) string {
	if l.attempt != attempt || l.stages[i] == "" || l.stages[i] == "ended" {
		return "the stage does not run"
	}
	return ""
}

func (l *life) stream(attempt, i int, stream event.Stream, to string) string {
	name := fmt.Sprintf("%d %s", i, stream)
	if l.attempt != attempt || l.streams[name] == "ended" {
		return "the stream is not open"
	}
	if l.stages[i] == "" && to == "open" && l.inst.Stages[i].Tee == nil {
		return "the stage has not started"
	}
	if l.stages[i] == "ended" {
		return "the stage has ended"
	}
	l.streams[name] = to
	return ""
}

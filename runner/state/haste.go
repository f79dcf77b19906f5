package state

import (
	"slices"
	"sync"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// patience is how long a record may wait for others to be synced with it,
// where nothing waits for it. To sync for each of many short jobs would take
// half of their time again.
const patience = 10 * time.Millisecond

// haste knows which records something waits for: the end of the run, or a job
// that comes after.
type haste struct {
	mu       sync.Mutex
	running  map[string]bool // instances, by id, that have begun and are not over
	recorded map[string]bool // those that are over and whose JobEnded is to come
	left     map[string]int  // instances that are not over, of jobs that others come after
}

func newHaste(p *plan.Plan) *haste {
	h := &haste{running: map[string]bool{}, recorded: map[string]bool{}, left: map[string]int{}}
	for _, j := range p.Jobs {
		for _, name := range slices.Concat(j.Needs, j.After) {
			h.left[name] = 0
		}
	}
	for _, j := range p.Jobs {
		if _, others := h.left[j.Name]; others {
			h.left[j.Name] = len(j.Shapes())
		}
	}
	return h
}

// hear notes what begins, and what is over without a record of this run: it
// never ran, or did in an earlier one.
func (h *haste) hear(e event.Event) {
	switch e := e.(type) {
	case event.Spread:
		h.mu.Lock()
		if _, others := h.left[e.ID]; others {
			h.left[e.ID] = e.Instances
		}
		h.mu.Unlock()
	case event.JobStarted:
		h.mu.Lock()
		h.running[e.ID] = true
		h.mu.Unlock()
	case event.JobEnded:
		h.mu.Lock()
		if h.recorded[e.ID] {
			delete(h.recorded, e.ID)
		} else {
			h.over(e.Result)
		}
		h.mu.Unlock()
	}
}

func (h *haste) over(res *report.Job) {
	delete(h.running, res.ID)
	if n, others := h.left[res.Name]; others {
		h.left[res.Name] = n - 1
	}
}

// patience says how long the record of res may wait.
func (h *haste) patience(res *report.Job) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recorded[res.ID] = true
	h.over(res)
	left, others := h.left[res.Name]
	if !res.Status.OK() || len(h.running) == 0 || others && left == 0 {
		return 0
	}
	return patience
}

package main

import (
	"encoding/json"
	"os"
	"sync"

	"sluice/runner/event"
	"sluice/runner/plan"
)

// readyWord hears the events of a detached run and tells its launcher what it
// waits for, and when the run is ready: a run of one instance when that is, any
// other when its first process runs.
type readyWord struct {
	need int // processes of one attempt that make the run ready; 0 where only Ready does

	mu      sync.Mutex
	started int      // of this attempt
	pipe    *os.File // nil once the last word is said
}

// await decides what makes a run of p ready.
func (w *readyWord) await(p *plan.Plan) {
	var instances []*plan.Instance
	vague := false // only the run knows some
	for _, j := range p.Jobs {
		instances = append(instances, j.Instances...)
		vague = vague || len(j.Each) > 0
	}
	switch {
	case len(instances) != 1 || vague:
		w.need = 1
	case instances[0].Ready == nil:
		for _, s := range instances[0].Stages {
			if s.Tee == nil {
				w.need++
			}
		}
	}
}

// Event hears e.
func (w *readyWord) Event(e event.Event) {
	switch e := e.(type) {
	case event.Waiting:
		w.say(word{ID: e.ID, Waits: e.Reason})
	case event.Ready:
		w.say(word{Ready: true})
	case event.AttemptStarted:
		w.count(func() { w.started = 0 })
	case event.StageStarted:
		if w.count(func() { w.started++ }) == w.need {
			w.say(word{Ready: true})
		}
	}
}

func (w *readyWord) count(change func()) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	return w.started
}

// say says a word. What follows the one that the run is ready, or never will
// be, is not heard. A launcher that has ended does not hear it either, which
// changes nothing for the run.
func (w *readyWord) say(said word) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pipe == nil {
		return
	}
	json.NewEncoder(w.pipe).Encode(said)
	if said.Waits == "" {
		w.pipe.Close()
		w.pipe = nil
	}
}

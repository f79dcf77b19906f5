package main

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/report"
)

// showOptions says how a run is shown.
type showOptions struct {
	Mode                 string                    // "ordered", "prefix", "group", "raw" or "quiet"; empty is "ordered"
	Stdout, Stderr       io.Writer                 // where children's streams go; sluice's own words go to Stderr
	StdoutTTY, StderrTTY bool                      // a terminal gets its control characters neutralised
	Color                bool                      // of sluice's own words; children's colours are their own
	GitHub               bool                      // in group mode: groups are GitHub's, all on Stdout; see groupLayout
	Width                int                       // columns of the terminal; 0 is unknown
	Rerun                func(id string) string    // the command that runs one instance again; nil is none
	JobOf                func(id string) *plan.Job // what the plan says of an instance; nil knows none
	Others               map[string]int            // jobs that end before services which nothing needs, and their instances; nil: there are no such services
	KeepGoing            bool                      // a failure stops no service
	OnError              func(error)               // hears of the first error of writing, and must not call the show; may be nil
}

// show is what a person sees of a run while it runs: an event.Sink that passes
// on what children print, each byte to the stream that it came from, and says
// on Stderr what happens to them.
//
// The order of the bytes of one job is the order in which its events came, and
// text of two jobs is never mixed within a line. What has to wait is kept in
// memory up to a bound and then on disk.
//
// Only an Output event waits for a slow terminal. All others return at once
// and are shown before the next Output or by a goroutine of the show's own, so
// that a person can stop a run whose reader is stuck.
type show struct {
	opts  showOptions
	style report.Style

	queue    showQueue
	wake     chan struct{} // the queue is not empty; one token is enough
	quit     chan struct{} // closed by Close
	idle     sync.WaitGroup
	follower sync.Once   // starts the goroutine that idle waits for
	several  atomic.Bool // jobs share the screen

	mu     sync.Mutex // guards all that follows, and the order of writes
	screen *showScreen
	layout showLayout
	jobs   map[string]*showJob // that have begun and not ended
	began  int                 // how many jobs did
	others int                 // instances of opts.Others that have not ended
	halts  bool                // what ended stops the run, or it is being stopped
	closed bool
	err    error // the first one
}

// showJob is an instance that has begun and not ended.
type showJob struct {
	id     string
	number int    // of jobs that began before it
	cause  string // of its last attempt, if that did not succeed
	timed  bool   // that was a timeout
	lines  int    // shown since the attempt began
	bytes  int
	headed bool // its heading stands above its text

	record *showRecord                 // group mode: what waits to be shown; nil if nothing does
	parts  map[showSource]*plumb.Spool // prefix mode: lines that have not ended yet
}

// showSource is one of the streams of a job.
type showSource struct {
	stage  int
	stream event.Stream
}

// showLayout decides where on the screen a job's text goes, and when. The show
// calls it under its lock.
type showLayout interface {
	start(*showJob)
	text(*showJob, showSource, []byte)
	say(j *showJob, lines string)
	endAttempt(*showJob)
	end(j *showJob, block string) // block: why it failed; empty, and it did not
	close()                       // shows what still waits
}

// newShow makes a show, which the caller must Close.
func newShow(o showOptions) *show {
	o.GitHub = o.GitHub && o.Mode == "group"
	if o.JobOf == nil {
		o.JobOf = func(string) *plan.Job { return nil }
	}
	s := &show{
		opts: o, style: report.Style{Color: o.Color}, jobs: map[string]*showJob{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	for _, n := range o.Others {
		s.others += n
	}
	s.screen = newShowScreen(o, s.fail)
	switch o.Mode {
	case "prefix":
		s.layout = newPrefixLayout(s)
	case "group", "quiet":
		s.layout = newGroupLayout(s)
	case "raw":
		s.layout = rawLayout{s.screen}
	default:
		s.layout = &orderedLayout{show: s}
	}
	return s
}

// fail remembers the first error and tells of it. The rest is silence: the run
// is being stopped for it, and whoever closes the show says why.
func (s *show) fail(err error) {
	if s.err != nil {
		return
	}
	s.err = err
	s.screen.mute = true
	if s.opts.OnError != nil {
		s.opts.OnError(err)
	}
}

// Event shows e.
func (s *show) Event(e event.Event) {
	if _, ok := speaker(e); ok {
		return // sluice messages shows them
	}
	if _, ok := e.(event.Output); !ok {
		switch e := e.(type) {
		case event.RunStarted:
			s.several.Store(e.Instances > 1)
		case event.Spread: // of a job that counted as one
			s.several.Store(s.several.Load() || e.Instances > 1)
		}
		s.queue.push(e)
		if s.speaks(e) {
			s.follower.Do(func() { s.idle.Go(s.follow) })
			select {
			case s.wake <- struct{}{}:
			default: // it is awake
			}
		}
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	s.handle(e)
}

// speaks reports whether there may be something to tell of e by itself. All
// else waits in the queue for what comes next: waking a goroutine for each
// event would be felt in a run of one short job.
func (s *show) speaks(e event.Event) bool {
	switch e := e.(type) {
	case event.Stopping, event.RetryScheduled, event.RestartScheduled, event.RunStopping, event.Waiting, event.Detached:
		return true
	case event.JobEnded:
		return s.several.Load() || !e.Result.Status.OK()
	}
	return false
}

// follow shows queued events until the show is closed.
func (s *show) follow() {
	for {
		select {
		case <-s.wake:
			s.mu.Lock()
			s.catchUp()
			s.mu.Unlock()
		case <-s.quit:
			return
		}
	}
}

// catchUp handles the events in the queue. The caller holds s.mu.
func (s *show) catchUp() {
	for {
		e, ok := s.queue.pop()
		if !ok {
			return
		}
		s.handle(e)
	}
}

// Write writes whole lines of sluice's own to Stderr, below what stands there.
// An error of it is told by Close.
func (s *show) Write(lines []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	s.screen.mute = errors.Is(s.err, syscall.EPIPE) // what is said at the end is said, unless nobody reads
	s.screen.say(string(lines))
	return len(lines), nil
}

// Close shows what was kept and returns the first error of writing: nil means
// that every byte was accepted. It closes no writer. Later events are ignored.
func (s *show) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.catchUp()
		s.layout.close()
		s.screen.end(true)
		s.closed = true
		close(s.quit)
	}
	err := s.err
	s.mu.Unlock()
	s.idle.Wait()
	return err
}

func (s *show) handle(e event.Event) {
	if s.closed {
		return
	}
	switch e := e.(type) {
	case event.Spread:
		if _, other := s.opts.Others[e.ID]; other && e.Instances > 0 {
			s.others += e.Instances - 1
		}
	case event.JobStarted:
		s.job(e.ID)
	case event.AttemptStarted:
		j := s.job(e.ID)
		j.lines, j.bytes = 0, 0
	case event.Output:
		s.output(e)
	case event.Stopping:
		if !e.Told { // else RunStopping tells it for all
			s.tell(s.job(e.ID), stoppingLine(e, s.opts.JobOf(e.ID)))
		}
	case event.AttemptEnded:
		j := s.job(e.ID)
		j.cause, j.timed = e.Result.Cause, e.Result.Status == report.TimedOut
		s.layout.endAttempt(j)
	case event.RetryScheduled:
		j := s.job(e.ID)
		s.tell(j, retryLine(j, e))
	case event.RestartScheduled:
		j := s.job(e.ID)
		s.tell(j, restartLine(j, e))
	case event.Waiting:
		if s.opts.Mode != "quiet" {
			s.screen.say(s.notice(report.Visible(waitsLine(e)))) // it has not begun
		}
	case event.Detached:
		s.layout.say(s.job(e.ID), report.Visible(detachedLine(e))+"\n")
	case event.JobEnded:
		s.jobEnded(e)
		s.onlyServices(e)
	case event.RunStopping:
		s.halts = true
		// With nothing left to wait for, the summary says it better.
		if len(s.jobs) > 0 && (e.Kill || s.opts.Mode != "quiet") {
			var ids []string
			for _, j := range s.running() {
				ids = append(ids, report.Clip(j.id))
			}
			s.screen.say(s.notice(runStoppingLine(e, ids, s.opts.JobOf)))
		}
	}
}

// tell says something about j, where its text goes.
func (s *show) tell(j *showJob, line string) { s.layout.say(j, s.notice(line)) }

// notice is a line that a person should notice.
func (s *show) notice(line string) string { return s.style.Paint(report.Yellow, line) + "\n" }

// job is the running instance of that id, which begins if it has not yet.
func (s *show) job(id string) *showJob {
	j := s.jobs[id]
	if j == nil {
		j = &showJob{id: id, number: s.began}
		s.began++
		s.jobs[id] = j
		s.layout.start(j)
	}
	return j
}

// running are the jobs that have not ended, in the order of their beginning.
func (s *show) running() []*showJob {
	return slices.SortedFunc(maps.Values(s.jobs), func(a, b *showJob) int { return a.number - b.number })
}

func (s *show) output(e event.Output) {
	j := s.job(e.ID)
	j.bytes += len(e.Data)
	j.lines += bytes.Count(e.Data, []byte{'\n'})
	s.layout.text(j, showSource{e.Stage, e.Stream}, e.Data)
}

func (s *show) jobEnded(e event.JobEnded) {
	r := e.Result
	bad := r.Status == report.Failed || r.Status == report.TimedOut
	if s.jobs[e.ID] == nil && !bad {
		return // it never began; the summary has it
	}
	j := s.job(e.ID)
	if !bad {
		for _, w := range warningLines(r) {
			s.tell(j, w)
		}
	}
	delete(s.jobs, e.ID)
	var block string
	if bad {
		block = s.failureBlock(j, r)
	}
	s.layout.end(j, block)
}

// heading is the line above a job's text.
func (s *show) heading(j *showJob) string {
	return s.style.Paint(report.Dim, "── ") + s.style.Paint(report.Bold, report.Visible(report.Clip(j.id))) +
		s.style.Paint(report.Dim, " ──") + "\n"
}

// showQueue holds events in their order. The zero showQueue is empty.
type showQueue struct {
	mu     sync.Mutex
	events []event.Event
}

func (q *showQueue) push(e event.Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events = append(q.events, e)
}

func (q *showQueue) pop() (event.Event, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) == 0 {
		return nil, false
	}
	e := q.events[0]
	q.events = q.events[1:]
	return e, true
}

package runner

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// readiness finds out when an attempt is ready, and tells it once.
type readiness struct {
	a      *attempt
	plan   plan.Ready
	line   *regexp.Regexp // nil: it is not a line that says so
	before fs.FileInfo    // of the file, at the start; nil where there was none
	told   atomic.Bool
}

// prepareReady looks at the world before anything of the attempt starts. It is
// nil for an attempt of which nobody asks whether it is ready.
func (a *attempt) prepareReady() (*readiness, error) {
	if a.inst.Ready == nil && !a.job.Service {
		return nil, nil
	}
	r := &readiness{a: a}
	if a.inst.Ready != nil {
		r.plan = *a.inst.Ready
	}
	var err error
	switch p := r.plan; {
	case p.Line != "":
		if r.line, err = regexp.Compile(p.Line); err != nil {
			return nil, &ownError{fmt.Errorf("the plan's ready line: %w", err)}
		}
	case p.Port != "":
		if r.connects(context.Background()) {
			return nil, fmt.Errorf("something else accepts connections on %s already, so they would not tell that this job is ready", p.Port)
		}
	case p.File != "":
		r.before, _ = os.Stat(p.File)
	}
	return r, nil
}

// tell says that the attempt is ready, unless it is being stopped.
func (r *readiness) tell() {
	a := r.a
	a.mu.Lock()
	over := a.stop.happened() || a.reaped
	a.mu.Unlock()
	if over || !r.told.CompareAndSwap(false, true) {
		return
	}
	a.r.emit(event.Ready{ID: a.inst.ID, Attempt: a.res.Number})
	if a.job.Service {
		a.r.announce(a.job, a.inst)
	}
}

// watch begins to look, when all stages have started, and ends the attempt
// when that takes too long. stop ends the looking.
func (r *readiness) watch() (stop func()) {
	if r == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	switch {
	case r.plan.Port != "":
		looking.Go(func() { r.poll(ctx, r.connects) })
	case r.plan.File != "":
		looking.Go(func() { r.poll(ctx, r.changed) })
	case r.line == nil && !r.plan.Message:
		r.tell()
	}
	var timeout *time.Timer
	if d := r.plan.Timeout; d > 0 {
		timeout = time.AfterFunc(time.Until(r.a.res.Start.Add(time.Duration(d))), func() {
			if !r.told.Load() {
				r.a.end(stopped{status: report.TimedOut, reason: "not ready within " + d.String()})
			}
		})
	}
	return func() {
		cancel()
		if timeout != nil {
			timeout.Stop()
		}
		looking.Wait()
	}
}

// poll asks until the answer is yes: often at first, then four times a second.
func (r *readiness) poll(ctx context.Context, isReady func(context.Context) bool) {
	const first, last = 5 * time.Millisecond, 250 * time.Millisecond
	t := time.NewTimer(0)
	defer t.Stop()
	for pause := first; ; pause = min(2*pause, last) {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if isReady(ctx) {
			r.tell()
			return
		}
		t.Reset(pause)
	}
}

// connects reports whether the port accepts a connection, which is closed at
// once.
func (r *readiness) connects(ctx context.Context) bool {
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "tcp", r.plan.Port)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// changed reports whether the file was made or changed since the start.
func (r *readiness) changed(context.Context) bool {
	now, err := os.Stat(r.plan.File)
	switch {
	case err != nil:
		return false
	case r.before == nil:
		return true
	}
	return !os.SameFile(r.before, now) || !now.ModTime().Equal(r.before.ModTime()) || now.Size() != r.before.Size()
}

// longestLine bounds what is kept of a line that may say that a job is ready.
// A longer one is judged by its beginning.
const longestLine = 64 << 10

// lineFinder looks for the line in one logged stream.
type lineFinder struct {
	*readiness
	line []byte // what came of it
}

// see looks at a piece of the stream; an empty one is its end.
func (f *lineFinder) see(p []byte) {
	if f.readiness == nil || f.readiness.line == nil || f.told.Load() {
		return
	}
	if len(p) == 0 {
		f.judge()
	}
	for len(p) > 0 {
		part, after, whole := bytes.Cut(p, []byte{'\n'})
		f.line = append(f.line, part[:min(len(part), longestLine-len(f.line))]...)
		if whole {
			f.judge()
			f.line = f.line[:0]
		}
		p = after
	}
}

func (f *lineFinder) judge() {
	if f.readiness.line.Match(bytes.TrimSuffix(f.line, []byte{'\r'})) {
		f.tell()
	}
}

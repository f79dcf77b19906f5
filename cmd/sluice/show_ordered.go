package main

import "slices"

// orderedLayout shows jobs in the order of their beginning. The first one that
// has not ended is live; what the others print waits in their records. Services
// come after all others, for they end last: a live one would hide what goes on
// beside it. A job that owns the terminal is alone with services, so it is live.
type orderedLayout struct {
	show  *show
	queue []*orderedPart // the live job first
}

// orderedPart is what stands in the queue: a running job, or neighbours that
// have all ended and share a record. So there are never more than two for each
// running job, and neither are there records, with their memory and files.
type orderedPart struct {
	job    *showJob // nil: all of it has ended
	record *showRecord
}

func (l *orderedLayout) start(j *showJob) {
	part := &orderedPart{job: j}
	at := len(l.queue)
	if !l.serves(j) {
		if i := slices.IndexFunc(l.queue, func(p *orderedPart) bool { return p.job != nil && l.serves(p.job) }); i >= 0 {
			at = i
		}
	}
	switch {
	case at > 0:
		part.record = newShowRecord(l.show.fail)
	case len(l.queue) > 0: // a service was live
		l.show.screen.end(true)
		l.queue[0].record = newShowRecord(l.show.fail)
		l.queue[0].job.headed = false
	}
	l.queue = slices.Insert(l.queue, at, part)
}

// serves reports whether j is a service.
func (l *orderedLayout) serves(j *showJob) bool {
	plan := l.show.opts.JobOf(j.id)
	return plan != nil && plan.Service
}

// index is where j stands in the queue.
func (l *orderedLayout) index(j *showJob) int {
	return slices.IndexFunc(l.queue, func(p *orderedPart) bool { return p.job == j })
}

// pen is where j's text goes. There it stands under a heading.
func (l *orderedLayout) pen(j *showJob) showPen {
	pen := l.bare(l.queue[l.index(j)])
	if l.show.several.Load() && !j.headed {
		pen.say(l.show.heading(j))
	}
	j.headed = true
	return pen
}

func (l *orderedLayout) bare(p *orderedPart) showPen {
	if p == l.queue[0] {
		return l.show.screen
	}
	return p.record
}

func (l *orderedLayout) text(j *showJob, from showSource, data []byte) { l.pen(j).text(from, data) }

func (l *orderedLayout) say(j *showJob, lines string) { l.pen(j).say(lines) }

func (l *orderedLayout) endAttempt(j *showJob) { l.bare(l.queue[l.index(j)]).end(false) }

func (l *orderedLayout) end(j *showJob, block string) {
	if block != "" {
		l.pen(j).say(block)
	}
	i := l.index(j)
	part := l.queue[i]
	l.bare(part).end(true)
	part.job = nil
	if i == 0 {
		l.advance()
		return
	}
	if i+1 < len(l.queue) && l.queue[i+1].job == nil {
		part.record.append(l.queue[i+1].record)
		l.queue = slices.Delete(l.queue, i+1, i+2)
	}
	if before := l.queue[i-1]; before.job == nil {
		before.record.append(part.record)
		l.queue = slices.Delete(l.queue, i, i+1)
	}
}

// advance makes the next running job the live one.
func (l *orderedLayout) advance() {
	for l.queue = l.queue[1:]; len(l.queue) > 0; l.queue = l.queue[1:] {
		head := l.queue[0]
		head.record.replay(l.show.screen)
		head.record = nil
		if head.job != nil {
			return
		}
	}
}

func (l *orderedLayout) close() {
	for len(l.queue) > 0 {
		l.show.screen.end(true)
		l.advance()
	}
}

// rawLayout is for children that have sluice's own streams: nothing of theirs
// comes by here, and if something does, it is shown at once.
type rawLayout struct {
	screen *showScreen
}

func (l rawLayout) start(*showJob) {}

func (l rawLayout) text(_ *showJob, from showSource, data []byte) { l.screen.text(from, data) }

func (l rawLayout) say(_ *showJob, lines string) { l.screen.say(lines) }

func (l rawLayout) endAttempt(*showJob) {}

func (l rawLayout) end(_ *showJob, block string) {
	if block != "" {
		l.screen.say(block)
	}
}

func (l rawLayout) close() {}

package runner

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"

	"sluice/runner/event"
	"sluice/runner/ipc"
	"sluice/runner/plan"
	"sluice/runner/report"
)

const (
	mostFaults   = 100     // of a stage that are told as events
	mostWarnings = 5       // of those, how many the report has
	mostValues   = 1 << 20 // bytes of the outputs of an attempt, their names included
)

// channel is the message channel of a stage. A goroutine takes what comes, from
// when all stages have started until drain.
type channel struct {
	*ipc.Channel
	a     *attempt
	stage int
	plan  *plan.Channel
	over  chan struct{} // closed when the goroutine has ended; then what follows is drain's

	faults   int
	warnings []string
	ended    ipc.Ended
}

func (c *channel) name() string { return c.a.stages[c.stage].plan.Name }

// openChannel makes the channel of stage i, and returns the end that is the
// child's.
func (a *attempt) openChannel(i int) (*os.File, error) {
	p := a.stages[i].plan.Channel
	ch, child, err := ipc.Pair(ipc.Limits{Message: int(p.Max)})
	if err != nil {
		return nil, &ownError{err}
	}
	a.childEnds = append(a.childEnds, child)
	c := &channel{Channel: ch, a: a, stage: i, plan: p, over: make(chan struct{})}
	a.channels = append(a.channels, c)
	a.r.o.Mailbox.add(c)
	a.readers = append(a.readers, func() {
		go func() {
			defer close(c.over)
			c.ended = c.Receive(c.take)
		}()
	})
	return child, nil
}

// take hears a message.
func (c *channel) take(m ipc.Message) {
	switch m.Kind {
	case ipc.Bad:
		c.fault(m.Fault.String())
	case ipc.Sluice:
		c.control(m.Control)
	default:
		c.a.r.emit(event.Message{ID: c.a.inst.ID, Attempt: c.a.res.Number, Stage: c.stage, Name: c.name(), Value: m.JSON})
		if to := c.plan.To; to != nil {
			if err := c.a.r.o.Mailbox.pass(c.a.inst.ID, to, m.JSON); err != nil {
				c.fault("a message was not passed on: " + err.Error())
			}
		}
	}
}

// control does what a message to the runner says.
func (c *channel) control(m ipc.Control) {
	a := c.a
	if m.HasProgress {
		a.r.emit(event.Progress{ID: a.inst.ID, Attempt: a.res.Number, Stage: c.stage, Progress: m.Progress})
	}
	for _, out := range m.Outputs {
		a.r.emit(event.Value{ID: a.inst.ID, Attempt: a.res.Number, Stage: c.stage, Name: out.Name, Value: out.JSON})
		if a.values.set(c.name(), out.Name, out.JSON) {
			a.end(stopped{status: report.Failed, reason: a.values.over})
		}
	}
	if m.Ready && a.ready != nil && a.ready.plan.Message {
		a.ready.tell()
	}
}

// fault tells of something that came to nothing.
func (c *channel) fault(text string) {
	c.faults++
	if c.faults <= mostFaults {
		c.a.r.emit(event.MessageFault{ID: c.a.inst.ID, Attempt: c.a.res.Number, Stage: c.stage, Fault: text})
	}
	if c.faults <= mostWarnings {
		c.warnings = append(c.warnings, text)
	}
}

// drainChannels waits until nothing more comes by the channels, which were
// interrupted.
func (a *attempt) drainChannels() {
	if len(a.channels) == 0 {
		return
	}
	for _, c := range a.channels {
		<-c.over
		if more := c.faults - mostFaults; more > 0 {
			a.r.emit(event.MessageFault{ID: a.inst.ID, Attempt: a.res.Number, Stage: c.stage, Fault: fmt.Sprintf("and %d more", more)})
		}
		if more := c.faults - len(c.warnings); more > 0 {
			c.warnings = append(c.warnings, fmt.Sprintf("and %d more like these; the events of the run tell of %d", more, min(c.faults, mostFaults)))
		}
		switch {
		case c.ended.Err != nil:
			c.warnings = append(c.warnings, "its channel broke: "+c.ended.Err.Error())
		case !c.ended.Child:
			c.warnings = append(c.warnings, fmt.Sprintf("a process that left the group still holds its channel; what it sends later than %s after the end is not read", linger))
		case c.ended.Unread && a.mayMissMessages():
			c.warnings = append(c.warnings, "it ended without having read all messages that were sent to it")
		}
		for _, w := range c.warnings {
			a.warn("%s: %s", c.name(), w)
		}
	}
	a.r.o.Mailbox.drop(a.inst.ID)
}

// mayMissMessages reports whether it is news that messages were not read: the
// attempt ended by itself, or it is a service whose users are all over, and
// they may count on what they sent it last. Who is stopped or killed for
// another reason is not expected to read on.
func (a *attempt) mayMissMessages() bool {
	return !a.stop.happened() || a.stop.unneeded && !a.stop.atOnce
}

// ask sends the message of stop to every process that has a channel. It reports
// whether one may hear it.
func (a *attempt) ask(message plan.JSON) (asked bool) {
	for _, c := range a.channels {
		asked = c.Send([]byte(message)) == nil || asked
	}
	return asked
}

// values are the outputs that the processes of an attempt have sent.
type values struct {
	mu     sync.Mutex
	byName map[string]json.RawMessage
	bytes  int
	over   string // that there is too much of them, and by which; never changes again
}

// set keeps an output that stage has sent. It reports whether there is too much
// of them from now on.
func (v *values) set(stage, name string, value []byte) (full bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over != "" {
		return false
	}
	if was, known := v.byName[name]; known {
		v.bytes -= len(name) + len(was)
	}
	if v.bytes += len(name) + len(value); v.bytes > mostValues {
		v.over = fmt.Sprintf("its outputs have more than 1MiB in all, with %.60q of %s, which has %d bytes", name, stage, len(value))
		return true
	}
	if v.byName == nil {
		v.byName = map[string]json.RawMessage{}
	}
	v.byName[name] = slices.Clone(value)
	return false
}

package runner

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"sluice/runner/ipc"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// Mailbox sends messages to the processes of a run that have a channel. A
// caller that wants to send some gives one as Options.Mailbox, to one Run; the
// zero Mailbox is ready. Its methods may be called from any goroutine.
type Mailbox struct {
	mu   sync.Mutex
	plan *plan.Plan                  // nil: no run goes on
	late map[string][]*plan.Instance // by job, instances that the plan lacks
	open map[string][]*channel       // by the instance's ID, those of the attempt that goes on
}

// Send sends message, one JSON value, to a process: by the ID of its instance
// where that has one channel, or ID/STAGE. The stage of an input or a branch may
// be called by its own name, as in a job file's to, or with those that it is
// inside of. Send does not wait until the process reads the message. The error
// says why it could not be sent.
func (m *Mailbox) Send(to string, message []byte) error {
	c, err := m.find(to)
	if err != nil {
		return err
	}
	return c.Send(message)
}

func (m *Mailbox) find(to string) (*channel, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.plan == nil {
		return nil, errors.New("the run does not go on")
	}
	inst, stage, err := m.named(to)
	if err != nil {
		return nil, err
	}
	open := m.open[inst.ID]
	if len(open) == 0 {
		return nil, fmt.Errorf("%s does not run", inst.ID)
	}
	if stage != "" {
		open = calledSo(open, stage)
	}
	switch {
	case len(open) == 0:
		return nil, fmt.Errorf("%s has no stage %s with a channel", inst.ID, stage)
	case len(open) > 1:
		return nil, ambiguous(inst.ID, open)
	}
	return open[0], nil
}

// calledSo are those of open whose stage has this whole name, else those inside
// of something whose own name it is.
func calledSo(open []*channel, stage string) []*channel {
	var whole, own []*channel
	for _, c := range open {
		if c.name() == stage {
			whole = append(whole, c)
		} else if strings.HasSuffix(c.name(), "/"+stage) {
			own = append(own, c)
		}
	}
	if len(whole) > 0 {
		return whole
	}
	return own
}

// ambiguous says how to name one of several channels of the instance id.
func ambiguous(id string, open []*channel) error {
	times := map[string]int{}
	for _, c := range open {
		times[c.name()]++
	}
	var single, shared []string
	for _, name := range slices.Sorted(maps.Keys(times)) {
		if times[name] == 1 {
			single = append(single, id+"/"+name)
		} else {
			shared = append(shared, name)
		}
	}
	text := fmt.Sprintf("%s has %d such channels", id, len(open))
	if len(single) > 0 {
		text += "; name one stage: " + strings.Join(single, ", ")
	}
	if len(shared) > 0 {
		text += fmt.Sprintf("; several stages are called %s: give each a name in the job file", strings.Join(shared, ", "))
	}
	return errors.New(text)
}

// named is the instance that to names, and the stage where it names one too. An
// id may have a / in it.
func (m *Mailbox) named(to string) (inst *plan.Instance, stage string, err error) {
	for _, j := range m.plan.Jobs {
		instances := j.Instances
		if len(instances) == 0 {
			instances = m.late[j.Name]
		}
		for _, i := range instances {
			rest, ok := strings.CutPrefix(to, i.ID)
			if !ok || rest != "" && rest[0] != '/' {
				continue
			}
			if !i.HasChannel() {
				return nil, "", fmt.Errorf("%s has no channel; give it channel: true in the job file", i.ID)
			}
			return i, strings.TrimPrefix(rest, "/"), nil
		}
		if job, _, _ := strings.Cut(to, "["); job == j.Name && len(instances) == 0 && len(j.Each) > 0 {
			if _, known := m.late[j.Name]; known {
				return nil, "", fmt.Errorf("%s has no instances: what it needs printed no lines", j.Name)
			}
			return nil, "", fmt.Errorf("%s has no instances yet: they come from what another job prints", j.Name)
		}
		if to == j.Name && len(instances) > 0 {
			return nil, "", fmt.Errorf("%s has %s; name one, such as %s", to, report.Count(len(instances), "instance"), instances[0].ID)
		}
	}
	return nil, "", fmt.Errorf("the run has no job %s", to)
}

// begin lets messages through to the processes of p, which is run. end ends
// that.
func (m *Mailbox) begin(p *plan.Plan) (end func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plan, m.open, m.late = p, map[string][]*channel{}, map[string][]*plan.Instance{}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.plan = nil
	}
}

// found adds instances of a job that the plan lacks.
func (m *Mailbox) found(job string, instances []*plan.Instance) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.late[job] = instances
}

// add makes c one that messages can be sent to.
func (m *Mailbox) add(c *channel) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := c.a.inst.ID
	m.open[id] = append(m.open[id], c)
}

// drop ends that for all channels of an instance.
func (m *Mailbox) drop(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.open, id)
}

// pass sends a message of a process of the instance from on to another.
func (m *Mailbox) pass(from string, to *plan.Addressee, message []byte) error {
	id := to.Job
	if id == "" {
		id = from
	}
	c := m.of(id, to.Stage)
	if c == nil {
		return fmt.Errorf("%s does not run", id)
	}
	if len(c.a.stages) > 1 {
		id += "/" + c.name()
	}
	switch err := c.Send(message); {
	case errors.Is(err, ipc.ErrClosed):
		return fmt.Errorf("%s has closed its channel", id)
	case errors.Is(err, ipc.ErrFull):
		return fmt.Errorf("%s does not read its channel: too many messages wait there", id)
	case err != nil:
		return fmt.Errorf("%s can't take it: %w", id, err)
	}
	return nil
}

// of is the channel of a stage of an instance, or nil.
func (m *Mailbox) of(id string, stage int) *channel {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.open[id] {
		if c.stage == stage {
			return c
		}
	}
	return nil
}

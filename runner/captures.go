package runner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"sluice/runner/plan"
)

// captures is what succeeded instances wrote to captured streams, and the
// outputs that they sent by their channels, for those that need them.
type captures struct {
	mu     sync.Mutex
	byID   map[string]captured
	values map[string]map[string]json.RawMessage // outputs, by instance and name
}

type captured struct {
	data []byte
	trim bool // ${jobs.j.stdout} is without its trailing newlines
}

// setStdout keeps what an instance captured.
func (c *captures) setStdout(id string, data []byte, trim bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil {
		c.byID = map[string]captured{}
	}
	c.byID[id] = captured{data, trim}
}

func (c *captures) get(id string) (captured, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.byID[id]; ok {
		return v, nil
	}
	return captured{}, fmt.Errorf("job %s captured nothing", id)
}

// stdoutOf is what an instance captured, byte for byte.
func (c *captures) stdoutOf(id string) ([]byte, error) {
	v, err := c.get(id)
	return v.data, err
}

// trimmedStdout is what an instance captured, as u puts it into a text.
func (c *captures) trimmedStdout(u plan.Unknown) (string, error) {
	v, err := c.get(u.Job)
	if err != nil {
		return "", fmt.Errorf("%w, so %s has no value", err, u)
	}
	text := string(v.data)
	if v.trim {
		text = strings.TrimRight(text, "\r\n")
	}
	return undashed(text, u)
}

// undashed is text, the value of u, unless it could be read as an option.
func undashed(text string, u plan.Unknown) (string, error) {
	if u.NoDash && strings.HasPrefix(text, "-") {
		return "", fmt.Errorf("%s begins with a dash and could be read as an option; put a -- before it", u)
	}
	return text, nil
}

// axisValue is the value of an axis of inst, as u puts it into a text.
func axisValue(inst *plan.Instance, u plan.Unknown) (string, error) {
	value, ok := inst.Axis(u.Name)
	if !ok {
		return "", fmt.Errorf("%s has no axis %q, so %s has no value", inst.ID, u.Name, u)
	}
	return undashed(value, u)
}

// setValues keeps the outputs of an instance.
func (c *captures) setValues(id string, values map[string]json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil {
		c.values = map[string]map[string]json.RawMessage{}
	}
	c.values[id] = values
}

// output is an output of an instance, as u puts it into a text: a string as it
// reads, any other value as JSON.
func (c *captures) output(u plan.Unknown) (string, error) {
	c.mu.Lock()
	value, ok := c.values[u.Job][u.Name]
	c.mu.Unlock()
	if !ok {
		return "", fmt.Errorf(`job %s sent no output %q, so %s has no value; it sends one with {"sluice": {"output": {%q: …}}}`, u.Job, u.Name, u, u.Name)
	}
	var text string
	if json.Unmarshal(value, &text) != nil || value[0] != '"' {
		var b bytes.Buffer
		if err := json.Compact(&b, value); err != nil {
			return "", fmt.Errorf("%s: %w", u, err) // of an earlier run, whose folder was changed
		}
		text = b.String()
	}
	return undashed(text, u)
}

// fromJobs is a value that other jobs give; ok is false for one that they do not.
func (c *captures) fromJobs(u plan.Unknown) (text string, ok bool, err error) {
	switch u.Kind {
	case plan.UnknownJobStdout:
		text, err = c.trimmedStdout(u)
	case plan.UnknownJobOutput:
		text, err = c.output(u)
	default:
		return "", false, nil
	}
	return text, true, err
}

package runner

import (
	"fmt"
	"strings"
	"sync"

	"sluice/runner/plan"
)

// captures is what succeeded instances wrote to captured streams, for those
// that need them.
type captures struct {
	mu   sync.Mutex
	byID map[string]captured
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
	if u.NoDash && strings.HasPrefix(text, "-") {
		return "", fmt.Errorf("%s begins with a dash and could be read as an option; put a -- before it", u)
	}
	return text, nil
}

package ipc

import (
	"bytes"
	"slices"
	"strconv"
)

// Control is what {"sluice": {…}} tells the runner. One message may tell
// several things, and tells at least one.
type Control struct {
	// Progress is how much is done, from 0 to 1, where HasProgress.
	Progress    float64
	HasProgress bool
	// Outputs are values that the child hands over, in the order of the message,
	// with no name twice. A name may be any string, also an empty one.
	Outputs []Output
	// Ready tells that the child is ready for whoever waits for it.
	Ready bool
}

// Output is a member of {"sluice": {"output": {…}}}.
type Output struct {
	Name string
	JSON []byte // any value; valid as long as the Message
}

// controls reads Controls, one after another.
type controls struct {
	scan    scanner
	text    []byte // the message
	got     Control
	names   map[string]bool // of got.Outputs
	outputs []byte          // the value of "output", or nil
	bad     syntaxError     // the first mistake
}

// read reads the value of "sluice", a part of text, which is JSON. Outputs are
// valid until the next call.
func (c *controls) read(text, value []byte) (Control, syntaxError) {
	c.text, c.outputs, c.bad = text, nil, syntaxError{}
	c.got = Control{Outputs: c.got.Outputs[:0]}
	if value[0] == '{' {
		c.scan.check(value, c.member)
	}
	if c.outputs != nil {
		clear(c.names)
		c.scan.check(c.outputs, c.output)
	}
	if !c.got.HasProgress && !c.got.Ready && c.outputs == nil {
		c.wrong(value, `an object with "progress", "output" or "ready"`)
	}
	return c.got, c.bad
}

// wrong notes a mistake in part, a slice of the message.
func (c *controls) wrong(part []byte, want string) {
	if c.bad.want == "" {
		// A slice reaches to the end of what it is cut from.
		c.bad = syntaxError{at: cap(c.text) - cap(part), want: want}
	}
}

func (c *controls) member(key, value []byte) {
	twice := false
	switch {
	case is(key, "progress"):
		twice = c.got.HasProgress
		p, err := strconv.ParseFloat(string(value), 64)
		if isNumber := value[0] == '-' || value[0]-'0' < 10; !isNumber || err != nil || p < 0 || p > 1 {
			c.wrong(value, "a number from 0 to 1")
		}
		c.got.Progress, c.got.HasProgress = p+0, true // + 0 makes a plain zero of -0
	case is(key, "output"):
		twice = c.outputs != nil
		if value[0] != '{' {
			c.wrong(value, "an object of outputs by name")
		}
		c.outputs = value
	case is(key, "ready"):
		twice = c.got.Ready
		if !bytes.Equal(value, []byte("true")) {
			c.wrong(value, "true")
		}
		c.got.Ready = true
	default:
		c.wrong(key, `"progress", "output" or "ready"`)
	}
	if twice {
		c.wrong(key, "each key once")
	}
}

func (c *controls) output(key, value []byte) {
	name := plain(key)
	if c.names[name] {
		c.wrong(key, "each output once")
	}
	if c.names == nil {
		c.names = map[string]bool{}
	}
	c.names[name] = true
	c.got.Outputs = append(c.got.Outputs, Output{name, slices.Clip(value)})
}

package validate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sluice/spec"
)

// Values that are one word of a list, and what defaults has of them.

// defaults checks what the file gives to all jobs.
func (c *check) defaults() {
	d := c.file.Defaults
	if d == nil {
		return
	}
	c.stop(d.Stop)
	c.retry(d.Retry, c.broken.any)
	c.word(d.Group, spec.Groups(), "process group that a job can run in")
}

func (c *check) stop(s *spec.Stop) {
	if s != nil {
		c.signal(s.Signal, spec.StopSignals(), "signal that asks a job to end")
	}
}

// signal reports s where it is none of names, and says what it is with SIG or in
// lower case.
func (c *check) signal(s spec.String, names []string, kind string) {
	if name := strings.TrimPrefix(strings.ToUpper(s.Value), "SIG"); s.IsSet() && name != s.Value && slices.Contains(names, name) {
		c.at("SL018", s, fmt.Sprintf("%q is no %s", s.Value, kind), "write "+name)
	} else if s.IsSet() && !slices.Contains(names, s.Value) {
		c.at("SL018", s, fmt.Sprintf("%q is no %s", s.Value, kind), "expected one of "+strings.Join(names, ", "))
	}
}

// word reports s where the file gives it and it is none of names.
func (c *check) word(s spec.String, names []string, kind string) {
	if !s.IsSet() || slices.Contains(names, s.Value) {
		return
	}
	hint := "expected one of " + strings.Join(names, ", ")
	if near := cmp.Or(spec.OtherWord(s.Value, names), spec.Nearest(s.Value, names)); near != "" {
		hint = "did you mean " + near + "?"
	}
	c.at("SL018", s, fmt.Sprintf("%q is no %s", s.Value, kind), hint)
}

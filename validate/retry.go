package validate

import (
	"fmt"
	"slices"
	"time"

	"sluice/spec"
)

// Trying again, and starting again.

// mostAttempts is how many attempts are still told as trying again.
const mostAttempts = 20

// retry checks r. broken says that something in it may not have been read.
func (c *check) retry(r *spec.Retry, broken bool) {
	if r == nil {
		return
	}
	c.hammers(r)
	c.atLeastDelay("max_delay", r.MaxDelay, r.Delay)
	if delay, raw := orSecond(r.Delay); r.Budget.IsSet() && r.Budget.Value > 0 && r.Budget.Value <= delay {
		c.add("SL018", r.Budget.Pos, len(r.Budget.Raw), fmt.Sprintf("budget is %s and delay is %s; expected more than the delay, or there is no second attempt", r.Budget.Raw, raw), "")
	}
	if on := r.On; on != nil {
		for _, s := range on.Signal.Items {
			c.signal(s, spec.EndingSignals(), "signal that ends a process")
		}
		if len(on.Exit.Items) == 0 && len(on.Signal.Items) == 0 && !on.Timeout.Value && !on.Start.Value && !broken {
			c.add("SL018", on.Pos, 1, "on names no ending, so nothing would be tried again", "leave it out to try again after every failure and timeout")
		}
	}
}

// orSecond is a delay and how it is written, where 1s is meant by none.
func orSecond(d spec.Duration) (time.Duration, string) {
	if d.IsSet() {
		return d.Value, d.Raw
	}
	return time.Second, "1s"
}

// atLeastDelay reports a time that is shorter than the delay beside it.
func (c *check) atLeastDelay(key string, d, delay spec.Duration) {
	if d.IsSet() && d.Value < delay.Value {
		c.add("SL018", d.Pos, len(d.Raw), fmt.Sprintf("%s is %s and delay is %s; expected at least the delay", key, d.Raw, delay.Raw), "")
	}
}

// hammers warns of retries that can't help.
func (c *check) hammers(r *spec.Retry) {
	switch {
	case r.Attempts.Value <= 1:
	case r.Delay.IsSet() && r.Delay.Value == 0:
		c.add("SL702", r.Delay.Pos, len(r.Delay.Raw), "a retry without a delay: nothing can have changed", "leave delay out for 1s, which doubles each time")
	case r.Attempts.Value > mostAttempts && r.Attempts.Value <= 100: // more is out of range
		c.add("SL702", r.Attempts.Pos, len(r.Attempts.Raw), fmt.Sprintf("%s attempts hide for long that something is broken", r.Attempts.Raw), fmt.Sprintf("try at most %d times", mostAttempts))
	}
}

// retriedSuccess reports exit codes after which j is to be tried again and
// which are success in every stage.
func (c *check) retriedSuccess(j *spec.Job) {
	if j.Retry == nil || j.Retry.On == nil {
		return
	}
	success := func(code int64) bool {
		is := func(l spec.List[spec.Int]) bool {
			return slices.ContainsFunc(l.Items, func(v spec.Int) bool { return v.Value == code }) || !l.IsSet() && code == 0
		}
		for _, s := range j.Stages() {
			if s.IsTee() {
				continue
			}
			if s.OK.IsSet() && !is(s.OK) || !s.OK.IsSet() && !is(j.OK) {
				return false
			}
		}
		return true
	}
	for _, code := range j.Retry.On.Exit.Items {
		if success(code.Value) {
			c.add("SL018", code.Pos, len(code.Raw), fmt.Sprintf("exit code %s is success, so it is never tried again", code.Raw), "remove it from on, or from ok")
		}
	}
}

// timesOf are the times after which an attempt of j is ended, its own or those
// of defaults; those that are not set it has not.
func (c *check) timesOf(j *spec.Job) (timeout, idle spec.Duration) {
	timeout, idle = j.Timeout, j.IdleTimeout
	d := c.file.Defaults
	if d == nil || j.Service.Value || j.Detach.Value || j.Interactive.Value {
		return timeout, idle
	}
	if !timeout.IsSet() {
		timeout = d.Timeout
	}
	if !idle.IsSet() && j.Logs() {
		idle = d.IdleTimeout
	}
	return timeout, idle
}

// ends checks the times after which an attempt of j is ended against each
// other, and against what is to be tried again.
func (c *check) ends(j *spec.Job) {
	timeout, idle := c.timesOf(j)
	of := "timeout"
	if timeout != j.Timeout {
		of = "the timeout of defaults"
	}
	if j.IdleTimeout.IsSet() {
		c.idles(idle, timeout, of)
	}
	r := j.Retry
	if r == nil || r.On == nil || !r.On.Timeout.Value || timeout.IsSet() || idle.IsSet() || j.Ready != nil || c.broken.jobs[j.Name.Value] {
		return
	}
	c.add("SL707", r.On.Timeout.Pos, len(r.On.Timeout.Raw), "a timeout is to be tried again, and nothing bounds the time of this job", "write timeout: 10m beside retry, or remove timeout from on")
}

// idles reports a time of silence that is over no sooner than the whole time,
// which messages call of.
func (c *check) idles(idle, timeout spec.Duration, of string) {
	if timeout.IsSet() && timeout.Value > 0 && idle.Value >= timeout.Value {
		c.add("SL018", idle.Pos, len(idle.Raw), fmt.Sprintf("idle_timeout is %s and %s is %s; expected less, or it never acts", idle.Raw, of, timeout.Raw), "")
	}
}

// restart checks r, which is of a service or of a detached job.
func (c *check) restart(r *spec.Restart) {
	c.word(r.When, spec.Restarts(), "ending to restart after")
	c.atLeastDelay("max_delay", r.MaxDelay, r.Delay)
	c.atLeastDelay("window", r.Window, r.Delay)
	if r.Delay.IsSet() && r.Delay.Value == 0 {
		c.add("SL702", r.Delay.Pos, len(r.Delay.Raw), "a restart without a delay: nothing can have changed", "leave delay out for 1s, which doubles each time")
	}
}

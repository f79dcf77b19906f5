package validate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
)

// Detached jobs and services.

// lasting checks what j has to do with a run that it outlives, or that it is
// there for.
func (c *check) lasting(j *spec.Job) {
	lasts := j.Detach.Value || j.Service.Value
	no := func(key string, pos diag.Pos) {
		if !lasts && !c.broken.jobs[j.Name.Value] {
			c.add("SL110", pos, 1, key+" is of services and detached jobs, and this job is neither", "add service: true or detach: true, or remove "+key)
		}
	}
	if j.Detach.Value {
		c.detached(j)
	}
	if j.Service.Value {
		c.service(j)
	}
	if j.Ready != nil {
		no("ready", j.Ready.Pos)
		c.ready(j, j.Ready)
	}
	if j.Restart != nil {
		no("restart", j.Restart.Pos)
		c.restart(j.Restart)
		if r := j.Retry; r != nil && r.Attempts.Value > 1 {
			c.add("SL110", r.Pos, 1, "a job has retry or restart, not both: each says when it is started again", "remove one of the two")
		}
	}
	c.lock(j)
	c.silent(j)
}

// kindOf is how messages call j, which outlives its dependents' start.
func kindOf(j *spec.Job) string {
	if j.Detach.Value {
		return fmt.Sprintf("detached job %q", j.Name.Value)
	}
	return fmt.Sprintf("service %q", j.Name.Value)
}

// detached reports what ties j to the run that it leaves (SL109).
func (c *check) detached(j *spec.Job) {
	no := func(pos diag.Pos, msg, hint string) { c.add("SL109", pos, 1, msg, hint) }
	if j.Service.Value {
		no(j.Service.Pos, "a job is a service or detached, not both: a service ends with the run, and a detached job outlives it", "remove one of the two")
		return
	}
	if j.Interactive.Value {
		return // which says it all
	}
	if in := inherits(j); in.Kind == spec.InputInherit {
		no(in.Pos, "a detached job can't read sluice's own standard input: it runs on when sluice has ended", "read a {file: …} or a {text: …}")
	}
	if j.Stdout.Kind == spec.OutputCapture {
		no(j.Stdout.Pos, "a detached job can't be captured: it has not ended when its dependents start", "write stdout: {file: …}, or leave it out to log it")
	}
	for _, n := range j.Needs.Items {
		if s := c.jobs[n.Value]; s != nil && s.Service.Value {
			p := c.at("SL109", n, fmt.Sprintf("a detached job can't need service %q: that is stopped, at the latest when the run ends, and the job runs on", n.Value), "write detach: true in place of service: true there; or let another job need the service, and this one need that job")
			p.Related = []diag.Related{{Pos: s.Service.Pos, Msg: "it is a service here"}}
		}
	}
	inherited := func(o spec.Output, key string) {
		if o.Kind == spec.OutputInherit {
			no(o.Pos, "a detached job can't write to sluice's own "+key+": it runs on when sluice has ended", "leave "+key+" out to log it (sluice logs shows it), or write it to a {file: …}")
		}
	}
	inherited(j.Stdout, "stdout")
	inherited(j.Stderr, "stderr")
	for _, s := range j.Inner() {
		inherited(s.Stderr, "stderr")
	}
	for _, b := range j.Branches() {
		inherited(b.Stdout.Output, "stdout")
	}
}

// service reports what a service can't have: it runs beside its dependents
// until the last of them has ended (SL110).
func (c *check) service(j *spec.Job) {
	no := func(pos diag.Pos, length int, msg, hint string) { c.add("SL110", pos, length, "a service "+msg, hint) }
	if in := inherits(j); in.Kind == spec.InputInherit {
		no(in.Pos, 1, "can't read sluice's own standard input: it runs beside other jobs", "read a {file: …} or a {text: …}")
	}
	if j.Stdout.Kind == spec.OutputCapture {
		no(j.Stdout.Pos, 1, "can't be captured: it has not ended when its dependents start", "write stdout: {file: …}, or leave it out to log it")
	}
	if j.Timeout.IsSet() {
		no(j.Timeout.Pos, len(j.Timeout.Raw), "has no end of its own that timeout could bound", "write ready: {…, timeout: "+j.Timeout.Raw+"} for the time until it is ready")
	}
	if j.Pool.IsSet() {
		no(j.Pool.Pos, j.Pool.Len(), "takes no place of a pool: it would hold it as long as its dependents run", "remove pool; give it to the jobs that need the service")
	}
	if j.MaxParallel.IsSet() {
		no(j.MaxParallel.Pos, len(j.MaxParallel.Raw), "starts all its instances: its dependents need them at once", "remove max_parallel")
	}
}

func (c *check) ready(j *spec.Job, r *spec.Ready) {
	switch given := c.given(r.Layout, "message", "line", "port", "file"); {
	case r.Pos.IsZero(): // it is no mapping, which was told
	case len(given) == 0 && !c.unsure(r.Layout):
		c.add("SL017", r.Pos, 1, "ready has none of the keys message, line, port, file; expected one", "such as ready: {port: 8080}")
	case len(given) > 1:
		c.add("SL017", r.Pos, 1, fmt.Sprintf("ready has %s; expected exactly one of message, line, port, file", strings.Join(given, " and ")), "")
	}
	if _, err := regexp.Compile(r.Line.Value); r.Line.IsSet() && r.Line.Value == "" {
		c.at("SL018", r.Line, "line is empty, so any line would do", "write a part of the line that says so")
	} else if err != nil {
		c.at("SL018", r.Line, "line is no regular expression: "+err.Error(), "the syntax is RE2's")
	}
	if _, _, ok := spec.HostPort(r.Port.Value); r.Port.IsSet() && len(r.Port.Refs()) == 0 && !ok {
		c.at("SL018", r.Port.String, fmt.Sprintf("port is %q; expected a number from 1 to 65535, or host:port", r.Port.Value), "")
	}
	if j.Service.Value && j.Matrix != nil && r.Port.IsSet() && len(r.Port.Refs()) == 0 {
		c.at("SL110", r.Port.String, "the instances of a service run at once, and one of them would answer at this port for all", "put ${matrix.…} into the port")
	}
	if r.Timeout.IsSet() && j.Timeout.IsSet() && r.Timeout.Value > j.Timeout.Value {
		c.add("SL018", r.Timeout.Pos, len(r.Timeout.Raw), fmt.Sprintf("the timeout of ready is %s and that of the job is %s; expected at most that", r.Timeout.Raw, j.Timeout.Raw), "")
	}
}

// findClients finds the jobs that need each service.
func (c *check) findClients() {
	for _, name := range c.jobNames {
		for _, n := range c.jobs[name].Needs.Items {
			if s := c.jobs[n.Value]; s != nil && s.Service.Value {
				client := spec.String{Value: name, Pos: n.Pos}
				c.clients[n.Value] = append(c.clients[n.Value], client)
			}
		}
	}
}

// mostClients bounds the search through services that need each other: a
// thousand of them in a row would have half a million clients.
const mostClients = 200_000

// clientsOf are the jobs after which a service is stopped: those that need it,
// and those that need a service which does.
func (c *check) clientsOf(service string) []spec.String {
	list := c.clients[service]
	if !slices.ContainsFunc(list, func(s spec.String) bool { return c.clients[s.Value] != nil }) {
		return list
	}
	list = slices.Clone(list)
	seen := map[string]bool{}
	for i := 0; i < len(list) && c.asked < mostClients; i++ {
		c.asked++
		if name := list[i].Value; !seen[name] {
			seen[name] = true
			list = append(list, c.clients[name]...)
		}
	}
	return list
}

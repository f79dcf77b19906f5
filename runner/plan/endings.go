package plan

import (
	"fmt"
	"time"

	"sluice/spec"
)

// endings fills p with how attempts of j end, what follows, and what outlives
// them. What stands in defaults is for the jobs that have a use for it: timeouts
// are for those that nobody but the run waits for, not for services, detached
// and interactive jobs; silence is that of a log; and restart stands in for
// retry.
func (b *builder) endings(j *spec.Job, p *Job) {
	d := b.file.Defaults
	if d == nil {
		d = &spec.Defaults{}
	}
	retry := j.Retry
	if retry == nil && j.Restart == nil {
		retry = d.Retry
	}
	p.Retry = retries(retry)
	p.Timeout = Duration(j.Timeout.Value)
	p.IdleTimeout = Duration(j.IdleTimeout.Value)
	awaited := !j.Service.Value && !j.Detach.Value && !j.Interactive.Value
	if !j.Timeout.IsSet() && awaited {
		p.Timeout = Duration(d.Timeout.Value)
	}
	if !j.IdleTimeout.IsSet() && awaited && j.Logs() {
		p.IdleTimeout = Duration(d.IdleTimeout.Value)
	}
	p.Group = Group(j.Group.Value)
	if !j.Group.IsSet() {
		p.Group = Group(d.Group.Value)
	}
	if p.Group == GroupOwn {
		p.Group = ""
	}
	p.Stop = stop(d.Stop, j.Stop)
	if len(j.Channels()) == 0 {
		p.Stop.Message = "" // that of defaults is for those that could hear it
	}
	p.Interactive, p.Detach, p.Service = j.Interactive.Value, j.Detach.Value, j.Service.Value
	p.Restart = restart(j.Restart)
	p.Log = logOf(d.Log, j.Log)
}

// stop is how an attempt is ended: key by key, what the last layer says.
func stop(layers ...*spec.Stop) Stop {
	stop := Stop{Signal: "TERM", Grace: Duration(10 * time.Second)}
	for _, s := range layers {
		if s != nil && s.Signal.IsSet() {
			stop.Signal = s.Signal.Value
		}
		if s != nil && s.Message.IsSet() {
			stop.Message = JSON(s.Message.Text)
		}
		if s != nil && s.Grace.IsSet() {
			stop.Grace = Duration(s.Grace.Value)
		}
	}
	return stop
}

// retries is the table of delays. A job's retry replaces that of defaults whole.
func retries(r *spec.Retry) *Retry {
	if r == nil || r.Attempts.Value <= 1 {
		return nil
	}
	t := &Retry{Attempts: int(r.Attempts.Value), Jitter: r.Jitter.Value, Budget: Duration(r.Budget.Value)}
	if on := r.On; on != nil {
		t.On = &RetryOn{Exit: codes(on.Exit, nil), Signal: texts(on.Signal), Timeout: on.Timeout.Value, Start: on.Start.Value}
	}
	most := r.MaxDelay.Or(max(time.Minute, r.Delay.Value))
	delay := float64(r.Delay.Or(time.Second))
	for range t.Attempts - 1 {
		delay = min(delay, float64(most))
		t.Delays = append(t.Delays, Duration(delay))
		delay *= r.Factor.Or(2)
	}
	return t
}

// texts are the values of l.
func texts(l spec.List[spec.String]) (list []string) {
	for _, s := range l.Items {
		list = append(list, s.Value)
	}
	return list
}

// logOf is the bounds of a log: those of the last layer that gives them.
func logOf(layers ...*spec.Log) Log {
	log := Log{MaxSize: 10 << 20, Keep: 5}
	for _, l := range layers {
		if l != nil {
			log.MaxSize = int64(l.MaxSize.Or(spec.Bytes(log.MaxSize)))
			log.Keep = int(l.Keep.Or(int64(log.Keep)))
		}
	}
	return log
}

func restart(r *spec.Restart) *Restart {
	if r == nil {
		return nil
	}
	delay := r.Delay.Or(time.Second)
	return &Restart{
		Always:   r.When.Value == "always",
		Delay:    Duration(delay),
		Factor:   r.Factor.Or(2),
		MaxDelay: Duration(r.MaxDelay.Or(max(time.Minute, delay))),
		Max:      int(r.Max.Or(5)),
		Window:   Duration(r.Window.Or(max(10*time.Minute, delay))),
	}
}

// ready says when an instance in the scope s is ready.
func (b *builder) ready(r *spec.Ready, s scope) *Ready {
	if r == nil {
		return nil
	}
	ready := &Ready{Message: r.Message.Value, Line: r.Line.Value, Timeout: Duration(r.Timeout.Or(time.Minute))}
	if r.File.IsSet() {
		ready.File, _ = b.path(r.File, s, s.dir)
	}
	if r.Port.IsSet() {
		if text, ok := b.text(r.Port, s); ok {
			ready.Port = b.port(r.Port, text)
		}
	}
	return ready
}

// port is text, a port or host:port, as host:port.
func (b *builder) port(t spec.Template, text string) string {
	host, port, ok := spec.HostPort(text)
	if !ok {
		b.at("SL018", t.String, fmt.Sprintf("port is %q; expected a number from 1 to 65535, or host:port", text), "")
	}
	return host + ":" + port
}

// exclusive is the lock of an instance in the scope s.
func (b *builder) exclusive(e *spec.Exclusive, s scope) *Exclusive {
	if e == nil {
		return nil
	}
	name, ok := b.text(e.Name, s)
	if ok && !spec.IsName(name) {
		b.at("SL019", e.Name.String, fmt.Sprintf("%q can't name a lock", name), "a name begins with a letter or _ and has letters, digits, _ and -, at most 128")
	}
	return &Exclusive{Name: name, Fail: e.OnConflict.Value == "fail"}
}

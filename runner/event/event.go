// Package event names what happens in a run, as types and as JSON lines.
//
// The runner tells a Sink of every event, in the order of its happening within
// one instance. A Sink never answers: it can't change the run.
package event

import (
	"encoding/json"
	"time"

	"sluice/runner/report"
)

// Version is the version of the JSON form of the events.
const Version = 1

// Sink hears of events. The runner calls it from several goroutines at once,
// and a call that blocks holds up the children whose output it concerns; that
// is how a slow terminal slows a fast child.
type Sink interface {
	Event(Event)
}

// Event is one of the types of this package.
type Event interface {
	event() Type
}

// Type is the name of an event's type in JSON.
type Type string

// Stream is one of a child's two output streams.
type Stream string

// The streams.
const (
	Stdout Stream = "stdout"
	Stderr Stream = "stderr"
)

// RunStarted is the first event.
type RunStarted struct {
	RunID string `json:"run_id"`
	File  string `json:"file"`
	// Instances that will run unless something fails. A job whose matrix holds
	// what others print counts as one, until Spread.
	Instances int `json:"instances"`
}

// Spread says how many instances a job has whose matrix holds what other jobs
// print, which only now is known.
type Spread struct {
	ID        string `json:"id"` // the job's name
	Instances int    `json:"instances"`
}

// JobStarted says that an instance of a job has begun.
type JobStarted struct {
	ID string `json:"id"`
}

// AttemptStarted says that an attempt of an instance has begun.
type AttemptStarted struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"` // 1-based
}

// StageStarted says that a process runs.
type StageStarted struct {
	ID      string   `json:"id"`
	Attempt int      `json:"attempt"`
	Stage   int      `json:"stage"` // 0-based
	Name    string   `json:"name"`
	Argv    []string `json:"argv"`
	Path    string   `json:"path"`
	PID     int      `json:"pid"`
	PGID    int      `json:"pgid"`
}

// Output is a piece of a logged stream, cut anywhere. Data belongs to the
// runner again when the Sink returns.
type Output struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"`
	Stage   int    `json:"stage"` // 0-based
	Stream  Stream `json:"stream"`
	Data    []byte `json:"data"` // base64 in JSON
}

// OutputEnded says that no more Output of a stream will come.
type OutputEnded struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"`
	Stage   int    `json:"stage"`
	Stream  Stream `json:"stream"`
}

// StageExited says that a process has exited. Its streams may live on, in
// other processes that have them: OutputEnded tells of their end.
type StageExited struct {
	ID      string    `json:"id"`
	Attempt int       `json:"attempt"`
	Stage   int       `json:"stage"`
	At      time.Time `json:"at"`
}

// Ready says that an attempt of an instance is ready: what needs it may start.
// It comes for instances that are services or have `ready` in the plan, once
// for each attempt that becomes ready, and never after Stopping. An instance
// that fails before has its JobEnded alone. The plan of a detached job has
// `ready` always, if only with nothing to look for: then it comes when all
// processes run.
type Ready struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"`
}

// Detached says that an instance runs on as a run of its own.
type Detached struct {
	ID    string `json:"id"`
	RunID string `json:"run_id"` // of the new run
}

// Waiting says that an instance can't begin yet, and why.
type Waiting struct {
	ID     string `json:"id"`
	Reason string `json:"reason"` // "exclusive deploy is held by run 20261123-160501-4f2a"
}

// Message is a message that a process sent on its channel and that is not for
// the runner itself. Value belongs to the runner again when the Sink returns.
type Message struct {
	ID      string          `json:"id"`
	Attempt int             `json:"attempt"`
	Stage   int             `json:"stage"` // 0-based
	Name    string          `json:"name"`  // of the stage
	Value   json.RawMessage `json:"value"` // any JSON value, as it came
}

// MessageFault says that what a process sent was no message, or reached nobody.
// After many of a stage one tells how many more there were.
type MessageFault struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"`
	Stage   int    `json:"stage"`
	Fault   string `json:"fault"` // what was found, and what was expected
}

// Progress says how much of its work a process has done.
type Progress struct {
	ID       string  `json:"id"`
	Attempt  int     `json:"attempt"`
	Stage    int     `json:"stage"`
	Progress float64 `json:"progress"` // from 0 to 1
}

// Value is an output that a process handed over. A later one of the same name
// takes its place. Value belongs to the runner again when the Sink returns.
type Value struct {
	ID      string          `json:"id"`
	Attempt int             `json:"attempt"`
	Stage   int             `json:"stage"`
	Name    string          `json:"name"`
	Value   json.RawMessage `json:"value"` // any JSON value, as it came
}

// StageEnded says how a process ended. It comes when the whole attempt
// is over, for only then is the verdict on a stage known.
type StageEnded struct {
	ID      string        `json:"id"`
	Attempt int           `json:"attempt"`
	Stage   int           `json:"stage"`
	Result  *report.Stage `json:"result"`
}

// Stopping says that an attempt is being ended before its time.
type Stopping struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"`
	Reason  string `json:"reason"` // "timeout of 3s", "interrupted", …
	Signal  string `json:"signal"` // what its group was sent
	// Grace is the time after which KILL follows; 0 where Signal is KILL.
	Grace time.Duration `json:"grace_ns"`
	// Told: it is nothing of this attempt's. The run is being stopped, which
	// RunStopping tells for all, or has no more need of the service.
	Told bool `json:"told,omitempty"`
	// Message: the processes were sent the message that stop has. Signal
	// follows after Grace, and KILL after Grace once more.
	Message bool `json:"message,omitempty"`
}

// AttemptEnded says how an attempt ended.
type AttemptEnded struct {
	ID     string          `json:"id"`
	Result *report.Attempt `json:"result"`
}

// RetryScheduled says that another attempt follows after Delay.
type RetryScheduled struct {
	ID      string        `json:"id"`
	Attempt int           `json:"attempt"` // the one that will follow
	Of      int           `json:"of"`
	Delay   time.Duration `json:"delay_ns"`
}

// RestartScheduled says that a service or a detached job is started again
// after Delay.
type RestartScheduled struct {
	ID      string        `json:"id"`
	Attempt int           `json:"attempt"` // the one that will follow
	Delay   time.Duration `json:"delay_ns"`
}

// JobEnded says how an instance ended. Skipped and never-started ones have
// this event alone.
type JobEnded struct {
	ID     string      `json:"id"`
	Result *report.Job `json:"result"`
}

// RunStopping says that no new job starts, and why. It may come again with
// Now: then nobody waits for what still runs.
type RunStopping struct {
	Reason string `json:"reason"`
	Kill   bool   `json:"kill"`          // running jobs are being stopped, not only waited for
	Now    bool   `json:"now,omitempty"` // they are killed at once
}

// RunEnded is the last event.
type RunEnded struct {
	Status report.Status `json:"status"`
	Took   time.Duration `json:"took_ns"`
}

func (RunStarted) event() Type       { return "run_started" }
func (Spread) event() Type           { return "spread" }
func (JobStarted) event() Type       { return "job_started" }
func (AttemptStarted) event() Type   { return "attempt_started" }
func (StageStarted) event() Type     { return "stage_started" }
func (Output) event() Type           { return "output" }
func (OutputEnded) event() Type      { return "output_ended" }
func (StageExited) event() Type      { return "stage_exited" }
func (Ready) event() Type            { return "ready" }
func (Detached) event() Type         { return "detached" }
func (Waiting) event() Type          { return "waiting" }
func (RestartScheduled) event() Type { return "restart_scheduled" }
func (Message) event() Type          { return "message" }
func (MessageFault) event() Type     { return "message_fault" }
func (Progress) event() Type         { return "progress" }
func (Value) event() Type            { return "value" }
func (StageEnded) event() Type       { return "stage_ended" }
func (Stopping) event() Type         { return "stopping" }
func (AttemptEnded) event() Type     { return "attempt_ended" }
func (RetryScheduled) event() Type   { return "retry_scheduled" }
func (JobEnded) event() Type         { return "job_ended" }
func (RunStopping) event() Type      { return "run_stopping" }
func (RunEnded) event() Type         { return "run_ended" }

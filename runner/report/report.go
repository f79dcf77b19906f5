// Package report says what happened in a run: the results of its jobs, and
// how they read as text and as JSON.
//
// A job that ended badly is a result, not a Go error.
package report

import (
	"encoding/json"
	"fmt"
	"time"
)

// Version is the version of the JSON form of a Report.
const Version = 1

// Status is how a job, an attempt or a whole run ended.
type Status string

// The statuses.
const (
	Succeeded  Status = "succeeded"
	Failed     Status = "failed"
	TimedOut   Status = "timed_out"
	Cancelled  Status = "cancelled"   // it was started and then told to stop
	NotStarted Status = "not_started" // something that it needs failed, or the run was stopped before
	Skipped    Status = "skipped"     // its `when` does not hold; counts as success for its dependents
)

// OK reports whether s lets dependents start.
func (s Status) OK() bool { return s == Succeeded || s == Skipped }

// StageStatus is how one process of a pipeline ended.
type StageStatus string

// The statuses of a stage.
const (
	StageSucceeded   StageStatus = "succeeded"    // its exit code is in `ok`
	StageClosedEarly StageStatus = "closed_early" // ended by SIGPIPE, or exited 141 after it, while its reader succeeded
	StageFailed      StageStatus = "failed"
	StageTimedOut    StageStatus = "timed_out"
	StageCancelled   StageStatus = "cancelled"
	StageNotStarted  StageStatus = "not_started"
)

// Report is what happened in one run.
type Report struct {
	Version int    `json:"version"`
	RunID   string `json:"run_id"`
	File    string `json:"file"`
	Status  Status `json:"status"`
	Signal  string `json:"signal,omitempty"` // the signal that told the run to stop, such as "INT"
	Killed  bool   `json:"killed,omitempty"` // it was then told to stop at once, and what still ran was killed
	// Error is sluice's own, which ended the run: its jobs may have been right.
	// The Status is Failed then, whatever became of them.
	Error string `json:"error,omitempty"`
	// Contained is the means by which nothing that the run started outlives
	// it: "cgroup", "subreaper", or "group", which a process can leave. Empty:
	// nothing was started, or could have been.
	Contained string        `json:"contained"`
	Start     time.Time     `json:"start"`
	Took      time.Duration `json:"took_ns"`
	Jobs      []*Job        `json:"jobs"` // one for each instance, in the order of the plan
}

// NewRunID makes the id of a run that begins now: 20261123-160501-4f2a, with
// the part of the second in its last digits. Ids sort by time, and two within
// 15 µs are the same.
func NewRunID(now time.Time) string {
	return now.UTC().Format("20060102-150405-") + fmt.Sprintf("%04x", int64(now.Nanosecond())<<16/int64(time.Second))
}

// Job is what happened to one instance of a job.
type Job struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Status  Status   `json:"status"`
	Stopped bool     `json:"stopped,omitempty"` // a service that succeeded: it ran until it was told to stop, whether or not it was ready by then
	Reason  string   `json:"reason,omitempty"`  // why it was skipped or not started, or which run it succeeded in
	RunID   string   `json:"run_id,omitempty"`  // of a detached job: the run that it goes on as
	Outputs []Output `json:"outputs,omitempty"` // files that it made, where it succeeded
	// Values are the outputs that its processes sent by their channels, where it
	// succeeded: any JSON values, by name.
	Values   map[string]json.RawMessage `json:"values,omitempty"`
	Start    time.Time                  `json:"start,omitzero"`
	Took     time.Duration              `json:"took_ns"`
	Earlier  int                        `json:"earlier_attempts,omitempty"` // attempts before those below, which were too many to keep
	Attempts []*Attempt                 `json:"attempts,omitempty"`         // the last 20
}

// Tries is how many attempts were made.
func (j *Job) Tries() int { return j.Earlier + len(j.Attempts) }

// Last is the last attempt of j, or nil.
func (j *Job) Last() *Attempt {
	if len(j.Attempts) == 0 {
		return nil
	}
	return j.Attempts[len(j.Attempts)-1]
}

// Attempt is one execution of an instance's pipeline.
type Attempt struct {
	Number  int           `json:"number"` // 1-based
	Status  Status        `json:"status"`
	Cause   string        `json:"cause,omitempty"` // one line: why it did not succeed
	CauseBy int           `json:"cause_stage"`     // index of the stage at fault; -1 where no stage is
	Start   time.Time     `json:"start"`
	Took    time.Duration `json:"took_ns"`
	// Close is the time from the exit of the last process to the end of the
	// streams that sluice reads: other processes may hold them for a while.
	Close     time.Duration `json:"close_ns"`
	Stages    []*Stage      `json:"stages"`
	Survivors []Survivor    `json:"survivors,omitempty"` // what KILL did not end
	Warnings  []string      `json:"warnings,omitempty"`  // what a person should know although it changed no verdict
}

// Survivor is a process of an attempt that could not be ended: it belongs to
// somebody else, or hangs in the kernel.
type Survivor struct {
	PID   int    `json:"pid"`
	Name  string `json:"name"`  // as the kernel calls it: at most 15 bytes
	State string `json:"state"` // as in /proc/PID/stat: "D" hangs in the kernel
	Why   string `json:"why"`   // "it is in the kernel, in nfs_wait", "operation not permitted"
}

// Output is a file that a job made, as it was when the job was done.
type Output struct {
	Path  string    `json:"path"` // absolute
	Size  int64     `json:"size"` // bytes
	Mtime time.Time `json:"mtime"`
}

// Stage is how one process ended.
type Stage struct {
	Name   string        `json:"name"`
	Argv   []string      `json:"argv"`          // of a tee, which is no process, none
	PID    int           `json:"pid,omitempty"` // 0: it did not start, or is a tee
	Status StageStatus   `json:"status"`
	Code   int           `json:"code"`             // exit code; -1 where a signal ended it; 126 or 127 where it could not start
	Signal string        `json:"signal,omitempty"` // the signal that ended it, such as "KILL"
	Core   bool          `json:"core,omitempty"`   // it dumped core
	Ending string        `json:"ending"`           // in words: "exit code 2", "signal 9 KILL, 10s after TERM"
	Error  string        `json:"error,omitempty"`  // why it could not start; of a tee, what it could not copy; of a shard, why it could not share its stream
	Start  time.Time     `json:"start,omitzero"`
	Took   time.Duration `json:"took_ns"`
	User   time.Duration `json:"user_ns"` // CPU time in user mode, children that it waited for included
	System time.Duration `json:"system_ns"`
	MaxRSS int64         `json:"max_rss_bytes"`
	Stderr string        `json:"stderr_tail,omitempty"` // the end of what it logged on standard error, whole lines, at most 4 KiB
}

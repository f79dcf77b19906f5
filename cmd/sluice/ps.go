package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
	"sluice/runner/state"
)

func (c *cli) psCommand() *cobra.Command {
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "ps",
		Short: "List the runs that go on",
		Long: `List the runs that go on, the newest first: detached ones and those of other
terminals. With --all also those that have ended or are lost.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.ps(all, asJSON) },
	}
	cmd.Flags().BoolVarP(&all, "all", "a", false, "also list runs that have ended")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, for programs")
	return cmd
}

// runRow is a run as ps shows it. What a run that is lost has not told is zero.
type runRow struct {
	ID    string      `json:"id"`
	State string      `json:"state"` // "running", "lost", or how it ended
	Since time.Time   `json:"since"` // when that state began
	PID   int         `json:"pid"`   // of what runs it, or ran it
	Dir   string      `json:"dir"`   // where it was asked for
	File  string      `json:"file"`  // the job file
	Jobs  []runRowJob `json:"jobs"`
}

// runRowJob is an instance of a job.
type runRowJob struct {
	ID       string   `json:"id"`
	State    string   `json:"state"`
	Progress *float64 `json:"progress,omitempty"` // from 0 to 1, where a process said so
	Reason   string   `json:"reason,omitempty"`   // why it waits
	Restarts int      `json:"restarts,omitempty"` // that were made or are to come
}

// text is the job in a few words.
func (j runRowJob) text() string {
	text := j.ID + " " + words(j.State)
	if j.Progress != nil {
		text += fmt.Sprintf(" %.0f%%", 100**j.Progress)
	}
	if j.Reason != "" {
		text += ": " + j.Reason
	}
	if j.Restarts > 0 {
		text += " (" + report.Count(j.Restarts, "restart") + ")"
	}
	return text
}

func (c *cli) ps(all, asJSON bool) error {
	s, err := c.store()
	if err != nil {
		return err
	}
	list, err := s.List()
	if err != nil {
		return own(err)
	}
	rows := []runRow{} // never null in JSON
	for _, f := range list {
		row, err := rowOf(f)
		if err != nil { // of one that is just being made, or was damaged
			c.log().Debug("left out", "run", f.ID, "error", err)
			continue
		}
		if all || row.State == string(state.Running) {
			rows = append(rows, row)
		}
	}
	if asJSON {
		return c.print(func(w io.Writer) error {
			enc := json.NewEncoder(w)
			enc.SetIndent("", "  ")
			enc.SetEscapeHTML(false)
			return enc.Encode(rows)
		})
	}
	if len(rows) == 0 {
		c.complain("no run goes on")
		return nil
	}
	return c.print(func(w io.Writer) error {
		return writeRows(w, rows, shortener(), report.Style{Color: c.color(c.stdout)})
	})
}

// rowOf reads what ps shows of a run.
func rowOf(f *state.Folder) (runRow, error) {
	st, err := f.Status()
	if err != nil {
		return runRow{}, err
	}
	m, err := f.Meta()
	if err != nil && st.State == state.Running {
		return runRow{}, err
	} else if err != nil { // it ended before it had told, and nobody will any more
		m = &state.Meta{Start: f.Made()}
	}
	row := runRow{ID: f.ID, State: string(st.State), Since: m.Start, PID: m.Runner.PID, Dir: m.Dir, File: m.Asked.File, Jobs: []runRowJob{}}
	if st.State == state.Final {
		row.State = string(st.Result.Status)
		row.Since = st.Result.Start.Add(st.Result.Took)
		for _, j := range st.Result.Jobs {
			row.Jobs = append(row.Jobs, runRowJob{ID: j.ID, State: string(j.Status)})
		}
		return row, nil
	}
	p, err := f.FullPlan()
	if err != nil && st.State == state.Running {
		return runRow{}, err
	} else if err != nil {
		p = &plan.Plan{}
	}
	now := newJobsNow(st.State == state.Lost)
	err = f.EachEvent(func(e state.Entry) error {
		now.hear(e.Event)
		if now.lost {
			row.Since = e.At
		}
		return nil
	})
	if err != nil && st.State == state.Running {
		return runRow{}, err
	}
	row.Jobs = now.rows(p)
	return row, nil
}

// jobsNow is what the instances of a run do, by its journal. What has not ended
// in a run that is lost is lost too.
type jobsNow struct {
	lost     bool
	states   map[string]string
	progress map[string]float64 // as processes of the attempt said last
	reasons  map[string]string  // why they wait
	restarts map[string]int
}

func newJobsNow(lost bool) *jobsNow {
	return &jobsNow{lost: lost, states: map[string]string{}, progress: map[string]float64{}, reasons: map[string]string{}, restarts: map[string]int{}}
}

func (n *jobsNow) hear(e event.Event) {
	switch e := e.(type) {
	case event.Progress:
		n.progress[e.ID] = e.Progress
	case event.AttemptStarted:
		delete(n.progress, e.ID)
	case event.AttemptEnded:
		delete(n.progress, e.ID)
	case event.Waiting:
		n.reasons[e.ID] = e.Reason
	case event.RestartScheduled:
		n.restarts[e.ID]++
	}
	id, what := jobState(e)
	if _, ended := e.(event.JobEnded); n.lost && !ended {
		what = string(state.Lost)
	}
	if id != "" {
		n.states[id] = what
	}
}

func (n *jobsNow) rows(p *plan.Plan) []runRowJob {
	jobs := []runRowJob{} // never null in JSON
	for _, j := range p.Jobs {
		instances := j.Instances
		if j.Vague() {
			instances = []*plan.Instance{{ID: j.Name}} // until the run has come to it
		}
		for _, inst := range instances {
			row := runRowJob{ID: inst.ID, State: n.states[inst.ID]}
			switch {
			case row.State == "" && n.lost:
				row.State = string(report.NotStarted)
			case row.State == "":
				row.State = "pending"
			}
			row.Restarts = n.restarts[inst.ID]
			if row.State == "waiting" {
				row.Reason = n.reasons[inst.ID]
			}
			if done, told := n.progress[inst.ID]; told && !n.lost {
				row.Progress = &done
			}
			jobs = append(jobs, row)
		}
	}
	return jobs
}

// jobState is what e says of an instance: what it does from then on. Most
// events say nothing of that kind.
func jobState(e event.Event) (id, what string) {
	switch e := e.(type) {
	case event.JobStarted:
		return e.ID, "running"
	case event.AttemptStarted:
		return e.ID, "running"
	case event.Ready:
		return e.ID, "ready"
	case event.Waiting:
		return e.ID, "waiting"
	case event.Stopping:
		return e.ID, "stopping"
	case event.RetryScheduled:
		return e.ID, "retrying"
	case event.RestartScheduled:
		return e.ID, "restarting"
	case event.Detached:
		return e.ID, "detached"
	case event.JobEnded:
		return e.ID, string(e.Result.Status)
	}
	return "", ""
}

// shownJobs is how many jobs of a run ps names; of more it counts the states.
const shownJobs = 3

// writeRows writes rows as a table.
func writeRows(w io.Writer, rows []runRow, short func(string) string, s report.Style) error {
	cells := [][]string{{"ID", "STATE", "SINCE", "PID", "FILE", "JOBS"}}
	for _, r := range rows {
		cells = append(cells, []string{
			r.ID, words(r.State), r.Since.Local().Format(time.DateTime), fmt.Sprint(r.PID),
			report.Visible(short(r.File)), report.Visible(r.jobs()),
		})
		last := cells[len(cells)-1]
		if r.PID == 0 {
			last[3] = "?"
		}
		if r.File == "" {
			last[4] = "?"
		}
	}
	return writeTable(w, cells, s)
}

// jobs is "web ready, db running", or for many jobs "2 running, 5 succeeded".
func (r runRow) jobs() string {
	var parts []string
	if len(r.Jobs) <= shownJobs {
		for _, j := range r.Jobs {
			parts = append(parts, j.text())
		}
		return strings.Join(parts, ", ")
	}
	counts := map[string]int{}
	for _, j := range r.Jobs {
		counts[j.State]++
	}
	for _, j := range r.Jobs { // in the order in which the states first appear
		if n := counts[j.State]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, words(j.State)))
			counts[j.State] = 0
		}
	}
	return strings.Join(parts, ", ")
}

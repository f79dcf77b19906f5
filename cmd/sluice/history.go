package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"sluice/runner/event"
	"sluice/runner/report"
	"sluice/runner/state"
)

func (c *cli) historyCommand() *cobra.Command {
	var most int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "history [FILE]",
		Short: "List runs and how they ended",
		Long: `List the runs of this user, or of the job file FILE, the newest first, and how
they ended. A run is lost when what ran it ended without a word, such as by
SIGKILL or with the machine. The newest 200 that have ended are kept.`,
		Example: "  sluice history -n 5\n  sluice history jobs/words.yaml\n  sluice history --json | jq '.[0]'",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if most < 0 {
				return usage("", "-n %d: expected how many runs to list, or 0 for all", most)
			}
			return c.history(args, most, asJSON)
		},
	}
	cmd.Flags().IntVarP(&most, "number", "n", 20, "list the newest `N` runs; 0 is all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, for programs")
	return cmd
}

// pastRun is a run as history shows it. What is not known of it is left out.
type pastRun struct {
	ID       string        `json:"id"`
	Status   string        `json:"status"`             // "running", "lost", "damaged", or how it ended
	Rebooted bool          `json:"rebooted,omitempty"` // it is lost because the machine was started anew
	Start    time.Time     `json:"start,omitzero"`
	Took     time.Duration `json:"took_ns,omitempty"`
	File     string        `json:"file,omitempty"`
	Dir      string        `json:"dir,omitempty"`
	Args     []string      `json:"args,omitempty"`
	Parent   string        `json:"parent,omitempty"` // the run that it repeats, or that it was detached from
	Detached bool          `json:"detached,omitempty"`
	Jobs     int           `json:"jobs"`   // instances
	Failed   int           `json:"failed"` // of them; a timeout counts too
}

func (c *cli) history(args []string, most int, asJSON bool) error {
	s, err := c.store()
	if err != nil {
		return err
	}
	runs, err := s.List()
	if err != nil {
		return own(err)
	}
	file := ""
	if len(args) > 0 {
		if file, err = filepath.Abs(args[0]); err != nil {
			return own(err)
		}
	}
	list := []pastRun{} // never null in JSON
	for _, f := range runs {
		if most > 0 && len(list) == most {
			break
		}
		run, err := pastOf(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was removed meanwhile
		} else if err != nil {
			return own(err)
		}
		if file == "" || run.File == file {
			list = append(list, run)
		}
	}
	if asJSON {
		return c.print(func(w io.Writer) error {
			enc := json.NewEncoder(w)
			enc.SetIndent("", "  ")
			enc.SetEscapeHTML(false)
			return enc.Encode(list)
		})
	}
	if len(list) == 0 {
		c.complain(noRuns(s, args))
		return nil
	}
	return c.print(func(w io.Writer) error {
		return writeHistory(w, list, shortener(), report.Style{Color: c.color(c.stdout)})
	})
}

// noRuns says that there is no run, or none of the file that args name.
func noRuns(s *state.Store, args []string) string {
	if len(args) == 0 {
		return "there is no run in " + s.Dir()
	}
	text := "there is no run of " + args[0]
	if _, err := os.Stat(args[0]); errors.Is(err, fs.ErrNotExist) {
		text += ", which does not exist"
	}
	return text
}

// pastOf reads what history shows of a run. Where one of its files is damaged,
// the others tell what they can.
func pastOf(f *state.Folder) (pastRun, error) {
	if _, err := os.Stat(f.Dir()); err != nil {
		return pastRun{}, err
	}
	run := pastRun{ID: f.ID, Start: f.Made()}
	if m, err := f.Meta(); err == nil {
		run.Start, run.File, run.Dir, run.Args = m.Start, m.Asked.File, m.Dir, m.Args
		run.Parent, run.Detached = m.Parent, m.Detached
	}
	st, err := f.Status()
	if err != nil {
		run.Status = "damaged"
		return run, nil
	}
	run.Status, run.Rebooted = string(st.State), st.Rebooted
	if st.State == state.Final {
		run.Status, run.Took = string(st.Result.Status), st.Result.Took
		run.Jobs = len(st.Result.Jobs)
		for _, j := range st.Result.Jobs {
			run.count(j)
		}
		return run, nil
	}
	entries, err := f.Events()
	if errors.Is(err, fs.ErrNotExist) { // it is lost since its first moment, or was removed meanwhile
		_, err = os.Stat(f.Dir())
		return run, err
	} else if err != nil {
		run.Status = "damaged"
	}
	for _, e := range entries {
		switch e := e.Event.(type) {
		case event.RunStarted:
			run.Jobs = e.Instances
		case event.Spread:
			run.Jobs += e.Instances - 1
		case event.JobEnded:
			run.count(e.Result)
		}
	}
	return run, nil
}

func (r *pastRun) count(j *report.Job) {
	if j.Status == report.Failed || j.Status == report.TimedOut {
		r.Failed++
	}
}

func writeHistory(w io.Writer, list []pastRun, short func(string) string, s report.Style) error {
	rows := [][]string{{"ID", "STATUS", "STARTED", "TOOK", "FILE", "JOBS"}}
	for _, r := range list {
		row := []string{r.ID, words(r.Status), "-", "-", "?", fmt.Sprint(r.Jobs)}
		if !r.Start.IsZero() {
			row[2] = r.Start.Local().Format(time.DateTime)
		}
		if r.Took > 0 {
			row[3] = report.Took(r.Took)
		}
		if r.File != "" {
			row[4] = report.Visible(short(r.File))
		}
		if r.Failed > 0 {
			row[5] += fmt.Sprintf(" (%d failed)", r.Failed)
		}
		rows = append(rows, row)
	}
	return writeTable(w, rows, s)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
	"sluice/runner/state"
	"sluice/spec"
)

// logFlags are the flags of sluice logs.
type logFlags struct {
	follow     bool
	job        string
	stage      string
	stream     string
	lines      int // the last so many; below 0 is all
	timestamps bool
}

func (c *cli) logsCommand() *cobra.Command {
	var o logFlags
	cmd := &cobra.Command{
		Use:   "logs ID",
		Short: "Show what the jobs of a run have logged",
		Long: `Show what the jobs of a run have logged: standard output on standard output,
standard error on standard error, in the order of the times. Where the run has
several jobs, each line begins with its job. A job that ran alone, and all jobs
of a run with --output raw, had sluice's own output, and logged nothing.

ID is a run's id, the beginning of one, or last.`,
		Example: "  sluice logs -f last\n  sluice logs --job 'test[go=1.26]' -n 20 20261126-1121",
		Args:    oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("lines") && o.lines < 0 {
				return usage("", "-n %d: expected how many of the last lines to show", o.lines)
			}
			f, err := c.findRun(args[0])
			if err != nil {
				return err
			}
			return c.logs(f, o)
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.follow, "follow", "f", false, "go on until the run has ended")
	f.StringVar(&o.job, "job", "", "only of this job, or job[axis=value]")
	f.StringVar(&o.stage, "stage", "", "only of the stage of this name, or number from 1")
	f.StringVar(&o.stream, "stream", "", "only stdout, or only stderr")
	f.IntVarP(&o.lines, "lines", "n", -1, "only the last `N` lines of what is there")
	f.BoolVarP(&o.timestamps, "timestamps", "t", false, "begin each line with its time")
	c.completeRuns(cmd, anyRun)
	return cmd
}

// oneRun wants one run.
func oneRun(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("sluice ps -a lists the runs", "sluice %s needs the id of one run", cmd.Name())
	}
	return nil
}

// logs shows what f has logged.
func (c *cli) logs(f *state.Folder, o logFlags) error {
	p, err := f.FullPlan()
	if err != nil {
		return own(err)
	}
	options, err := o.selected(p)
	if err != nil {
		return err
	}
	mode := "raw"
	if count(p) > 1 {
		mode = "prefix"
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	sh := c.viewer(mode, cancel)
	for _, j := range p.Jobs {
		for _, inst := range j.Instances {
			sh.Event(event.JobStarted{ID: inst.ID}) // so that the prefixes are of one width
		}
	}
	c.sayDropped(f, p, options)
	times := timestamps{on: o.timestamps, mid: map[showKey]bool{}}
	empty := true
	err = f.Play(ctx, options, func(e state.Entry) error {
		empty = false
		sh.Event(times.add(e))
		return nil
	})
	if err = shown(sh.Close(), err); err != nil {
		return err
	}
	return c.sayOfLogs(f, empty)
}

// sayDropped says of which instances the first lines are not there any more,
// where they are asked for.
func (c *cli) sayDropped(f *state.Folder, p *plan.Plan, o state.PlayOptions) {
	for _, j := range p.Jobs {
		for _, inst := range j.Instances {
			if o.All && o.Of(inst.ID) && f.Dropped(inst.ID) {
				c.complain(fmt.Sprintf("the first lines of %s are gone: its log is %s of %s", inst.ID, report.Count(j.Log.Keep, "file"), report.Count(int(j.Log.MaxSize), "byte")))
			}
		}
	}
}

// sayOfLogs says what people should know who have seen the logs of f, of which
// empty had nothing to show.
func (c *cli) sayOfLogs(f *state.Folder, empty bool) error {
	if m, err := f.Meta(); err == nil && m.Direct && empty { // an error: it is just being made, or damaged
		c.complain("run " + f.ID + " had sluice's own output, and nothing was logged; with --output prefix it is")
	}
	st, err := f.Status()
	if err == nil && st.State == state.Lost {
		c.sayEnding(f, st)
	}
	return own(err)
}

// shown is the error of a command that has shown a run: of writing, which ends
// the reading, or else of reading.
func shown(writing, reading error) error {
	switch {
	case errors.Is(writing, syscall.EPIPE):
		return code(exitSignal + int(syscall.SIGPIPE))
	case writing != nil:
		return own(writing)
	}
	return own(reading)
}

// count is how many instances p has. A job whose instances are not known counts
// as two.
func count(p *plan.Plan) (n int) {
	for _, j := range p.Jobs {
		n += len(j.Instances)
		if j.Vague() {
			n += 2
		}
	}
	return n
}

// selected are the lines that o asks for, of a run of p.
func (o logFlags) selected(p *plan.Plan) (state.PlayOptions, error) {
	options := state.PlayOptions{Follow: o.follow, All: o.lines < 0, Tail: max(o.lines, 0)}
	stages := map[string][]int{} // of each job, those that are wanted
	var jobs, names []string
	found := false
	for _, j := range p.Jobs {
		jobs = append(jobs, idsOf(j)...)
		if !asks(o.job, j) {
			continue
		}
		found = true
		for _, inst := range j.Shapes()[:min(1, len(j.Shapes()))] { // all have the same stages
			for i, st := range inst.Stages {
				names = append(names, st.Name)
				if o.stage == st.Name || o.stage == strconv.Itoa(i+1) {
					stages[j.Name] = append(stages[j.Name], i)
				}
			}
		}
	}
	options.Of = func(id string) bool { return asksOf(o.job, id) }
	streams := []string{string(event.Stdout), string(event.Stderr)}
	switch {
	case !found && o.job != "":
		return options, usage(oneOf(o.job, jobs), "--job %s: the run has no such job", o.job)
	case len(stages) == 0 && o.stage != "":
		return options, usage(oneOf(o.stage, names), "--stage %s: there is no such stage", o.stage)
	case o.stream != "" && !slices.Contains(streams, o.stream):
		return options, usage(oneOf(o.stream, streams), "--stream %s: there is no such stream", o.stream)
	}
	options.Want = func(l state.Line) bool {
		return (o.stream == "" || o.stream == string(l.Stream)) && (o.stage == "" || slices.Contains(stages[jobOf(l.ID)], l.Stage))
	}
	return options, nil
}

// oneOf is the hint that word should be one of names.
func oneOf(word string, names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	if near := spec.Nearest(word, names); near != "" {
		return "did you mean " + near + "?"
	}
	const most = 10
	if len(names) > most {
		names = append(names[:most:most], "…")
	}
	return "expected one of " + strings.Join(names, ", ")
}

// timestamps puts the time before each line.
type timestamps struct {
	on  bool
	mid map[showKey]bool // streams of which a line goes on
}

// showKey is a stream of an instance.
type showKey struct {
	id string
	showSource
}

func (t timestamps) add(e state.Entry) event.Event {
	out, ok := e.Event.(event.Output)
	if !ok || !t.on {
		return e.Event
	}
	key := showKey{out.ID, showSource{out.Stage, out.Stream}}
	if !t.mid[key] {
		out.Data = append(fmt.Appendf(nil, "%s ", e.At.Format("2006-01-02T15:04:05.000Z07:00")), out.Data...)
	}
	t.mid[key] = out.Data[len(out.Data)-1] != '\n'
	return out
}

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"sluice/runner"
	"sluice/runner/contain"
	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/report"
	"sluice/spec"
)

// runFlags are the flags of sluice run.
type runFlags struct {
	loading
	dryRun, helpParams  bool
	keepGoing, failFast bool
	json                bool
	parallel            int
	output              string
	events, report      string
	detach              bool
	durability          string
}

var outputModes = []string{"ordered", "prefix", "group", "raw", "quiet"}

func (c *cli) runCommand() *cobra.Command {
	var o runFlags
	cmd := &cobra.Command{
		Use:   "run [FILE] [JOB…]",
		Short: "Run jobs and what they need",
		Long: `Run the jobs of a job file, or the named ones and what they need.

FILE may be left out where sluice.yaml stands here or in a folder above.
A JOB is a job's name, or job[axis=value] for one instance of its matrix.`,
		Example: "  sluice run jobs/words.yaml\n  sluice run jobs/words.yaml -p top=3\n  sluice run checks.yaml 'vet[package=./spec]'",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.parallel < 0:
				return usage("", "-j %d: at least one instance must run", o.parallel)
			case o.keepGoing && o.failFast:
				return usage("", "--keep-going and --fail-fast exclude each other")
			case o.dryRun:
				return c.showPlan(&o.loading, args, o.json)
			case o.helpParams:
				return c.helpParams(&o.loading, args)
			case o.detach:
				if err := checkDetach(cmd); err != nil {
					return err
				}
				return c.detach(&o, args)
			}
			return c.run(&o, args)
		},
	}
	f := cmd.Flags()
	o.planFlags(cmd)
	o.executeFlags(cmd)
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "show what would be executed, as sluice plan does, and start nothing")
	f.BoolVar(&o.detach, "detach", false, "leave the run to itself as soon as it is ready, and print its id")
	f.BoolVar(&o.helpParams, "help-params", false, "show the params of the job file and how to give them")
	c.completions(cmd, &o.loading)
	c.completeModes(cmd)
	return cmd
}

// executeFlags are about how a plan is run.
func (o *runFlags) executeFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntVarP(&o.parallel, "jobs", "j", 0, "run `N` instances at once (default: the file's max_parallel, else the number of CPUs)")
	f.BoolVarP(&o.keepGoing, "keep-going", "k", false, "after a failure, go on with everything that does not need the failed job")
	f.BoolVar(&o.failFast, "fail-fast", false, "after a failure, stop the jobs that run too")
	f.StringVarP(&o.output, "output", "o", "", "how children's output is shown: `MODE` is ordered, prefix, group, raw or quiet")
	f.BoolVar(&o.json, "json", false, "write the report to standard output as JSON; children's output goes to standard error")
	f.StringVar(&o.report, "report", "", "write the report to `FILE` as JSON")
	f.StringVar(&o.events, "events", "", "write every event to `FILE` as JSON lines")
	f.StringVar(&o.durability, "durability", "", "when a job counts as done: `HOW` is fsync, its record and what it made are on the disk, or none (default fsync)")
}

// completeModes completes what --output takes.
func (c *cli) completeModes(cmd *cobra.Command) {
	if c.completing {
		cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputModes, cobra.ShellCompDirectiveNoFileComp))
	}
}

// mode is the output mode: what was asked for, else what the place suggests.
func (o *runFlags) mode(stdout *os.File) (string, error) {
	info, err := stdout.Stat()
	toFile := err == nil && info.Mode().IsRegular() // `sluice run … > out.json` is the children's bytes alone
	switch {
	case o.output == "" && os.Getenv("GITHUB_ACTIONS") == "true" && !toFile:
		return "group", nil
	case o.output == "":
		return "ordered", nil
	case slices.Contains(outputModes, o.output):
		return o.output, nil
	}
	hint := "expected one of " + strings.Join(outputModes, ", ")
	if near := spec.Nearest(o.output, outputModes); near != "" {
		hint = "did you mean " + near + "?"
	}
	return "", usage(hint, "%q is no output mode", o.output)
}

func (c *cli) run(o *runFlags, args []string) error {
	mode, err := o.mode(c.stdout)
	if err != nil {
		return err
	}
	file, p, err := c.plan(&o.loading, args)
	if err != nil {
		return err
	}
	return c.execute(o, mode, file.Name, p, repeated{})
}

// execute runs p, the plan of the job file called file, and shows it. What
// succeeded in the run that it repeats is not run again.
func (c *cli) execute(o *runFlags, mode, file string, p *plan.Plan, earlier repeated) error {
	if err := plumb.Room(); err != nil {
		return own(err)
	}
	events, err := c.openEvents(o.events) // first: it may wait for a reader
	if err != nil {
		return err
	}
	defer events.close() // an error is that it was closed below
	keeper, err := contain.Open(c.keep)
	if err != nil {
		return own(err)
	}
	defer keeper.End()
	var reportFile *plumb.File // replaced when the report is whole
	if o.report != "" {
		if reportFile, err = plumb.OpenFile(o.report, plumb.Atomic); err != nil {
			return own(fmt.Errorf("--report: %w", err))
		}
		defer reportFile.Abort() // changes nothing after Commit
	}
	instances := count(p)
	// One job may write to the terminal itself: nobody shares it.
	direct := mode == "raw" || mode == "ordered" && instances == 1
	rec, err := c.startRecording(o, p, earlier, direct)
	if err != nil {
		return err
	}
	defer rec.close() // changes nothing after finish
	sh := c.show(o, mode, file, p)
	if o.parallel == 0 && p.MaxParallel == 0 {
		o.parallel = runtime.GOMAXPROCS(0)
	}
	opts := runner.Options{
		Parallel: o.parallel, KeepGoing: o.keepGoing, FailFast: o.failFast,
		Stdin: c.stdin, Stdout: c.stdout, Stderr: c.stderr, Direct: direct,
		Sink: event.Tee(append(events.sinks(), sh, logSink{c.log()})), Kill: c.signals.kill, Keeper: keeper,
		Prior: earlier.options(), Shard: []string{"sluice", shardCommand},
	}
	if o.json {
		opts.Stdout = c.stderr
	}
	if rec.run != nil {
		if err := c.record(&opts, rec.run); err != nil {
			return own(err)
		}
	}
	<-c.signals.ready
	c.signals.armed.Store(true)
	if instances > 1 {
		// To start, to wait and to pass on what is printed takes one core.
		// The scheduler's search for work on the others would take their
		// time from the children: 10 % of a run of 2,000 short jobs.
		runtime.GOMAXPROCS(1)
	}
	c.log().Debug("kept together", "by", keeper.Means(), "why", keeper.Why())
	rep, runErr := runner.Run(c.signals.ctx, p, opts)
	keeper.End() // the monitor goes while the rest is written
	if rep != nil {
		c.signals.stamp(rep)
		gone := rep.Status == report.Cancelled && plumb.ReaderGone(c.stdout)
		if !gone && (mode != "quiet" || rep.Status != report.Succeeded) {
			rep.WriteSummary(sh, report.Style{Color: c.color(c.stderr)}) // sh remembers what it could not write
		}
	}
	writeErr := sh.Close()
	eventsErr := events.close()
	recErr := rec.finish(rep)
	if rep != nil {
		err = c.finish(o, rep, reportFile, writeErr)
	}
	switch {
	case runErr != nil:
		return own(runErr)
	case eventsErr != nil:
		return eventsFailure(eventsErr, rep)
	case recErr != nil:
		return own(recErr)
	}
	return err
}

// show makes what shows the run.
func (c *cli) show(o *runFlags, mode, file string, p *plan.Plan) *show {
	options := c.showOptions(mode)
	options.JobOf, options.Others = jobsOf(p), othersOf(p)
	options.KeepGoing = o.keepGoing
	if o.json {
		options.Stdout, options.StdoutTTY = c.stderr, isTerminal(c.stderr)
	}
	options.Rerun = func(id string) string { return rerun(o, file, id) }
	options.OnError = func(err error) { c.signals.stop(err) }
	return newShow(options)
}

// showOptions are those of a show in that mode on this program's own streams.
func (c *cli) showOptions(mode string) showOptions {
	width, _ := terminalWidth(c.stderr)
	return showOptions{
		Mode: mode, Stdout: c.stdout, Stderr: c.stderr,
		StdoutTTY: isTerminal(c.stdout), StderrTTY: isTerminal(c.stderr),
		Color: c.color(c.stderr), GitHub: os.Getenv("GITHUB_ACTIONS") == "true", Width: width,
	}
}

// rerun is the command that runs jobs again.
func rerun(o *runFlags, file string, jobs ...string) string {
	if file == "-" {
		return "" // what was read from standard input is gone
	}
	argv := []string{"sluice", "run", file}
	for _, p := range o.params {
		argv = append(argv, "-p", p)
	}
	if o.paramsFile != "" {
		argv = append(argv, "--params", o.paramsFile)
	}
	return report.Quote(append(argv, jobs...))
}

// finish writes the reports that were asked for and turns the run's outcome
// into an exit code.
func (c *cli) finish(o *runFlags, rep *report.Report, file *plumb.File, writeErr error) error {
	if file != nil {
		if err := errors.Join(rep.WriteJSON(file.OS()), file.Commit()); err != nil {
			return own(fmt.Errorf("--report: %w", err))
		}
	}
	if o.json {
		if err := c.print(rep.WriteJSON); err != nil {
			return err
		}
	}
	switch {
	case rep.Signal != "":
		return code(exitSignal + int(signalNumber(rep.Signal)))
	case errors.Is(writeErr, syscall.EPIPE), rep.Status != report.Succeeded && plumb.ReaderGone(c.stdout):
		return code(exitSignal + int(syscall.SIGPIPE))
	case writeErr != nil:
		return own(writeErr)
	case rep.Status == report.Cancelled: // a job that owned the terminal got its Ctrl-C
		return code(exitSignal + int(syscall.SIGINT))
	case rep.Status != report.Succeeded:
		return code(exitFailed)
	}
	return nil
}

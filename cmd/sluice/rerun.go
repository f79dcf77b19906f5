package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"sluice/runner"
	"sluice/runner/plan"
	"sluice/runner/state"
)

// repeated is the run that another one repeats. The zero repeated is none.
type repeated struct {
	run   string                // its id
	prior map[string]state.Done // what need not run again, by instance
}

// runs are the runs in which the instances succeeded.
func (r repeated) runs() map[string]string {
	runs := map[string]string{}
	for id, d := range r.prior {
		runs[id] = d.RunID
	}
	return runs
}

func (r repeated) options() map[string]runner.Prior {
	prior := map[string]runner.Prior{}
	for id, d := range r.prior {
		prior[id] = runner.Prior{RunID: d.RunID, Result: d.Result, Stdout: d.Stdout}
	}
	return prior
}

func (c *cli) rerunCommand() *cobra.Command {
	var o runFlags
	var failed bool
	cmd := &cobra.Command{
		Use:   "rerun RUN",
		Short: "Run again what a run was asked for",
		Long: `Run again what a run was asked for: the same job file with the same params and
jobs. RUN is its id, the beginning of it, or last, which passes over the runs
that detached jobs are. A plan that is another one by now is refused, and what
differs is told. Values that tell of the session and not of the work don't
count: TERM, TMPDIR, DISPLAY, WAYLAND_DISPLAY, DBUS_SESSION_BUS_ADDRESS,
XDG_RUNTIME_DIR, XDG_SESSION_ID and SSH_*, where they come from the caller. A
job file that came from standard input is gone, so the plan that was made of it
is run as it is.

With --failed, jobs that succeeded in that run, or in one that it repeats, don't
run again. That is so while the files that they read are as they were when that
run began, by size, time and inode, or have not changed since the job started:
programs, stdin files, files of patterns, path params and env_file. What is in
directories is not looked at. And the files that they made must be as they left
them. All that comes after what runs again runs again too.`,
		Example: "  sluice rerun last --failed\n  sluice rerun 20261126-1106",
		Args:    oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.keepGoing && o.failFast {
				return usage("", "--keep-going and --fail-fast exclude each other")
			}
			return c.repeat(cmd, &o, args[0], failed)
		},
	}
	f := cmd.Flags()
	o.limitFlags(cmd)
	o.instancesFlag(cmd)
	o.executeFlags(cmd)
	f.BoolVar(&failed, "failed", false, "run only what did not succeed, and what comes after it")
	c.completeRuns(cmd, anyRun)
	c.completeModes(cmd)
	return cmd
}

func (c *cli) repeat(cmd *cobra.Command, o *runFlags, ref string, failed bool) error {
	mode, err := o.mode(c.stdout)
	if err != nil {
		return err
	}
	f, err := c.findRun(ref)
	if err == nil && ref == "last" {
		f, err = c.lastAsked(f)
	}
	if err != nil {
		return err
	}
	m, err := c.repeatable(f)
	if err != nil {
		return err
	}
	o.takeOver(cmd, m)
	p, err := c.planAgain(o, f, m)
	if err != nil {
		return err
	}
	earlier := repeated{run: f.ID}
	if failed {
		if earlier.prior, err = c.reusable(f, p); err != nil {
			return err
		}
		full, err := f.Fill(p)
		if err != nil {
			return own(err)
		}
		if !anythingLeft(full, earlier.prior) {
			c.complain(fmt.Sprintf("there is nothing to do: every job of run %s has succeeded", f.ID))
			return nil
		}
	}
	return c.execute(o, mode, m.Asked.File, p, earlier)
}

// lastAsked is last, or the newest run before it that was asked for and has told
// what it was: one that was killed before that has done nothing that could be
// repeated, and is most likely an attempt to repeat what came before; and a
// detached job is a run by itself, of which the run that it is a part of is
// meant.
func (c *cli) lastAsked(last *state.Folder) (*state.Folder, error) {
	s, err := c.store()
	if err != nil {
		return nil, err
	}
	list, err := s.List()
	if err != nil {
		return nil, own(err)
	}
	for _, f := range list {
		m, untold := f.Meta()
		if untold == nil && m.Name != "" {
			continue
		}
		if st, err := f.Status(); err != nil || st.State != state.Lost || !errors.Is(untold, fs.ErrNotExist) {
			return f, nil
		}
	}
	return last, nil // which is told of
}

// repeatable returns what the run was asked for, if it can be repeated.
func (c *cli) repeatable(f *state.Folder) (*state.Meta, error) {
	st, err := f.Status()
	if err != nil {
		return nil, own(err)
	}
	if st.State == state.Running {
		return nil, usage("sluice wait "+f.ID+" returns when it has ended, sluice stop "+f.ID+" ends it", "run %s goes on", f.ID)
	}
	m, err := f.Meta()
	if err != nil {
		return nil, own(fmt.Errorf("run %s ended before it had told what it was: %w", f.ID, err))
	}
	m.Asked.File = fromHere(m.Asked.File)
	if m.Name != "" {
		return nil, usage("sluice rerun "+m.Parent+" repeats that one", "run %s is the detached job %s of run %s", f.ID, m.Name, m.Parent)
	}
	return m, nil
}

// fromHere is path as it is seen from this directory, if it is below that.
func fromHere(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(dir, path)
	switch {
	case err != nil || !filepath.IsLocal(rel):
		return path
	case !isFileArg(rel): // it would be taken for a job
		return "./" + rel
	}
	return rel
}

// takeOver takes over what the run was asked for and this command line does not
// say.
func (o *runFlags) takeOver(cmd *cobra.Command, m *state.Meta) {
	o.jobs = m.Asked.Jobs
	o.values = map[string]plan.Given{}
	for _, g := range m.Asked.Params {
		o.values[g.Name] = plan.Given{Values: g.Values, Dir: g.Dir, Source: g.Source}
	}
	o.params = givenParams(m)
	if !cmd.Flags().Changed("jobs") {
		o.parallel = m.Asked.Parallel
	}
	if !o.keepGoing && !o.failFast {
		o.keepGoing, o.failFast = m.Asked.KeepGoing, m.Asked.FailFast
	}
}

// planAgain makes the plan of f's run once more, and wants it to be the same.
func (c *cli) planAgain(o *runFlags, f *state.Folder, m *state.Meta) (*plan.Plan, error) {
	if m.Asked.File == "-" {
		c.complain("the job file was standard input: its plan runs again as it was made then")
		return planOf(f, m)
	}
	_, is, err := c.plan(&o.loading, append([]string{m.Asked.File}, m.Asked.Jobs...))
	if err != nil || f.HasPlan(is) {
		return is, err
	}
	was, err := planOf(f, m)
	if err != nil {
		return nil, err
	}
	list := plan.Differences(was, is)
	if len(list) == 0 {
		return is, nil
	}
	hint := runAnew(m)
	if was.SHA256 != is.SHA256 {
		hint = m.Asked.File + " has changed since\n" + hint
	}
	return nil, usage(hint, "run %s can't be repeated, for its plan is another one now%s", f.ID, listed(list))
}

// planOf reads the plan that f's run had.
func planOf(f *state.Folder, m *state.Meta) (*plan.Plan, error) {
	p, err := f.Plan()
	if err != nil {
		return nil, &failure{exitError, fmt.Errorf("the plan of run %s can't be read: %w", f.ID, err), runAnew(m)}
	}
	return p, nil
}

// runAnew is a hint at the command that runs a job file as it is now.
func runAnew(m *state.Meta) string {
	if m.Asked.File == "-" {
		return ""
	}
	o := &runFlags{loading: loading{params: givenParams(m)}}
	return rerun(o, m.Asked.File, m.Asked.Jobs...) + " runs it as it is now"
}

// givenParams are the params that a run was given, as -p takes them.
func givenParams(m *state.Meta) (list []string) {
	for _, g := range m.Asked.Params {
		for _, v := range g.Values {
			list = append(list, g.Name+"="+v)
		}
	}
	return list
}

// listed is a list as lines, the first few.
func listed(list []string) string {
	const most = 5
	text := ""
	for _, line := range list[:min(most, len(list))] {
		text += "\n  " + line
	}
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return text
}

// reusable is what need not run again. What must, although it has succeeded,
// is told.
func (c *cli) reusable(f *state.Folder, p *plan.Plan) (map[string]state.Done, error) {
	prior, again, err := f.Reusable(p)
	if err != nil {
		return nil, own(err)
	}
	var why []string
	for _, a := range again {
		why = append(why, a.ID+": "+a.Why)
	}
	if len(why) > 0 {
		c.complain("what succeeded and runs again:" + listed(why))
	}
	return prior, nil
}

// anythingLeft reports whether an instance of p is to run, but for services.
func anythingLeft(p *plan.Plan, prior map[string]state.Done) bool {
	for _, j := range p.Jobs {
		if j.Vague() {
			return true
		}
		for _, inst := range j.Instances {
			if _, done := prior[inst.ID]; !done && !j.Service {
				return true
			}
		}
	}
	return false
}

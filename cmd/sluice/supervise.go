package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"sluice/runner"
	"sluice/runner/contain"
	"sluice/runner/report"
	"sluice/runner/state"
)

// supervise runs the run whose folder a launcher has made, apart from the
// launcher and its terminal. Its standard error is a file in the folder.
func (c *cli) supervise(args []string) int {
	lock, err := inherited(lockFD)
	var pipe *os.File
	if err == nil {
		pipe, err = inherited(wordFD)
	}
	if err != nil || len(args) != 2 {
		c.complain(superviseWord + " is what sluice run --detach starts, and nothing to call by hand")
		return exitUsage
	}
	c.signals = watchSignals(true)
	w := &readyWord{pipe: pipe}
	rep, err := c.superviseRun(args[0], state.Durability(args[1]), lock, w)
	if err != nil {
		c.complain(err.Error())
		w.say(word{Own: true, Reason: err.Error()})
		return exitError
	}
	if rep.Status.OK() {
		w.say(word{Ready: true})
		return exitOK
	}
	w.say(word{Reason: reasonOf(rep)})
	return exitFailed
}

// inherited is a descriptor that this process was started with. Its children
// do not get it.
func inherited(fd int) (*os.File, error) {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), fmt.Sprintf("descriptor %d", fd)), nil
}

// superviseRun runs the run in the folder dir. An error is sluice's own.
func (c *cli) superviseRun(dir string, d state.Durability, lock *os.File, w *readyWord) (*report.Report, error) {
	<-c.signals.ready // who finds the run adopted may signal this process
	run, err := state.Adopt(dir, lock, d)
	if err != nil {
		return nil, err
	}
	defer run.Close() // does nothing after Finish
	keeper, err := contain.Open(c.keep)
	if err != nil {
		return nil, errors.Join(err, run.Finish(neverStarted(run, err)))
	}
	defer keeper.Close()
	p, m := run.Plan(), run.Meta()
	w.await(p)
	opts := runner.Options{
		Shard:    []string{"sluice", shardCommand},
		Parallel: m.Asked.Parallel, KeepGoing: m.Asked.KeepGoing, FailFast: m.Asked.FailFast,
		Stdin: c.stdin, Stdout: c.stdout, Stderr: c.stderr,
		Sink: w, Kill: c.signals.kill, Keeper: keeper,
	}
	if err := c.record(&opts, run); err != nil {
		return nil, errors.Join(err, run.Finish(neverStarted(run, err)))
	}
	rep, err := runner.Run(c.signals.ctx, p, opts)
	// Before anybody is told that the run has ended. And not End, which would
	// leave the monitor's zombie to whoever started this, if that goes on.
	keeper.Close()
	if rep != nil {
		c.signals.stamp(rep)
	}
	if err = errors.Join(err, run.Finish(rep)); err != nil {
		return nil, err
	}
	return rep, nil
}

// reasonOf is why a run did not succeed, in one line: sluice's own error, else
// its first job that ended badly by itself, else the first that did not succeed.
func reasonOf(rep *report.Report) string {
	if rep.Error != "" {
		return rep.Error
	}
	var first *report.Job
	for _, j := range rep.Jobs {
		bad := j.Status == report.Failed || j.Status == report.TimedOut
		if bad || first == nil && !j.Status.OK() {
			first = j
		}
		if bad {
			break
		}
	}
	if first == nil {
		return words(string(rep.Status))
	}
	why := first.Why()
	if a := first.Last(); a != nil && a.Cause != "" {
		why = a.Cause // a detached job's own words say that its run was not ready, as the reader's do
	}
	if len(rep.Jobs) == 1 {
		return why
	}
	return first.ID + ": " + why
}

package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sluice/runner/report"
	"sluice/runner/state"
)

// store is the state directory.
func (c *cli) store() (*state.Store, error) {
	s, err := state.Locate(os.Getenv)
	return s, own(err)
}

// findRun finds the run that ref names: its id, the beginning of it, or last.
func (c *cli) findRun(ref string) (*state.Folder, error) {
	s, err := c.store()
	if err != nil {
		return nil, err
	}
	f, err := s.Open(ref)
	if err != nil {
		return nil, usage("sluice ps -a lists the runs", "%w", err)
	}
	return f, nil
}

// findRuns finds the runs that refs name.
func (c *cli) findRuns(refs []string) (list []*state.Folder, err error) {
	for _, ref := range refs {
		f, err := c.findRun(ref)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// stateWord is what a run does or how it ended, in a word or two.
func stateWord(st state.Status) string {
	if st.State == state.Final {
		return words(string(st.Result.Status))
	}
	return string(st.State)
}

// words is a state as people read it.
func words(state string) string { return strings.ReplaceAll(state, "_", " ") }

// shortener is what makes an absolute path short and keeps it apart from all
// others: relative where it is below the current directory, and with ~ below
// the home.
func shortener() func(path string) string {
	here, _ := os.Getwd() // where that is not known, nothing is below it
	home := os.Getenv("HOME")
	return func(path string) string {
		if rest, ok := below(here, path); ok {
			return rest
		}
		if rest, ok := below(home, path); ok {
			return filepath.Join("~", rest)
		}
		return path
	}
}

// below is path from dir on, where it is below it. Both are absolute, or dir
// is empty.
func below(dir, path string) (rest string, ok bool) {
	if dir == "" || dir == "/" {
		return "", false
	}
	return strings.CutPrefix(path, filepath.Clean(dir)+"/")
}

// ending says how a run ended, as what follows "run ID".
func ending(st state.Status) string {
	rep := st.Result
	switch {
	case st.State == state.Running:
		return "goes on"
	case st.State == state.Lost && st.Rebooted:
		return "is lost: the machine was started anew while it ran, and how its jobs ended is not known"
	case st.State == state.Lost:
		return "is lost: what ran it ended without a word, and how its jobs ended is not known"
	case rep.Status == report.Succeeded:
		return "succeeded in " + report.Took(rep.Took)
	case rep.Status == report.Cancelled && rep.Killed:
		return "was killed, " + report.Took(rep.Took) + " after its start"
	case rep.Status == report.Cancelled && rep.Signal != "":
		return "was stopped by " + rep.Signal + ", " + report.Took(rep.Took) + " after its start"
	case rep.Status == report.Cancelled:
		return "was cancelled after " + report.Took(rep.Took)
	}
	return fmt.Sprintf("failed after %s: %s", report.Took(rep.Took), reasonOf(rep))
}

// over says how and when a run ended, without why, as what follows "run ID".
func over(st state.Status) string {
	if st.State != state.Final {
		return ending(st)
	}
	how := map[report.Status]string{report.Succeeded: "it succeeded", report.Cancelled: "it was stopped"}[st.Result.Status]
	end := st.Result.Start.Add(st.Result.Took).Local()
	return "has ended: " + cmp.Or(how, "it failed") + " at " + end.Format(time.DateTime)
}

// exitCode is the exit code of a program that ends as a run did. A run of one
// instance ends as its stage at fault, by a signal with 128 and its number;
// one of several as sluice run does.
func exitCode(st state.Status) int {
	rep := st.Result
	switch {
	case st.State != state.Final, rep.Error != "":
		return exitError
	case rep.Status.OK():
		return exitOK
	case len(rep.Jobs) == 1:
		if n := stageCode(rep.Jobs[0].Last()); n != 0 {
			return n
		}
	}
	if rep.Signal != "" {
		return exitSignal + int(signalNumber(rep.Signal))
	}
	return exitFailed
}

// stageCode is the exit code of the stage at fault; 0 where there is none, or
// it has none that tells of a failure.
func stageCode(a *report.Attempt) int {
	if a == nil || a.Fault() < 0 {
		return 0
	}
	st := a.Stages[a.Fault()]
	if st.Signal != "" {
		return exitSignal + int(signalNumber(st.Signal))
	}
	return max(st.Code, 0)
}

// sayEnding tells on standard error how f ended.
func (c *cli) sayEnding(f *state.Folder, st state.Status) {
	c.complain("run " + f.ID + " " + ending(st))
}

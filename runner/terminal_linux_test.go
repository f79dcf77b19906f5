package runner

import (
	"strings"
	"testing"

	"sluice/runner/plan"
)

// onTerminal is a job with sluice's own streams.
func onTerminal(j *plan.Job) *plan.Job {
	inst := j.Instances[0]
	inst.Stdin.Kind, inst.Stdout.Kind = plan.InInherit, plan.OutInherit
	for _, s := range inst.Stages {
		s.Stderr.Kind = plan.OutInherit
	}
	return j
}

// interactive is a job that owns the terminal.
func interactive(j *plan.Job) *plan.Job {
	j.Interactive = true
	return onTerminal(j)
}

const (
	ctrlC = "\x03"
	ctrlZ = "\x1a"
)

// An interactive job has the terminal, which is as before when it has ended.
func TestInteractive(t *testing.T) {
	for _, group := range []plan.Group{plan.GroupOwn, plan.GroupInherit} {
		j := interactive(job("j", self(t, "ask")))
		j.Group = group
		term := newTerminal(t, planOf(j, job("next", self(t, "exit", "0"))))
		term.shows("who?")
		term.types("you\n")
		term.shows("hello you")
		term.tells("j succeeded, next succeeded")
		term.tells("ended, it has the terminal, whose mode is kept")
	}
	for _, shape := range []func(*plan.Job) *plan.Job{interactive, onTerminal} {
		term := newTerminal(t, planOf(shape(job("j", self(t, "spoil")))))
		term.tells("j failed: exit code 1")
		term.tells("ended, it has the terminal, whose mode is kept")
	}
	// What can't be executed never has it.
	term := newTerminal(t, planOf(interactive(job("j", stageOf("x", "/no/such", []string{"x"}, nil)))))
	if !term.told.Scan() || !strings.HasPrefix(term.told.Text(), "j failed: can't start") {
		t.Errorf("the shell says %q", term.told.Text())
	}
	term.tells("ended, it has the terminal, whose mode is kept")
}

// It may be one that reads from elsewhere.
func TestInteractiveWithoutStdin(t *testing.T) {
	j := interactive(job("j", self(t, "peek")))
	j.Instances[0].Stdin.Kind = plan.InNone
	term := newTerminal(t, planOf(j))
	term.types("x\n")
	term.tells("j succeeded")
}

// Ctrl-C goes to the interactive job alone.
func TestInteractiveInterrupted(t *testing.T) {
	term := newTerminal(t, planOf(interactive(job("j", self(t, "ask")))))
	term.shows("who?")
	term.types(ctrlC)
	term.tells("j cancelled: interrupted")
	term.tells("ended, it has the terminal, whose mode is kept")
}

// Ctrl-Z suspends sluice with the job that has the terminal; fg brings both
// back, and in the background the job stops again when it reads.
func TestSuspend(t *testing.T) {
	for _, j := range []*plan.Job{
		interactive(job("j", self(t, "ask"))),
		onTerminal(job("j", self(t, "ask"))),
		interactive(job("j", self(t, "ask"), self(t, "copy"))),
		func() *plan.Job { // the kernel stops both
			j := interactive(job("j", self(t, "ask")))
			j.Group = plan.GroupInherit
			return j
		}(),
	} {
		term := newTerminal(t, planOf(j))
		term.shows("who?")
		for range 2 {
			term.types(ctrlZ)
			term.tells("stopped by TSTP, it has the terminal")
			term.order("fg")
			if j.Group != plan.GroupInherit {
				term.shows("who now?") // it has the terminal again
			}
		}
		term.types("you\n")
		term.shows("hello you")
		term.tells("j succeeded")
		term.tells("ended, it has the terminal, whose mode is kept")
	}
}

func TestSuspendToTheBackground(t *testing.T) {
	term := newTerminal(t, planOf(interactive(job("j", self(t, "ask")))))
	term.shows("who?")
	term.types(ctrlZ)
	term.tells("stopped by TSTP, it has the terminal")
	term.order("bg")
	term.tells("stopped by TSTP, it has not the terminal") // it reads
	term.order("fg")
	term.shows("who now?")
	term.types("you\n")
	term.shows("hello you")
	term.tells("j succeeded")
	term.tells("ended, it has the terminal, whose mode is kept")
}

// A job that reads the terminal although it is not its own does not wait for
// ever, nor does one that changes it.
func TestStoppedByTheTerminal(t *testing.T) {
	for stage, what := range map[string]string{"peek": "reading", "spoil": "changing"} {
		j := job("j", self(t, stage))
		term := newTerminal(t, planOf(j))
		term.tells("j failed: stopped for " + what + " the terminal, which only a job with interactive: true may")
		term.tells("ended, it has the terminal, whose mode is kept")
	}
}

// A tee that comes first reads the terminal by sluice itself, which so keeps
// it; a process of an input that reads it is lent it.
func TestGraphOnTerminal(t *testing.T) {
	j := onTerminal(job("j", teeTo(), self(t, "ask")))
	term := newTerminal(t, planOf(j))
	term.shows("who?")
	term.types("you\n")
	term.shows("hello you")
	term.tells("j succeeded")
	term.tells("ended, it has the terminal, whose mode is kept")

	j = onTerminal(job("j", self(t, "ask"), opens(self(t, "cat"), 0)))
	inst := j.Instances[0]
	inst.Ends, inst.Stdin.Kind = &plan.Ends{First: 1, Last: 1}, plan.InNone
	fed(plan.Input{Kind: plan.InInherit}, inst.Stages[0])
	term = newTerminal(t, planOf(j))
	term.types("you\n")
	term.shows("hello you")
	term.tells("j succeeded")
	term.tells("ended, it has the terminal, whose mode is kept")
}

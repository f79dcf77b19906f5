package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sluice/runner"
	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
	"sluice/runner/state"
)

func (c *cli) messagesCommand() *cobra.Command {
	var job string
	var follow bool
	cmd := &cobra.Command{
		Use:   "messages ID",
		Short: "Show what the processes of a run have sent by their channels",
		Long: `Show what the processes of a run have sent by their message channels, as lines
of JSON: the events message, progress, value (an output) and message_fault.

ID is a run's id, the beginning of one, or last.`,
		Example: "  sluice messages -f last\n  sluice messages --job work last | jq -c 'select(.type == \"message\") | .value'",
		Args:    oneRun,
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := c.findRun(args[0])
			if err != nil {
				return err
			}
			return c.messages(f, job, follow)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the run has ended")
	cmd.Flags().StringVar(&job, "job", "", "only of this job, or job[axis=value]")
	c.completeRuns(cmd, anyRun)
	return cmd
}

// messages writes what was sent in f, of one job or of all.
func (c *cli) messages(f *state.Folder, job string, follow bool) error {
	p, err := f.FullPlan()
	if err != nil {
		return own(err)
	}
	var known []string
	found := false
	for _, j := range p.Jobs {
		known = append(known, idsOf(j)...)
		found = found || asks(job, j)
	}
	if !found && job != "" {
		return usage(oneOf(job, known), "--job %s: the run has no such job", job)
	}
	var away []event.Detached
	err = c.print(func(w io.Writer) error {
		var line []byte
		buffered := bufio.NewWriter(w)
		tell := func(e state.Entry) error {
			if d, ok := e.Event.(event.Detached); ok && asksOf(job, d.ID) && speaks(p, d.ID) {
				away = append(away, d)
			}
			id, ok := speaker(e.Event)
			if !ok || !asksOf(job, id) {
				return nil
			}
			line = event.Append(line[:0], e.Event, e.At)
			_, err := buffered.Write(line)
			if err == nil && follow {
				err = buffered.Flush()
			}
			return err
		}
		var err error
		if follow {
			err = f.Follow(context.Background(), tell)
		} else {
			err = f.EachEvent(tell)
		}
		return errors.Join(err, buffered.Flush())
	})
	for _, d := range away {
		c.complain(fmt.Sprintf("%s runs on as run %s; sluice messages %s shows what it has sent", d.ID, d.RunID, d.RunID))
	}
	return err
}

// speaks reports whether the instance id of p has a channel.
func speaks(p *plan.Plan, id string) bool {
	for _, j := range p.Jobs {
		for _, inst := range j.Instances {
			if inst.ID == id {
				return inst.HasChannel()
			}
		}
	}
	return false
}

// speaker is the instance of which e tells what it sent by a channel; ok is
// false for other events.
func speaker(e event.Event) (id string, ok bool) {
	switch e := e.(type) {
	case event.Message:
		return e.ID, true
	case event.MessageFault:
		return e.ID, true
	case event.Progress:
		return e.ID, true
	case event.Value:
		return e.ID, true
	}
	return "", false
}

func (c *cli) sendCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "send ID JOB JSON",
		Short: "Send a message to a process of a run that goes on",
		Long: `Send a message to a process of a run that goes on, by its message channel.

ID is a run's id, the beginning of one, or last. JOB is a job with a channel,
job[axis=value] for one instance of its matrix, or JOB/STAGE. JSON is the
message; with - it is read from standard input.

It succeeds when the message is on its way, and exits with 1 where it is refused:
the run has ended, the job does not run or has no channel, or does not read.`,
		Example: "  sluice send last web '{\"reload\": true}'\n  jq -n '{a: 1}' | sluice send last work/count -",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 3 {
				return usage(`such as sluice send last web '{"reload": true}'`, "sluice send needs a run, a job and a message")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return c.send(args[0], args[1], args[2]) },
	}
	c.completeRuns(cmd, goesOn)
	return cmd
}

func (c *cli) send(ref, to, text string) error {
	f, err := c.findRun(ref)
	if err != nil {
		return err
	}
	message := []byte(text)
	if text == "-" {
		if message, err = io.ReadAll(c.stdin); err != nil {
			return own(fmt.Errorf("read the message: %w", err))
		}
	}
	if !json.Valid(message) {
		return usage(`a text is JSON in double quotes: '"hello"'`, "the message is not JSON: %s", opening(message))
	}
	st, err := f.Status()
	if err != nil {
		return own(err)
	}
	if st.State != state.Running {
		if err := ranOn(f, to); err != nil {
			return err
		}
		return &failure{exitFailed, fmt.Errorf("run %s %s", f.ID, over(st)), fmt.Sprintf("sluice rerun %s runs it again, sluice attach %s shows what became of it", f.ID, f.ID)}
	}
	refused := func(why string) error {
		if err := ranOn(f, to); err != nil {
			return err
		}
		return &failure{exitFailed, fmt.Errorf("run %s: %s", f.ID, why), ""}
	}
	err = f.Send(to, message)
	no, isRefused := errors.AsType[*state.Refused](err)
	switch {
	case isRefused:
		return refused(no.Why)
	case errors.Is(err, state.ErrNoPost):
		if p, err := f.FullPlan(); err == nil && p.HasChannel() {
			return refused("it takes no messages: it is ending, or could not listen for them")
		}
		return refused(err.Error())
	}
	return own(err)
}

// ranOn is the refusal of a message to a detached job of f that runs on as a
// run of its own, or nil where to names none.
func ranOn(f *state.Folder, to string) (refusal error) {
	// What can't be read of the events names no such job.
	_ = f.EachEvent(func(e state.Entry) error {
		d, ok := e.Event.(event.Detached)
		if !ok || to != d.ID && !strings.HasPrefix(to, d.ID+"/") {
			return nil
		}
		refusal = &failure{exitFailed, fmt.Errorf("run %s: %s runs on as run %s", f.ID, d.ID, d.RunID), fmt.Sprintf("sluice send %s %s … sends to it", d.RunID, report.Quote([]string{to}))}
		return nil
	})
	return refusal
}

// opening is the beginning of text, on one line.
func opening(text []byte) string {
	const most = 60
	if r := []rune(string(text)); len(r) > most {
		return fmt.Sprintf("%q…", string(r[:most]))
	}
	return fmt.Sprintf("%q", text)
}

// takeMessages lets messages come in for the processes of run.
func (c *cli) takeMessages(o *runner.Options, run *state.Run, p *plan.Plan) {
	if !p.HasChannel() {
		return
	}
	o.Mailbox = &runner.Mailbox{}
	if err := run.TakeMessages(o.Mailbox.Send); err != nil {
		c.complain(fmt.Sprintf("warning: sluice send can't reach this run: %v", err))
	}
}

package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"
)

func (c *cli) planCommand() *cobra.Command {
	var l loading
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan [FILE] [JOB…]",
		Short: "Show what run would execute, and start nothing",
		Long: `Show everything that sluice run would do: each argv, executable, directory, environment and stream.

Nothing is started, written or connected to. What only the run can know stands as ‹a name›.`,
		Example: "  sluice plan jobs/words.yaml\n  sluice plan --json jobs/words.yaml | jq '.jobs[].instances[].stages[].argv'",
		RunE:    func(cmd *cobra.Command, args []string) error { return c.showPlan(&l, args, asJSON) },
	}
	l.planFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON (sluice schema plan describes it)")
	c.completions(cmd, &l)
	return cmd
}

func (c *cli) showPlan(l *loading, args []string, asJSON bool) error {
	_, p, err := c.plan(l, args)
	if err != nil {
		return err
	}
	if !asJSON {
		return c.print(func(w io.Writer) error { return writePlan(w, p, c.color(c.stdout)) })
	}
	return c.print(func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(p)
	})
}

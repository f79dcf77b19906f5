package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"sluice/schemas"
)

func (c *cli) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "schema [job|plan|event|problems]",
		Short:     "Print the JSON Schema of job files, of plans, of events or of problems",
		ValidArgs: []string{"job", "plan", "event", "problems"},
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := map[string][]byte{"job": schemas.Job, "plan": schemas.Plan, "event": schemas.Event, "problems": schemas.Problems}[append(args, "job")[0]]
			return c.print(func(w io.Writer) error { _, err := w.Write(text); return err })
		},
	}
}

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			version := cmp.Or(moduleVersion(), "(development)")
			return c.print(func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "sluice %s, job file version 1, %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return err
			})
		},
	}
}

// moduleVersion is the version that this program was built as, or empty.
func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return ""
}

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sluice/spec"
	"sluice/spec/diag"
)

// formatNames are the words for --format.
func formatNames() (names []string) {
	for _, f := range diag.Formats() {
		names = append(names, string(f))
	}
	return names
}

// formatFlag gives cmd the flag --format, of which formatOf reads the value.
func (c *cli) formatFlag(cmd *cobra.Command, name *string) {
	names := formatNames()
	last := len(names) - 1
	cmd.Flags().StringVar(name, "format", "", "how problems are written: `FORMAT` is "+strings.Join(names[:last], ", ")+" or "+names[last])
	if c.completing {
		cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	}
}

// formatOf is the format called name: what was asked for, else what the place
// suggests.
func formatOf(name string) (diag.Format, error) {
	names := formatNames()
	for _, known := range names {
		if name == known {
			return diag.Format(name), nil
		}
	}
	switch {
	case name == "" && os.Getenv("GITHUB_ACTIONS") == "true":
		return diag.GitHub, nil
	case name == "":
		return diag.Text, nil
	}
	hint := "expected one of " + strings.Join(names, ", ")
	if near := spec.Nearest(name, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	return "", usage(hint, "%q is no format", name)
}

// writeReport writes r. What programs read is a result, and belongs to
// standard output; text for a person does not.
func (c *cli) writeReport(r *diag.Report, f diag.Format) error {
	r.Version, r.Dir = moduleVersion(), dirInRepository()
	if f != diag.Text {
		return c.print(func(w io.Writer) error { return r.Write(w, f, diag.Style{}) })
	}
	width, _ := terminalWidth(c.stderr)
	return own(r.Write(c.stderr, f, diag.Style{Color: c.color(c.stderr), Width: width}))
}

// dirInRepository is this directory as seen from the root of the repository,
// where GitHub says which one that is: annotations and alerts are found by it.
func dirInRepository() string {
	root := os.Getenv("GITHUB_WORKSPACE")
	dir, err := os.Getwd()
	if root == "" || err != nil {
		return ""
	}
	rel, err := filepath.Rel(root, dir)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}

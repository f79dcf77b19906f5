package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sluice/spec"
)

// What somebody may have meant whose words name nothing.

// elsewhere has commands of other programs, and what does here what they do.
var elsewhere = map[string]string{
	"kill":    "sluice stop --now ID kills the jobs of a run",
	"restart": "sluice rerun ID runs again what a run was asked for",
	"up":      "sluice run --detach FILE leaves a run to itself",
	"down":    "sluice stop ID stops a run",
	"status":  "sluice ps lists the runs that go on, sluice history all",
	"tail":    "sluice logs -f ID shows what the jobs of a run log",
}

// noSuchCommand complains about args that follow no command.
func noSuchCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "sluice --help lists the commands"
	var names []string
	for _, cmd := range root.Commands() {
		names = append(names, cmd.Name())
	}
	if meant := elsewhere[args[0]]; meant != "" {
		hint = meant
	} else if near := spec.Nearest(args[0], names); near != "" {
		hint = "did you mean " + near + "?"
	} else if isFileArg(args[0]) {
		hint = "sluice run " + args[0] + " runs a job file"
	}
	return usage(hint, "there is no command %q", args[0])
}

// flagError complains about the flags of cmd.
func flagError(cmd *cobra.Command, err error) error {
	hint := "sluice " + helpFor(cmd) + "--help tells more"
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := spec.Nearest(unknown.GetSpecifiedName(), names); near != "" {
			hint = "did you mean --" + near + "?"
		}
	}
	text, _, _ := strings.Cut(err.Error(), ": strconv.") // Go's own words for what is no number
	return usage(hint, "%s", text)
}

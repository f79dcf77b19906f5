package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sluice/runner/state"
	"sluice/spec"
)

// completions gives cmd its completions, where a shell asks for some.
func (c *cli) completions(cmd *cobra.Command, l *loading) {
	if c.completing {
		cmd.ValidArgsFunction = c.completeJobs(l)
		cmd.RegisterFlagCompletionFunc("param", c.completeParams(l))
	}
}

// completeJobs completes a job file as the first word, and the file's jobs
// after it. A file with problems completes as far as it could be read.
func (c *cli) completeJobs(l *loading) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) == 0 && isFileArg(word) {
			return []cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
		}
		var jobs []cobra.Completion
		if f := c.glance(l, args); f != nil {
			for _, e := range f.Jobs.Entries {
				if e.Value != nil && !slices.Contains(args, e.Key.Value) {
					jobs = append(jobs, cobra.CompletionWithDesc(e.Key.Value, e.Value.Description.Value))
				}
			}
		}
		if len(jobs) == 0 && len(args) == 0 {
			return []cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
		}
		return jobs, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeParams completes -p with the names of the file's params, and with
// the values of those that list them.
func (c *cli) completeParams(l *loading) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, word string) (list []cobra.Completion, _ cobra.ShellCompDirective) {
		f := c.glance(l, args)
		if f == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		name, _, given := strings.Cut(word, "=")
		for _, e := range f.Params.Entries {
			switch {
			case e.Value == nil:
			case !given:
				list = append(list, cobra.CompletionWithDesc(e.Key.Value+"=", e.Value.Description.Value))
			case e.Key.Value == name && e.Value.TypeName() == "bool":
				list = append(list, name+"=true", name+"=false")
			case e.Key.Value == name && e.Value.TypeName() == "path":
				return nil, cobra.ShellCompDirectiveDefault
			case e.Key.Value == name:
				for _, v := range e.Value.Values.Items {
					list = append(list, name+"="+v.Value)
				}
			}
		}
		return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// completeRuns completes the ids of runs that fit, where a shell asks for them.
func (c *cli) completeRuns(cmd *cobra.Command, fits func(state.Status) bool) {
	if !c.completing {
		return
	}
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) (list []cobra.Completion, _ cobra.ShellCompDirective) {
		s, err := c.store()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		runs, _ := s.List() // silent about errors: a person is in the middle of a word
		for _, f := range runs {
			st, err := f.Status()
			m, err2 := f.Meta()
			if err == nil && err2 == nil && fits(st) && !slices.Contains(args, f.ID) {
				list = append(list, cobra.CompletionWithDesc(f.ID, stateWord(st)+" "+filepath.Base(m.Asked.File)))
			}
		}
		return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

func goesOn(st state.Status) bool { return st.State == state.Running }
func anyRun(state.Status) bool    { return true }

// glance reads what can be read of the job file that args name, and is silent
// about the rest: a person is in the middle of a word.
func (c *cli) glance(l *loading, args []string) *spec.File {
	name, err := l.split(args)
	if err != nil || name == "-" {
		return nil
	}
	text, err := c.read(name, l.limits)
	if err != nil {
		return nil
	}
	f, _ := spec.Parse(name, text, l.limits)
	return f
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"sluice/runner/plumb"
	"sluice/spec"
	"sluice/spec/diag"
)

func (c *cli) fmtCommand() *cobra.Command {
	var l loading
	var check bool
	cmd := &cobra.Command{
		Use:   "fmt [PATH…]",
		Short: "Put job files into the one order and style",
		Long: `Put job files into the one order and style, with their comments, and print the names of those that changed.

A PATH is a job file, a folder (its *.yaml and *.yml files, at any depth), or - for standard input, which is
written to standard output. No value changes. A file that can't be read as YAML is left as it is.`,
		Example: "  sluice fmt jobs/\n  sluice fmt --check",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				name, err := l.split(nil)
				if err != nil {
					return err
				}
				args = []string{name}
			}
			return c.fmt(args, l.limits, check)
		},
	}
	l.limitFlags(cmd)
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; print what would change, and exit with 1 if anything would")
	return cmd
}

// formatted is the outcome for one file.
type formatted struct {
	before, after []byte // after is nil where the file can't be formatted
	problems      diag.List
	err           error
}

func (f formatted) changed() bool { return f.after != nil && !bytes.Equal(f.before, f.after) }

func (c *cli) fmt(paths []string, limits spec.Limits, check bool) error {
	files, err := jobFiles(paths)
	if err != nil {
		return err
	}
	if len(files) > 1 && !check && slices.Contains(files, "-") {
		return usage("format them one by one", "- writes to standard output, which is for the names of other files")
	}
	results := make([]formatted, len(files))
	c.each(len(files), func(i int) {
		r := &results[i]
		if r.before, r.err = c.read(files[i], limits); r.err == nil {
			r.after, r.problems, r.err = spec.Format(files[i], r.before, limits)
		}
	})
	var all diag.List
	var failed *multierror.Error
	sources := map[string][]byte{}
	differ := false
	for i, r := range results {
		all = append(all, r.problems...)
		sources[files[i]] = r.before
		text, err := c.deliver(files[i], r, check)
		if err != nil {
			failed = multierror.Append(failed, err)
		} else if err := c.print(func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			return err
		}
		differ = differ || r.changed()
	}
	width, _ := terminalWidth(c.stderr)
	if err := all.Print(c.stderr, func(name string) []byte { return sources[name] }, diag.Style{Color: c.color(c.stderr), Width: width}); err != nil {
		return own(err)
	}
	switch {
	case failed != nil:
		failed.ErrorFormat = joinLines
		return own(failed)
	case len(all) > 0:
		return code(exitInvalid)
	case check && differ:
		return code(exitFailed)
	}
	return nil
}

// deliver writes one formatted file, unless it is only checked, and returns
// what to tell of it on standard output.
func (c *cli) deliver(name string, f formatted, check bool) (text string, err error) {
	switch {
	case f.err != nil:
		return "", f.err
	case name == "-" && !check:
		return string(f.after), nil
	case !f.changed():
		return "", nil
	case !check:
		return name + "\n", replaceFile(name, f.after)
	}
	diff := unifiedDiff(name, f.before, f.after)
	if color := c.color(c.stdout); color || isTerminal(c.stdout) {
		return shownDiff(diff, color), nil
	}
	return string(diff), nil
}

// replaceFile makes text the content of the file name at once, or leaves it as
// it is. Of a symbolic link it is the file that it leads to.
func replaceFile(name string, text []byte) error {
	path, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	if info, err := os.Stat(path); err != nil {
		return err
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file; - formats standard input", name)
	}
	f, err := plumb.OpenFile(path, plumb.Atomic)
	if err != nil {
		return err
	}
	if _, err := f.OS().Write(text); err != nil {
		return errors.Join(err, f.Abort())
	}
	return f.Commit()
}

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
			paths, err := l.paths(args)
			if err != nil {
				return err
			}
			return c.fmt(paths, l.limits, check)
		},
	}
	l.limitFlags(cmd)
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; print what would change, and exit with 1 if anything would")
	return cmd
}

func (c *cli) fmt(paths []string, limits spec.Limits, check bool) error {
	files, err := jobFiles(paths)
	if err != nil {
		return err
	}
	if len(files) > 1 && !check && slices.ContainsFunc(files, func(f diag.FileReport) bool { return f.Name == "-" }) {
		return usage("format them one by one", "- writes to standard output, which is for the names of other files")
	}
	after := make([][]byte, len(files)) // nil where a file can't be formatted
	c.each(len(files), func(i int) {
		f := &files[i]
		if f.Err == nil {
			f.Source, f.Err = c.read(f.Name, limits)
		}
		if f.Err == nil {
			after[i], f.Problems, f.Err = spec.Format(f.Name, f.Source, limits)
		}
	})
	differ := false
	for i := range files {
		f := &files[i]
		if after[i] == nil {
			continue
		}
		changed := !bytes.Equal(f.Source, after[i])
		differ = differ || changed
		text, err := c.deliver(f, after[i], changed, check)
		if err != nil {
			f.Err = err
		} else if err := c.print(func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			return err
		}
	}
	report := &diag.Report{Files: files}
	if err := c.writeReport(report, diag.Text); err != nil {
		return err
	}
	switch unread := report.Unread(); {
	case len(unread) > 0:
		return own(&multierror.Error{Errors: unread, ErrorFormat: joinLines})
	case report.Invalid() > 0:
		return code(exitInvalid)
	case check && differ:
		return code(exitFailed)
	}
	return nil
}

// deliver writes after, which f is formatted, unless it is only checked, and
// returns what to tell of it on standard output.
func (c *cli) deliver(f *diag.FileReport, after []byte, changed, check bool) (text string, err error) {
	switch {
	case f.Name == "-" && !check:
		return string(after), nil
	case !changed:
		return "", nil
	case !check:
		return f.Name + "\n", replaceFile(f.Name, after)
	}
	return c.diff(f.Name, f.Source, after), nil
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

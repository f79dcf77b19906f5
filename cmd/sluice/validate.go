package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"sluice/spec"
	"sluice/spec/diag"
)

// validating is what the flags of validate say.
type validating struct {
	limits spec.Limits
	format string
	strict bool // warnings make a file invalid
	notes  bool // also tell what is only worth knowing
	quiet  bool
	fixing fixing
}

func (c *cli) validateCommand() *cobra.Command {
	var l loading
	var o validating
	cmd := &cobra.Command{
		Use:   "validate [PATH…]",
		Short: "Check job files, and start nothing",
		Long: `Check job files and tell every problem, with its place and what to write instead.

A PATH is a job file, a folder (its *.yaml and *.yml files, at any depth), or - for standard input.
Nothing is started or connected to, and nothing is written without --fix.

Text goes to standard error, every other format to standard output. In GitHub Actions the format is
github unless another one is given.`,
		Example: "  sluice validate jobs/\n  sluice validate --format sarif jobs/ >sluice.sarif\n  sluice validate --diff jobs/",
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := l.paths(args)
			if err != nil {
				return err
			}
			o.limits = l.limits
			return c.validate(paths, &o)
		},
	}
	l.limitFlags(cmd)
	c.formatFlag(cmd, &o.format)
	f := cmd.Flags()
	f.BoolVar(&o.strict, "strict", os.Getenv("CI") != "", "let warnings fail, as is the default where CI is set")
	f.BoolVar(&o.notes, "notes", false, "also tell what is only worth knowing")
	f.BoolVar(&o.fixing.write, "fix", false, "write into the files what is certain: stdout: for >, pipe: for |, quotes where they are missing, and so on")
	f.BoolVar(&o.fixing.diff, "diff", false, "show what --fix writes; without --fix nothing is written")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "say nothing of files without problems")
	return cmd
}

func (c *cli) validate(paths []string, o *validating) error {
	format, err := formatOf(o.format)
	if err != nil {
		return err
	}
	files, err := jobFiles(paths)
	if err != nil {
		return err
	}
	report := &diag.Report{Files: files, Strict: o.strict, Notes: o.notes}
	if err := o.fixing.check(files, format); err != nil {
		return err
	}
	c.checkAll(report.Files, o.limits)
	mended := 0
	if o.fixing.on() {
		if mended, err = c.fix(report, o.fixing, o.limits); err != nil {
			return err
		}
	}
	if err := c.writeReport(report, format); err != nil {
		return err
	}
	invalid := report.Invalid()
	if !o.quiet || invalid > 0 {
		shown := report.Shown()
		if format == diag.Text && len(shown) > 0 {
			fmt.Fprintln(c.stderr)
		}
		fmt.Fprintln(c.stderr, validateSummary(report, shown)+fixSummary(o.fixing, mended, shown))
	}
	unread := report.Unread()
	switch {
	case len(unread) > 0 && format == diag.GitHub:
		return code(exitError) // said, as an annotation of the same log
	case len(unread) > 0:
		return own(&multierror.Error{Errors: unread, ErrorFormat: joinLines})
	case invalid > 0:
		return code(exitInvalid)
	}
	return nil
}

// checkAll reads and checks each of files that nothing is known of.
func (c *cli) checkAll(files []diag.FileReport, limits spec.Limits) {
	c.each(len(files), func(i int) {
		f := &files[i]
		if f.Err != nil {
			return
		}
		file, problems, err := c.check(f.Name, limits)
		if err != nil {
			f.Err = err
			return
		}
		f.Source, f.Problems = file.Source, problems
	})
}

func joinLines(errs []error) string {
	lines := make([]string, len(errs))
	for i, err := range errs {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

func validateSummary(r *diag.Report, shown diag.List) string {
	unread := len(r.Unread())
	text := plural(len(r.Files)-unread, "file") + " checked"
	if unread > 0 {
		text += fmt.Sprintf(", %d could not be read", unread)
	}
	errs, warnings, notes := shown.Counts()
	if errs == 0 && warnings == 0 && notes == 0 {
		return text + ": no problems"
	}
	text += ": " + plural(errs, "error")
	if warnings > 0 {
		text += ", " + plural(warnings, "warning")
	}
	if notes > 0 {
		text += ", " + plural(notes, "note")
	}
	return text
}

// fixSummary says what was mended, or what could be.
func fixSummary(f fixing, mended int, shown diag.List) string {
	if f.write {
		if mended == 0 {
			return "; nothing to fix"
		}
		return "; " + plural(mended, "problem") + " fixed"
	}
	fixable := 0
	for _, p := range shown {
		if p.Fix != nil {
			fixable++
		}
	}
	if fixable == 0 {
		return ""
	}
	return fmt.Sprintf("; --fix mends %d of them", fixable)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// each calls f(0) to f(n-1) on as many goroutines as there are CPUs, and
// returns when all have returned.
func (c *cli) each(n int, f func(int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// jobFiles lists the job files that paths name, each once, in the order given;
// those of a folder are sorted. What can't be looked into is listed with its
// error, and keeps nothing else from being checked.
func jobFiles(paths []string) (files []diag.FileReport, err error) {
	seen := map[string]bool{}
	add := func(name string, err error) {
		if !seen[name] {
			seen[name] = true
			files = append(files, diag.FileReport{Name: name, Err: err})
		}
	}
	for _, path := range paths {
		if path == "-" {
			add(path, nil)
			continue
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, usage("", "there is no file or folder %s", path)
		case err != nil || !info.IsDir():
			add(path, err)
		case !walk(path, add):
			return nil, usage("", "there is no *.yaml or *.yml file in %s", path)
		}
	}
	return files, nil
}

// walk adds the job files below dir, and the folders that it can't read. found
// is false where there are none.
func walk(dir string, add func(name string, err error)) (found bool) {
	filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && (strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")) {
			found = true
			add(name, err)
		}
		return nil // go on, whatever could not be read
	})
	return found
}

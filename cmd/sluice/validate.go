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

func (c *cli) validateCommand() *cobra.Command {
	var l loading
	var strict, quiet bool
	cmd := &cobra.Command{
		Use:   "validate [PATH…]",
		Short: "Check job files, and start nothing",
		Long: `Check job files and tell every problem, with its place and what to write instead.

A PATH is a job file, a folder (its *.yaml and *.yml files, at any depth), or - for standard input.
Nothing is started, written or connected to.`,
		Example: "  sluice validate jobs/",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				name, err := l.split(nil)
				if err != nil {
					return err
				}
				args = []string{name}
			}
			return c.validate(args, l.limits, strict, quiet)
		},
	}
	l.limitFlags(cmd)
	cmd.Flags().BoolVar(&strict, "strict", os.Getenv("CI") != "", "let warnings fail, as is the default where CI is set")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "say nothing of files without problems")
	return cmd
}

// checked is the outcome for one file.
type checked struct {
	file     *spec.File
	problems diag.List
	err      error // it could not be read
}

func (c *cli) validate(paths []string, limits spec.Limits, strict, quiet bool) error {
	files, err := jobFiles(paths)
	if err != nil {
		return err
	}
	results := make([]checked, len(files))
	c.each(len(files), func(i int) {
		r := &results[i]
		r.file, r.problems, r.err = c.check(files[i], limits)
	})
	var all diag.List
	var unread *multierror.Error
	sources := map[string][]byte{}
	invalid := 0
	for i, r := range results {
		if r.err != nil {
			unread = multierror.Append(unread, r.err)
			continue
		}
		all = append(all, r.problems.AtLeast(diag.Warning)...)
		sources[files[i]] = r.file.Source
		if r.problems.Invalid(strict) {
			invalid++
		}
	}
	width, _ := terminalWidth(c.stderr)
	if err := all.Print(c.stderr, func(name string) []byte { return sources[name] }, diag.Style{Color: c.color(c.stderr), Width: width}); err != nil {
		return own(err)
	}
	if !quiet || invalid > 0 {
		if len(all) > 0 {
			fmt.Fprintln(c.stderr)
		}
		fmt.Fprintln(c.stderr, validateSummary(len(files), invalid, all))
	}
	switch {
	case unread != nil:
		unread.ErrorFormat = joinLines
		return own(unread)
	case invalid > 0:
		return code(exitInvalid)
	}
	return nil
}

func joinLines(errs []error) string {
	lines := make([]string, len(errs))
	for i, err := range errs {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

func validateSummary(files, invalid int, all diag.List) string {
	text := plural(files, "file") + " checked"
	errs, warnings, _ := all.Counts()
	if invalid == 0 && warnings == 0 {
		return text + ": no problems"
	}
	text += ": " + plural(errs, "error")
	if warnings > 0 {
		text += ", " + plural(warnings, "warning")
	}
	return text
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
// those of a folder are sorted.
func jobFiles(paths []string) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			files = append(files, name)
		}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case path == "-":
			add(path)
		case errors.Is(err, fs.ErrNotExist):
			return nil, usage("", "there is no file or folder %s", path)
		case err != nil:
			return nil, own(err)
		case !info.IsDir():
			add(path)
		default:
			before := len(files)
			err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() && (strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")) {
					add(name)
				}
				return err
			})
			if err != nil {
				return nil, own(err)
			}
			if len(files) == before {
				return nil, usage("", "there is no *.yaml or *.yml file in %s", path)
			}
		}
	}
	return files, nil
}

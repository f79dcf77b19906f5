package main

import (
	"bytes"
	"io"

	"sluice/spec"
	"sluice/spec/diag"
	"sluice/validate"
)

// fixing is what validate does about problems beside telling of them.
type fixing struct {
	write bool // make every certain fix
	diff  bool // show what those fixes are
}

func (f fixing) on() bool { return f.write || f.diff }

// check refuses what would be two results on one standard output.
func (f fixing) check(files []diag.FileReport, format diag.Format) error {
	stdin := false
	for _, file := range files {
		stdin = stdin || file.Name == "-"
	}
	switch {
	case f.diff && format != diag.Text:
		return usage("leave --format out", "--diff and --format %s would both write to standard output", format)
	case f.write && stdin && (f.diff || format != diag.Text || len(files) > 1):
		return usage("fix - alone", "--fix writes what comes from standard input to standard output, which is for something else here")
	}
	return nil
}

// fix mends the files of r as far as that is certain, and returns how many
// problems that mended. What it wrote is reported as it is.
func (c *cli) fix(r *diag.Report, f fixing, limits spec.Limits) (mended int, err error) {
	for i := range r.Files {
		file := &r.Files[i]
		if file.Err != nil {
			continue
		}
		text, n := validate.Mend(file.Name, file.Source, limits)
		if file.Name == "-" && f.write {
			if err := c.print(func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
				return mended, err
			}
		}
		if bytes.Equal(text, file.Source) {
			continue
		}
		if f.diff {
			if err := c.print(func(w io.Writer) error { _, err := io.WriteString(w, c.diff(file.Name, file.Source, text)); return err }); err != nil {
				return mended, err
			}
		}
		if !f.write {
			continue
		}
		if file.Name != "-" {
			if err := replaceFile(file.Name, text); err != nil {
				return mended, own(err)
			}
		}
		mended += n
		_, file.Problems = validate.Parse(file.Name, text, limits)
		file.Source = text
	}
	return mended, nil
}

package diag

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Report is what checking some job files has found, to be written in any
// Format.
type Report struct {
	Files   []FileReport // in the order to tell them
	Strict  bool         // warnings make a file invalid
	Notes   bool         // also tell a person what is only worth knowing; programs always hear it
	Version string       // of the program that checked; empty where it has none
	Dir     string       // where relative names begin, as seen from the root of the repository; empty for the root
}

// FileReport is what checking one job file has found.
type FileReport struct {
	Name     string // as the caller calls it; "-" is standard input
	Source   []byte
	Problems List
	Err      error // why it could not be read, and then there is nothing else; of a folder, too
}

// Format is a way to write a Report.
type Format string

// The formats. Text and Oneline are for people, the others for programs.
const (
	Text    Format = "text"
	Oneline Format = "oneline"
	JSON    Format = "json"
	SARIF   Format = "sarif"
	GitHub  Format = "github"
	JUnit   Format = "junit"
)

// Formats is every format.
func Formats() []Format { return []Format{Text, Oneline, JSON, SARIF, GitHub, JUnit} }

// Write writes r to w. The style is for Text alone. The error is that of w.
func (r *Report) Write(w io.Writer, f Format, s Style) error {
	switch f {
	case Text:
		return r.Shown().Print(w, r.source(), s)
	case Oneline:
		return r.Shown().PrintOneline(w)
	case JSON:
		return r.writeJSON(w)
	case SARIF:
		return r.writeSARIF(w)
	case GitHub:
		return r.writeGitHub(w)
	case JUnit:
		return r.writeJUnit(w)
	}
	return fmt.Errorf("%q is no format", string(f))
}

// Shown is what a person is told of all files: every problem, and what is only
// worth knowing where r.Notes asks for it.
func (r *Report) Shown() (all List) {
	for i := range r.Files {
		all = append(all, r.shown(&r.Files[i])...)
	}
	return all
}

func (r *Report) shown(f *FileReport) List {
	if r.Notes {
		return f.Problems
	}
	return slices.DeleteFunc(slices.Clone(f.Problems), func(p Problem) bool { return p.Severity == Info })
}

// Invalid is how many of the files have problems that make them invalid.
func (r *Report) Invalid() (n int) {
	for _, f := range r.Files {
		if f.Problems.Invalid(r.Strict) {
			n++
		}
	}
	return n
}

// Unread are the errors of what could not be read.
func (r *Report) Unread() (errs []error) {
	for _, f := range r.Files {
		if f.Err != nil {
			errs = append(errs, f.Err)
		}
	}
	return errs
}

// source finds the text of a file by its name, for Print.
func (r *Report) source() func(name string) []byte {
	sources := make(map[string][]byte, len(r.Files))
	for _, f := range r.Files {
		sources[f.Name] = f.Source
	}
	return func(name string) []byte { return sources[name] }
}

// spans finds where what a problem underlines ends in a text. Problems come in
// order and a line may have a million code points, so the last line is kept.
type spans struct {
	text   []byte
	lines  []string // of text, once they are asked for
	line   int      // the last line that was asked for, 1-based
	length int      // its code points
}

// end is where length code points from pos end: the first column after them,
// but never further than the end of their line.
func (s *spans) end(pos Pos, length int) Pos {
	if s.lines == nil {
		s.lines = strings.Split(string(s.text), "\n")
	}
	end := Pos{pos.Line, pos.Col + max(1, length)}
	if pos.Line < 1 || pos.Line > len(s.lines) {
		return end
	}
	if s.line != pos.Line {
		line := strings.TrimSuffix(s.lines[pos.Line-1], "\r")
		s.line, s.length = pos.Line, utf8.RuneCountInString(line)
	}
	end.Col = max(pos.Col, min(end.Col, s.length+1))
	return end
}

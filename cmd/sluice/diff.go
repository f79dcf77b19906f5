package main

import (
	"bytes"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"sluice/spec/diag"
)

// unifiedDiff is what makes after of before, both texts of the file name, in
// the unified format; nil where they are the same.
func unifiedDiff(name string, before, after []byte) []byte {
	text := diff.Diff(name, before, name, after)
	if _, rest, ok := bytes.Cut(text, []byte("\n")); ok { // its first line is a command line
		return rest
	}
	return nil
}

// shownDiff is a unified diff as a terminal gets it: without characters that
// would act on it, and with color.
func shownDiff(text []byte, color bool) string {
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		line = diag.Visible(strings.TrimSuffix(line, "\n"))
		style := ""
		switch {
		case !color:
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
			style = "1"
		case strings.HasPrefix(line, "-"):
			style = "31"
		case strings.HasPrefix(line, "+"):
			style = "32"
		case strings.HasPrefix(line, "@@"):
			style = "36"
		}
		if style != "" {
			line = "\x1b[" + style + "m" + line + "\x1b[0m"
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// diff is a unified diff as standard output takes it: for a terminal, or for a
// program that applies it.
func (c *cli) diff(name string, before, after []byte) string {
	text := unifiedDiff(name, before, after)
	if color := c.color(c.stdout); color || isTerminal(c.stdout) {
		return shownDiff(text, color)
	}
	return string(text)
}

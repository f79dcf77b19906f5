package main

import (
	"strings"

	"sluice/runner/report"
	"sluice/spec"
	"sluice/spec/diag"
)

// textPage writes explanations for a terminal.
type textPage struct {
	b     strings.Builder
	style report.Style
	width int // columns
}

func (p *textPage) String() string { return p.b.String() }

// gap begins a new part of the page.
func (p *textPage) gap() {
	if p.b.Len() > 0 {
		p.b.WriteByte('\n')
	}
}

func (p *textPage) heading(_ int, name, title string) {
	p.gap()
	p.row(name, report.Width(name), report.Bold, title)
}

func (p *textPage) facts(rows [][2]string) {
	for _, row := range rows {
		p.row(row[0], 8, report.Dim, row[1])
	}
}

// row writes a label of that many columns, and the text beside it. A longer
// label has a line of its own.
func (p *textPage) row(label string, columns int, paint report.Paint, text string) {
	lead := p.style.Paint(paint, label) + strings.Repeat(" ", max(0, columns-report.Width(label))) + "  "
	indent := strings.Repeat(" ", columns+2)
	if report.Width(label) > columns {
		p.b.WriteString(p.style.Paint(paint, label) + "\n")
		lead = indent
	}
	for i, line := range wrap(text, p.width-columns-2) {
		if i > 0 {
			lead = indent
		}
		p.b.WriteString(strings.TrimRight(lead+line, " ") + "\n")
	}
}

func (p *textPage) text(text string) {
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if paragraph == "" {
			return
		}
		p.gap()
		for _, line := range wrap(paragraph, p.width) {
			p.b.WriteString(line + "\n")
		}
	}
}

func (p *textPage) code(label, _, text string) {
	if text == "" {
		return
	}
	p.gap()
	p.b.WriteString(p.style.Paint(report.Bold, label) + "\n")
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		p.b.WriteString(strings.TrimRight("  "+diag.Visible(line), " ") + "\n")
	}
}

func (p *textPage) keys(label, above string, keys []spec.Key) {
	rows := make([][2]string, len(keys))
	labels := keyLabels(above, keys)
	for i, k := range keys {
		rows[i] = [2]string{labels[i], k.Doc}
		if k.Required {
			rows[i][1] += " Required."
		}
		if k.Default != "" {
			rows[i][1] += " Default: " + k.Default + "."
		}
	}
	p.table(label, rows)
}

func (p *textPage) rules(label string, rules []diag.Rule) {
	rows := make([][2]string, len(rules))
	for i, r := range rules {
		severity := r.Severity.String()
		rows[i] = [2]string{r.ID, severity + strings.Repeat(" ", max(1, 9-len(severity))) + r.Title}
	}
	p.table(label, rows)
}

func (p *textPage) table(label string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	const mostColumns = 20
	columns := 0
	for _, row := range rows {
		columns = max(columns, min(mostColumns, report.Width(row[0])))
	}
	p.gap()
	p.b.WriteString(p.style.Paint(report.Bold, label) + "\n")
	for _, row := range rows {
		p.row("  "+row[0], columns+2, report.Cyan, row[1])
	}
}

// wrap breaks text between words into lines of at most that many columns.
// Words keep what stands between them within a line.
func wrap(text string, columns int) (lines []string) {
	line, width := "", 0
	for word := range strings.SplitAfterSeq(strings.ReplaceAll(text, "\n", " "), " ") {
		w := report.Width(strings.TrimRight(word, " "))
		if width > 0 && width+w > columns {
			lines = append(lines, strings.TrimRight(line, " "))
			line, width = "", 0
		}
		line += word
		width += report.Width(word)
	}
	return append(lines, strings.TrimRight(line, " "))
}

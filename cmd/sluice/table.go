package main

import (
	"io"
	"strings"

	"sluice/runner/report"
)

// writeTable writes rows of as many cells as the first has, which is the
// heading. Columns are as wide as their widest cell.
func writeTable(w io.Writer, rows [][]string, s report.Style) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], report.Width(cell))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-report.Width(cell)+2))
		}
		text := strings.TrimRight(line.String(), " ")
		if n == 0 {
			text = s.Paint(report.Dim, text)
		}
		b.WriteString(text + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

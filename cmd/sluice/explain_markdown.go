package main

import (
	"fmt"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
)

// markdownPage writes explanations as Markdown, as GitHub reads it.
type markdownPage struct {
	b strings.Builder
}

func (p *markdownPage) String() string { return p.b.String() }

func (p *markdownPage) gap() {
	if p.b.Len() > 0 {
		p.b.WriteByte('\n')
	}
}

func (p *markdownPage) heading(level int, name, title string) {
	p.gap()
	p.b.WriteString(strings.Repeat("#", level) + " " + markdownText(name))
	if title != "" {
		p.b.WriteString(": " + markdownText(title))
	}
	p.b.WriteByte('\n')
}

func (p *markdownPage) facts(rows [][2]string) {
	p.gap()
	for _, row := range rows {
		p.b.WriteString("- " + row[0] + ": " + markdownText(row[1]) + "\n")
	}
}

func (p *markdownPage) text(text string) {
	if text = strings.TrimSpace(text); text != "" {
		p.gap()
		p.b.WriteString(markdownText(text) + "\n")
	}
}

func (p *markdownPage) code(label, language, text string) {
	if text == "" {
		return
	}
	p.gap()
	p.b.WriteString(label + ":\n\n```" + language + "\n")
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		p.b.WriteString(diag.Visible(line) + "\n")
	}
	p.b.WriteString("```\n")
}

func (p *markdownPage) keys(label, above string, keys []spec.Key) {
	if len(keys) == 0 {
		return
	}
	rows := make([][]string, len(keys))
	labels := keyLabels(above, keys)
	for i, k := range keys {
		def := markdownCode(k.Default)
		if k.Required {
			def = "required"
		}
		rows[i] = []string{markdownCode(labels[i]), markdownText(k.Type), def, markdownText(k.Doc), markdownCode(k.Example)}
	}
	p.table(label, []string{"key", "value", "default", "meaning", "example"}, rows)
}

func (p *markdownPage) rules(label string, rules []diag.Rule) {
	rows := make([][]string, len(rules))
	for i, r := range rules {
		link := strings.ToLower(r.ID + "-" + strings.ReplaceAll(r.Title, " ", "-"))
		rows[i] = []string{fmt.Sprintf("[%s](#%s)", r.ID, headingLink(link)), r.Severity.String(), markdownText(r.Title)}
	}
	p.table(label, []string{"rule", "severity", "what is wrong"}, rows)
}

// headingLink is what GitHub makes of a heading: letters, digits, - and _.
func headingLink(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, text)
}

func (p *markdownPage) table(label string, head []string, rows [][]string) {
	p.gap()
	p.b.WriteString(label + ":\n\n| " + strings.Join(head, " | ") + " |\n" + strings.Repeat("|---", len(head)) + "|\n")
	for _, row := range rows {
		for _, cell := range row {
			p.b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		p.b.WriteString("|\n")
	}
}

func markdownCode(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// markdownText is text with what Markdown would act on escaped, but for code
// in backquotes.
func markdownText(text string) string {
	parts := strings.Split(text, "`")
	for i := range parts {
		if i%2 == 0 {
			parts[i] = strings.NewReplacer("*", `\*`, "<", `\<`, "[", `\[`).Replace(parts[i])
		}
	}
	return strings.Join(parts, "`")
}

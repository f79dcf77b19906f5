package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sluice/runner/report"
	"sluice/spec"
)

func (c *cli) listCommand() *cobra.Command {
	var l loading
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list [FILE]",
		Short:   "Show the jobs and params of a job file",
		Example: "  sluice list jobs/words.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := c.load(&l, args)
			if err != nil {
				return err
			}
			if len(l.jobs) > 0 {
				return usage("", "list takes one job file, and %q is none", l.jobs[0])
			}
			listed := listOf(f)
			if asJSON {
				return c.print(func(w io.Writer) error {
					e := json.NewEncoder(w)
					e.SetEscapeHTML(false)
					e.SetIndent("", "  ")
					return e.Encode(listed)
				})
			}
			return c.print(func(w io.Writer) error { return listed.write(w, report.Style{Color: c.color(c.stdout)}) })
		},
	}
	l.limitFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

// listing is what sluice list prints.
type listing struct {
	File        string        `json:"file"`
	Description string        `json:"description,omitempty"`
	Jobs        []listedJob   `json:"jobs"`
	Params      []listedParam `json:"params,omitempty"`
}

type listedJob struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Line        int      `json:"line"`
	Needs       []string `json:"needs,omitempty"`
	Axes        []string `json:"axes,omitempty"`
}

type listedParam struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	List        bool     `json:"list,omitempty"`
	Required    bool     `json:"required,omitempty"`
	Default     []string `json:"default,omitempty"`
	Bounds      string   `json:"bounds,omitempty"`
	Description string   `json:"description,omitempty"`
}

func listOf(f *spec.File) listing {
	l := listing{File: f.Name, Description: f.Description.Value, Jobs: []listedJob{}}
	for _, e := range f.Jobs.Entries {
		j := listedJob{Name: e.Key.Value, Description: e.Value.Description.Value, Line: e.Key.Pos.Line}
		for _, s := range e.Value.Needs.Items {
			j.Needs = append(j.Needs, s.Value)
		}
		for _, from := range e.Value.Sources() {
			if !slices.Contains(j.Needs, from.Job.Value) {
				j.Needs = append(j.Needs, from.Job.Value)
			}
		}
		if e.Value.Matrix != nil {
			for _, a := range e.Value.Matrix.Axes {
				j.Axes = append(j.Axes, a.Name.Value)
			}
		}
		l.Jobs = append(l.Jobs, j)
	}
	for _, e := range f.Params.Entries {
		p := listedParam{Name: e.Key.Value, Type: e.Value.TypeName(), List: e.Value.List.Value, Required: e.Value.IsRequired(), Bounds: bounds(e.Value), Description: e.Value.Description.Value}
		for _, v := range e.Value.Default.Values {
			p.Default = append(p.Default, v.Value)
		}
		l.Params = append(l.Params, p)
	}
	return l
}

// bounds says which values p takes, beyond its type.
func bounds(p *spec.Param) string {
	var parts []string
	for _, v := range p.Values.Items {
		parts = append(parts, v.Value)
	}
	text := strings.Join(parts, "|")
	switch {
	case p.Pattern.IsSet():
		text = "matching " + p.Pattern.Value
	case p.Min.IsSet() && p.Max.IsSet():
		text = p.Min.Value + " to " + p.Max.Value
	case p.Min.IsSet():
		text = "at least " + p.Min.Value
	case p.Max.IsSet():
		text = "at most " + p.Max.Value
	}
	return text
}

func (l listing) write(w io.Writer, s report.Style) error {
	var rows [][2]string
	for _, j := range l.Jobs {
		name := j.Name
		if len(j.Axes) > 0 {
			name += "[" + strings.Join(j.Axes, ",") + "]"
		}
		about := j.Description
		if len(j.Needs) > 0 {
			about = strings.TrimSpace(about + "  " + s.Paint(report.Dim, "needs "+strings.Join(j.Needs, ", ")))
		}
		rows = append(rows, [2]string{name, about})
	}
	var b strings.Builder
	if l.Description != "" {
		b.WriteString(report.Visible(l.Description) + "\n\n")
	}
	b.WriteString(s.Paint(report.Bold, "Jobs") + "\n")
	table(&b, rows)
	l.writeParams(&b, s)
	_, err := io.WriteString(w, b.String())
	return err
}

func (l listing) writeParams(b *strings.Builder, s report.Style) {
	if len(l.Params) == 0 {
		return
	}
	var rows [][2]string
	for _, p := range l.Params {
		text := p.Type
		if p.List {
			text += " list"
		}
		if p.Bounds != "" {
			text += " (" + p.Bounds + ")"
		}
		if p.Required {
			text += ", required"
		} else if len(p.Default) > 0 {
			text += ", default " + report.Quote(p.Default)
		}
		if p.Description != "" {
			text += "  " + s.Paint(report.Dim, report.Visible(p.Description))
		}
		rows = append(rows, [2]string{"-p " + p.Name + "=…", text})
	}
	b.WriteString("\n" + s.Paint(report.Bold, "Params") + "\n")
	table(b, rows)
}

// table writes rows in two columns.
func table(b *strings.Builder, rows [][2]string) {
	width := 0
	for _, r := range rows {
		width = max(width, min(32, report.Width(r[0])))
	}
	for _, r := range rows {
		pad := strings.Repeat(" ", max(0, width-report.Width(r[0])))
		b.WriteString(strings.TrimRight("  "+r[0]+pad+"  "+r[1], " ") + "\n")
	}
}

// helpParams shows how the params of a job file are given.
func (c *cli) helpParams(l *loading, args []string) error {
	f, err := c.load(l, args)
	if err != nil {
		return err
	}
	listed := listOf(f)
	if len(listed.Params) == 0 {
		return c.print(func(w io.Writer) error { _, err := fmt.Fprintln(w, f.Name+" has no params"); return err })
	}
	return c.print(func(w io.Writer) error {
		var b strings.Builder
		example := "sluice run " + f.Name
		for _, p := range listed.Params {
			if p.Required {
				example += " -p " + p.Name + "=<" + p.Type + ">"
			}
		}
		b.WriteString("Call it as\n  " + example + " [-p NAME=VALUE …]\n")
		listed.writeParams(&b, report.Style{Color: c.color(c.stdout)})
		_, err := io.WriteString(w, b.String())
		return err
	})
}

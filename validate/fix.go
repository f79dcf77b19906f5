package validate

import (
	"fmt"
	"slices"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
)

// Fixes are made where a problem is found, and only where the author can have
// meant nothing else: what a shell would have done with the text, written in
// the language; or the text itself, marked as such.

// replaced is the fix that writes text in place of s. There is none where s
// takes more than one line.
func replaced(s spec.String, text, msg string) *diag.Fix {
	from, to, ok := s.Span()
	if !ok {
		return nil
	}
	return &diag.Fix{Msg: msg, Edits: []diag.Edit{{From: from, To: to, Text: text}}}
}

// literalFix marks element t as text that is meant.
func literalFix(t spec.Template) *diag.Fix {
	text := t.Written()
	if !t.Quoted() {
		text = "'" + strings.ReplaceAll(t.Value, "'", "''") + "'"
	}
	return replaced(t.String, "{literal: "+text+"}", "mark it as text: {literal: …}")
}

// quoteFix writes a plain scalar in quotes, so that every reader of YAML takes
// it for text.
func quoteFix(s spec.String) *diag.Fix {
	if s.Quoted() {
		return nil
	}
	return replaced(s, "'"+s.Value+"'", "quote it")
}

// homeFix writes the home directory in place of the ~ at index at of t.
func homeFix(s spec.String, at int) *diag.Fix {
	text := []rune(s.Value)
	if at+1 < len(text) && text[at+1] != '/' && text[at+1] != ' ' {
		return nil // of another user
	}
	value := string(text[:at]) + "${env.HOME}" + string(text[at+1:])
	return replaced(s, s.Requote(value), "write ${env.HOME} for ~")
}

// commandFix makes a whole command line in command: the run: that it is.
func commandFix(l spec.Layout, t spec.Template) *diag.Fix {
	key := l.Key("command")
	if l.Key("args").IsSet() || !key.IsSet() || key.Quoted() || t.Literal {
		return nil
	}
	return replaced(key, "run", "write it as run:")
}

// lineFix writes l, a line of shell, as keys of the language. l is the run of
// job j, or of its stage s. There is no fix where a key that it needs is
// taken, or where l says more than a pipeline with redirections.
func (c *check) lineFix(j *spec.Job, s *spec.Stage, l spec.Line) *diag.Fix {
	if len(l.Found) == 0 && (len(l.Words) == 0 || !isAssignment(l.Words[0].Text.Value)) {
		return nil // as nearly all lines
	}
	p, ok := translate(l)
	if _, _, oneLine := l.Span(); !ok || !oneLine {
		return nil
	}
	switch {
	case s == nil:
		return jobFix(j.Layout, l, p)
	case s.Short:
		return stageFix(j.Layout, l, p)
	case len(p.stages) == 1 && p.stdin == "" && p.stdout == "":
		return mappingFix(s.Layout, l, p.stages[0])
	}
	return nil
}

// pair is a key of a job or a stage with its value as YAML.
type pair struct{ key, value string }

// beside are the keys of p that stand beside run or pipe, without those that
// are empty.
func beside(pairs ...pair) []pair {
	return slices.DeleteFunc(pairs, func(p pair) bool { return p.value == "" })
}

// free reports whether l has none of the keys of pairs.
func free(l spec.Layout, pairs []pair) bool {
	return !slices.ContainsFunc(pairs, func(p pair) bool { return l.Key(p.key).IsSet() })
}

// jobFix replaces the run of a job by run or pipe and the keys beside it.
func jobFix(layout spec.Layout, l spec.Line, p pipeText) *diag.Fix {
	one := p.stages[0]
	pairs := beside(pair{"env", one.envText()}, pair{"stdin", p.stdin}, pair{"stdout", p.stdout}, pair{"stderr", one.stderr})
	if len(p.stages) > 1 {
		pairs = beside(pair{"stdin", p.stdin}, pair{"stdout", p.stdout})
	}
	key := layout.Key("run")
	if !free(layout, pairs) || !key.IsSet() || layout.Key("pipe").IsSet() {
		return nil
	}
	if len(p.stages) == 1 {
		return mappingEdits(layout, l, one.run, pairs)
	}
	indent := strings.Repeat(" ", key.Pos.Col-1)
	text := "pipe:"
	if layout.Flow {
		var items []string
		for _, s := range p.stages {
			items = append(items, s.text(true))
		}
		text += " [" + strings.Join(items, ", ") + "]"
	} else {
		for _, s := range p.stages {
			text += "\n" + indent + "  - " + s.text(false)
		}
	}
	_, end, _ := l.Span()
	return &diag.Fix{
		Msg:   "write it as pipe:" + words(pairs),
		Edits: append([]diag.Edit{{From: key.Pos, To: end, Text: text}}, added(layout, l, pairs)...),
	}
}

// mappingFix replaces the run of a stage that is a mapping.
func mappingFix(layout spec.Layout, l spec.Line, s stageText) *diag.Fix {
	pairs := beside(pair{"env", s.envText()}, pair{"stderr", s.stderr})
	if !free(layout, pairs) {
		return nil
	}
	return mappingEdits(layout, l, s.run, pairs)
}

// mappingEdits writes run in place of l, and pairs beside it.
func mappingEdits(layout spec.Layout, l spec.Line, run string, pairs []pair) *diag.Fix {
	from, to, _ := l.Span()
	text := yamlLine(run)
	if layout.Flow {
		text = yamlValue(run)
	}
	return &diag.Fix{
		Msg:   "write" + strings.TrimPrefix(words(pairs), " and"),
		Edits: append([]diag.Edit{{From: from, To: to, Text: text}}, added(layout, l, pairs)...),
	}
}

// added puts pairs behind l: on lines of their own, or within the { }.
func added(layout spec.Layout, l spec.Line, pairs []pair) []diag.Edit {
	key := layout.Key("run")
	if len(pairs) == 0 {
		return nil
	}
	at, before := l.LineEnd(), "\n"+strings.Repeat(" ", key.Pos.Col-1)
	if layout.Flow {
		_, at, _ = l.Span()
		before = ", "
	}
	text := ""
	for _, p := range pairs {
		text += before + p.key + ": " + p.value
	}
	return []diag.Edit{{From: at, To: at, Text: text}}
}

// stageFix replaces a stage that is a line by one stage for each command.
func stageFix(layout spec.Layout, l spec.Line, p pipeText) *diag.Fix {
	pairs := beside(pair{"stdin", p.stdin}, pair{"stdout", p.stdout})
	key := layout.Key("pipe")
	if !free(layout, pairs) || !key.IsSet() {
		return nil
	}
	before := l.Before()
	block := strings.TrimSpace(before) == "-"
	between := ", "
	if block {
		between = "\n" + before[:strings.Index(before, "-")] + "- "
	}
	var items []string
	for _, s := range p.stages {
		items = append(items, s.text(!block))
	}
	from, to, _ := l.Span()
	fix := &diag.Fix{
		Msg:   "write each command as a stage of its own" + words(pairs),
		Edits: []diag.Edit{{From: from, To: to, Text: strings.Join(items, between)}},
	}
	if len(pairs) > 0 {
		after := "\n" + strings.Repeat(" ", key.Pos.Col-1)
		if layout.Flow {
			after = ", "
		}
		text := ""
		for _, p := range pairs {
			text += p.key + ": " + p.value + after
		}
		fix.Edits = append([]diag.Edit{{From: key.Pos, To: key.Pos, Text: text}}, fix.Edits...)
	}
	return fix
}

// words is pairs as a message names them.
func words(pairs []pair) (text string) {
	for _, p := range pairs {
		text += fmt.Sprintf(" and %s: %s", p.key, p.value)
	}
	return text
}

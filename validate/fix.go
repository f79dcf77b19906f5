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

// homeFix writes the home directory in place of the ~ at the given indexes of
// s, as far as they mean the caller's.
func homeFix(s spec.String, at ...int) *diag.Fix {
	text := []rune(s.Value)
	var value strings.Builder
	done := 0
	for _, i := range at {
		if i+1 < len(text) && !strings.ContainsRune("/ \t", text[i+1]) {
			continue // of another user
		}
		value.WriteString(string(text[done:i]) + "${env.HOME}")
		done = i + 1
	}
	if done == 0 {
		return nil
	}
	return replaced(s, s.Requote(value.String()+string(text[done:])), "write ${env.HOME} for ~")
}

// lineHomeFix does so for every ~ of a line, whose problems share it.
func (c *check) lineHomeFix(l spec.Line) *diag.Fix {
	fix, made := c.homes[l.Pos]
	if !made {
		var at []int
		for _, f := range l.Found {
			if f.Kind == spec.FoundTilde {
				at = append(at, f.At)
			}
		}
		fix = homeFix(l.String, at...)
		c.homes[l.Pos] = fix
	}
	return fix
}

// commandFix makes a whole command line in command: the run: that it is.
func commandFix(l spec.Layout, t spec.Template) *diag.Fix {
	key := l.Key("command")
	// In a line quotes and operators mean something, and in an element nothing.
	if l.Key("args").IsSet() || !key.IsSet() || key.Quoted() || t.Literal || len(t.Found) > 0 || strings.ContainsAny(t.Masked(), "\\'\"`|&;<>()*?[]{}~#\n") {
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
	case !s.Written() || s.Short && !slices.Contains(j.Pipe.Items, s):
		return nil // of a branch or an input, where other keys are
	case s.Short:
		first, last := s == j.Pipe.Items[0], s == j.Pipe.Items[len(j.Pipe.Items)-1]
		if p.stdin != "" && !first || p.stdout != "" && !last {
			return nil // it reads or writes in the middle of the pipeline
		}
		return stageFix(j.Layout, l, p)
	case len(p.stages) == 1 && p.stdin == "" && p.stdout == "":
		return mappingFix(s.Layout, l, p.stages[0])
	}
	return nil
}

// pair is a key of a job or a stage with its value as YAML.
type pair struct{ key, value string }

// given is pairs without those that have no value.
func given(pairs []pair) []pair {
	return slices.DeleteFunc(pairs, func(p pair) bool { return p.value == "" })
}

// free reports whether l has none of the keys of pairs.
func free(l spec.Layout, pairs []pair) bool {
	return !slices.ContainsFunc(pairs, func(p pair) bool { return l.Key(p.key).IsSet() })
}

// jobFix replaces the run of a job by run or pipe and the keys beside it.
func jobFix(layout spec.Layout, l spec.Line, p pipeText) *diag.Fix {
	one := p.stages[0]
	if len(p.stages) == 1 {
		return commandEdits(layout, l, one.run,
			[]pair{{"env", one.envText()}, {"stdin", p.stdin}}, []pair{{"stdout", p.stdout}, {"stderr", one.stderr}})
	}
	text := "pipe:"
	if layout.Flow {
		var items []string
		for _, s := range p.stages {
			items = append(items, s.text(true))
		}
		text += " [" + strings.Join(items, ", ") + "]"
	} else {
		for _, s := range p.stages {
			text += "\n" + indentOf(layout.Key("run")) + "  - " + s.text(false)
		}
	}
	return keyEdits(layout, l, text, []pair{{"stdin", p.stdin}}, []pair{{"stdout", p.stdout}})
}

// mappingFix replaces the run of a stage that is a mapping.
func mappingFix(layout spec.Layout, l spec.Line, s stageText) *diag.Fix {
	return commandEdits(layout, l, s.run, []pair{{"env", s.envText()}}, []pair{{"stderr", s.stderr}})
}

// commandEdits writes run in place of l, with keys before and behind it.
func commandEdits(layout spec.Layout, l spec.Line, run string, before, behind []pair) *diag.Fix {
	value := yamlLine(run)
	if layout.Flow {
		value = yamlValue(run)
	}
	return keyEdits(layout, l, "run: "+value, before, behind)
}

// keyEdits writes text in place of the key run and its value l, and keys before
// and behind it, on lines of their own or within the { }. Keys without a value
// are left out; there is no fix where one of the others is taken.
func keyEdits(layout spec.Layout, l spec.Line, text string, before, behind []pair) *diag.Fix {
	before, behind = given(before), given(behind)
	key := layout.Key("run")
	_, end, _ := l.Span()
	if !free(layout, before) || !free(layout, behind) || !key.IsSet() || layout.Key("pipe").IsSet() || key.Pos.Line != end.Line {
		return nil
	}
	between, at := "\n"+indentOf(key), l.LineEnd()
	if layout.Flow {
		between, at = ", ", end
	}
	front, back := "", ""
	for _, p := range before {
		front += p.key + ": " + p.value + between
	}
	for _, p := range behind {
		back += between + p.key + ": " + p.value
	}
	fix := &diag.Fix{Msg: "write " + words(text, before, behind), Edits: []diag.Edit{{From: key.Pos, To: end, Text: front + text}}}
	if back != "" {
		fix.Edits = append(fix.Edits, diag.Edit{From: at, To: at, Text: back})
	}
	return fix
}

// indentOf is what stands before a key at the beginning of a line.
func indentOf(key spec.String) string { return strings.Repeat(" ", key.Pos.Col-1) }

// stageFix replaces a stage that is a line by one stage for each command.
func stageFix(layout spec.Layout, l spec.Line, p pipeText) *diag.Fix {
	pairs := given([]pair{{"stdin", p.stdin}, {"stdout", p.stdout}})
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
		Msg:   "write " + words("each command as a stage of its own", pairs),
		Edits: []diag.Edit{{From: from, To: to, Text: strings.Join(items, between)}},
	}
	if len(pairs) > 0 {
		after := "\n" + indentOf(key)
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

// words is what a fix writes, as its message names it: text, and keys with
// their values.
func words(text string, pairs ...[]pair) string {
	text, _, _ = strings.Cut(text, "\n")
	for _, p := range slices.Concat(pairs...) {
		text += fmt.Sprintf(", %s: %s", p.key, p.value)
	}
	return text
}

package validate

import (
	"slices"
	"sort"
	"strings"

	"sluice/spec"
)

// What a line of shell means in the language, for the hints: the words of a
// line, and the keys of a job that stand for its operators.

// shellWord is a word of a line as its author sees it: a $(…) or `…` belongs
// to one word with everything in it.
type shellWord struct {
	from, to int    // code points of the line, quotes included
	text     string // without its quotes
}

// shellWords splits text where a shell would.
func shellWords(text []rune) (words []shellWord) {
	for i := 0; i < len(text); {
		if strings.ContainsRune(" \t\n|&;<>()", text[i]) {
			i++
			continue
		}
		w := shellWord{from: i}
		var plain strings.Builder
		for i < len(text) && !strings.ContainsRune(" \t\n|&;<>()", text[i]) {
			i = shellPiece(text, i, &plain)
		}
		w.to, w.text = i, plain.String()
		words = append(words, w)
	}
	return words
}

// shellPiece writes the piece of a word that begins at index i to plain: one
// character, or what is quoted or substituted as a whole. It returns the index
// behind it.
func shellPiece(text []rune, i int, plain *strings.Builder) int {
	until := func(from int, last rune) int {
		if n := slices.Index(text[from:], last); n >= 0 {
			return from + n
		}
		return len(text)
	}
	end, inner := i+1, text[i:i+1]
	switch r := text[i]; {
	case r == '\'':
		end = until(i+1, '\'')
		inner, end = text[i+1:end], end+1
	case r == '"':
		for end = i + 1; end < len(text) && text[end] != '"'; end++ {
			if text[end] == '\\' {
				end++
			}
		}
		end = min(end, len(text))
		inner, end = text[i+1:end], end+1
	case r == '\\' && i+1 < len(text):
		inner, end = text[i+1:i+2], i+2
	case r == '`':
		end = min(until(i+1, '`')+1, len(text))
		inner = text[i:end]
	case r == '$' && i+1 < len(text) && text[i+1] == '(':
		end = min(until(i+1, ')')+1, len(text))
		inner = text[i:end]
	}
	plain.WriteString(string(inner))
	return min(end, len(text))
}

// lineWords are the words of the line that was split last: a line may have
// thousands of findings, and each asks for the word that it is in.
type lineWords struct {
	text  string
	words []shellWord
}

// wordAt is the word of line that holds or follows the code point with index
// at; ok is false where there is none.
func (c *check) wordAt(line string, at int) (w shellWord, ok bool) {
	if c.split.text != line || c.split.words == nil {
		c.split = lineWords{line, shellWords([]rune(line))}
	}
	return wordOf(c.split.words, at)
}

// wordOf is the same among words.
func wordOf(words []shellWord, at int) (w shellWord, ok bool) {
	if i := sort.Search(len(words), func(i int) bool { return words[i].to > at }); i < len(words) {
		return words[i], true
	}
	return shellWord{}, false
}

// quoted is text in the quotes of a line, in which nothing is substituted.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// asText says how to write finding f of l where its text is meant.
func (c *check) asText(l spec.Line, f spec.Finding) string {
	if f.Word < len(l.Words) && len(l.Words[f.Word].Text.Refs()) > 0 { // single quotes would take its references, too
		return `put a \ before it if the text is meant: \` + f.Text
	}
	w, ok := c.wordAt(l.Value, f.At)
	if !ok {
		w.text = f.Text
	}
	return "quote it if the text is meant: " + quoted(w.text)
}

// stream is the key of a job that stands for the redirection op to or from
// target, with its value. The key is empty for what is no redirection.
func stream(op, target string) (key, value string) {
	out := "{file: " + yamlValue(target) + "}"
	switch {
	case target == "/dev/null":
		out = "discard"
	case strings.HasSuffix(op, ">>"):
		out = "{file: " + yamlValue(target) + ", mode: append}"
	}
	switch {
	case strings.HasPrefix(op, "2>&"):
		return "stderr", "stdout"
	case op == "2>" || op == "2>>":
		return "stderr", out
	case op == ">" || op == ">>" || op == "1>" || op == "1>>" || op == ">|":
		return "stdout", out
	case op == "<" && target == "/dev/null":
		return "stdin", "none"
	case op == "<":
		return "stdin", "{file: " + yamlValue(target) + "}"
	case op == "<<<":
		return "stdin", "{text: " + yamlValue(target) + "}"
	case strings.HasPrefix(op, "<<"):
		return "stdin", "{text: …}"
	}
	return "", ""
}

// pipeText is a pipeline of a shell on its way to keys of a job.
type pipeText struct {
	stages        []stageText
	stdin, stdout string
}

type stageText struct {
	run, stderr string
	env         []string // NAME=value
}

// add continues s with what stands before or behind a redirection.
func (s *stageText) add(text []rune) {
	s.run = strings.TrimSpace(s.run + " " + strings.TrimSpace(string(text)))
}

// pipeOf reads l, which has unquoted | in it. ok is false where it is more
// than a pipeline with redirections.
func pipeOf(l spec.Line) (p pipeText, ok bool) {
	text, from := []rune(l.Value), 0
	all := shellWords(text)
	p.stages = []stageText{{}}
	for _, f := range l.Found {
		if f.Kind != spec.FoundOperator || f.At < from {
			continue
		}
		last := &p.stages[len(p.stages)-1]
		last.add(text[from:f.At])
		from = f.At + len([]rune(f.Text))
		if f.Text == "|" || f.Text == "|&" {
			if f.Text == "|&" {
				last.stderr = "stdout"
			}
			p.stages = append(p.stages, stageText{})
			continue
		}
		var target shellWord
		if !strings.Contains(f.Text, "&") || joinsBoth(f.Text) {
			target, _ = wordOf(all, from)
			from = max(from, target.to)
		}
		if joinsBoth(f.Text) && f.At > lastPipe(l) {
			_, p.stdout = stream(strings.Trim(f.Text, "&"), target.text)
			last.stderr = "stdout"
			continue
		}
		switch key, value := stream(f.Text, target.text); {
		case key == "stderr":
			last.stderr = value
		case key == "stdin" && len(p.stages) == 1:
			p.stdin = value
		case key == "stdout" && f.At > lastPipe(l):
			p.stdout = value
		default:
			return p, false
		}
	}
	p.stages[len(p.stages)-1].add(text[from:])
	return p, !slices.ContainsFunc(p.stages, func(s stageText) bool { return s.run == "" })
}

// joinsBoth reports whether op sends standard output and standard error to one
// file.
func joinsBoth(op string) bool { return op == "&>" || op == "&>>" || op == ">&" }

// lastPipe is the index of the last | of l, or -1.
func lastPipe(l spec.Line) int {
	for _, f := range slices.Backward(l.Found) {
		if f.Kind == spec.FoundOperator && (f.Text == "|" || f.Text == "|&") {
			return f.At
		}
	}
	return -1
}

// hint is p as keys of a job, or as stages where the line is a stage itself.
func (p pipeText) hint(isStage bool) string {
	lines := []string{"write it as"}
	if isStage {
		lines = []string{"write each command as a stage of its own"}
	} else {
		lines = append(lines, "pipe:")
	}
	for _, s := range p.stages {
		if s.stderr == "" {
			lines = append(lines, "  - "+yamlLine(s.run))
		} else {
			lines = append(lines, "  - run: "+yamlLine(s.run), "    stderr: "+s.stderr)
		}
	}
	beside := ""
	if isStage {
		beside = " (beside pipe)"
	}
	if p.stdin != "" {
		lines = append(lines, "stdin: "+p.stdin+beside)
	}
	if p.stdout != "" {
		lines = append(lines, "stdout: "+p.stdout+beside)
	}
	return strings.Join(lines, "\n")
}

// yamlLine is a command as a YAML value on a line of its own.
func yamlLine(s string) string {
	if s == "" || strings.ContainsAny(s[:1], "?:,[]{}#&*!|>'\"%@`") || strings.HasPrefix(s, "- ") || strings.Contains(s, ": ") || strings.Contains(s, " #") || strings.HasSuffix(s, ":") {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return s
}

// yamlValue is text as a YAML value between { and }.
func yamlValue(s string) string {
	if s == "" || strings.EqualFold(s, "null") || yaml11Bool(s) || s == "true" || s == "false" || s[0] == '-' || s[0] == '?' || strings.TrimSpace(s) != s || strings.ContainsAny(s, ":#{}[],&*!|>'\"%@`\n") {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return s
}

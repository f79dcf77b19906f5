package validate

import (
	"strings"

	"sluice/spec"
)

// translate reads l as a shell would, where that is no more than assignments,
// commands, pipes and redirections to fixed names. ok is false for anything
// else, and where nothing in l belongs to a shell.
func translate(l spec.Line) (p pipeText, ok bool) {
	if !translatable(l) {
		return p, false
	}
	if p, ok = pipeOf(l); !ok {
		return p, false
	}
	for i := range p.stages {
		if !p.stages[i].assign() {
			return p, false
		}
	}
	changed := len(p.stages) > 1 || p.stdin != "" || p.stdout != "" || p.stages[0].stderr != "" || len(p.stages[0].env) > 0
	return p, changed
}

// translatable reports whether what l has of a shell means one thing only.
func translatable(l spec.Line) bool {
	text := []rune(l.Value)
	words := shellWords(text)
	joined := false              // 2>&1 was seen in this stage: a > behind it means something else
	streams := map[string]bool{} // redirected in this stage: the first of two is not what one would write
	for _, f := range l.Found {
		switch {
		case f.Kind == spec.FoundQuote || f.Kind == spec.FoundBadRef || f.Kind == spec.FoundComment:
			return false
		case f.Kind == spec.FoundExpansion && (f.Text[0] == '`' || strings.HasPrefix(f.Text, "$(")):
			return false // with operators of its own in it
		case f.Kind != spec.FoundOperator:
			continue
		}
		keys := []string{"stdout", "stderr"}
		if !joinsBoth(f.Text) {
			key, _ := stream(f.Text, "x")
			keys = []string{key}
		}
		for _, key := range keys {
			if streams[key] {
				return false
			}
			streams[key] = key != ""
		}
		switch f.Text {
		case "|", "|&":
			joined = false
			clear(streams)
		case "2>&1":
			joined = true
		case ">", ">>", "1>", "1>>", ">|", "2>", "2>>", "<", "&>", "&>>", ">&":
			w, ok := wordOf(words, f.At+len([]rune(f.Text)))
			if !ok || !fixedName(string(text[w.from:w.to])) || joined && f.Text != "<" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// fixedName reports whether word, as written, names a file in a shell and in
// the language alike.
func fixedName(word string) bool {
	for _, quote := range []string{`"`, "'"} {
		if inner, ok := strings.CutPrefix(word, quote); ok {
			word = strings.TrimSuffix(inner, quote)
			break
		}
	}
	return word != "" && !strings.ContainsAny(word, "*?[]{}~`$'\"\\")
}

// assign takes the assignments at the beginning of s.run into s.env. ok is
// false where a value is not plain text, or where what follows is no program.
func (s *stageText) assign() (ok bool) {
	text := []rune(s.run)
	for _, w := range shellWords(text) {
		if !isAssignment(w.text) {
			s.run = string(text[w.from:])
			_, isBuiltin := builtins[w.text]
			return !isBuiltin
		}
		written := string(text[w.from:w.to])
		if strings.ContainsAny(written, "$`~*?[{\\") {
			return false
		}
		s.env = append(s.env, w.text)
	}
	return false // nothing but assignments
}

// envText is the env of s as YAML, or "".
func (s stageText) envText() string {
	if len(s.env) == 0 {
		return ""
	}
	return strings.TrimPrefix(envText(s.env), "env: ")
}

// text is s as an item of pipe, on one line; flow says that it stands between
// [ and ].
func (s stageText) text(flow bool) string {
	pairs := given([]pair{{"env", s.envText()}, {"run", yamlValue(s.run)}, {"stderr", s.stderr}})
	switch {
	case len(pairs) == 1 && flow:
		return yamlValue(s.run)
	case len(pairs) == 1:
		return yamlLine(s.run)
	}
	return "{" + words(pairs[0].key+": "+pairs[0].value, pairs[1:]) + "}"
}

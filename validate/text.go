package validate

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sluice/spec"
	"sluice/spec/diag"
)

// The text rules. No shell ever sees a job file's text, so a metacharacter is
// harmless to sluice; the danger is an author who thinks that one will act on
// it. Each message says what to write instead.

// lineText judges what stands unquoted in a one-line command.
func (c *check) lineText(l spec.Line) {
	for i, f := range l.Found {
		switch f.Kind {
		case spec.FoundQuote: // reported by line
		case spec.FoundOperator:
			rule := "SL203"
			if slices.Contains(operators, f.Text) {
				rule = "SL201"
			}
			c.found(rule, f, "unquoted "+showText(f.Text)+": "+operatorMeaning(f.Text), operatorHint(l, i))
		default:
			c.dollarOrPattern(f, "quote it if the text is meant: '"+f.Text+"'")
		}
	}
}

// found adds a problem at f.
func (c *check) found(rule string, f spec.Finding, msg, hint string) {
	c.add(rule, f.Pos, len([]rune(f.Text)), msg, hint)
}

func showText(s string) string {
	if s == "\n" {
		return "line break"
	}
	return s
}

// operators stand as elements of their own in shell text.
var operators = []string{"|", "||", "&&", ";", "&", ">", ">>", "<", "<<", "<<<", "2>", "2>>", "1>", "2>&1", "1>&2", ">&2", "|&", "&>", "&>>", ">|"}

func operatorMeaning(op string) string {
	switch strings.TrimLeft(op, "0123456789") {
	case "|", "|&":
		return "there is no shell to make a pipe of it"
	case "||", "&&", ";", "\n", ";;":
		return "there is no shell to run a second command"
	case "&":
		return "there is no shell to run it in the background"
	case "(", ")":
		return "there is no shell to run a subshell"
	}
	return "there is no shell to redirect a stream"
}

// operatorHint says what the language has for the operator that is finding i
// of l.
func operatorHint(l spec.Line, i int) string {
	f := l.Found[i]
	target := "FILE"
	if next := f.Word + 1; next < len(l.Words) && !strings.HasPrefix(l.Words[next].Text.Value, "&") {
		target = l.Words[next].Text.Value
	}
	switch f.Text {
	case "|":
		return pipeOf(l)
	case "|&":
		return "write a pipe: and give the stage on its left stderr: stdout"
	}
	return elementHint(f.Text, target)
}

// elementHint is what the language has for a shell operator; target is the
// word that follows it.
func elementHint(op, target string) string {
	switch {
	case strings.HasPrefix(op, "2>&") || op == "1>&2" || op == ">&2" || op == ">&":
		if strings.HasPrefix(op, "2>&") {
			return "write stderr: stdout"
		}
		return "a job's streams go where stdout: and stderr: say"
	case op == "2>" || op == "2>>":
		if target == "/dev/null" {
			return "write stderr: discard"
		}
		return "write stderr: {file: " + target + mode(op) + "}"
	case op == "&>" || op == "&>>":
		return "write stdout: {file: " + target + mode(op) + "} and stderr: stdout"
	case op == ">" || op == ">>" || op == "1>" || op == ">|":
		if target == "/dev/null" {
			return "write stdout: discard"
		}
		return "write stdout: {file: " + target + mode(op) + "}"
	case op == "<":
		return "write stdin: {file: " + target + "}"
	case strings.HasPrefix(op, "<<"):
		return "write stdin: {text: …}"
	case op == "|", op == "|&":
		return "write a pipe: with one stage for each command"
	case op == "&&":
		return "make two jobs, the second with needs: on the first"
	case op == "||":
		return "make two jobs, the second with after: on the first; or say with ok: which exit codes are success"
	case op == ";" || op == "\n" || op == ";;":
		return "make two jobs, the second with needs: (or after:, if the first may fail)"
	case op == "&":
		return "make it a job of its own: jobs that do not need each other run side by side"
	}
	return "quote it if the text is meant"
}

func mode(op string) string {
	if strings.HasSuffix(op, ">>") {
		return ", mode: append"
	}
	return ""
}

// pipeOf writes l, which has unquoted | in it, as a pipe.
func pipeOf(l spec.Line) string {
	var stages []string
	rest, from := []rune(l.Value), 0
	line := l.Pos.Line
	begin := l.At(0).Col
	for _, f := range l.Found {
		at := f.Pos.Col - begin
		if f.Text != "|" || f.Pos.Line != line || at < from || at > len(rest) || rest[min(at, len(rest)-1)] != '|' {
			continue
		}
		stages = append(stages, strings.TrimSpace(string(rest[from:at])))
		from = at + 1
	}
	if len(stages) == 0 || from > len(rest) {
		return "write a pipe: with one stage for each command"
	}
	stages = append(stages, strings.TrimSpace(string(rest[from:])))
	return "write it as\npipe:\n  - " + strings.Join(stages, "\n  - ")
}

// dollarOrPattern judges findings that mean the same in a line and in an
// element. mark says how to write f where its text is meant.
func (c *check) dollarOrPattern(f spec.Finding, mark string) {
	switch f.Kind {
	case spec.FoundExpansion:
		c.found("SL202", f, f.Text+": nothing is expanded here", expansionHint(f.Text)+"\n"+mark)
	case spec.FoundBadRef:
		c.found("SL103", f, f.Text+": a ${ without its }", "references look like ${params.name}\n"+mark)
	case spec.FoundGlob:
		c.found("SL205", f, f.Text+": file names are not matched here", "as an element of args write {glob: …}\n"+mark)
	case spec.FoundBrace:
		c.found("SL205", f, f.Text+": braces are not spread here", "write the words out\n"+mark)
	case spec.FoundTilde:
		c.found("SL206", f, "a leading ~ is not expanded here", "write ${env.HOME}\n"+mark)
	case spec.FoundComment:
		c.found("SL203", f, "a # that begins a word: a shell would ignore the rest of the line", "a comment of YAML goes behind the closing quote\n"+mark)
	}
}

var shellName = lazyRegexp(`^\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

func expansionHint(text string) string {
	switch m := shellName().FindStringSubmatch(text); {
	case strings.HasPrefix(text, "$("), strings.HasPrefix(text, "`"):
		return "give the inner command a job with stdout: {capture: {}}, need it, and write ${jobs.NAME.stdout}"
	case strings.HasPrefix(text, "$'"), strings.HasPrefix(text, `$"`):
		return "only bash knows that kind of quote"
	case m != nil && slices.Contains(spec.Roots(), m[1]):
		return "a reference has a name, such as ${params.name} or ${env.HOME}"
	case m != nil:
		return "write ${env." + m[1] + "} for the environment variable, ${params." + strings.ToLower(m[1]) + "} for a param"
	}
	return "references look like ${params.name}"
}

var (
	globSyntax  = lazyRegexp(`[*?]|\[[^\]\s]+\]`)
	braceSyntax = lazyRegexp(`\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}`)
	metaSyntax  = lazyRegexp("(?:^[0-9]+)?[|&;<>]+(?:&?[0-9]|)|[()`\n]")
)

// elementText judges t, an element that is not quoted by anything. What is no
// argument (an environment value, a path) has no operators and patterns, so
// there only expansions are looked for.
func (c *check) elementText(t spec.Template, p place) {
	mark := "write {literal: '" + strings.ReplaceAll(t.Value, "'", "''") + "'} if the text is meant"
	if strings.Contains(t.Value, "\n") {
		mark = "write {literal: …} if the text is meant"
	}
	for _, f := range t.Found {
		c.dollarOrPattern(f, mark)
	}
	if strings.HasPrefix(t.Value, "~") && (p.isPath() || p <= placeArg) {
		c.add("SL206", t.Pos, 1, "a leading ~ is not expanded here", "write ${env.HOME}\n"+mark)
	}
	if p > placeArg {
		return
	}
	if slices.Contains(operators, t.Value) {
		c.at("SL201", t.String, showText(t.Value)+": there is no shell to act on it", elementHint(t.Value, "FILE")+"\n"+mark)
		return
	}
	text := t.Masked()
	offset := func(byteAt int) int { return utf8.RuneCountInString(text[:byteAt]) }
	if m := metaSyntax().FindStringIndex(text); m != nil && !overlaps(t.Found, t.At(offset(m[0]))) {
		rule, op := "SL203", text[m[0]:m[1]]
		msg, hint := showText(op)+": a shell metacharacter; no shell will act on it", ""
		if op == "`" {
			rule = "SL202"
			hint = expansionHint(op) + "\n"
		}
		c.add(rule, t.At(offset(m[0])), len([]rune(op)), msg, hint+mark)
	}
	if m := globSyntax().FindStringIndex(text); m != nil {
		c.add("SL205", t.At(offset(m[0])), len([]rune(text[m[0]:m[1]])), text[m[0]:m[1]]+": file names are not matched in an element",
			"write {glob: '"+t.Value+"'} to match file names\n"+mark)
	}
	if m := braceSyntax().FindStringIndex(text); m != nil {
		c.add("SL205", t.At(offset(m[0])), len([]rune(text[m[0]:m[1]])), text[m[0]:m[1]]+": braces are not spread", "write the words out\n"+mark)
	}
}

func overlaps(found []spec.Finding, pos diag.Pos) bool {
	return slices.ContainsFunc(found, func(f spec.Finding) bool {
		return f.Pos.Line == pos.Line && pos.Col >= f.Pos.Col && pos.Col < f.Pos.Col+len([]rune(f.Text))
	})
}

var (
	builtins   = map[string]string{
		"cd": "write dir:", "pushd": "write dir:", "popd": "write dir:",
		"export": "write env:", "declare": "write env:", "typeset": "write env:", "readonly": "write env:", "local": "write env:", "set": "there is nothing to set: jobs fail by themselves", "unset": "children see only what passes or stands in env:", "shopt": "there is nothing to set",
		"source": "write env_file: for variables", ".": "write env_file: for variables",
		"alias": "write the command out", "unalias": "write the command out",
		"umask": "write umask:", "exec": "leave it out: every command is executed directly",
		"eval": "write the command out", "trap": "write a job with after: for clean-up", "wait": "jobs wait for what they need",
		"read": "use params, or stdin:", "return": "the exit code is the command's own", "exit": "the exit code is the command's own", "shift": "use params",
		"break": "use matrix: with exclude:", "continue": "use matrix: with exclude:", "ulimit": "it is a shell's own command", "getopts": "use params", "let": "use params", "hash": "it is a shell's own command", "type": "it is a shell's own command",
		"bg": "it is a shell's own command", "fg": "it is a shell's own command", "jobs": "it is a shell's own command", "disown": "it is a shell's own command", "history": "it is a shell's own command",
		"if": "write when:", "then": "write when:", "else": "write when:", "elif": "write when:", "fi": "write when:", "case": "write when:", "esac": "write when:",
		"for": "write matrix:", "while": "write retry:, or matrix:", "until": "write retry:", "do": "write matrix:", "done": "write matrix:", "select": "use params",
		"function": "make it a job", "!": "say with ok: which exit codes are success", "{": "make it a job", "}": "make it a job", "[[": "use test", "]]": "use test",
	}
)

// isAssignment reports whether a shell would set a variable by word.
func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && spec.IsEnvName(name)
}

// commandName judges the word that names the program.
func (c *check) commandName(a spec.Arg, fromLine bool) {
	name := a.Text.Value
	hint, isBuiltin := builtins[name]
	s := a.Text.String
	s.Pos = a.Pos
	switch {
	case a.Text.Literal || len(a.Text.Refs()) > 0 && !isAssignment(name):
	case isBuiltin:
		c.at("SL208", s, fmt.Sprintf("%s belongs to the shell; there is no such program", name), hint)
	case isAssignment(name):
		key, value, _ := strings.Cut(name, "=")
		c.at("SL208", s, name+": there is no shell to set a variable", "write env: {"+key+": "+yamlValue(value)+"}")
	case name == "":
		c.at("SL207", s, "the command is empty", "")
	case !fromLine && strings.ContainsAny(name, " \t\"'"):
		c.at("SL207", s, fmt.Sprintf("%q is a whole command line in one element", name), "write it as run: "+name+"\nor as command: and args:")
	}
}

func yamlValue(s string) string {
	if s == "" || strings.ContainsAny(s, ":#{}[],&*!|>'\"%@` ") {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return s
}

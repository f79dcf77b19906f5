package validate

import (
	"fmt"
	"slices"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
)

// builtins are the words that only a shell executes, and what the language
// has for them.
var builtins = map[string]string{
	"cd": "leave it out: a job runs in its dir:", "pushd": "write dir:", "popd": "write dir:",
	"export": "write env:", "declare": "write env:", "typeset": "write env:", "readonly": "write env:", "local": "write env:",
	"set": "there is nothing to set: jobs fail by themselves", "unset": "children see only what passes or stands in env:", "shopt": "there is nothing to set",
	"source": "write env_file: for variables", ".": "write env_file: for variables",
	":": "write true", "builtin": "leave it out", "mapfile": "use params, or stdin:", "readarray": "use params, or stdin:",
	"alias": "write the command out", "unalias": "write the command out",
	"umask": "write umask:", "exec": "leave it out: every command is executed directly",
	"eval": "write the command out", "trap": "write a job with after: for clean-up", "wait": "jobs wait for what they need",
	"read": "use params, or stdin:", "return": "the exit code is the command's own", "exit": "the exit code is the command's own", "shift": "use params",
	"break": "use matrix: with exclude:", "continue": "use matrix: with exclude:", "ulimit": ownCommand, "getopts": "use params", "let": "use params", "hash": ownCommand, "type": ownCommand,
	"bg": ownCommand, "fg": ownCommand, "jobs": ownCommand, "disown": "write detach: true", "history": ownCommand,
	"if": "write when:", "then": "write when:", "else": "write when:", "elif": "write when:", "fi": "write when:", "case": "write when:", "esac": "write when:",
	"for": "write matrix:", "while": "write retry:, or matrix:", "until": "write retry:, or ready: for the service that is waited for", "do": "write matrix:", "done": "write matrix:", "select": "use params",
	"function": "make it a job", "!": "say with ok: which exit codes are success", "{": "make it a job", "}": "make it a job", "[[": "use test", "]]": "use test",
}

// isCompound reports whether word begins a command of a shell that has others
// in it, or a test.
func isCompound(word string) bool {
	switch word {
	case "if", "for", "while", "until", "case", "select", "function", "{", "[[":
		return true
	}
	return false
}

const ownCommand = "it is a shell's own command"

// builtinHint is what to write for the builtin called name with args.
func builtinHint(name string, args []string) string {
	switch one := len(args) == 1; {
	case (name == "cd" || name == "pushd") && one:
		return "write dir: " + pathText(args[0])
	case name == "export" && one && isAssignment(args[0]):
		return "write " + envHint(args)
	case name == "umask" && one:
		return `write umask: "` + args[0] + `"`
	case (name == "source" || name == ".") && one:
		return "write env_file: " + yamlLine(args[0]) + " if it only sets variables"
	}
	return builtins[name]
}

// pathText is a path of a shell as the language writes it.
func pathText(path string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		path = "${env.HOME}" + path[1:]
	}
	return yamlLine(path)
}

// envText is assignments of a shell as an env.
func envText(assignments []string) string {
	pairs := make([]string, len(assignments))
	for i, a := range assignments {
		name, value, _ := strings.Cut(a, "=")
		pairs[i] = name + ": " + yamlValue(value)
	}
	return "env: {" + strings.Join(pairs, ", ") + "}"
}

// envHint is what to write for assignments of a shell. What tells a process of
// its channel is set by sluice alone (SL112).
func envHint(assignments []string) string {
	var own, lines []string
	for _, a := range assignments {
		if name, _, _ := strings.Cut(a, "="); slices.Contains(spec.ChannelVars(), name) {
			lines = []string{"channel: true"}
		} else {
			own = append(own, a)
		}
	}
	if len(own) > 0 {
		lines = append(lines, envText(own))
	}
	return strings.Join(lines, "\n")
}

// thenOf finds the operator of "cd DIR && COMMAND" and the command. at is -1
// where l is nothing like it.
func thenOf(l spec.Line) (at int, command string) {
	if len(l.Words) < 2 || l.Words[0].Text.Value != "cd" || len(l.Found) == 0 {
		return -1, ""
	}
	f := l.Found[0]
	if f.Kind != spec.FoundOperator || f.Word != 1 || f.Text != "&&" && f.Text != ";" {
		return -1, ""
	}
	return 0, strings.TrimSpace(string([]rune(l.Value)[f.At+len(f.Text):]))
}

// isAssignment reports whether a shell would set a variable by word.
func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && spec.IsEnvName(name)
}

// firstWord judges the word of l that names the program; fix writes l in the
// language, where that is certain.
func (c *check) firstWord(l spec.Line, fix *diag.Fix) {
	first := l.Words[0].Text
	words := shellWords([]rune(l.Value))
	if len(words) == 0 || first.Value == "" {
		c.add("SL207", l.Words[0].Pos, 2, "the command is empty", "")
		return
	}
	var texts []string
	for _, w := range words {
		texts = append(texts, w.text)
	}
	length := words[0].to - words[0].from
	if _, isBuiltin := builtins[first.Value]; isBuiltin {
		args := texts[1:]
		at, then := thenOf(l)
		if at >= 0 {
			args = args[:1]
		}
		hint := builtinHint(first.Value, args)
		if then != "" {
			hint += "\nrun: " + yamlLine(then)
		}
		c.add("SL208", l.Words[0].Pos, length, belongsToShell(first.Value), hint)
		return
	}
	if name := strings.TrimLeft(texts[0], "@+"); name != texts[0] && name != "" {
		c.add("SL208", l.Words[0].Pos, length, texts[0]+": a prefix of make's recipes; there is no such program", "write "+name)
		return
	}
	if isAssignment(texts[0]) {
		c.add("SL208", l.Words[0].Pos, length, texts[0]+": there is no shell to set a variable", assignmentHint([]rune(l.Value))).Fix = fix
	}
}

// assignmentHint is what to write for line, which begins with assignments.
func assignmentHint(line []rune) string {
	var set []string
	for _, w := range shellWords(line) {
		if !isAssignment(w.text) {
			return "write " + envHint(set) + "\nrun: " + yamlLine(string(line[w.from:]))
		}
		set = append(set, w.text)
	}
	return "write " + envHint(set)
}

func belongsToShell(name string) string {
	return name + " belongs to the shell; there is no such program"
}

// commandName judges t, the value of command in a mapping that stands as layout
// says, which args follow.
func (c *check) commandName(t spec.Template, args []spec.Arg, layout spec.Layout) {
	name := t.Value
	_, isBuiltin := builtins[name]
	switch {
	case t.Literal || len(t.Refs()) > 0 && !isAssignment(name):
	case isBuiltin:
		c.at("SL208", t.String, belongsToShell(name), builtinHint(name, argTexts(args)))
	case isAssignment(name):
		c.at("SL208", t.String, name+": there is no shell to set a variable", assignmentHint([]rune(name)))
	case name == "":
		c.at("SL207", t.String, "the command is empty", "")
	case strings.ContainsAny(name, " \t\"'"):
		c.at("SL207", t.String, fmt.Sprintf("%q is a whole command line in one element", name), "write it as run: "+yamlLine(name)+"\nor as command: and args:").Fix = commandFix(layout, t)
	}
}

func argTexts(args []spec.Arg) (texts []string) {
	for _, a := range args {
		texts = append(texts, a.Text.Value)
	}
	return texts
}

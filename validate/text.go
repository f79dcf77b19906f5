package validate

import (
	"slices"
	"strings"
	"unicode/utf8"

	"sluice/spec"
	"sluice/spec/diag"
)

// The text rules. No shell ever sees a job file's text, so a metacharacter is
// harmless to sluice; the danger is an author who thinks that one will act on
// it. Each message says what to write instead.

// lineText judges what stands unquoted in a one-line command. isStage says
// that the line is a stage of a pipe; fix writes it in the language, where that
// is certain.
func (c *check) lineText(l spec.Line, isStage bool, fix *diag.Fix) {
	if len(l.Words) > 0 && isCompound(l.Words[0].Text.Value) {
		return // the message about that word is about the whole line
	}
	told := map[string]bool{}
	if at, _ := thenOf(l); at >= 0 {
		told[l.Found[at].Text] = true // the message about cd has it
	}
	for i, f := range l.Found {
		if c.list.Full() {
			return
		}
		switch f.Kind {
		case spec.FoundQuote: // reported by line
		case spec.FoundOperator:
			switch {
			case f.Text == "\n" && told["<<"]:
				return // the text of a here-document
			case told[f.Text], f.Text == ")" && told["("], f.Text == "(" && told["<("]:
				continue // what to write instead is one thing for all of a kind
			case isRedirection(f.Text) && i+1 < len(l.Found) && l.Found[i+1].Text == "(" && l.Found[i+1].At == f.At+1:
				if told["<("] {
					continue
				}
				f.Text += "("
				told["<("], told[")"] = true, true
				c.found("SL203", f, "unquoted "+f.Text+": there is no shell to substitute a process", processHint(f.Text))
				continue
			}
			told[f.Text] = !isRedirection(f.Text) || strings.HasPrefix(f.Text, "<<")
			c.operator(l, f, isStage, fix)
		default:
			c.dollarOrPattern(l, f, c.asText(l, f))
		}
	}
}

// operator reports f, an operator of l.
func (c *check) operator(l spec.Line, f spec.Finding, isStage bool, fix *diag.Fix) {
	rule := "SL203"
	if slices.Contains(operators, f.Text) {
		rule = "SL201"
	}
	if last := strings.TrimSpace(string([]rune(l.Value)[f.At+len([]rune(f.Text)):])) == ""; last && f.Text == "\n" {
		c.found(rule, f, "a line break at the end of the command", "write |- or >- instead of | or >, which leaves it out")
		return
	} else if last && f.Text == ";" {
		c.found(rule, f, "unquoted ;: there is no shell to end a command with it", "remove it, or write \\; where it is text")
		return
	} else if last && f.Text == "&" {
		c.found(rule, f, "unquoted &: "+operatorMeaning(f.Text), "remove it: jobs that do not need each other run side by side\n"+backgroundHint)
		return
	}
	hint := c.operatorHint(l, f, isStage)
	if chunk, ok := within([]rune(l.Value), f.At); ok && f.Text == "&" && !strings.ContainsAny(chunk, "'\"\\`$") {
		hint += "\nquote it if the text is meant: " + quoted(chunk) // a URL, most often
	}
	c.found(rule, f, "unquoted "+showText(f.Text)+": "+operatorMeaning(f.Text), hint).Fix = fix
}

// within is what stands around the code point with index at, up to the next
// blanks; ok is false where one of them is right beside it.
func within(text []rune, at int) (chunk string, ok bool) {
	blank := func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' }
	from, to := at, at+1
	for from > 0 && !blank(text[from-1]) {
		from--
	}
	for to < len(text) && !blank(text[to]) {
		to++
	}
	return string(text[from:to]), from < at && to > at+1
}

// found adds a problem at f.
func (c *check) found(rule string, f spec.Finding, msg, hint string) *diag.Problem {
	return c.add(rule, f.Pos, len([]rune(f.Text)), msg, hint)
}

func showText(s string) string {
	if s == "\n" {
		return "line break"
	}
	return s
}

// operators stand as elements of their own in shell text.
var operators = []string{"|", "||", "&&", ";", "&", ">", ">>", "<", "<<", "<<<", "2>", "2>>", "1>", "2>&1", "1>&2", ">&2", "|&", "&>", "&>>", ">&", "1>>", ">|"}

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

func isRedirection(op string) bool { return strings.ContainsAny(op, "<>") }

// operatorHint says what the language has for the operator f of l.
func (c *check) operatorHint(l spec.Line, f spec.Finding, isStage bool) string {
	if f.Text == "|" || f.Text == "|&" {
		if p, ok := pipeOf(l); ok {
			return p.hint(isStage)
		}
		return "write a pipe: with one stage for each command"
	}
	target := "FILE"
	if w, ok := c.wordAt(l.Value, f.At+len([]rune(f.Text))); ok && !strings.HasPrefix(w.text, "&") {
		target = w.text
	}
	key, value := stream(f.Text, target)
	switch {
	case key == "stdout" && f.At < lastPipe(l):
		return "only the last command of a pipeline writes where stdout: says; make this a job of its own"
	case key == "stdin" && behindPipe(l, f):
		return "only the first command of a pipeline reads what stdin: says; make this a job of its own"
	case isStage && key == "stderr":
		return "make the stage a mapping: {run: …, stderr: " + value + "}"
	case isStage && key != "":
		return "write " + key + ": " + value + " beside pipe"
	}
	return elementHint(f.Text, target)
}

// behindPipe reports whether a | of l stands before f.
func behindPipe(l spec.Line, f spec.Finding) bool {
	return slices.ContainsFunc(l.Found, func(g spec.Finding) bool { return g.At < f.At && (g.Text == "|" || g.Text == "|&") })
}

// elementHint is what the language has for a shell operator; target is the
// word that follows it.
func elementHint(op, target string) string {
	if key, value := stream(op, target); key != "" {
		return "write " + key + ": " + value
	}
	switch op {
	case "&>", "&>>", ">&":
		if target == "FILE" {
			break
		}
		_, value := stream(strings.Trim(op, "&"), target)
		return "write stdout: " + value + " and stderr: stdout"
	case "1>&2", ">&2":
		return "a job's streams go where stdout: and stderr: say"
	case "|", "|&":
		return "write a pipe: with one stage for each command"
	case "&&":
		return "make two jobs, the second with needs: on the first"
	case "||":
		return "make two jobs, the second with after: on the first; or say with ok: which exit codes are success"
	case ";", "\n", ";;":
		return "make two jobs, the second with needs: (or after:, if the first may fail)"
	case "(", ")":
		return "make it a job of its own, with its dir: and env:\nquote it if the text is meant"
	case "&":
		return "make it a job of its own: jobs that do not need each other run side by side\n" + backgroundHint
	}
	return "quote it if the text is meant"
}

// backgroundHint is what stands for a command that others do not wait for.
const backgroundHint = "add service: true if it is there for other jobs, detach: true if it is to run on when sluice has ended"

// dollarOrPattern judges findings that mean the same in a line and in an
// element. mark says how to write f where its text is meant.
func (c *check) dollarOrPattern(l spec.Line, f spec.Finding, mark string) {
	word := f.Text
	if w, ok := c.wordAt(l.Value, f.At); ok {
		word = w.text
	}
	switch f.Kind {
	case spec.FoundExpansion:
		hint := expansionHint(f.Text)
		if inLine := l.Value != ""; !inLine || !strings.HasSuffix(f.Text, "'") && !strings.HasSuffix(f.Text, `"`) {
			hint += "\n" + mark
		}
		c.found("SL202", f, f.Text+": nothing is expanded here", hint)
	case spec.FoundBadRef:
		c.found("SL103", f, f.Text+": a ${ without its }", "references look like ${params.name}\n"+mark)
	case spec.FoundGlob:
		c.found("SL205", f, f.Text+": file names are not matched here", "as an element of args write {glob: "+yamlValue(ourNames(word))+"}\n"+mark)
	case spec.FoundBrace:
		c.found("SL205", f, f.Text+": braces are not spread here", "write the words out\n"+mark)
	case spec.FoundTilde:
		c.found("SL206", f, "a leading ~ is not expanded here", tildeHint(word)+"\n"+mark).Fix = c.lineHomeFix(l)
	case spec.FoundComment:
		c.found("SL203", f, "a # that begins a word: a shell would ignore the rest of the line", "a comment of YAML goes behind the closing quote\n"+mark)
	}
}

// processHint says how to write a process substitution, <( or >(.
func processHint(op string) string {
	if strings.HasPrefix(op, ">") {
		return "write a stage of its own: {tee: [COMMAND]}"
	}
	return "write command: and args: […, {input: NAME}], and inputs: {NAME: COMMAND}"
}

// ourNames is word with the variables of a shell as references.
func ourNames(word string) string {
	return shellVariable().ReplaceAllString(word, "$${env.$1$2}")
}

// tildeHint is what to write for word, which begins with ~.
func tildeHint(word string) string {
	if word == "~" || strings.HasPrefix(word, "~/") {
		return "write ${env.HOME}" + word[1:]
	}
	return "write the path of that user's home directory"
}

var (
	shellVariable = lazyRegexp(`\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})`)
	shellName     = lazyRegexp(`^\$\{?([A-Za-z_][A-Za-z0-9_]*)(:?-)?`)
	spacedRef     = lazyRegexp(`^\$\{\{? *([a-z]+\.[A-Za-z0-9_.-]+) *\}`) // as other tools write them
)

func expansionHint(text string) string {
	switch m := shellName().FindStringSubmatch(text); {
	case strings.HasPrefix(text, "$("), strings.HasPrefix(text, "`"):
		return "give the inner command a job with stdout: {capture: {}}, need it, and write ${jobs.NAME.stdout}"
	case strings.HasPrefix(text, "$'"), strings.HasPrefix(text, `$"`):
		return "only a shell knows that kind of quote; write the characters themselves"
	case spacedRef().MatchString(text):
		return "write ${" + spacedRef().FindStringSubmatch(text)[1] + "}"
	case strings.ContainsAny(text[1:min(2, len(text))], "0123456789@*#"):
		return "a job has no positional arguments: declare a param, and write ${params.name}"
	case m != nil && slices.Contains(spec.Roots(), m[1]):
		return "a reference has a name, such as ${params.name} or ${env.HOME}"
	case m != nil && slices.Contains(spec.Roots(), strings.ToLower(m[1])) && strings.Contains(text, "."):
		return "a reference begins in lower case, such as ${params.name} or ${env.HOME}"
	case m != nil && m[2] != "":
		return "declare a param with that default:, and write ${params." + strings.ToLower(m[1]) + "}"
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
	mark := elementMark(t, p)
	if at := strings.Index(t.Value, "\n"); at >= 0 && p <= placeArg {
		// A program's text: what else is in it would be told for nothing.
		c.add("SL203", t.At(utf8.RuneCountInString(t.Value[:at])), 1, "a line break: in an element a text of several lines must be marked", mark).Fix = markFix(t, p, "\n")
		return
	}
	for _, f := range t.Found {
		if quote := strings.TrimPrefix(f.Text, "$"); (quote == "'" || quote == `"`) && strings.Count(string([]rune(t.Value)[f.At:]), quote) < 2 {
			continue // it quotes nothing: {"price": "$"}
		}
		c.dollarOrPattern(spec.Line{}, f, mark)
	}
	if home := t.Value == "~" || strings.HasPrefix(t.Value, "~/"); home && p == placeEnv || strings.HasPrefix(t.Value, "~") && (p.isPath() || p <= placeArg) {
		problem := c.add("SL206", t.At(0), 1, "a leading ~ is not expanded here", tildeHint(t.Value)+"\n"+mark)
		if p != placeEnvFile { // which is read before the environment is known
			problem.Fix = homeFix(t.String, 0)
		}
	}
	if p > placeArg {
		return
	}
	op, escaped := strings.CutPrefix(t.Value, `\`)
	switch {
	case escaped && slices.Contains(operators, op):
		c.at("SL203", t.String, t.Value+": there is no shell to take the backslash away", "write {literal: '"+op+"'}")
	case slices.Contains(operators, t.Value):
		c.at("SL201", t.String, t.Value+": there is no shell to act on it", elementHint(t.Value, "FILE")+"\n"+mark)
	default:
		c.elementSyntax(t, p, mark)
	}
}

// elementMark says how to write t, which stands at p, where its text is meant.
// In a literal nothing is substituted, so one with references needs another way.
func elementMark(t spec.Template, p place) string {
	switch refs := len(t.Refs()) > 0; {
	case p == placeGlob:
		return "write {glob: {literal: '" + strings.ReplaceAll(t.Value, "'", "''") + "'}} if the $ is meant"
	case refs && p == placeArg:
		text := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`").Replace(t.Value)
		for _, f := range t.Found {
			text = strings.Replace(text, f.Text, `\`+f.Text, 1)
		}
		return `in a run: line, in double quotes, it is text: "` + text + `"`
	case refs:
		return "if the text is meant, make it the default of a param with a pattern:, and write ${params.NAME} here"
	case strings.ContainsAny(t.Value, "\n\t"):
		return "write {literal: …} if the text is meant"
	}
	return "write {literal: '" + strings.ReplaceAll(t.Value, "'", "''") + "'} if the text is meant"
}

// elementSyntax judges what a shell would read within t, a command or an
// argument.
func (c *check) elementSyntax(t spec.Template, p place, mark string) {
	text := t.Masked()
	offset := func(byteAt int) int { return utf8.RuneCountInString(text[:byteAt]) }
	written := func(from, to int) string { return string([]rune(t.Value)[offset(from):offset(to)]) }
	if m := metaSyntax().FindStringIndex(text); m != nil && !overlaps(t.Found, t.At(offset(m[0]))) {
		rule, op, hint := "SL203", text[m[0]:m[1]], ""
		if op == "`" {
			rule, hint = "SL202", expansionHint(op)+"\n"
		} else if target := text[m[1]:]; m[0] == 0 && p == placeArg && !strings.ContainsAny(target, "|&;<>()`") {
			if key, value := stream(op, written(m[1], len(text))); key != "" { // 2>/dev/null
				hint = "write " + key + ": " + value + "\n"
			}
		}
		c.add(rule, t.At(offset(m[0])), len([]rune(op)), showText(op)+": a shell metacharacter; no shell will act on it", hint+mark).Fix = markFix(t, p, op)
	}
	if m := globSyntax().FindStringIndex(text); m != nil {
		hint := "write {glob: '" + ourNames(t.Value) + "'} to match file names\n"
		if p == placeCommand {
			hint = "name one program\n"
		}
		found := written(m[0], m[1])
		c.add("SL205", t.At(offset(m[0])), len([]rune(found)), found+": file names are not matched in an element", hint+mark)
	}
	if m := braceSyntax().FindStringIndex(text); m != nil {
		found := written(m[0], m[1])
		c.add("SL205", t.At(offset(m[0])), len([]rune(found)), found+": braces are not spread", "write the words out\n"+mark)
	}
}

// markFix marks argument t, in which op was found, as text. There is none where
// the author may have wanted what a shell does: a redirection, an expansion.
func markFix(t spec.Template, p place, op string) *diag.Fix {
	if p != placeArg || op == "`" || isRedirection(op) || len(t.Refs()) > 0 || len(t.Found) > 0 || strings.HasPrefix(t.Value, "~") {
		return nil
	}
	return literalFix(t)
}

func overlaps(found []spec.Finding, pos diag.Pos) bool {
	return slices.ContainsFunc(found, func(f spec.Finding) bool {
		return f.Pos.Line == pos.Line && pos.Col >= f.Pos.Col && pos.Col < f.Pos.Col+len([]rune(f.Text))
	})
}

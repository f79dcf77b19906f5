package validate

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"sluice/spec"
	"sluice/spec/diag"
)

// The rules on programs: commands that start a shell or run the text of a
// program. They look at an argv as the programs in it would, and through
// programs that only start another one. They guide and are no boundary: any
// program may start any other.

// deepest bounds how many programs that start one another are looked through.
const deepest = 32

// call is one program and its arguments, found in the argv of a job.
type call struct {
	name    string // without its directory and version
	argv    []word
	through string // what starts it, each with a blank behind: "nice env "
	depth   int    // how many programs that is
}

func (c call) args() []word { return c.argv[1:] }

// says is how messages call c with what follows its name.
func (c call) says(more ...string) string {
	words := []string{c.through + path.Base(c.argv[0].text)}
	for _, m := range more {
		if n := utf8.RuneCountInString(m); n > 24 { // an option with a text attached
			m = string([]rune(m)[:24]) + "…"
		}
		words = append(words, m)
	}
	return strings.Join(words, " ")
}

// inquiry looks at one argv.
type inquiry struct {
	found   []onProgram
	written []string // the job's arguments as they stand in the file, with their references
	isStage bool
	ok      []spec.Int // exit codes that count as success
}

// onProgram is what a rule has to say of an argument.
type onProgram struct {
	rule, msg, hint string
	at              word
	warning         bool
}

func (q *inquiry) add(rule string, at word, msg, hint string) {
	q.found = append(q.found, onProgram{rule: rule, at: at, msg: msg, hint: hint})
}

// asWritten is w, an argument of the job as a whole, as it stands in the file.
func (q *inquiry) asWritten(w word) string {
	if w.at < len(q.written) && utf8.RuneCountInString(q.written[w.at]) == utf8.RuneCountInString(w.text) {
		return q.written[w.at]
	}
	return w.text
}

// look applies the rules to argv, which the programs in through start.
func (q *inquiry) look(argv []word, through string, depth int) {
	if len(argv) == 0 || depth > deepest {
		return
	}
	if judge, name := judgeOf(argv[0].text); judge != nil {
		judge(q, call{name, argv, through, depth})
	}
}

// tail looks at argv, which c starts, called with what follows c's name.
func (q *inquiry) tail(c call, argv []word, more ...string) {
	q.look(argv, c.says(more...)+" ", c.depth+1)
}

// judgement says of a call what is wrong with it.
type judgement func(*inquiry, call)

// judgeOf finds what judges the program called command, which may be a path;
// nil for one that no rule knows. name is what the tables call it.
func judgeOf(command string) (judge judgement, name string) {
	name = path.Base(command)
	// A relative path is most often a file of the project that only happens to
	// be called like another program; but a venv/bin/python is one.
	others := command == name || path.IsAbs(command)
	for {
		if judge = interpreterJudge(name); judge == nil && others {
			if judge = wrapperJudge(name); judge == nil {
				judge = optionJudge(name)
			}
		}
		plain := strings.TrimRight(strings.TrimRight(name, "0123456789."), "-")
		if judge != nil || plain == name {
			return judge, name
		}
		name = plain // python3.11, gcc-12
	}
}

// programs looks at one argv of j, written as a line or as command and args.
func (c *check) programs(j *spec.Job, run spec.Line, command spec.Template, args []spec.Arg, isStage bool) {
	if run.IsSet() {
		words := commandOf(run)
		if len(words) == 0 {
			return
		}
		command, args = words[0].Text, words[1:]
	}
	first := command.Masked()
	if judge, _ := judgeOf(first); judge == nil {
		return
	}
	argv := append(make([]word, 0, 1+len(args)), word{first, 0})
	q := inquiry{written: append(make([]string, 0, 1+len(args)), command.Value), isStage: isStage, ok: j.OK.Items}
	for i, a := range args {
		text := "x"
		if a.Kind != spec.ArgParam {
			text = a.Text.Masked()
		}
		argv = append(argv, word{text, i + 1})
		q.written = append(q.written, a.Text.Value)
	}
	q.look(argv, "", 0)
	places := argPlaces(run, command, args)
	for _, f := range q.found {
		if c.list.Full() {
			return
		}
		pos, length := places(f.at.at)
		if p := c.add(f.rule, pos, length, f.msg, f.hint); f.warning {
			p.Severity = diag.Warning
		}
	}
}

// commandOf is the words of l up to the first operator of a shell: what is
// behind it is no argument, which was told.
func commandOf(l spec.Line) []spec.Arg {
	for _, f := range l.Found {
		if f.Kind != spec.FoundOperator {
			continue
		}
		end := f.Word + 1
		if f.Text[0] >= '0' && f.Text[0] <= '9' {
			end-- // the descriptor was taken for a word
		}
		return l.Words[:min(end, len(l.Words))]
	}
	return l.Words
}

// argPlaces tells where the argument with an index stands, and how long it is
// there, its quotes included.
func argPlaces(run spec.Line, command spec.Template, args []spec.Arg) func(at int) (diag.Pos, int) {
	var words []shellWord
	placeOf := run.Places()
	if run.IsSet() {
		words = shellWords([]rune(run.Value))
	}
	return func(at int) (diag.Pos, int) {
		text := command
		if at > 0 {
			text = args[at-1].Text
		}
		switch {
		case !run.IsSet() && at > 0 && args[at-1].Kind == spec.ArgParam:
			return args[at-1].Pos, args[at-1].Param.Len()
		case !run.IsSet():
			return text.Pos, text.Len()
		case at >= len(words) || placeOf(words[at].from) != text.Pos || text.Pos == run.Pos && at > 0:
			return text.Pos, 1 // a folded line, of which only the beginning has a place
		}
		last := placeOf(words[at].to - 1)
		if last.Line != text.Pos.Line {
			return text.Pos, 1
		}
		return text.Pos, last.Col - text.Pos.Col + 1
	}
}

// allowHint says how to waive rule.
func allowHint(rule string) string {
	return fmt.Sprintf("where nothing else will do: allow: [{rule: %s, reason: …}]", rule)
}

package validate

import (
	"fmt"
	"strings"
)

// interpreterJudge finds what judges the interpreter called name: a program
// that runs the text of another one (SL301).
func interpreterJudge(name string) judgement {
	switch name {
	case "sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "lksh", "oksh", "pdksh", "yash", "posh", "rbash", "fish", "csh", "tcsh", "elvish", "nu", "xonsh":
		return (*inquiry).shell
	case "awk", "gawk", "mawk", "nawk", "original-awk":
		return (*inquiry).awk
	case "sed", "gsed":
		return (*inquiry).sed
	case "vi", "vim", "nvim", "ex", "view", "gvim", "rvim", "vimdiff":
		return (*inquiry).vim
	case "gdb", "lldb":
		return (*inquiry).debugger
	case "make", "gmake":
		return (*inquiry).make
	case "dc":
		return (*inquiry).dc
	case "deno":
		return (*inquiry).deno
	case "powershell", "pwsh":
		return (*inquiry).powershell
	case "at":
		return (*inquiry).at
	}
	if _, ok := interpreterOf(name); ok {
		return (*inquiry).interpreter
	}
	return nil
}

// interpreter is how a language's program takes program text.
type interpreter struct {
	grammar
	text  string // the options whose value is text of a program
	stdin bool   // without any argument it reads its program from standard input
}

func interpreterOf(name string) (interpreter, bool) {
	switch name {
	case "python", "pypy", "micropython", "jython", "ipython":
		return interpreter{grammar{short: "c:m:W:X:Q:", long: "check-hash-based-pycs=", ends: "c m", stop: true, exact: true}, "c", true}, true
	case "perl":
		return interpreter{grammar{short: "e:E:I:M?m?F?i?x?d?D?V?C#0#l#", stop: true, exact: true}, "e E", true}, true
	case "ruby", "jruby", "truffleruby":
		return interpreter{grammar{short: "e:I:r:C:E:F?i?x?W?K?T?0#", long: "encoding= external-encoding= internal-encoding= enable= disable=", stop: true, exact: true}, "e", true}, true
	case "node", "nodejs", "bun", "tsx", "ts-node":
		return interpreter{grammar{short: "e:p:r:C:P:", long: "eval= print= require= import= loader= experimental-loader= input-type= conditions= env-file= project= preload=", stop: true, exact: true}, "e p eval print", name != "bun"}, true
	case "php":
		return interpreter{grammar{short: "r:R:B:E:F:f:d:c:z:S:t:", long: "run= process-code= process-begin= process-end= file= define= php-ini=", stop: true, exact: true}, "r R B E run process-code process-begin process-end", true}, true
	case "lua", "luajit", "texlua":
		return interpreter{grammar{short: "e:l:j:O?b?", stop: true, exact: true}, "e", true}, true
	case "tclsh", "expect":
		return interpreter{grammar{short: "c:f:", stop: true, exact: true}, "c", true}, true
	case "osascript":
		return interpreter{grammar{short: "e:l:s:", stop: true}, "e", true}, true
	case "R", "Rscript":
		return interpreter{grammar{short: "e:f:g:d:", long: "default-packages= file= args", ends: "args", stop: true, exact: true}, "e", false}, true
	case "julia":
		return interpreter{grammar{short: "e:E:L:J:p:t:C:H:", long: "eval= print= load= project? threads= procs=", stop: true}, "e E eval print", false}, true
	case "elixir":
		return interpreter{grammar{short: "e:r:p?", long: "eval= rpc-eval= require= sname= name= cookie= erl=", stop: true, exact: true, single: true}, "e eval rpc-eval", false}, true
	case "guile":
		return interpreter{grammar{short: "c:e:l:s:L:C:x:", ends: "c s", stop: true, exact: true}, "c", false}, true
	case "racket", "groovy", "scala", "clojure", "clj", "bb", "gnuplot", "swift", "ocaml", "ghc":
		return interpreter{grammar{short: "e:", long: "eval= expression= execute=", stop: true, exact: true}, "e eval expression execute", false}, true
	case "sbcl", "octave", "octave-cli", "emacs", "erl":
		return interpreter{grammar{long: "eval= execute= load= path=", stop: name == "sbcl", exact: true, single: true}, "eval execute", false}, true
	}
	return interpreter{}, false
}

const scriptHint = "put the program into a file with a #! line and run that"

func (q *inquiry) interpreter(c call) {
	p, _ := interpreterOf(c.name)
	opts, rest := p.parse(c.args())
	if o, ok := pick(opts, p.text); ok && o.given {
		q.text(c, o)
		return
	}
	if c.name == "bun" && len(rest) > 1 && rest[0].text == "exec" {
		q.add("SL301", rest[0], c.says("exec")+" gives the text after it to a shell", shellHint(c, q.asWritten(rest[1])))
		return
	}
	_, other := pick(opts, p.ends+" f file")
	if p.stdin && !other && (len(c.args()) == 0 || len(rest) > 0 && isStdin(rest[0].text)) {
		q.stdin(c)
	}
}

// text reports the program text of option o.
func (q *inquiry) text(c call, o option) {
	msg := c.says(optionText(o)) + " runs the text after it as a program"
	if o.value.at == o.at.at {
		msg = c.says(optionText(o)) + " runs the text in it as a program"
	}
	q.add("SL301", o.at, msg, scriptHint+"\n"+allowHint("SL301"))
}

// optionText is the option o as it was written, without a value behind =.
func optionText(o option) string {
	text := o.at.text
	if o.given && o.value.at == o.at.at {
		text = strings.TrimRight(strings.TrimSuffix(text, o.value.text), "=")
	}
	return text
}

func (q *inquiry) stdin(c call) {
	q.add("SL301", c.argv[0], c.says()+" without a file reads its program from standard input", scriptHint+"\n"+allowHint("SL301"))
}

func isStdin(name string) bool {
	return name == "-" || name == "/dev/stdin" || name == "/dev/fd/0" || name == "/proc/self/fd/0"
}

// shell judges a shell. A script that stands in a file is reviewed as one; the
// text after -c is not, nor is what comes from standard input.
func (q *inquiry) shell(c call) {
	g := grammar{short: "o:O:", long: "rcfile= init-file= command= init-command=", stop: true, exact: true, plus: true}
	opts, rest := g.parse(c.args())
	if o, ok := pick(opts, "c command init-command"); ok {
		text := o.value.text
		if !o.given && len(rest) > 0 {
			text = q.asWritten(rest[0])
		}
		msg := c.says(optionText(o)) + " starts a shell with the text after it"
		if o.given {
			msg = c.says(optionText(o)) + " starts a shell with the text in it"
		}
		q.add("SL301", o.at, msg, shellHint(c, text))
		return
	}
	if _, ok := pick(opts, "version help"); ok {
		return
	}
	_, reads := pick(opts, "s")
	if reads || len(rest) == 0 || isStdin(rest[0].text) {
		q.add("SL301", c.argv[0], c.says()+" without a script reads commands from standard input", "put the commands into a file with a #! line and run that\n"+allowHint("SL301"))
	}
}

// shellHint is what to write for text, which c gives to a shell.
func shellHint(c call, text string) string {
	first := "write its commands as stages of a pipe:, or as a script with a #! line; variables as env:, file names as {glob: …}"
	if text != "" && strings.Trim(text, " ") == text && !strings.ContainsAny(text, "|&;<>()$`\\\"'*?[]{}~#=!\n") {
		if word, _, _ := strings.Cut(text, " "); builtins[word] == "" {
			first = "no shell is needed: run: " + yamlLine(text)
			if c.depth > 0 {
				first = "no shell is needed: write its words in the place of the shell: " + text
			}
		}
	}
	return first + "\n" + allowHint("SL301")
}

// vim judges vim and its kin, whose commands can start a shell.
func (q *inquiry) vim(c call) {
	g := grammar{short: "c:S:s:u:U:i:t:T:w:W:p?o?O?", long: "cmd=", exact: true}
	opts, rest := g.parse(c.args())
	if o, ok := pick(opts, "c cmd"); ok && o.given {
		q.text(c, o)
		return
	}
	for _, w := range rest { // +12 and +/pattern are places in the file
		if len(w.text) > 1 && w.text[0] == '+' && strings.Trim(w.text[1:], "0123456789$") != "" && w.text[1] != '/' {
			q.add("SL301", w, c.says(w.text)+" runs a command of the editor", scriptHint+"\n"+allowHint("SL301"))
			return
		}
	}
}

// debugger judges commands of a debugger that start a shell, or run a text in
// a language that can.
func (q *inquiry) debugger(c call) {
	g := grammar{short: "x:d:s:e:c:p:o:O:k:K:S:", long: "ex= iex= eval-command= init-eval-command= eval-command= command= args one-line= one-line-before-file= source= batch", ends: "args", exact: true, single: c.name == "gdb"}
	opts, rest := g.parse(c.args())
	for _, o := range opts {
		if listed("ex iex eval-command init-eval-command o O one-line one-line-before-file", o.name) && startsFromDebugger(o.value.text) {
			q.add("SL301", o.at, c.says(optionText(o))+" starts a shell or runs a script with the text after it", scriptHint+"\n"+allowHint("SL301"))
			return
		}
	}
	if _, ok := pick(opts, "args"); ok {
		q.tail(c, rest, "--args")
	}
}

func startsFromDebugger(command string) bool {
	word, _, _ := strings.Cut(strings.TrimLeft(command, " "), " ")
	switch word {
	case "shell", "she", "python", "py", "python-interactive", "pi", "guile", "gu", "gr", "make", "pipe", "platform", "script":
		return true
	}
	return strings.HasPrefix(word, "!") || strings.HasPrefix(word, "|")
}

// make judges text of a makefile, and the choice of a shell, in arguments.
func (q *inquiry) make(c call) {
	g := grammar{short: "f:C:E:I:o:W:j?l?O?", long: "eval= file= makefile= directory= include-dir= old-file= assume-old= new-file= what-if= assume-new= jobs? load-average? output-sync? environment-overrides"}
	opts, rest := g.parse(c.args())
	for _, o := range opts {
		switch {
		case listed("E eval", o.name) && o.given:
			q.text(c, o)
		case listed("f file makefile", o.name) && isStdin(o.value.text):
			q.add("SL303", o.value, c.says("-f", o.value.text)+" reads a makefile, which is shell text, from standard input", "give it the name of a file\n"+allowHint("SL303"))
		}
	}
	for _, w := range rest {
		name, _, ok := strings.Cut(w.text, "=")
		if name = strings.TrimRight(name, ":+?!"); ok && (name == "SHELL" || name == ".SHELLFLAGS") {
			q.add("SL301", w, c.says(name+"=")+" chooses the shell that runs the makefile's text", "write it into the makefile\n"+allowHint("SL301"))
		}
	}
}

func (q *inquiry) dc(c call) {
	opts, _ := grammar{short: "e:f:", long: "expression= file="}.parse(c.args())
	for _, o := range opts {
		text := o.value.text
		if at := strings.IndexByte(text, '!'); listed("e expression", o.name) && at >= 0 && !strings.ContainsAny(text[at+1:min(at+2, len(text))], "<>=") {
			q.add("SL301", o.at, c.says(optionText(o))+": the ! in its text starts a shell", "make the command a job or a stage of its own\n"+allowHint("SL301"))
			return
		}
	}
}

func (q *inquiry) deno(c call) {
	args := c.args()
	switch {
	case len(args) == 0:
	case args[0].text == "eval" && len(args) > 1:
		q.add("SL301", args[0], c.says("eval")+" runs the text after it as a program", scriptHint+"\n"+allowHint("SL301"))
	case args[0].text == "run":
		if _, rest := (grammar{stop: true, exact: true}).parse(args[1:]); len(rest) > 0 && isStdin(rest[0].text) {
			q.stdin(c)
		}
	case args[0].text == "repl":
		opts, _ := grammar{long: "eval=", exact: true}.parse(args[1:])
		if o, ok := pick(opts, "eval"); ok {
			q.text(c, o)
		}
	}
}

// powershell judges PowerShell, whose options are known by any beginning and
// in any case.
func (q *inquiry) powershell(c call) {
	args := c.args()
	for len(args) > 0 {
		w := args[0]
		name := strings.ToLower(strings.TrimLeft(w.text, "-"))
		switch {
		case len(w.text) < 2 || w.text[0] != '-' || strings.HasPrefix("file", name):
			return // a script
		case strings.HasPrefix("commandwithargs", name), strings.HasPrefix("encodedcommand", name), name == "ec", name == "cwa":
			q.text(c, option{name: name, at: w, value: word{at: w.at + 1}, given: true})
			return
		case listed("ep ex executionpolicy version windowstyle w workingdirectory wd outputformat inputformat settingsfile configurationname", name):
			args = args[min(2, len(args)):]
		default:
			args = args[1:]
		}
	}
}

// at judges at, which hands standard input to a shell, later.
func (q *inquiry) at(c call) {
	opts, rest := grammar{short: "q:f:t:c:d:r:"}.parse(c.args())
	if _, ok := pick(opts, "f c d r l V b"); ok || len(rest) == 0 {
		return
	}
	q.add("SL301", c.argv[0], fmt.Sprintf("%s reads commands for a shell from standard input", c.says()), "give it a file with -f\n"+allowHint("SL301"))
}

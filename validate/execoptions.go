package validate

import (
	"path"
	"strings"
)

// optionJudge finds what judges the program called name, which has options
// that start another program (SL303).
func optionJudge(name string) judgement {
	switch name {
	case "git":
		return (*inquiry).git
	case "find", "gfind", "bfs":
		return (*inquiry).find
	case "fd", "fdfind":
		return (*inquiry).fd
	case "ssh", "scp", "sftp", "autossh":
		return (*inquiry).ssh
	case "tar", "gtar":
		return (*inquiry).tar
	case "zip":
		return (*inquiry).zip
	case "go":
		return (*inquiry).goTool
	case "less", "more":
		return (*inquiry).pager
	case "socat":
		return (*inquiry).socat
	case "rsync":
		return (*inquiry).rsync
	}
	if _, ok := starterOf(name); ok {
		return (*inquiry).starter
	}
	return nil
}

// starter is a program with options that start another one.
type starter struct {
	grammar
	always string // options that do, whatever their value is
	named  string // options that do, and a plain name of a program is no surprise
	sub    string // the subcommands that have them; "" where there are none
}

func starterOf(name string) (s starter, ok bool) {
	ok = true
	switch name {
	case "sort", "gsort":
		s.short, s.long, s.named = "k:o:S:t:T:", "compress-program= check? key= output= buffer-size= field-separator= temporary-directory= files0-from= random-source= batch-size= parallel=", "compress-program"
	case "split", "gsplit":
		s.short, s.long, s.always = "a:b:C:l:n:t:", "filter= additional-suffix= bytes= line-bytes= lines= number= separator= suffix-length=", "filter"
	case "gcc", "g++", "cc", "c++", "clang", "clang++", "gfortran":
		s.short, s.long, s.always = "o:I:L:D:U:l:x:", "wrapper= include= isystem= iquote= idirafter= imacros= Xlinker= Xassembler= Xpreprocessor= MF= MT= MQ= arch= target=", "wrapper"
		s.exact, s.single = true, true
	case "npx":
		s.short, s.long, s.always, s.stop, s.exact = "c:p:w:", "call= package= workspace= script-shell=", "c call script-shell", true, true
	case "npm", "pnpm":
		s.short, s.long, s.always, s.sub, s.stop, s.exact = "c:p:w:", "call= package= workspace= script-shell= prefix= shell-mode", "c call script-shell shell-mode", "exec x dlx", true, true
	case "wget":
		s.long, s.always = "use-askpass= execute=", "use-askpass"
	case "curl":
		s.short, s.long, s.exact = "A:b:c:C:d:D:e:E:F:H:K:m:o:P:Q:r:t:T:u:U:w:x:X:y:Y:z:h?", "config=", true
	case "man":
		s.short, s.long, s.named = "C:L:m:M:s:S:e:r:E:p:P:R:H?T?X?", "pager= html? manpath= sections= locale= systems= config-file= preprocessor=", "P pager"
	case "tcpdump":
		s.short, s.long, s.always, s.exact = "B:c:C:E:F:G:i:j:m:M:Q:r:s:T:V:w:W:y:Z:z:", "interface=", "z", true
	case "apt", "apt-get", "apt-cache", "aptitude":
		s.short, s.long = "o:c:t:a:", "option= config-file= target-release="
	case "dpkg":
		s.long, s.always = "pre-invoke= post-invoke= status-logger=", "pre-invoke post-invoke status-logger"
	case "openssl":
		s.long, s.always, s.exact, s.single = "engine= provider= provider-path=", "engine", true, true
	case "rg":
		s.short, s.long, s.named, s.exact = "e:f:g:t:T:A:B:C:m:r:", "pre= hostname-bin=", "pre hostname-bin", true
	case "nc", "ncat", "netcat":
		s.short, s.long, s.always = "e:c:i:p:s:w:x:X:", "exec= sh-exec= lua-exec=", "e c exec sh-exec lua-exec"
	default:
		ok = false
	}
	return s, ok
}

func (q *inquiry) starter(c call) {
	s, _ := starterOf(c.name)
	args, sub := c.args(), ""
	if s.sub != "" {
		if len(args) == 0 || !listed(s.sub, args[0].text) {
			return
		}
		args, sub = args[1:], args[0].text
	}
	opts, _ := s.parse(args)
	for _, o := range opts {
		switch {
		case listed(s.always, o.name) && (o.given || o.name == "shell-mode"), listed(s.named, o.name) && o.given && !isPlainProgram(o.value.text):
			q.startsBy(c, o, sub)
		case c.name == "curl" && listed("K config", o.name) && isStdin(o.value.text):
			q.add("SL303", o.at, c.says(optionText(o))+" reads its options from standard input", "write them as arguments\n"+allowHint("SL303"))
		case listed("option o", o.name) && strings.HasPrefix(c.name, "apt") && strings.Contains(strings.ToLower(o.value.text), "invoke"),
			c.name == "wget" && listed("e execute", o.name) && strings.HasPrefix(strings.ReplaceAll(strings.ToLower(o.value.text), "-", "_"), "use_askpass"):
			q.startsBy(c, o, sub)
		}
	}
}

// startsBy reports option o of c, of the subcommand sub unless that is "".
func (q *inquiry) startsBy(c call, o option, sub string) {
	says := c.says(optionText(o))
	if sub != "" {
		says = c.says(sub, optionText(o))
	}
	q.add("SL303", o.at, says+" starts another program or a shell", optionHint(c.name, o.name)+allowHint("SL303"))
}

// optionHint is what to write instead of an option, with a line break behind.
func optionHint(program, option string) string {
	switch program {
	case "tar", "gtar":
		if option == "I" || option == "use-compress-program" {
			return "write a pipe: with the other program as a stage: [tar -c DIR, zstd -19]\n"
		}
	case "split", "gsplit":
		return "write the pieces to files, and a job with matrix: {piece: {glob: …}} for them\n"
	case "find", "fd", "fdfind":
		return "write a pipe: [find … -print0, xargs -0 COMMAND]\n"
	case "npx", "npm", "pnpm":
		return "write the command and its arguments behind --\n"
	case "sort", "gsort", "man", "rg":
		return "write the plain name of a program\n"
	}
	return ""
}

// isPlainProgram reports whether value, which names a program to start, is
// nothing but the name or the absolute path of one that is neither a shell nor
// another interpreter, and runs no command that its arguments hold. gzip is.
func isPlainProgram(value string) bool {
	if value == "" || strings.ContainsAny(value, " \t\n|&;<>()$`\\\"'") || strings.Contains(value, "/") && !path.IsAbs(value) {
		return false
	}
	judge, name := judgeOf(value)
	return judge == nil || optionJudge(name) != nil
}

// find judges find: -exec starts a program for files, and a shell too often.
func (q *inquiry) find(c call) {
	args := c.args()
	for i := 0; i < len(args); i++ {
		if !listed("-exec -execdir -ok -okdir", args[i].text) {
			continue
		}
		end := i + 1
		for end < len(args) && args[end].text != ";" && (args[end].text != "+" || args[end-1].text != "{}") {
			end++
		}
		q.each(c, args[i], args[i+1:end])
		i = end
	}
}

// fd judges fd, which starts a command by -x and -X.
func (q *inquiry) fd(c call) {
	g := grammar{short: "d:t:e:E:S:o:c:j:", long: "max-depth= min-depth= type= extension= exclude= size= owner= color= threads= exec exec-batch", ends: "x X exec exec-batch", exact: true}
	opts, rest := g.parse(c.args())
	o, ok := pick(opts, g.ends)
	if !ok {
		return
	}
	behind := 0 // the arguments that follow the option
	for i, w := range c.args() {
		if w == o.at {
			behind = len(c.args()) - i - 1
		}
	}
	q.each(c, o.at, rest[len(rest)-min(behind, len(rest)):])
}

// each judges a command that c starts for the files it finds. What a rule says
// of the command itself is enough.
func (q *inquiry) each(c call, at word, command []word) {
	if len(command) == 0 {
		return
	}
	before := len(q.found)
	q.tail(c, command, at.text)
	if len(q.found) == before {
		q.add("SL303", at, c.says(at.text)+" starts a program for the files that it finds", optionHint(c.name, "")+allowHint("SL303"))
		q.found[before].warning = true
	}
}

// tar judges tar, whose first argument may hold options without a dash.
func (q *inquiry) tar(c call) {
	g := grammar{
		short: "f:C:I:F:b:H:K:L:N:T:V:X:g:",
		long:  "checkpoint? checkpoint-action= to-command= use-compress-program= info-script= new-volume-script= rsh-command= rmt-command= file= directory= exclude= exclude-from= files-from= transform= owner= group= mode= mtime= format= strip-components= label= tape-length= totals? to-stdout",
	}
	args := c.args()
	if len(args) > 0 && args[0].text != "" && args[0].text[0] != '-' {
		args = g.oldStyle(args)
	}
	opts, _ := g.parse(args)
	for _, o := range opts {
		value := o.value.text
		if !o.given || !listed("checkpoint-action to-command I use-compress-program F info-script new-volume-script rsh-command rmt-command", o.name) {
			continue
		}
		switch o.name {
		case "checkpoint-action":
			if !strings.HasPrefix(value, "exec=") {
				continue // bell, dot, echo, sleep, ttyout, wait
			}
		case "I", "use-compress-program", "rsh-command", "rmt-command":
			if isPlainProgram(value) || path.Base(value) == "ssh" {
				continue
			}
		}
		q.startsBy(c, o, "")
	}
}

// oldStyle writes the letters that args begin with, whose values follow in
// their order, as options with a dash.
func (g grammar) oldStyle(args []word) []word {
	letters, rest := args[0], args[1:]
	var plain []word
	for i := range len(letters.text) {
		letter := word{"-" + letters.text[i:i+1], letters.at}
		plain = append(plain, letter)
		if g.shortKind(letters.text[i]) == ':' && len(rest) > 0 {
			plain, rest = append(plain, rest[0]), rest[1:]
		}
	}
	return append(plain, rest...)
}

func (q *inquiry) zip(c call) {
	for _, w := range c.args() {
		if strings.HasPrefix(w.text, "-TT") || strings.HasPrefix(w.text, "--unzip-command") {
			q.startsBy(c, option{name: "TT", at: w}, "")
			return
		}
	}
}

// pager judges less and more, which run commands behind a +.
func (q *inquiry) pager(c call) {
	for _, w := range c.args() {
		if text := strings.TrimLeft(w.text, "+"); text != w.text && text != "" && strings.IndexByte("!|#:v", text[0]) >= 0 {
			q.add("SL303", w, c.says(w.text)+" runs a command of the pager, which can start a shell", allowHint("SL303"))
			return
		}
	}
}

func (q *inquiry) socat(c call) {
	for _, w := range c.args() {
		kind, _, ok := strings.Cut(strings.ToLower(w.text), ":")
		if ok && (kind == "exec" || kind == "system" || kind == "shell") {
			q.add("SL303", w, c.says()+" starts another program or a shell with the text in "+strings.ToUpper(kind)+":", allowHint("SL303"))
		}
	}
}

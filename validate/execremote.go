package validate

import (
	"path"
	"strings"
)

// Options of ssh, rsync, git and go that start another program.

// ssh judges ssh and its kin. Words behind the host go to a shell over there.
func (q *inquiry) ssh(c call) {
	g := grammar{short: "B:b:c:D:E:e:F:I:i:J:L:l:m:O:o:p:P:Q:R:S:W:w:", stop: true, exact: true}
	switch c.name {
	case "scp":
		g.short, g.stop = "c:D:F:i:J:l:o:P:S:X:", false
	case "sftp":
		g.short = "B:b:c:D:F:i:J:l:o:P:R:S:s:X:"
	case "autossh":
		g.short += "M:"
	}
	opts, rest := g.parse(c.args())
	if (c.name == "ssh" || c.name == "autossh") && len(rest) > 0 {
		var more []option
		more, rest = g.parse(rest[1:]) // options may follow the host
		opts = append(opts, more...)
	} else {
		rest = nil
	}
	for _, o := range opts {
		switch {
		case o.name == "o" && isSSHCommand(o.value.text), c.name != "ssh" && c.name != "autossh" && o.name == "S" && path.Base(o.value.text) != "ssh":
			q.startsBy(c, o, "")
		}
	}
	if _, ok := pick(opts, "s N O Q V G"); !ok && len(rest) > 0 {
		q.toShell(c.argv[0], c.says()+" hands the words behind the host to a shell over there, joined by blanks", "")
	}
}

// isSSHCommand reports whether setting, as in ssh -o, names a command.
func isSSHCommand(setting string) bool {
	setting = strings.TrimLeft(strings.ToLower(setting), " \t")
	for _, key := range []string{"proxycommand", "localcommand", "knownhostscommand", "remotecommand"} {
		if value, ok := strings.CutPrefix(setting, key); ok && strings.TrimLeft(value, " \t") != value || ok && strings.HasPrefix(value, "=") {
			return strings.Trim(value, " \t=\"") != "none"
		}
	}
	return false
}

// rsync judges rsync: -e names the program that connects, which rsync itself
// splits into words. An ssh with options is no surprise there.
func (q *inquiry) rsync(c call) {
	g := grammar{
		short: "e:f:B:M:T:@:",
		long:  "rsh= rsync-path= filter= exclude= include= exclude-from= include-from= files-from= block-size= temp-dir= compare-dest= copy-dest= link-dest= password-file= port= remote-option= log-file= out-format= chmod= chown= timeout= bwlimit= suffix= backup-dir= max-size= min-size= info= debug= early-input=",
	}
	opts, _ := g.parse(c.args())
	for _, o := range opts {
		switch {
		case !o.given:
		case listed("e rsh", o.name):
			var command []word
			for part := range strings.FieldsSeq(o.value.text) {
				command = append(command, word{part, o.at.at})
			}
			before := len(q.found)
			if len(command) > 0 && path.Base(command[0].text) == "ssh" {
				q.tail(c, command, optionText(o))
			}
			if len(q.found) == before && len(command) > 0 && path.Base(command[0].text) != "ssh" && !isPlainProgram(o.value.text) {
				q.startsBy(c, o, "")
			}
		case o.name == "rsync-path" && !isPlainProgram(o.value.text):
			q.startsBy(c, o, "")
		}
	}
}

// goTool judges the options of go by which it starts another program than the
// one that it builds.
func (q *inquiry) goTool(c call) {
	g := grammar{
		short: "o:p:C:f:",
		long:  "asmflags= buildmode= compiler= gccgoflags= gcflags= installsuffix= ldflags= mod= modfile= overlay= pgo= pkgdir= tags= toolexec= exec= vettool= run= bench= benchtime= count= cpu= parallel= timeout= coverprofile= covermode= coverpkg= cpuprofile= memprofile= outputdir= fuzz= fuzztime= list= skip= shuffle= args",
		ends:  "args", exact: true, single: true, stop: true,
	}
	_, rest := grammar{short: "C:", stop: true}.parse(c.args())
	if len(rest) == 0 {
		return
	}
	sub := rest[0].text
	rest = rest[1:]
	for { // packages may stand before options, but of go run what follows is the program's
		opts, behind := g.parse(rest)
		for _, o := range opts {
			if listed("exec toolexec vettool", o.name) && o.given {
				q.startsBy(c, o, sub)
			}
		}
		_, done := pick(opts, "args")
		if done || len(behind) == 0 || sub == "run" || sub == "tool" || len(behind) == len(rest) && strings.HasPrefix(behind[0].text, "-") {
			return
		}
		rest = behind[1:]
	}
}

// git judges what git's options and settings start.
func (q *inquiry) git(c call) {
	for _, w := range c.args() {
		if strings.HasPrefix(w.text, "ext::") {
			q.add("SL303", w, c.says()+" starts the command in an ext:: address", "write an address that names no command\n"+allowHint("SL303"))
		}
	}
	g := grammar{short: "C:c:", long: "git-dir= work-tree= namespace= config-env= super-prefix= attr-source= exec-path? list-cmds?", stop: true}
	opts, rest := g.parse(c.args())
	q.gitSettings(c, opts, "c", "")
	if len(rest) == 0 {
		return
	}
	sub, args := rest[0].text, rest[1:]
	switch sub {
	case "bisect":
		if len(args) > 1 && args[0].text == "run" {
			q.tail(c, args[1:], "bisect run")
		}
		return
	case "submodule":
		if at := indexOf(args, "foreach"); at >= 0 {
			if _, command := (grammar{stop: true}).parse(args[at+1:]); len(command) > 0 {
				q.toShell(args[at], c.says("submodule foreach")+" hands its command to a shell", "")
			}
		}
		return
	}
	if g, always, named := gitOptions(sub); always+named != "" {
		opts, _ := g.parse(args)
		for _, o := range opts {
			if listed(always, o.name) && (o.given || o.name == "O" || o.name == "open-files-in-pager") || listed(named, o.name) && o.given && !isPlainProgram(o.value.text) {
				q.startsBy(c, o, sub)
			}
		}
		if sub == "clone" {
			q.gitSettings(c, opts, "c config", "clone")
		}
	}
}

func indexOf(args []word, text string) int {
	for i, w := range args {
		if w.text == text {
			return i
		}
	}
	return -1
}

// gitOptions are those of the subcommand sub that start a program: always, or
// where their value is no plain name of one.
func gitOptions(sub string) (g grammar, always, named string) {
	switch sub {
	case "clone":
		return grammar{short: "u:c:b:o:j:", long: "upload-pack= config= branch= origin= depth= reference= template= separate-git-dir= filter= jobs="}, "", "u upload-pack"
	case "fetch", "pull", "ls-remote", "fetch-pack":
		return grammar{short: "j:o:", long: "upload-pack= exec= depth= refmap= server-option="}, "", "upload-pack exec"
	case "push", "send-pack", "archive":
		return grammar{short: "o:", long: "receive-pack= exec= repo= push-option= remote= output= format= prefix="}, "", "receive-pack exec"
	case "rebase":
		return grammar{short: "x:s:X:C:", long: "exec= onto= strategy= strategy-option= whitespace= empty= keep-base root"}, "x exec", ""
	case "grep":
		return grammar{short: "O?e:f:A:B:C:m:", long: "open-files-in-pager? max-depth= threads="}, "O open-files-in-pager", ""
	case "difftool":
		return grammar{short: "x:t:", long: "extcmd= tool= tool-help"}, "x extcmd", ""
	case "filter-branch":
		return grammar{exact: true, long: "setup= subdirectory-filter= env-filter= tree-filter= index-filter= parent-filter= msg-filter= commit-filter= tag-name-filter="}, "setup env-filter tree-filter index-filter parent-filter msg-filter commit-filter tag-name-filter", ""
	}
	return grammar{}, "", ""
}

// gitSettings judges settings given by the options that list has.
func (q *inquiry) gitSettings(c call, opts []option, list, sub string) {
	for _, o := range opts {
		if !listed(list, o.name) || !o.given {
			continue
		}
		if key, value, ok := strings.Cut(o.value.text, "="); ok && startsByGit(strings.ToLower(key), value) {
			q.add("SL303", o.value, c.says(strings.TrimLeft(sub+" -c", " "), key)+" makes git start another program or a shell", allowHint("SL303"))
		}
	}
}

// startsByGit reports whether git starts a program for the setting key, in
// lower case, when it is value.
func startsByGit(key, value string) bool {
	first, _, _ := strings.Cut(key, ".")
	last := key[strings.LastIndexByte(key, '.')+1:]
	switch key {
	case "core.hookspath":
		return value != "" && value != "/dev/null"
	case "protocol.ext.allow", "protocol.allow":
		return value == "always" || value == "user"
	case "core.pager", "core.editor", "core.sshcommand", "core.askpass", "core.fsmonitor", "core.gitproxy", "core.alternaterefscommand",
		"diff.external", "sequence.editor", "gpg.program", "interactive.difffilter", "uploadpack.packobjectshook":
		return value != "" && !isPlainProgram(value)
	}
	switch {
	case first == "alias" || first == "credential" && last == "helper":
		return strings.HasPrefix(value, "!")
	case first == "pager", first == "gpg" && last == "program":
		return value != "" && !isPlainProgram(value)
	case first == "diff" && (last == "command" || last == "textconv"), first == "merge" && last == "driver",
		first == "filter" && (last == "clean" || last == "smudge" || last == "process"),
		(first == "difftool" || first == "mergetool" || first == "browser" || first == "man") && last == "cmd",
		first == "trailer" && (last == "cmd" || last == "command"):
		return value != ""
	}
	return false
}

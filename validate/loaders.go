package validate

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"sluice/spec"
)

// loaders checks env and pass for variables that make a program load or run
// something else (SL501). owner says whose they are, for the hint.
func (c *check) loaders(env spec.Map[spec.Template], pass spec.List[spec.String], j *spec.Job) {
	hint := "say in args what the program should do, or waive the rule here: allow: [{rule: SL501, reason: …}]"
	if j == nil {
		hint = "give it to the job that needs it, where allow can waive the rule"
	}
	for _, e := range env.Entries {
		if why := loads(e.Key.Value, e.Value.Masked()); why != "" {
			c.at("SL501", e.Key, e.Key.Value+": "+why, hint)
		}
	}
	for _, s := range pass.Items {
		if loadsCode(s.Value) {
			c.at("SL501", s, s.Value+": what it holds is loaded or run by programs that see it", hint)
		}
	}
}

// loads says why the variable called name with that value brings in code, or
// "" where it does not.
func loads(name, value string) string {
	switch {
	case loadsCode(name):
		return "what it holds is loaded or run by programs that see it"
	case strings.HasPrefix(value, "() {"):
		return "a value that begins with () { is a function to bash (CVE-2014-6271)"
	}
	if word := loadingOption(name, value); word != "" {
		return fmt.Sprintf("%s in it loads or runs something else", word)
	}
	if isCommandName(name) && strings.ContainsAny(value, " \t|&;<>()$`\n") {
		return "programs that see it hand this to a shell"
	}
	if isSearchPath(name) && (strings.HasPrefix(value, "/") || strings.Contains(value, ":/")) {
		return "programs that see it load code from there"
	}
	return ""
}

// loadsCode reports whether any value of the variable called name is loaded or
// run. The list begins with what sudo removes (env_check and env_delete in
// its plugins/sudoers/env.c).
func loadsCode(name string) bool {
	for _, prefix := range []string{"LD_", "DYLD_", "BASH_FUNC_", "npm_config_", "GIT_CONFIG"} {
		if strings.HasPrefix(name, prefix) {
			return name != "LD_RUN_PATH" // read by a linker only
		}
	}
	switch name {
	case "GCONV_PATH", "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4", "IFS", "PROMPT_COMMAND",
		"PYTHONSTARTUP", "PYTHONHOME", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONUSERBASE", "PYTHONWARNINGS",
		"PERL5OPT", "PERL5DB", "RUBYOPT",
		"GIT_SSH", "GIT_SSH_COMMAND", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_TEMPLATE_DIR",
		"SSH_ASKPASS", "SUDO_ASKPASS", "MAKEFILES", "TAR_OPTIONS", "LESSOPEN", "LESSCLOSE", "RSYNC_RSH", "RSYNC_CONNECT_PROG":
		return true
	}
	return false
}

// loadingOption is the first word of value that makes the programs that read
// the variable called name load or run something, or "".
func loadingOption(name, value string) string {
	var options []string
	switch name {
	case "NODE_OPTIONS":
		options = []string{"-r", "--require", "--import", "--loader", "--experimental-loader", "--eval", "-e"}
	case "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS":
		options = []string{"-javaagent", "-agentlib", "-agentpath", "-XX:OnError", "-XX:OnOutOfMemoryError", "-Xbootclasspath"}
	case "GOFLAGS":
		options = []string{"-exec", "--exec", "-toolexec", "--toolexec", "-vettool", "--vettool"}
	case "MAKEFLAGS", "GNUMAKEFLAGS":
		options = []string{"--eval", "SHELL", "-f", "--file", "--makefile"}
	}
	for _, word := range strings.Fields(value) {
		for _, o := range options {
			if rest, ok := strings.CutPrefix(word, o); ok && (rest == "" || strings.ContainsAny(rest[:1], "=:/ ")) {
				return o
			}
		}
	}
	return ""
}

// isCommandName reports whether programs take the value of the variable called
// name for a command line.
func isCommandName(name string) bool {
	switch name {
	case "CC", "CXX", "BROWSER", "PAGER", "EDITOR", "VISUAL", "MANPAGER":
		return true
	}
	return false
}

// isSearchPath reports whether programs load code from the directories that
// the variable called name lists. Relative ones are the repository's own.
func isSearchPath(name string) bool {
	switch name {
	case "PYTHONPATH", "PERL5LIB", "RUBYLIB", "NODE_PATH", "LUA_PATH", "LUA_CPATH":
		return true
	}
	return false
}

// searchPath checks the PATH of env for entries that mean the directory that a
// job happens to be in (SL304).
func (c *check) searchPath(env spec.Map[spec.Template]) {
	for _, e := range env.Entries {
		if e.Key.Value != "PATH" || !e.Value.IsSet() {
			continue
		}
		at, place, refs := 0, e.Value.Places(), refOffsets(e.Value)
		for _, entry := range strings.Split(e.Value.Masked(), ":") {
			length := utf8.RuneCountInString(entry)
			switch {
			case c.list.Full():
				return
			case entry == "":
				c.add("SL304", place(at), 1, "an empty entry in PATH means the directory that the job is in", "remove it; write ./NAME for a program in that directory")
			case entry[0] != '/' && !refs[at]:
				c.add("SL304", place(at), length, fmt.Sprintf("%s in PATH is seen from the directory that the job is in", entry), "write ./"+strings.TrimPrefix(entry, "./")+"/NAME for a program there")
			}
			at += length + 1
		}
	}
}

// refOffsets are the code points of t at which its references begin.
func refOffsets(t spec.Template) map[int]bool {
	offsets := map[int]bool{}
	at := 0
	for _, p := range t.Parts {
		text := p.Text
		if p.Ref != nil {
			text = p.Ref.Text
			offsets[at] = true
		}
		at += utf8.RuneCountInString(text)
	}
	return offsets
}

package report

import "strings"

// Quote is argv as a line that a POSIX shell reads back as argv, for people who
// copy it. Elements that need no quotes have none. Control characters and bytes
// that are not UTF-8 are replaced as by Visible, for a terminal must be able to
// show the line: an element that has some does not survive the copying.
func Quote(argv []string) string {
	return Visible(quote(argv))
}

// quote is Quote, byte for byte.
func quote(argv []string) string {
	words := make([]string, len(argv))
	for i, arg := range argv {
		words[i] = arg
		if needsQuotes(arg) || i == 0 && isGrammar(arg) {
			words[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// needsQuotes reports whether a shell could change arg.
func needsQuotes(arg string) bool {
	return arg == "" || strings.ContainsAny(arg[:1], "~#=") ||
		strings.ContainsFunc(arg, func(r rune) bool {
			return r <= ' ' || strings.ContainsRune("|&;<>()$`\\\"'*?[]{}!^\x7f", r)
		})
}

// isGrammar reports whether a shell would not take arg for a command: it is a
// reserved word or an assignment.
func isGrammar(arg string) bool {
	switch arg {
	case "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select", "then",
		"time", "until", "while":
		return true
	}
	return strings.Contains(arg, "=")
}

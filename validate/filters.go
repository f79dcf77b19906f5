package validate

import "strings"

// awk and sed are filters first: most of their programs start nothing, and
// only those that do break SL301.

// awk judges what a program of awk starts.
func (q *inquiry) awk(c call) {
	g := grammar{short: "F:f:v:i:l:e:E:W?o?p?d?D?L?", long: "field-separator= file= assign= include= load= source= exec= lint? dump-variables? profile? pretty-print? debug?", ends: "E exec", stop: true}
	opts, rest := g.parse(c.args())
	programs := []word{}
	inFile := false
	for _, o := range opts {
		switch {
		case listed("f file E exec", o.name):
			inFile = true
		case listed("e source", o.name) && o.given:
			programs, inFile = append(programs, o.value), true
		}
	}
	if !inFile && len(rest) > 0 {
		programs = append(programs, rest[0])
	}
	for _, p := range programs {
		if what := awkStarts(p.text); what != "" {
			q.add("SL301", p, c.says()+": the program starts a shell: "+what, "make the command a stage or a job of its own, or put the program into a file: awk -f FILE\n"+allowHint("SL301"))
			return
		}
	}
}

// awkStarts is what in the text of an awk program starts a shell, or "".
func awkStarts(text string) string {
	operand := false // before this place stands one, so that / divides
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case b == '#':
			i += skipTo(text[i:], '\n')
			continue
		case b == '"':
			i = closed(text, i+1, '"', false)
			operand = true
			continue
		case b == '/' && !operand:
			i = closed(text, i+1, '/', true)
			operand = true
			continue
		case isNameRune(b):
			from := i
			for i < len(text) && isNameRune(text[i]) {
				i++
			}
			name := text[from:i]
			if name == "system" && strings.HasPrefix(strings.TrimLeft(text[i:], " \t"), "(") {
				return "system()"
			}
			operand = !listed("print printf return case in else do getline", name)
			continue
		case b == '|' && strings.HasPrefix(text[i:], "||"):
			i++
		case b == '|' && strings.HasPrefix(text[i:], "|&"):
			return "|& to a command"
		case b == '|' && strings.HasPrefix(strings.TrimLeft(text[i+1:], " \t\n"), "getline"):
			return "a command | getline"
		case b == '|':
			return "print | a command"
		}
		if b := text[min(i, len(text)-1)]; b == ')' || b == ']' || b == '$' {
			operand = true
		} else if b != ' ' && b != '\t' {
			operand = false
		}
		i++
	}
	return ""
}

func isNameRune(b byte) bool {
	return b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
}

// skipTo is how many bytes of text stand before the first end, or all.
func skipTo(text string, end byte) int {
	if n := strings.IndexByte(text, end); n >= 0 {
		return n
	}
	return len(text)
}

// closed is the index behind the first end in text from i on that no \
// precedes; with brackets, one in […] of a regular expression does not count.
func closed(text string, i int, end byte, brackets bool) int {
	for ; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == end:
			return i + 1
		case text[i] == '[' && brackets:
			end := bracketEnd(text, i)
			brackets = end > i // what is not closed here is not closed further on
			i = end
		}
	}
	return len(text)
}

// bracketEnd is the index of the ] that closes the [ at index i, or i where
// nothing closes it.
func bracketEnd(text string, i int) int {
	at := i + 1
	if at < len(text) && text[at] == '^' {
		at++
	}
	if at < len(text) && text[at] == ']' {
		at++
	}
	for ; at < len(text) && text[at] != '\n'; at++ {
		switch {
		case text[at] == ']':
			return at
		case text[at] == '[' && at+1 < len(text) && strings.IndexByte(":.=", text[at+1]) >= 0:
			const longest = len("[:xdigit:]")
			if n := strings.Index(text[at+2:min(at+longest, len(text))], text[at+1:at+2]+"]"); n >= 0 {
				at += n + 3
			}
		}
	}
	return i
}

// sed judges what a script of sed starts.
func (q *inquiry) sed(c call) {
	g := grammar{short: "e:f:l:i?", long: "expression= file= line-length= in-place? sandbox"}
	opts, rest := g.parse(c.args())
	var scripts []word
	for _, o := range opts {
		switch {
		case o.name == "sandbox":
			return // it refuses such scripts itself
		case listed("e expression", o.name) && o.given:
			scripts = append(scripts, o.value)
		case listed("f file", o.name):
			scripts = append(scripts, word{"", o.at.at})
		}
	}
	if len(scripts) == 0 && len(rest) > 0 {
		scripts = rest[:1]
	}
	var whole strings.Builder
	for _, s := range scripts {
		whole.WriteString(s.text + "\n")
	}
	at, what := sedStarts(whole.String())
	for _, s := range scripts {
		if at -= len(s.text) + 1; what != "" && at < 0 {
			q.add("SL301", s, c.says()+": the script starts a shell: "+what, "make the command a stage or a job of its own\n"+allowHint("SL301"))
			return
		}
	}
}

// sedStarts is the first command in script that starts a shell, and where it
// stands; what is "" where there is none, or where the script is no script.
func sedStarts(script string) (at int, what string) {
	for i := 0; i < len(script); {
		if strings.IndexByte(" \t\n;{}", script[i]) >= 0 {
			i++
			continue
		}
		if i = sedAddresses(script, i); i >= len(script) {
			break
		}
		command := script[i]
		i++
		switch command {
		case 'e':
			return i - 1, "e"
		case 's', 'y':
			if i >= len(script) {
				return 0, ""
			}
			delimiter := script[i]
			i = closed(script, closed(script, i+1, delimiter, command == 's'), delimiter, false)
			for command == 's' && i < len(script) && strings.IndexByte("gpiImMe0123456789 ", script[i]) >= 0 {
				if script[i] == 'e' {
					return i, "s///e"
				}
				i++
			}
			if i < len(script) && script[i] == 'w' {
				i += skipTo(script[i:], '\n')
			}
		case 'a', 'i', 'c':
			i = closed(script, i, '\n', false)
		case 'r', 'R', 'w', 'W', '#', ':', 'v':
			i += skipTo(script[i:], '\n')
		case 'b', 't', 'T':
			for i < len(script) && (script[i] == ' ' || script[i] == '\t') {
				i++
			}
			if n := strings.IndexAny(script[i:], " \t\n;}"); n >= 0 {
				i += n
			} else {
				i = len(script)
			}
		case 'q', 'Q', 'l', 'L':
			for i < len(script) && strings.IndexByte("0123456789 ", script[i]) >= 0 {
				i++
			}
		case '{', '}', '=', 'd', 'D', 'g', 'G', 'h', 'H', 'n', 'N', 'p', 'P', 'x', 'z', 'F':
		default:
			return 0, "" // sed will say what is wrong with it
		}
	}
	return 0, ""
}

// sedAddresses is the index of the command in script whose addresses begin at
// index i.
func sedAddresses(script string, i int) int {
	for i < len(script) {
		switch b := script[i]; {
		case b == '/':
			i = closed(script, i+1, '/', true)
		case b == '\\' && i+1 < len(script):
			i = closed(script, i+2, script[i+1], true)
		case strings.IndexByte("0123456789$,+~! \tIM", b) >= 0:
			i++
		default:
			return i
		}
	}
	return i
}

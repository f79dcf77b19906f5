package ipc

// scanner checks that a text is JSON, without building anything and without
// allocating: a child may send a hundred thousand messages a second, and each
// must be known to be JSON before it goes anywhere.
//
// It takes what RFC 8259 and JSON.parse take: any value, duplicate keys, lone
// surrogates behind \u. The text must be UTF-8; that is checked before.
type scanner struct {
	objects [maxDepth/64 + 1]uint64 // bit n tells that nesting n is an object
}

// maxDepth is how deep arrays and objects may be nested. It is a little less
// than the bound of encoding/json, 10,000, so that what holds such a message,
// as an event or a report does, can be read again.
const maxDepth = 9_990

const tooDeep = "at most 9990 arrays and objects within each other"

// syntaxError says what a text lacks to be JSON. The zero value is no error.
type syntaxError struct {
	at   int    // bytes before it
	want string // what is expected there
}

// member is told of each member of the outermost object: the key as it was
// written between its quotes, and the value without the space around it.
type member func(key, value []byte)

// check reads a whole text. each may be nil.
func (s *scanner) check(p []byte, each member) syntaxError {
	depth := 0
	var key []byte // of the member of the outermost object that is being read
	var from int   // where its value begins
	i := space(p, 0)
	for {
		// A value begins at i.
		if i == len(p) {
			return syntaxError{i, "a value"}
		}
		var wrong syntaxError
		opened := false
		switch c := p[i]; c {
		case '{', '[':
			if depth == maxDepth {
				return syntaxError{i, tooDeep}
			}
			depth++
			s.note(depth, c == '{')
			i = space(p, i+1)
			opened = i == len(p) || p[i] != c+2 // the closing one is two after it in ASCII
			if !opened {
				i++
				depth--
			}
		case '"':
			i, wrong = str(p, i+1)
		case 't':
			i, wrong = literal(p, i, "true")
		case 'f':
			i, wrong = literal(p, i, "false")
		case 'n':
			i, wrong = literal(p, i, "null")
		default:
			i, wrong = number(p, i)
		}
		if wrong.want != "" {
			return wrong
		}

		for !opened {
			// A value has ended before i.
			if depth == 1 && s.object(1) && each != nil {
				each(key, p[from:i])
			}
			i = space(p, i)
			if depth == 0 {
				if i < len(p) {
					return syntaxError{i, "nothing behind the value"}
				}
				return syntaxError{}
			}
			object := s.object(depth)
			switch {
			case i < len(p) && p[i] == ',':
				i = space(p, i+1)
				opened = true
			case i < len(p) && object && p[i] == '}', i < len(p) && !object && p[i] == ']':
				i++
				depth--
			case object:
				return syntaxError{i, "a comma or }"}
			default:
				return syntaxError{i, "a comma or ]"}
			}
		}
		if s.object(depth) {
			begin := i + 1
			if i, wrong = name(p, i); wrong.want != "" {
				return wrong
			}
			if depth == 1 {
				key, from = p[begin:begin+length(p[begin:])], i
			}
		}
	}
}

func (s *scanner) note(depth int, object bool) {
	bit := uint64(1) << (depth % 64)
	if object {
		s.objects[depth/64] |= bit
	} else {
		s.objects[depth/64] &^= bit
	}
}

func (s *scanner) object(depth int) bool { return s.objects[depth/64]>>(depth%64)&1 == 1 }

// name reads a key and its colon, up to the value.
func name(p []byte, i int) (int, syntaxError) {
	if i == len(p) || p[i] != '"' {
		return i, syntaxError{i, "a key in double quotes"}
	}
	i, wrong := str(p, i+1)
	if wrong.want != "" {
		return i, wrong
	}
	if i = space(p, i); i == len(p) || p[i] != ':' {
		return i, syntaxError{i, "a colon"}
	}
	return space(p, i+1), syntaxError{}
}

// space returns where the white space at i ends.
func space(p []byte, i int) int {
	for i < len(p) && isSpace(p[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// str reads what is behind an opening quote, up to behind the closing one.
func str(p []byte, i int) (int, syntaxError) {
	for i < len(p) {
		switch c := p[i]; {
		case c == '"':
			return i + 1, syntaxError{}
		case c < ' ':
			return i, syntaxError{i, "an escape such as \\n, as control characters are not allowed in strings"}
		case c != '\\':
			i++
		case i+1 < len(p) && p[i+1] == 'u':
			for end := i + 6; i+2 < end; i++ {
				if i+2 >= len(p) || hex(p[i+2]) < 0 {
					return i + 2, syntaxError{i + 2, "four hexadecimal digits"}
				}
			}
			i += 2
		case i+1 < len(p) && escape(p[i+1]) != 0:
			i += 2
		default:
			return i + 1, syntaxError{i + 1, "one of \" \\ / b f n r t u behind a backslash"}
		}
	}
	return i, syntaxError{i, "the closing quote of a string"}
}

func literal(p []byte, i int, word string) (int, syntaxError) {
	for k := range len(word) {
		if i+k >= len(p) || p[i+k] != word[k] {
			return i, syntaxError{i, "a value"}
		}
	}
	return i + len(word), syntaxError{}
}

func number(p []byte, i int) (int, syntaxError) {
	start := i
	if p[i] == '-' {
		i++
	}
	switch {
	case i < len(p) && p[i] == '0':
		i++
	case i < len(p) && p[i]-'1' < 9:
		i = digits(p, i)
	case i == start:
		return i, syntaxError{i, "a value"}
	default:
		return i, syntaxError{i, "a digit"}
	}
	if i < len(p) && p[i] == '.' {
		if i++; digits(p, i) == i {
			return i, syntaxError{i, "a digit"}
		}
		i = digits(p, i)
	}
	if i < len(p) && p[i]|0x20 == 'e' {
		if i++; i < len(p) && (p[i] == '+' || p[i] == '-') {
			i++
		}
		if digits(p, i) == i {
			return i, syntaxError{i, "a digit"}
		}
		i = digits(p, i)
	}
	return i, syntaxError{}
}

func digits(p []byte, i int) int {
	for i < len(p) && p[i]-'0' < 10 {
		i++
	}
	return i
}

package ipc

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// What is between the quotes of a string that scanner has checked.

// length returns how many bytes there are before the closing quote.
func length(raw []byte) int {
	for i := 0; ; i++ {
		switch raw[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
}

// char returns the first character of raw and the bytes that it takes there. A
// surrogate without its other half is U+FFFD, as encoding/json has it.
func char(raw []byte) (rune, int) {
	if raw[0] != '\\' {
		return utf8.DecodeRune(raw)
	}
	if raw[1] != 'u' {
		return rune(escape(raw[1])), 2
	}
	r := unit(raw)
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
		if both := utf16.DecodeRune(r, unit(raw[6:])); both != utf8.RuneError {
			return both, 12
		}
	}
	return utf8.RuneError, 6
}

// unit reads \uXXXX.
func unit(raw []byte) (r rune) {
	for _, c := range raw[2:6] {
		r = r<<4 | rune(hex(c))
	}
	return r
}

// cut reports whether raw begins with prefix, which is ASCII, and returns what
// follows.
func cut(raw []byte, prefix string) (rest []byte, ok bool) {
	for i := range len(prefix) {
		if len(raw) == 0 {
			return nil, false
		}
		r, n := char(raw)
		if r != rune(prefix[i]) {
			return nil, false
		}
		raw = raw[n:]
	}
	return raw, true
}

// is reports whether raw reads as s, which is ASCII.
func is(raw []byte, s string) bool {
	rest, ok := cut(raw, s)
	return ok && len(rest) == 0
}

// plain returns what raw reads as.
func plain(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		r, n := char(raw)
		out, raw = utf8.AppendRune(out, r), raw[n:]
	}
	return string(out)
}

// escape returns the character that c means behind a backslash, or 0.
func escape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// hex returns the value of a hexadecimal digit, or -1.
func hex(c byte) int {
	switch {
	case c-'0' < 10:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// appendLine appends a checked text without the white space between its
// elements, and a newline.
func appendLine(out, text []byte) []byte {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case isSpace(c):
			i++
		case c == '"':
			end := i + 1 + length(text[i+1:]) + 1
			out = append(out, text[i:end]...)
			i = end
		default:
			out = append(out, c)
			i++
		}
	}
	return append(out, '\n')
}

package spec

import (
	"cmp"
	"strconv"
)

// IsName reports whether s can name a job, a param, a pool or an axis: a
// letter or _, then letters, digits, _ and -, at most 128 of them.
func IsName(s string) bool {
	for i := range len(s) {
		if !isWord(s[i], i) && (i == 0 || s[i] != '-') {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

// IsEnvName reports whether s can name an environment variable (POSIX.1-2024,
// XBD 8.1): a letter or _, then letters, digits and _.
func IsEnvName(s string) bool {
	for i := range len(s) {
		if !isWord(s[i], i) {
			return false
		}
	}
	return s != ""
}

// isWord reports whether b may stand at index i of a word of letters, digits
// and _ that does not begin with a digit.
func isWord(b byte, i int) bool {
	return b == '_' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || i > 0 && b >= '0' && b <= '9'
}

var hostPort = lazyRegexp(`^(?:([^:/\[\]\s]+|\[[0-9A-Fa-f:.]+\]):)?([1-9][0-9]{0,4})$`)

// HostPort splits text, a port or host:port. The host of a port alone is this
// machine, 127.0.0.1. ok is false where text is neither: a port is a number
// from 1 to 65535, and a host with colons stands in brackets.
func HostPort(text string) (host, port string, ok bool) {
	m := hostPort().FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	if _, err := strconv.ParseUint(m[2], 10, 16); err != nil {
		return "", "", false
	}
	return cmp.Or(m[1], "127.0.0.1"), m[2], true
}

// Address is text, a port or host:port, in the one form that two of the same
// meaning have; or text, where it is neither.
func Address(text string) string {
	host, port, ok := HostPort(text)
	switch {
	case !ok:
		return text
	case host == "localhost":
		host = "127.0.0.1"
	}
	return host + ":" + port
}

package spec

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

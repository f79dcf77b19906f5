package spec

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"sluice/spec/diag"
)

// scanBytes reports what makes a file look different to a person, to grep and
// to a YAML reader. It runs before the YAML parser, because that one accepts
// all of it. It returns false where the parser should not see the text.
func (d *decoder) scanBytes(text []byte) bool {
	if len(text) > d.limits.File {
		d.add("SL015", diag.Pos{Line: 1, Col: 1}, 1, fmt.Sprintf("the file has %d bytes; at most %d are allowed", len(text), d.limits.File),
			"split the file, or raise the limit with --max-file")
		return false
	}
	if d.tooManySeparators(text) {
		return false
	}
	for _, bom := range []struct{ mark, name string }{
		{"\xef\xbb\xbf", "UTF-8 with a byte order mark"}, {"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"},
	} {
		if bytes.HasPrefix(text, []byte(bom.mark)) {
			d.add("SL001", diag.Pos{Line: 1, Col: 1}, 1, "the file is "+bom.name, "save it as UTF-8 without a byte order mark")
			return false
		}
	}
	good := true
	pos := diag.Pos{Line: 1, Col: 1}
	for i := 0; i < len(text); {
		b := text[i]
		if b >= 0x20 && b < 0x7f {
			i++
			pos.Col++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		var rule, what, hint string
		switch {
		case b == '\n':
			i++
			pos = diag.Pos{Line: pos.Line + 1, Col: 1}
			continue
		case b == '\t' || b == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case b == 0:
			rule, what, hint = "SL001", "a NUL byte", "the file may be UTF-16 or binary; save it as UTF-8"
		case r == utf8.RuneError && size == 1:
			rule, what, hint = "SL001", fmt.Sprintf("byte 0x%02X, which is not UTF-8", b), "save the file as UTF-8"
		case b == '\r':
			rule, what, hint = "SL003", "a carriage return without a line feed", "YAML begins a new line here and editors may not; end lines with LF"
		case r == 0x85 || r == 0x2028 || r == 0x2029:
			rule, what, hint = "SL003", fmt.Sprintf("line break U+%04X", r), "YAML begins a new line here and editors may not; end lines with LF"
		default:
			rule, what = badRune(r)
			what, hint = fmt.Sprintf("%s U+%04X", what, r), removeHint(r)
		}
		if rule != "" {
			d.add(rule, pos, 1, what, hint)
			if rule != "SL004" && rule != "SL005" {
				good = false
			}
			if rule == "SL001" || len(d.list) >= 20 {
				return false // not a text that somebody wrote
			}
		}
		i += size
		pos.Col++
	}
	return good
}

// tooManySeparators reports a text that has more values than the limit, before
// the parser sees it: a hostile megabyte can have a million, and the parser
// takes a few hundred bytes for each before anything can be counted. No value
// comes without one of these.
func (d *decoder) tooManySeparators(text []byte) bool {
	n := 0
	for _, sep := range []string{"\n", ",", "[", "{", "- "} {
		n += bytes.Count(text, []byte(sep))
	}
	if n > d.limits.Nodes {
		d.add("SL015", diag.Pos{Line: 1, Col: 1}, 1, fmt.Sprintf("%d lines and separators; at most %d are allowed", n, d.limits.Nodes), "split the file, or raise the limit with --max-nodes")
	}
	return n > d.limits.Nodes
}

// badRune returns the rule against r in a job file, or "".
func badRune(r rune) (rule, what string) {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
	case r < 0x20 || r >= 0x7f && r < 0xa0:
		return "SL002", "control character"
	case r&0xfffe == 0xfffe:
		return "SL002", "noncharacter"
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c:
		return "SL004", "direction control" // CVE-2021-42574
	case r == 0x00ad, r == 0x180e, r == 0x200b, r >= 0x2060 && r <= 0x2065, r >= 0x206a && r <= 0x206f, r == 0xfeff,
		r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, // Hangul fillers
		r >= 0xe0000 && r <= 0xe007f:
		return "SL005", "invisible character"
	}
	return "", ""
}

// removeHint is what to do about r, which badRune has a rule against.
func removeHint(r rune) string {
	if r == 0 {
		return "remove it"
	}
	escape := fmt.Sprintf(`\u%04X`, r)
	if r > 0xffff {
		escape = fmt.Sprintf(`\U%08X`, r)
	}
	return `remove it; where a value must have it, mark the text and escape it: {literal: "` + escape + `"}`
}

// strayJoiner reports whether the joiner or variation selector at index i of
// text can't change how its neighbours look, so that it only makes two texts
// that look alike. Scripts and emoji need them, but ASCII has no use for any.
func strayJoiner(text []rune, i int) bool {
	before, after := ' ', ' '
	if i > 0 {
		before = text[i-1]
	}
	if i+1 < len(text) {
		after = text[i+1]
	}
	switch r := text[i]; {
	case r == 0x200c || r == 0x200d:
		return before < utf8.RuneSelf && after < utf8.RuneSelf && (isNameRune(before) || isNameRune(after))
	case isSelector(r):
		keycap := after == 0x20e3 // a digit in a frame
		return isSelector(before) || isNameRune(before) && !keycap
	}
	return false
}

// isSelector reports whether r chooses a form of the character before it, of
// which it can choose only one.
func isSelector(r rune) bool { return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef }

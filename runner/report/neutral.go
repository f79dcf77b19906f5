package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSGR bounds a colour sequence, in bytes; a longer one is not a colour.
const maxSGR = 64

// Neutral is s made safe for a terminal: what a child printed can colour it,
// and can neither move the cursor, set a title nor reorder text.
//
// Newlines, tabs and colours (SGR sequences, ESC [ … m) stay, CR LF becomes LF.
// Every other control character becomes visible: ESC is ␛, a lone CR is ␍ and
// so on for C0 and DEL; C1 and bidirectional controls are <U+202E>. A byte that
// is not UTF-8 is <FF>, so that the result is always UTF-8.
func Neutral(s string) string {
	var n Neutralizer
	return string(n.Flush(n.Append(nil, []byte(s))))
}

// Visible is s made safe for one line of a terminal: as Neutral, but newlines
// and tabs become visible too, and the ESC of a colour.
func Visible(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "<%02X>", s[0])
		case isControl(r):
			b.WriteString(picture(r))
		default:
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

// Neutralizer does what Neutral does for text that comes in pieces, cut
// anywhere. What can't be judged yet (half a character, half a colour, a CR)
// is kept for the next Append; that is never more than 64 bytes. The zero
// Neutralizer is ready for the beginning of a text.
type Neutralizer struct {
	Plain bool // colours are dropped

	kept   []byte
	tinted bool
}

// Append appends the neutral form of chunk to dst.
func (n *Neutralizer) Append(dst, chunk []byte) []byte {
	if len(n.kept) > 0 {
		chunk = append(n.kept, chunk...)
		n.kept = nil
	}
	return n.convert(dst, chunk, false)
}

// Flush appends what was kept, for no more text follows.
func (n *Neutralizer) Flush(dst []byte) []byte {
	kept := n.kept
	n.kept = nil
	return n.convert(dst, kept, true)
}

// Untint appends what ends the colours of the text so far, if any are on.
func (n *Neutralizer) Untint(dst []byte) []byte {
	if !n.tinted {
		return dst
	}
	n.tinted = false
	return append(dst, "\x1b[0m"...)
}

// convert appends the neutral form of b to dst. Unless b is the end of the
// text, it keeps the bytes at its end that more bytes may complete.
func (n *Neutralizer) convert(dst, b []byte, end bool) []byte {
	for len(b) > 0 {
		if run := plainRun(b); run > 0 {
			dst = append(dst, b[:run]...)
			b = b[run:]
			continue
		}
		size, whole := n.unit(b)
		if !whole && !end {
			n.kept = append([]byte(nil), b...)
			return dst
		}
		dst = n.one(dst, b[:size])
		b = b[size:]
	}
	return dst
}

// plainRun is how many bytes at the start of b need no thought.
func plainRun(b []byte) int {
	for i, c := range b {
		if c >= 0x7f || c < 0x20 && c != '\n' && c != '\t' {
			return i
		}
	}
	return len(b)
}

// unit is the length of the first thing in b: a character, a colour, CR LF or
// a bad byte. It is not whole where more bytes could make it a longer one.
func (n *Neutralizer) unit(b []byte) (size int, whole bool) {
	switch {
	case b[0] == '\r':
		if len(b) > 1 && b[1] == '\n' {
			return 2, true
		}
		return 1, len(b) > 1
	case b[0] == 0x1b:
		return sgr(b)
	}
	_, size = utf8.DecodeRune(b)
	return size, utf8.FullRune(b)
}

// sgr is the length of the colour at the start of b, or 1 for its ESC alone.
func sgr(b []byte) (size int, whole bool) {
	if len(b) > 1 && b[1] != '[' {
		return 1, true
	}
	for i := 2; i < len(b) && i < maxSGR; i++ {
		switch c := b[i]; {
		case c == 'm':
			return i + 1, true
		case (c < '0' || c > '9') && c != ';' && c != ':':
			return 1, true
		}
	}
	return 1, len(b) >= maxSGR
}

// one appends the neutral form of u, one unit.
func (n *Neutralizer) one(dst, u []byte) []byte {
	r, size := utf8.DecodeRune(u)
	switch {
	case r == 0x1b && len(u) > 1:
		if n.Plain {
			return dst
		}
		n.tinted = len(bytes.Trim(u[2:len(u)-1], "0;")) > 0
		return append(dst, u...)
	case r == '\r' && len(u) > 1:
		return append(dst, '\n')
	case r == utf8.RuneError && size == 1:
		return fmt.Appendf(dst, "<%02X>", u[0])
	case isControl(r):
		return append(dst, picture(r)...)
	}
	return append(dst, u...)
}

func isControl(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// picture is a control character as something to see.
func picture(r rune) string {
	switch {
	case r < 0x20:
		return string(0x2400 + r)
	case r == 0x7f:
		return "␡"
	}
	return fmt.Sprintf("<U+%04X>", r)
}

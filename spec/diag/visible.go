package diag

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// Visible is text as it is safe to show on a terminal: every control,
// direction mark and invisible character stands as a visible one, such as ␛
// or <U+202E>. All of our output about a job file goes through it.
func Visible(text string) string {
	clean := true
	for i, r := range text {
		if hidden(r) || r == utf8.RuneError && isBroken(text[i:]) {
			clean = false
			break
		}
	}
	if clean {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		b.WriteString(show(r, text[:size]))
		text = text[size:]
	}
	return b.String()
}

// cell is one code point as a terminal shows it.
type cell struct {
	text  string
	width int // cells; 0 for a combining mark
}

// tab is what a tab is shown as, so that carets do not depend on where the
// terminal has its stops.
const tab = "    "

// cellOf is how to show r, which is written as raw.
func cellOf(r rune, raw string) cell {
	if r == '\t' {
		return cell{tab, len(tab)}
	}
	text := show(r, raw)
	if text != raw {
		return cell{text, utf8.RuneCountInString(text)}
	}
	return cell{text, displaywidth.Rune(r)}
}

// show is r, which is written as raw, in visible characters.
func show(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && isBroken(raw):
		return fmt.Sprintf("<0x%02X>", raw[0])
	case r < 0x20:
		return string('\u2400' + r) // the control pictures
	case r == 0x7f:
		return "\u2421"
	case hidden(r):
		return fmt.Sprintf("<U+%04X>", r)
	}
	return raw
}

// isBroken reports whether text, which reads as U+FFFD, is not that.
func isBroken(text string) bool { return !strings.HasPrefix(text, string(utf8.RuneError)) }

// hidden reports whether r would show as nothing, or as something else than
// itself, or would change what stands around it.
func hidden(r rune) bool {
	switch {
	case r >= 0x20 && r < 0x7f:
		return false
	case !unicode.IsPrint(r): // controls, formats, spaces but U+0020, private and unassigned ones
		return true
	}
	return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		r >= 0xe0100 && r <= 0xe01ef || // variation selectors: a hidden text can be made of them
		r == 0x2800 // a braille pattern without dots
}

package validate

import (
	"fmt"
	"strings"
	"unicode"

	"sluice/spec"
)

// programName judges the name of a program as a name.
func (c *check) programName(t spec.Template) {
	if strings.HasPrefix(t.Value, "-") {
		c.at("SL304", t.String, t.Value+": a program's name that begins with - is taken for an option", "write ./"+t.Value+" if there is such a program")
	}
	c.lookalike(t)
}

// lookalike reports a word with letters of several alphabets: so a name is
// made to look like another (UTS #39, section 5).
func (c *check) lookalike(t spec.Template) {
	latin, other := false, rune(0)
	for _, r := range t.Masked() {
		switch {
		case r == '/' || r == '.' || r == '-' || r == '_':
			latin, other = false, 0
			continue
		case r < unicode.MaxASCII && unicode.IsLetter(r):
			latin = true
		case unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee) || r >= 0xff01 && r <= 0xff5e:
			other = r
		}
		if latin && other != 0 {
			c.at("SL006", t.String, fmt.Sprintf("%q has %q (U+%04X) among Latin letters, and looks like another name", t.Value, other, other), "write the name in one alphabet")
			return
		}
	}
}

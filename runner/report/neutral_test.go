package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var neutralCases = []struct{ in, want string }{
	{"", ""},
	{"plain\ttext\nnext é 漢 👩‍👩‍👧", "plain\ttext\nnext é 漢 👩‍👩‍👧"},
	{"a\x1b[31mred\x1b[0mb", "a\x1b[31mred\x1b[0mb"},
	{"\x1b[m\x1b[1;38:2::255:0:0m", "\x1b[m\x1b[1;38:2::255:0:0m"},
	{"\x1b]0;title\a", "␛]0;title␇"},
	{"\x1b[2J\x1b[H\x1b[?25l", "␛[2J␛[H␛[?25l"},
	{"\x1b\x1b[1m", "␛\x1b[1m"},
	{"\x1b[\x1b[1m", "␛[\x1b[1m"},
	{"\x1b[1\nm", "␛[1\nm"},
	{"end\x1b", "end␛"},
	{"end\x1b[3", "end␛[3"},
	{"\x1b[" + strings.Repeat("1", 100) + "m", "␛[" + strings.Repeat("1", 100) + "m"},
	{"10%\r20%\r\n", "10%␍20%\n"},
	{"\r", "␍"},
	{"\r\r\n", "␍\n"},
	{"\x00\x08\x0b\x0c\x7f", "␀␈␋␌␡"},
	{"\u009b31m\u0085", "<U+009B>31m<U+0085>"},
	{"a\u202eb\u2066c\u200fd\u061c", "a<U+202E>b<U+2066>c<U+200F>d<U+061C>"},
	{"\xff\x9b31m", "<FF><9B>31m"},
	{"\xe6\xbc", "<E6><BC>"},
	{"\xe6\xbcx\xc3\xa9", "<E6><BC>xé"},
	{"\xed\xa0\x80", "<ED><A0><80>"},
	{"�", "�"},
}

func TestNeutral(t *testing.T) {
	for _, c := range neutralCases {
		if got := Neutral(c.in); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

// Wherever a text is cut, and however often, it reads the same.
func TestNeutralizerAcrossCuts(t *testing.T) {
	for _, c := range neutralCases {
		for i := 0; i <= len(c.in); i++ {
			for k := i; k <= len(c.in); k++ {
				if got := inPieces(c.in[:i], c.in[i:k], c.in[k:]); got != c.want {
					t.Fatalf("%q + %q + %q\n got %q\nwant %q", c.in[:i], c.in[i:k], c.in[k:], got, c.want)
				}
			}
		}
		if got := inPieces(strings.Split(c.in, "")...); got != c.want {
			t.Fatalf("%q piece by piece\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

func inPieces(pieces ...string) string {
	var n Neutralizer
	var out []byte
	for _, p := range pieces {
		for _, c := range []byte(p) { // bytes, not characters
			out = n.Append(out, []byte{c})
		}
	}
	return string(n.Flush(out))
}

func TestNeutralizerPlain(t *testing.T) {
	n := Neutralizer{Plain: true}
	got := string(n.Flush(n.Append(nil, []byte("a\x1b[31mb\x1b[0m\x1b[2J"))))
	if want := "ab␛[2J"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNeutralizerUntint(t *testing.T) {
	for in, want := range map[string]bool{
		"": false, "\x1b[31m": true, "\x1b[31m\x1b[0m": false, "\x1b[1m\x1b[m": false,
		"\x1b[0;31m": true, "\x1b[38;5;0m": true, "\x1b[31": false,
	} {
		var n Neutralizer
		n.Append(nil, []byte(in))
		if got := string(n.Untint(nil)); (got == "\x1b[0m") != want {
			t.Errorf("%q is ended by %q", in, got)
		}
		if got := string(n.Untint(nil)); got != "" {
			t.Errorf("%q is ended twice, by %q", in, got)
		}
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "",
		"é漢":                 "é漢",
		"a\nb\tc\x1b[1md\re": "a␊b␉c␛[1md␍e",
		"\u202e\xff":         "<U+202E><FF>",
	} {
		if got := Visible(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// FuzzNeutral holds what a terminal relies on, for any bytes cut anywhere.
func FuzzNeutral(f *testing.F) {
	for _, c := range neutralCases {
		f.Add(c.in, len(c.in)/2)
	}
	f.Fuzz(func(t *testing.T, in string, cut int) {
		whole := Neutral(in)
		if !utf8.ValidString(whole) {
			t.Fatalf("not UTF-8: %q", whole)
		}
		if cut >= 0 && cut <= len(in) {
			var n Neutralizer
			out := n.Append(nil, []byte(in[:cut]))
			out = n.Flush(n.Append(out, []byte(in[cut:])))
			if string(out) != whole {
				t.Fatalf("cut at %d: %q, whole: %q", cut, out, whole)
			}
		}
		var plain Neutralizer
		plain.Plain = true
		for _, r := range string(plain.Flush(plain.Append(nil, []byte(in)))) {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Fatalf("%U is left in the neutral form of %q", r, in)
			}
		}
	})
}

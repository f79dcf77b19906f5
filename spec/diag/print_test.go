package diag

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

const file = `version: 1
jobs:
  build:
  # one	tab
    comand: make
	tabbed: x
    名前: 値 # 日本
    cafe` + "\u0301" + `: é
    key: "a` + "\u202e" + `b" ` + "\x1b[31m" + `
    last: x` + "\r\n"

func sources(name string) []byte {
	if name == "gone.yaml" {
		return nil
	}
	return []byte(file)
}

func print(t *testing.T, l List, s Style) string {
	t.Helper()
	var b strings.Builder
	if err := l.Print(&b, sources, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPrint(t *testing.T) {
	tests := []struct {
		name string
		p    Problem
		want string
	}{
		{"plain", Problem{Rule: "SL014", File: "a.yaml", Pos: Pos{5, 5}, Len: 6, Msg: `unknown key "comand"`}, `
a.yaml:5:5: error: unknown key "comand" [SL014]
    5 │     comand: make
      │     ^^^^^^
`},
		{"hint of two lines", Problem{Rule: "SL014", Severity: Warning, File: "a.yaml", Pos: Pos{5, 5}, Msg: "m", Hint: "write\n  command: make"}, `
a.yaml:5:5: warning: m [SL014]
    5 │     comand: make
      │     ^
      = help: write
                command: make
`},
		{"related", Problem{Rule: "SL008", File: "a.yaml", Pos: Pos{10, 5}, Len: 4, Msg: "m", Related: []Related{{Pos{5, 5}, "first here"}}}, `
a.yaml:10:5: error: m [SL008]
   10 │     last: x
      │     ^^^^
a.yaml:5:5: note: first here
    5 │     comand: make
      │     ^
`},
		{"tab", Problem{Rule: "SL000", Severity: Info, File: "a.yaml", Pos: Pos{6, 2}, Len: 6, Msg: "m"}, `
a.yaml:6:2: info: m [SL000]
    6 │     tabbed: x
      │     ^^^^^^
`},
		{"on a tab", Problem{Rule: "SL000", File: "a.yaml", Pos: Pos{6, 1}, Msg: "m"}, `
a.yaml:6:1: error: m [SL000]
    6 │     tabbed: x
      │ ^^^^
`},
		{"wide", Problem{Rule: "SL000", File: "a.yaml", Pos: Pos{7, 9}, Len: 1, Msg: "値"}, `
a.yaml:7:9: error: 値 [SL000]
    7 │     名前: 値 # 日本
      │           ^^
`},
		{"after a combining mark", Problem{Rule: "SL000", File: "a.yaml", Pos: Pos{8, 12}, Len: 1, Msg: "m"}, `
a.yaml:8:12: error: m [SL000]
    8 │     cafe` + "\u0301" + `: é
      │           ^
`},
		{"control characters", Problem{Rule: "SL004", File: "a.yaml", Pos: Pos{9, 14}, Len: 2, Msg: "m \x1b]0;t\a \u200b \u009b"}, `
a.yaml:9:14: error: m ␛]0;t␇ <U+200B> <U+009B> [SL004]
    9 │     key: "a<U+202E>b" ␛[31m
      │                     ^^
`},
		{"after the end of the line", Problem{Rule: "SL000", File: "a.yaml", Pos: Pos{5, 99}, Len: 3, Msg: "m"}, `
a.yaml:5:99: error: m [SL000]
    5 │     comand: make
      │                 ^
`},
		{"an empty line", Problem{Rule: "SL000", File: "a.yaml", Pos: Pos{11, 1}, Msg: "m"}, `
a.yaml:11:1: error: m [SL000]
   11 │
      │ ^
`},
		{"no such line", Problem{Rule: "SL000", File: "a.yaml", Pos: Pos{12, 1}, Msg: "m", Hint: "h"}, `
a.yaml:12:1: error: m [SL000]
      = help: h
`},
		{"no source", Problem{Rule: "SL000", File: "gone.yaml", Pos: Pos{1, 1}, Msg: "m"}, `
gone.yaml:1:1: error: m [SL000]
`},
		{"no place", Problem{File: "a\x1b.yaml", Msg: "m"}, `
a␛.yaml: error: m
`},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if got, want := print(t, List{c.p}, Style{}), c.want[1:]; got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestPrintSeveral(t *testing.T) {
	l := List{{Rule: "SL001", File: "gone.yaml", Pos: Pos{1, 1}, Msg: "m"}, {File: "gone.yaml", Msg: "n", Severity: Warning}}
	want := "gone.yaml:1:1: error: m [SL001]\n\ngone.yaml: warning: n\n"
	if got := print(t, l, Style{}); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	var b strings.Builder
	if err := l.Print(&b, nil, Style{}); err != nil || b.String() != want {
		t.Errorf("without sources: %v\n%s", err, b.String())
	}
}

func TestPrintColor(t *testing.T) {
	l := List{{Rule: "SL001", File: "a.yaml", Pos: Pos{1, 1}, Len: 7, Msg: "m", Hint: "h", Related: []Related{{Pos{2, 1}, "r"}}}}
	want := "\x1b[1ma.yaml:1:1:\x1b[m \x1b[1;31merror:\x1b[m m [SL001]\n" +
		"\x1b[34m    1 │\x1b[m version: 1\n" +
		"\x1b[34m      │\x1b[m \x1b[1;31m^^^^^^^\x1b[m\n" +
		"\x1b[34m      = help: \x1b[mh\n" +
		"\x1b[1ma.yaml:2:1:\x1b[m \x1b[36mnote:\x1b[m r\n" +
		"\x1b[34m    2 │\x1b[m jobs:\n" +
		"\x1b[34m      │\x1b[m \x1b[36m^\x1b[m\n"
	if got := print(t, l, Style{Color: true}); got != want {
		t.Errorf("got:\n%q\nwant:\n%q", got, want)
	}
}

func TestPrintLongLines(t *testing.T) {
	digits := strings.Repeat("0123456789", 20)
	tests := []struct {
		line        string
		at, length  int // 0-based
		text, under string
	}{
		{digits[:30], 3, 2, digits[:30], "   ^^"},
		{digits, 0, 1, "0123456789012345678901234567…", "^"},
		{digits, 105, 3, "…3456789012345678901234567890…", "             ^^^"},
		{digits, 199, 1, "…2345678901234567890123456789", "                            ^"},
		{digits, 200, 1, "…2345678901234567890123456789", "                             ^"},
		{digits, 10, 180, "…0123456789012345678901234567…", " ^^^^^^^^^^^^^^^^^^^^^^^^^^^^"},
		{strings.Repeat("日本", 50), 50, 1, "…日本日本日本日本日本日本日本…", "             ^^"},
		{"\t" + digits, 1, 1, "    012345678901234567890123…", "    ^"},
	}
	for _, c := range tests {
		e := excerptOf(newRow("a", 1, c.line), c.at, c.length, 30)
		under := strings.Repeat(" ", e.before) + strings.Repeat("^", e.under)
		if e.text != c.text || under != c.under {
			t.Errorf("at %d of %q:\n got %s\n     %s\nwant %s\n     %s", c.at, c.line, e.text, under, c.text, c.under)
		}
	}
}

// TestManyProblemsInALongLine would take minutes if the time were quadratic.
func TestManyProblemsInALongLine(t *testing.T) {
	line := strings.Repeat("日", 1_000_000)
	var l List
	for i := range 20_000 {
		l = append(l, Problem{File: "a", Pos: Pos{1, 50*i + 1}, Msg: "m"})
	}
	var b strings.Builder
	if err := l.Print(&b, func(string) []byte { return []byte(line) }, Style{}); err != nil {
		t.Fatal(err)
	}
}

func TestOneline(t *testing.T) {
	l := List{
		{Rule: "SL014", File: "a.yaml", Pos: Pos{5, 5}, Msg: "m\n\x1b", Hint: "h"},
		{Severity: Warning, File: "b.yaml", Msg: "w"},
		{Severity: Info, File: "b.yaml", Msg: "i"},
		{Severity: Error, File: "b.yaml", Msg: "e"},
	}
	var b strings.Builder
	if err := l.PrintOneline(&b); err != nil {
		t.Fatal(err)
	}
	want := "a.yaml:5:5: error: m␊␛ [SL014]\nb.yaml: warning: w\nb.yaml: info: i\nb.yaml: error: e\n"
	if b.String() != want {
		t.Errorf("got %q", b.String())
	}
	if e, w, i := l.Counts(); e != 2 || w != 1 || i != 1 {
		t.Errorf("counts %d %d %d", e, w, i)
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }

func TestPrintSaysThatItCouldNotWrite(t *testing.T) {
	full := errors.New("no space left on device")
	l := List{{File: "a.yaml", Msg: "m"}}
	if err := l.Print(brokenWriter{full}, nil, Style{}); !errors.Is(err, full) {
		t.Error(err)
	}
	if err := l.PrintOneline(brokenWriter{full}); !errors.Is(err, full) {
		t.Error(err)
	}
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain, é, 日本, 👍🏽, ⚠️":             "plain, é, 日本, 👍🏽, ⚠️",
		"\x00\x1f\x7f\t\r\n":               "␀␟␡␉␍␊",
		"\u0085\u00a0\u00ad\u200b\u2028":   "<U+0085><U+00A0><U+00AD><U+200B><U+2028>",
		"\u202e\u2066\u061c\ufeff\u3164":   "<U+202E><U+2066><U+061C><U+FEFF><U+3164>",
		"\U000e0041\U000e0101\ue000\u0378": "<U+E0041><U+E0101><U+E000><U+0378>",
		"\xff\xc3 \ufffd":                  "<0xFF><0xC3> \ufffd",
		"\u2800\u034f":                     "<U+2800><U+034F>",
	} {
		if got := Visible(text); got != want {
			t.Errorf("Visible(%q) = %q, want %q", text, got, want)
		}
	}
}

// FuzzPrint holds that no line is wider than asked, that the caret stands
// below its character, and that nothing reaches the terminal raw.
func FuzzPrint(f *testing.F) {
	f.Add("version: 1", 3, 2, 30)
	f.Add("\t名前 e\u0301\u0301\u0301\x1b\u202e\xff", 5, 1, 0)
	f.Add(strings.Repeat("\u0301", 500)+"日", 400, 200, 25)
	f.Fuzz(func(t *testing.T, line string, col, length, width int) {
		if width > 1000 || length > 1e6 || strings.Contains(line, "\n") {
			return
		}
		l := List{{File: "a", Pos: Pos{1, max(1, min(col, 1e6))}, Len: length, Msg: line, Hint: "h" + line}}
		var b strings.Builder
		if err := l.Print(&b, func(string) []byte { return []byte(line) }, Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		if !utf8.ValidString(out) || Visible(strings.ReplaceAll(out, "\n", "")) != strings.ReplaceAll(out, "\n", "") {
			t.Errorf("raw characters in %q", out)
		}
		lines := strings.Split(out, "\n")
		if len(lines) != 5 {
			t.Fatalf("%d lines: %q", len(lines), out)
		}
		if width <= 0 {
			width = defaultWidth
		}
		cells := 0
		for _, r := range lines[1] {
			cells += displaywidth.Rune(r)
		}
		if most := max(width, leastWidth+gutterWidth); cells > most {
			t.Errorf("%d cells, expected at most %d: %q", cells, most, lines[1])
		}
		if _, under, ok := strings.Cut(lines[2], "│ "); !ok || strings.Trim(under, " ^") != "" || !strings.HasSuffix(under, "^") {
			t.Errorf("caret line %q", lines[2])
		}
	})
}

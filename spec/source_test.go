package spec

import (
	"strings"
	"testing"

	"sluice/spec/diag"
)

func TestAt(t *testing.T) {
	tests := []struct {
		name string
		keys string // of a job; the first is run
		off  int
		want diag.Pos
	}{
		{"plain", "run: abc", 0, pos(4, 10)},
		{"plain, inside", "run: abc", 2, pos(4, 12)},
		{"plain, after wide characters", "run: 日本 x", 3, pos(4, 13)},
		{"plain, after an emoji beyond the BMP", "run: 👍🏽 x", 3, pos(4, 13)},
		{"plain, after a combining mark", "run: e\u0301x", 2, pos(4, 12)},
		{"plain, past the end", "run: abc", 3, pos(4, 10)},
		{"plain, before the beginning", "run: abc", -1, pos(4, 10)},
		{"plain over two lines", "run: abc\n  def", 5, pos(4, 10)},
		{"plain over two lines, in the first", "run: abc\n  def", 1, pos(4, 10)},
		{"plain in a flow", "command: x\nrun: abc", 1, pos(5, 11)},
		{"single", "run: 'abc'", 0, pos(4, 11)},
		{"single, after a doubled quote", "run: 'a''b''''c'", 2, pos(4, 14)},
		{"single, after three of them", "run: 'a''b''''c'", 5, pos(4, 19)},
		{"single, a doubled quote itself", "run: 'a''b'", 1, pos(4, 12)},
		{"single over two lines", "run: 'abc\n  def'", 5, pos(4, 10)},
		{"double", `run: "abc"`, 1, pos(4, 12)},
		{"double, after escapes", `run: "\"\\\x41\u0042\U00000043d"`, 5, pos(4, 35)},
		{"double, an escape itself", `run: "a\tb"`, 1, pos(4, 12)},
		{"double, after an escaped tab", `run: "a\tb"`, 2, pos(4, 14)},
		{"double, a wide escape", `run: "\U0001F600b"`, 1, pos(4, 21)},
		{"double, after wide characters", `run: "日本b"`, 2, pos(4, 13)},
		{"double over two lines", "run: \"abc\n  def\"", 5, pos(4, 10)},
		{"double over two lines, blanks at the end of the first", "run: \"ab     \n  c\"", 3, pos(4, 10)},
		{"double with a continued line", "run: \"abc\\\n  def\"", 4, pos(4, 10)},
		{"literal", "run: |\n  abc\n  def", 0, pos(5, 7)},
		{"literal, second line", "run: |\n  abc\n  def", 5, pos(6, 8)},
		{"literal, the newline", "run: |\n  abc\n  def", 3, pos(5, 10)},
		{"literal, after an empty line", "run: |\n\n  abc", 1, pos(6, 7)},
		{"literal, deeper first line", "run: |2\n    abc\n  def", 0, pos(5, 7)},
		{"literal, deeper second line", "run: |\n  abc\n    def", 6, pos(6, 9)},
		{"literal, stripped", "run: |-\n  日本x", 2, pos(5, 9)},
		{"literal of blank lines", "run: |+\n\n\ncommand: x", 1, pos(6, 1)},
		{"folded", "run: >\n  abc\n  def", 5, pos(4, 10)},
	}
	for _, c := range tests {
		for name, text := range map[string]string{c.name: job(c.keys), c.name + ", CRLF": crlf(job(c.keys))} {
			t.Run(name, func(t *testing.T) {
				f, list := Parse("f", []byte(text), DefaultLimits())
				if len(list) > 0 {
					t.Fatal(list)
				}
				s := f.Jobs.Entries[0].Value.Run.String
				if got := s.At(c.off); got != c.want {
					t.Errorf("%q of %q is at %v, expected %v", text, s.Value, got, c.want)
				}
			})
		}
	}
}

func TestPositionsOfTheTree(t *testing.T) {
	f := good(t, `version: 1
env: {A: x, "B": 'y'}
jobs:
  build:
    needs: [a, 'b']
    retry: {attempts: 3}
  test: {run: x}
`)
	j := f.Jobs.Entries[0].Value
	for name, c := range map[string][2]diag.Pos{
		"version":    {f.Version.Pos, pos(1, 10)},
		"env":        {f.Env.Pos, pos(2, 6)},
		"key A":      {f.Env.Entries[0].Key.Pos, pos(2, 7)},
		"key B":      {f.Env.Entries[1].Key.Pos, pos(2, 13)},
		"B":          {f.Env.Entries[1].Value.Pos, pos(2, 18)},
		"jobs":       {f.Jobs.Pos, pos(4, 3)},
		"name":       {j.Name.Pos, pos(4, 3)},
		"job":        {j.Pos, pos(5, 5)},
		"needs":      {j.Needs.Pos, pos(5, 12)},
		"needs b":    {j.Needs.Items[1].Pos, pos(5, 16)},
		"retry":      {j.Retry.Pos, pos(6, 12)},
		"attempts":   {j.Retry.Attempts.Pos, pos(6, 23)},
		"flow job":   {f.Jobs.Entries[1].Value.Pos, pos(7, 9)},
		"unset":      {j.Timeout.Pos, diag.Pos{}},
		"unset args": {j.Args.Pos, diag.Pos{}},
	} {
		if c[0] != c[1] {
			t.Errorf("%s is at %v, expected %v", name, c[0], c[1])
		}
	}
}

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

package spec

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"sluice/spec/diag"
)

// FuzzParse holds that no text makes Parse panic, and that every problem has
// a rule, words and a place that exists.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "version: 1\njobs: {}\n", job("run: x"), "a: &a [*a]\n", "? [a]\n: b\n", "a: |\n  b\n\n c\n", "- !!x y\n--- z\n", "\xff\xfe", "%YAML 1.2\n---\n{}",
		"version: 1\nparams: {p: {type: int, default: [1, 2], list: true}}\njobs:\n  a:\n    matrix: {x: {range: [1, 2]}, exclude: [{x: 1}]}\n    pipe: [a 'b', {run: c, ok: [1]}]\n    stdout: {capture: {max: 1KiB}}\n    umask: \"022\"\n",
		"<<: {<<: x}\n<<: y\n", "{a: }\n", "[[[[[[[[", "\"\\e\\0\\u202e\"", "a:\r\n  b: 'c\r\n\r\n d'\r\n",
	} {
		f.Add([]byte(seed))
	}
	files, _ := filepath.Glob("../testdata/*/*.yaml")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		limits := DefaultLimits()
		file, list := Parse("f", text, limits)
		if file == nil && !list.Invalid(false) {
			t.Error("neither a file nor a problem")
		}
		lines := strings.Split(string(text), "\n")
		for _, p := range list {
			checkProblem(t, p, lines)
		}
		if err := list.Print(&strings.Builder{}, func(string) []byte { return text }, diag.Style{}); err != nil {
			t.Error(err)
		}
	})
}

func checkProblem(t *testing.T, p diag.Problem, lines []string) {
	if _, ok := diag.RuleByID(p.Rule); !ok || p.Msg == "" || strings.Contains(p.Msg, "\n") || p.File != "f" {
		t.Errorf("%+v", p)
	}
	for _, at := range append([]diag.Related{{Pos: p.Pos}}, p.Related...) {
		pos := at.Pos
		if pos.Line < 1 || pos.Col < 1 || pos.Line > len(lines) || pos.Col > utf8.RuneCountInString(lines[pos.Line-1])+1 {
			t.Errorf("%+v is outside of the file", p)
		}
	}
}

// FuzzLine holds that a line which we take without a finding has exactly the
// words that a POSIX shell would make of it.
func FuzzLine(f *testing.F) {
	for _, seed := range []string{
		"", "a b", `a"b"'c'd`, `'' ""`, `a\ b\\c \"`, `"a\"b\\c\$d\e"`, "'a\nb'", "\"a\\\nb\"", "a|b", "2>&1", "~ # *", "{a,b} [c] {}", "$ $x ${x} $(x) `x`",
		"a=b if then ! { }", "é\u00a0日本", `'it'\''s'`, "${params.x}", "a\\\nb", "x$", `"$"`, `"a$"`, "[[ a ]]", "\\", "'", "\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, '\r') || strings.ContainsFunc(text, func(r rune) bool { rule, _ := badRune(r); return rule != "" }) {
			return // no line of a file
		}
		l := line(text)
		for _, f := range l.Found {
			if at := offset(text, f.Pos); string([]rune(text)[at:at+utf8.RuneCountInString(f.Text)]) != f.Text {
				t.Errorf("%q: %+v stands elsewhere", text, f)
			}
		}
		if len(l.Found) > 0 || slices.ContainsFunc(l.Words, func(a Arg) bool { return len(a.Text.Refs()) > 0 }) {
			return
		}
		want, err := shellWords(text)
		if err != nil {
			t.Fatalf("%q is taken for %q, but the shell says: %v", text, wordsOf(l), err)
		}
		if got := wordsOf(l); !slices.Equal(got, want) {
			t.Errorf("%q is taken for %q, the shell takes it for %q", text, got, want)
		}
	})
}

// shellWords is what a POSIX shell makes of the arguments text of a command.
func shellWords(text string) ([]string, error) {
	// The command makes text arguments, among which there are no keywords
	// and no assignments.
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader("command "+text), "")
	if err != nil {
		return nil, err
	}
	// An empty environment, and no directories to match patterns in.
	return expand.Fields(&expand.Config{}, file.Stmts[0].Cmd.(*syntax.CallExpr).Args[1:]...)
}

// TestLinesAsAShell does as FuzzLine for many short lines of the characters
// that matter, the same ones each time.
func TestLinesAsAShell(t *testing.T) {
	alphabet := []rune("ab \\'\"$[]{},.#~!=-\n~é`1*?|>&;()")
	random := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 50_000 {
		text := make([]rune, 1+random.IntN(10))
		for i := range text {
			text[i] = alphabet[random.IntN(len(alphabet))]
		}
		l := line(string(text))
		if len(l.Found) > 0 {
			continue
		}
		taken++
		if want, err := shellWords(string(text)); err != nil || !slices.Equal(wordsOf(l), want) {
			t.Errorf("%q is taken for %q, the shell takes it for %q %v", string(text), wordsOf(l), want, err)
		}
	}
	if taken < 5000 {
		t.Errorf("only %d lines had no finding", taken)
	}
}

// FuzzTemplate holds that the parts of a text give it back.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"", "a", "$", "$$", "${", "${}", "${params.x}", "a${env.A}b${attempt}", "${params.x", "$(x) $'y' $\"z\"", "é${日本}$é", "${a.b.c.d}\n${\n}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, '\r') {
			return
		}
		got := template(text)
		var b strings.Builder
		for _, p := range got.Parts {
			b.WriteString(p.Text)
			if p.Ref != nil {
				b.WriteString(p.Ref.Text)
				if at := offset(text, p.Ref.Pos); !strings.HasPrefix(string([]rune(text)[at:]), p.Ref.Text) {
					t.Errorf("%q: %+v stands elsewhere", text, p.Ref)
				}
			}
		}
		if b.String() != text {
			t.Errorf("%q became %q", text, b.String())
		}
		for _, f := range got.Found {
			if at := offset(text, f.Pos); !strings.HasPrefix(string([]rune(text)[at:]), f.Text) {
				t.Errorf("%q: %+v stands elsewhere", text, f)
			}
		}
		if utf8.RuneCountInString(got.Masked()) != utf8.RuneCountInString(text) {
			t.Errorf("%q masked is %q", text, got.Masked())
		}
	})
}

package spec

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// line parses text as if it stood in a literal block without an indent.
func line(text string) Line { return parseLine(block(text)) }

func block(text string) String {
	src := &source{}
	src.split([]byte("|\n" + text))
	return String{Value: text, Pos: pos(1, 1), Tag: "!!str", style: yaml.LiteralStyle, src: src}
}

// offset is the index in text of the character at p, in code points.
func offset(text string, p diag.Pos) int {
	lines := strings.SplitAfter(text, "\n")
	return utf8.RuneCountInString(strings.Join(lines[:p.Line-2], "")) + p.Col - 1
}

func wordsOf(l Line) []string {
	words := []string{}
	for _, w := range l.Words {
		var b strings.Builder
		for _, p := range w.Text.Parts {
			if p.Ref != nil {
				b.WriteString("‹" + p.Ref.Text + "›")
			} else {
				b.WriteString(p.Text)
			}
		}
		words = append(words, b.String())
	}
	return words
}

// TestWords is POSIX.1-2024, XCU 2.2: what quoting makes of a line. What is
// put in later stands in ‹›.
func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                         {},
		"  \t ":                    {},
		"a":                        {"a"},
		"go vet ./...":             {"go", "vet", "./..."},
		"  a \t b  ":               {"a", "b"},
		`a '' ""`:                  {"a", "", ""},
		`''a''`:                    {"a"},
		`a"b"'c'd`:                 {"abcd"},
		`a"b c"'d e'\ f`:           {"ab cd e f"},
		`'a|b' "a&b" a\;b`:         {"a|b", "a&b", "a;b"},
		`'a\b'`:                    {`a\b`},
		`'\'`:                      {`\`},
		`'a"b' "a'b"`:              {`a"b`, `a'b`},
		`it\'s`:                    {"it's"},
		`'it'\''s'`:                {"it's"},
		`"a\"b\\c\$d\` + "`" + `"`: {"a\"b\\c$d`"},
		`"a\nb\tc\'d\ e"`:          {`a\nb\tc\'d\ e`}, // in double quotes \ is itself before most
		`a\nb\\c\"d\'`:             {`anb\c"d'`},
		"\"a\\\nb\"":               {"ab"}, // a continued line
		"\"a\nb\" 'c\nd'":          {"a\nb", "c\nd"},
		`\#a a#b '#c'`:             {"#a", "a#b", "#c"},
		`a~ \~b '~c' --d=~/e`:      {"a~", "~b", "~c", "--d=~/e"},
		`\* '*' "?" '[a]' \[a]`:    {"*", "*", "?", "[a]", "[a]"},
		`[ a ] [] []`:              {"[", "a", "]", "[]", "[]"},
		`{} {a} '{a,b}' \{a,b} {a\,b} {'a,b'} a}`: {"{}", "{a}", "{a,b}", "{a,b}", "{a,b}", "{a,b}", "a}"},
		`{b,c {d,e{f}`:                         {"{b,c", "{d,e{f}"},
		`{1.2}`:                                {"{1.2}"},
		`$ a$ "$" "a$" $. '$x' \$x "\$x"`:      {"$", "a$", "$", "a$", "$.", "$x", "$x", "$x"},
		`'$(a)' '` + "`a`" + `' '${params.x}'`: {"$(a)", "`a`", "${params.x}"},
		`a=b --c=d -e`:                         {"a=b", "--c=d", "-e"},
		`! a ^ % , : @ + =`:                    {"!", "a", "^", "%", ",", ":", "@", "+", "="},
		"é 日本 '👍 x' \u00a0":                    {"é", "日本", "👍 x", "\u00a0"},
		"a\u3000b\vc\fd":                       {"a\u3000b\vc\fd"}, // blanks are space and tab
		`a\` + "\t" + `b`:                      {"a\tb"},

		"head -n ${params.top}":           {"head", "-n", "‹${params.top}›"},
		`a "${params.x} b" '${params.x}'`: {"a", "‹${params.x}› b", "${params.x}"},
		`${params.a}${matrix.b}`:          {"‹${params.a}›‹${matrix.b}›"},
		`x${params.a}'y'"z${env.B}"`:      {"x‹${params.a}›yz‹${env.B}›"},
		`\${params.a} "\${params.a}"`:     {"${params.a}", "${params.a}"},
		`"${attempt}"`:                    {"‹${attempt}›"},
		`'‹'${run.id}''`:                  {"‹‹${run.id}›"},
		`${params.p.stem}.o`:              {"‹${params.p.stem}›.o"},
	} {
		l := line(text)
		if got := wordsOf(l); !slices.Equal(got, want) || len(l.Found) > 0 {
			t.Errorf("%s\n got %q, found %+v\nwant %q", text, got, l.Found, want)
		}
	}
}

// TestFindings marks with ^ what a shell would act on.
func TestFindings(t *testing.T) {
	names := map[FindKind]string{FoundOperator: "operator", FoundExpansion: "expansion", FoundBadRef: "bad ref", FoundGlob: "glob",
		FoundBrace: "brace", FoundTilde: "tilde", FoundComment: "comment", FoundQuote: "quote"}
	tests := []struct{ text, marks, kinds string }{
		{"cat f | wc -l", "      ^", "operator"},
		{"a||b", " ^^", "operator"},
		{"a && b", "  ^^", "operator"},
		{"a; b", " ^", "operator"},
		{"a &", "  ^", "operator"},
		{"a|&b", " ^^", "operator"},
		{"a\nb", " ^", "operator"},
		{"a\\\nb", "  ^", "operator"},
		{"a\n", " ^", "operator"},
		{"date > out", "     ^", "operator"},
		{"date >out", "     ^", "operator"},
		{"make 2>err", "     ^^", "operator"},
		{"make 2>>err", "     ^^^", "operator"},
		{"make 2>&1", "     ^^^^", "operator"},
		{"make >&2", "     ^^^", "operator"},
		{"make 12>&34x", "     ^^^^^^", "operator"},
		{"make 2>&-", "     ^^^", "operator"},
		{"make x2>y", "       ^", "operator"},
		{"make '2'>y", "        ^", "operator"},
		{"make &>log", "     ^^", "operator"},
		{"make >|log", "     ^^", "operator"},
		{"a <<E", "  ^^", "operator"},
		{"a <&3", "  ^^^", "operator"},
		{"3<a", "^^", "operator"},
		{"é; x", " ^", "operator"},
		{"日本 | x", "   ^", "operator"},
		{"(a)", "^ ^", "operator operator"},
		{"a <(b)", "  ^^ ^", "operator operator operator"},
		{"a $(b) c", "  ^^", "expansion"},
		{"a $(b) )", "  ^^   ^", "expansion operator"},
		{`a "$(b)"`, "   ^^", "expansion"},
		{"a `b` `c", "  ^   ^", "expansion expansion"},
		{"a \"`b`\"", "   ^", "expansion"},
		{"$HOME/x", "^^^^^", "expansion"},
		{`"$HOME"x`, " ^^^^^", "expansion"},
		{"a$1 $@ $# $?", " ^^ ^^ ^^ ^^", "expansion expansion expansion expansion"},
		{"$$ $! $- $*", "^^ ^^ ^^ ^^", "expansion expansion expansion expansion"},
		{"${HOME} ${x:-y}", "^^^^^^^ ^^^^^^^", "expansion expansion"},
		{`"${HOME}"`, " ^^^^^^^", "expansion"},
		{"${params} ${}", "^^^^^^^^^ ^^^", "expansion expansion"},
		{"${params.x", "^^^^^^^^^^", "bad ref"},
		{"a $'b'", "  ^^", "expansion"},
		{`a $"b"`, "  ^^", "expansion"},
		{"ls *.go", "   ^", "glob"},
		{"ls a?b", "    ^", "glob"},
		{"ls **/x", "   ^^", "glob glob"},
		{"ls [a-z]x", "   ^^^^^", "glob"},
		{"ls [!a]b[c]", "   ^^^^ ^^^", "glob glob"},
		{"a {b,c}", "  ^^^^^", "brace"},
		{"a {1..3}", "  ^^^^^^", "brace"},
		{"a {b,{c,d}}", "     ^^^^^", "brace"},
		{"a {b,c{d}e}", "  ^^^^^^^^^", "brace"},
		{"a {b{,c}", "    ^^^^", "brace"},
		{"a {,b}{c,d}", "  ^^^^", "brace"},
		{"a {'b',c}", "  ^^^^^^^", "brace"},
		{"cd ~/x", "   ^", "tilde"},
		{"~", "^", "tilde"},
		{"a # b", "  ^", "comment"},
		{"#", "^", "comment"},
		{"a 'b", "  ^^", "quote"},
		{`a "b`, "  ^^", "quote"},
		{`a "b\`, "  ^^^", "quote"},
		{`a b\`, "   ^", "quote"},
		{`a "b${x}' 'c`, `  ^^^^^^^^^^`, "expansion quote"},
		{"a*b | c $D", " ^  ^   ^^", "glob operator expansion"},
	}
	for _, c := range tests {
		l := line(c.text)
		length := len([]rune(c.text))
		marks := []rune(strings.Repeat(" ", length))
		var kinds []string
		for _, f := range l.Found {
			kinds = append(kinds, names[f.Kind])
			at := offset(c.text, f.Pos)
			end := at + utf8.RuneCountInString(f.Text)
			if string([]rune(c.text)[at:end]) != f.Text {
				t.Errorf("%q: %q is not at %d", c.text, f.Text, at)
			}
			for ; at < end; at++ {
				marks[at] = '^'
			}
		}
		if got := strings.TrimRight(string(marks), " "); got != c.marks || strings.Join(kinds, " ") != c.kinds {
			t.Errorf("%q\n got %q %s\nwant %q %s", c.text, got, kinds, c.marks, c.kinds)
		}
	}
}

// TestWordOfFinding holds which word a finding is in or follows, and where
// words stand.
func TestWordOfFinding(t *testing.T) {
	for text, want := range map[string][]int{
		"cat f | wc": {1}, "cat f|wc": {1}, "make 2>&1": {1}, "a b > c": {1}, "a b >c $D": {1, 3},
		"| a": {0}, "a `b`": {1}, "a ~": {1}, "a # b": {1}, "a *": {1}, "a b[c]": {1}, "a 'b": {1}, "a b{c,d} e": {1},
	} {
		var got []int
		for _, f := range line(text).Found {
			got = append(got, f.Word)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, expected %v", text, got, want)
		}
	}
	j := goodJob(t, `run: "a 'é b' ''\"c\" ${params.x}"`)
	var at []int
	for _, w := range j.Run.Words {
		at = append(at, w.Pos.Col)
		if !w.FromLine || w.Pos.Line != 4 {
			t.Errorf("%+v", w)
		}
	}
	if want := []int{11, 13, 19, 27}; !slices.Equal(at, want) {
		t.Errorf("words at %v, expected %v", at, want)
	}
	if ref := j.Run.Words[3].Text.Refs()[0]; ref.Pos != pos(4, 27) {
		t.Errorf("%+v", ref)
	}
}

func TestQuoteThatDoesNotEndHasNoWords(t *testing.T) {
	for _, text := range []string{"a 'b", `a "b`, `a b\`, `a "b\"`} {
		if l := line(text); len(l.Words) != 0 || l.Found[len(l.Found)-1].Kind != FoundQuote {
			t.Errorf("%s: %+v", text, l)
		}
	}
}

// TestLongLines would take minutes if the time were quadratic.
func TestLongLines(t *testing.T) {
	for _, piece := range []string{"a ", "| ", "'", `\" `, "$a", "${params.x} ", "${", "`", "{a,", "[a]", "$(", "''", "2>&1"} {
		text := strings.Repeat(piece, 64<<10/len(piece))
		s := String{Value: text, Pos: pos(1, 1), src: &source{lines: [][]rune{[]rune(text)}}}
		parseLine(s)
		parseTemplate(s)
	}
}

package validate

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sluice/spec"
	"sluice/spec/diag"
)

// onPrograms matches the rules of the files about programs.
func onPrograms(rule string) bool { return strings.HasPrefix(rule, "SL3") || rule == "SL801" }

func yamlQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// judged is what the rules on programs say of a command, and which of its
// words each message points at.
type judgedCommand struct {
	rules []string
	words []int
	list  diag.List
}

// judgeLine puts line into a job file as run:.
func judgeLine(t *testing.T, line string) (j judgedCommand, words []spec.Arg) {
	t.Helper()
	text := "version: 1\nparams: {script: {}, cmd: {}}\njobs:\n  a:\n    run: " + yamlQuoted(line) + "\n"
	f, list := Parse("f", []byte(text), spec.DefaultLimits())
	if f == nil || len(f.Jobs.Entries[0].Value.Run.Words) == 0 {
		t.Fatalf("%s: no command: %v", line, list)
	}
	words = f.Jobs.Entries[0].Value.Run.Words
	source := strings.Split(text, "\n")
	for _, p := range list {
		if !onPrograms(p.Rule) {
			continue
		}
		at := slices.IndexFunc(words, func(w spec.Arg) bool { return w.Pos == p.Pos })
		if at < 0 {
			t.Errorf("%s: %s points at no word", line, p.Msg)
			continue
		}
		j.say(p, at)
		shown := []rune(source[p.Pos.Line-1])[p.Pos.Col-1:][:p.Len]
		if got := shellWords([]rune(strings.ReplaceAll(string(shown), "''", "'"))); len(got) != 1 || got[0].text != shellWords([]rune(words[at].Text.Value))[0].text && !strings.ContainsAny(string(shown), `'"`) {
			t.Errorf("%s: %s underlines %q, which is not the word %q", line, p.Msg, string(shown), words[at].Text.Value)
		}
	}
	return j, words
}

// judgeArgs puts words into a job file as command: and args:, all literal.
func judgeArgs(t *testing.T, words []spec.Arg) (j judgedCommand) {
	t.Helper()
	var text strings.Builder
	text.WriteString("version: 1\njobs:\n  a:\n    command: {literal: " + yamlQuoted(words[0].Text.Value) + "}\n")
	if len(words) > 1 {
		text.WriteString("    args:\n")
	}
	for _, w := range words[1:] {
		text.WriteString("      - {literal: " + yamlQuoted(w.Text.Value) + "}\n")
	}
	_, list := Parse("f", []byte(text.String()), spec.DefaultLimits())
	list = list.AtLeast(diag.Warning)
	lines := strings.Split(text.String(), "\n")
	for _, p := range list {
		at := max(0, p.Pos.Line-5)
		j.say(p, at)
		shown := string([]rune(lines[p.Pos.Line-1])[p.Pos.Col-1:][:p.Len])
		if shown != yamlQuoted(words[at].Text.Value) {
			t.Errorf("%s: %s underlines %q", words[at].Text.Value, p.Msg, shown)
		}
	}
	return j
}

func (j *judgedCommand) say(p diag.Problem, at int) {
	rule := p.Rule
	if p.Severity == diag.Warning {
		rule += "w"
	}
	j.rules, j.words, j.list = append(j.rules, rule), append(j.words, at), append(j.list, p)
}

// TestPrograms is testdata/programs.txt: each command as a line, and again as
// command and args, where the same words must be pointed at.
func TestPrograms(t *testing.T) {
	text := string(read(t, filepath.Join("..", "testdata", "programs.txt")))
	silent, told := 0, 0
	for n, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Fields(line)
		var want []string
		for len(fields) > 0 && (fields[0] == "-" || len(want) < 3 && onPrograms(strings.TrimSuffix(fields[0], "w"))) {
			if fields[0] != "-" {
				want = append(want, fields[0])
			}
			line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), fields[0]))
			if fields = fields[1:]; len(want) == 0 {
				break
			}
		}
		got, words := judgeLine(t, line)
		slices.Sort(want)
		rules := slices.Sorted(slices.Values(got.rules))
		if !slices.Equal(rules, want) {
			t.Errorf("testdata/programs.txt:%d: %s\n got %s\nwant %s", n+1, line, rules, want)
		}
		if refs := slices.ContainsFunc(words, func(w spec.Arg) bool { return len(w.Text.Refs()) > 0 }); !refs {
			if inArgs := judgeArgs(t, words); !slices.Equal(inArgs.rules, got.rules) || !slices.Equal(inArgs.words, got.words) {
				t.Errorf("testdata/programs.txt:%d: %s\n as args %s at %v\nas a line %s at %v", n+1, line, inArgs.rules, inArgs.words, got.rules, got.words)
			}
		}
		for _, p := range got.list {
			if strings.Contains(p.Msg, "\n") || p.Msg == "" || p.Hint == "" || strings.Contains(p.Msg+p.Hint, "  ") {
				t.Errorf("%s: %+v", line, p)
			}
		}
		if len(want) == 0 {
			silent++
		} else {
			told++
		}
	}
	t.Logf("%d commands break a rule, %d break none", told, silent)
	if told < 100 || silent < 100 {
		t.Error("the file was read wrong")
	}
}

// TestProgramPlaces holds which word each message is about, marked with ‹ ›,
// and how it calls the programs on the way there.
func TestProgramPlaces(t *testing.T) {
	for line, msg := range map[string]string{
		"env nice sh ‹-xec› x":                           "env nice sh -xec starts a shell with the text after it",
		"/usr/bin/env /bin/bash -e ‹-c› x":               "env bash -c starts a shell with the text after it",
		"xargs -n 1 python3 ‹-cprint(1)›":                "xargs python3 -c runs the text in it as a program",
		"docker exec web sh ‹-c› x":                      "docker exec sh -c starts a shell with the text after it",
		"find . -exec bash ‹-c› x ;":                     "find -exec bash -c starts a shell with the text after it",
		"nice awk -F : ‹BEGIN{system(1)}› f":             "nice awk: the program starts a shell: system()",
		"env ‹-S› a":                                     "env -S splits its text into a command, by rules of its own",
		"‹watch› -n 5 date":                              "watch hands its command to a shell",
		"flock lk ‹-c› x":                                "flock -c hands its text to a shell",
		"nice ‹sudo› make":                               "nice sudo runs its command as another user",
		"git -c x.y=z -c ‹alias.x=!y› x":                 "git -c alias.x makes git start another program or a shell",
		"tar -cf x --checkpoint ‹--checkpoint-a=exec=x›": "tar --checkpoint-a starts another program or a shell",
	} {
		var words []spec.Arg
		marked := -1
		for i, w := range strings.Fields(line) {
			if strings.HasPrefix(w, "‹") {
				marked = i
			}
			words = append(words, spec.Arg{Text: spec.Template{String: spec.String{Value: strings.Trim(w, "‹›")}}})
		}
		j := judgeArgs(t, words)
		if len(j.words) != 1 || j.words[0] != marked || j.list[0].Msg != msg {
			t.Errorf("%s\n got %v %+v\nwant %s", line, j.words, j.list, msg)
		}
	}
}

// TestTimeoutAsSuccess holds that timeout is no warning where running out of
// time is meant to be a success, or where it bounds one stage.
func TestTimeoutAsSuccess(t *testing.T) {
	for body, want := range map[string]int{
		"run: timeout 5 tail -f log": 1, "run: timeout 5 tail -f log\n    ok: [0, 124]": 0, "pipe: [timeout 5 tail -f log, wc]": 0,
	} {
		if _, list := Parse("f", []byte("version: 1\njobs:\n  a:\n    "+body+"\n"), spec.DefaultLimits()); len(list.AtLeast(diag.Warning)) != want {
			t.Errorf("%s: %v", body, list)
		}
	}
}

// TestLongPrograms would take minutes if the time were quadratic.
func TestLongPrograms(t *testing.T) {
	for _, piece := range []string{"[", "[[:", "[a]", "b;", "/", "s/[", "system ", "|", "\\", "\"", "e\n", "a\\\n", "env -S '", "nice ", "find -exec ", "-exec ", "A=1 ", "--", "xargs "} {
		text := strings.Repeat(piece, 64<<10/len(piece))
		for _, first := range []string{"awk", "sed", "env -S", "env", "find", "go test"} {
			rest := []string{text}
			if strings.Contains(piece, " ") {
				rest = strings.Fields(text)
			}
			var argv []word
			for _, w := range append(strings.Fields(first), rest...) {
				argv = append(argv, word{w, len(argv)})
			}
			(&inquiry{}).look(argv, "", 0)
		}
	}
}

// FuzzPrograms holds that no argv makes the rules panic, hang, or point at an
// argument that there is not. Elements are joined by NUL.
func FuzzPrograms(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("..", "testdata", "programs.txt"))
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		words := []string{}
		for _, w := range shellWords([]rune(line)) {
			if !onPrograms(strings.TrimSuffix(w.text, "w")) && w.text != "-" {
				words = append(words, w.text)
			}
		}
		f.Add(strings.Join(words, "\x00"))
	}
	f.Fuzz(func(t *testing.T, joined string) {
		var argv []word
		for i, text := range strings.Split(joined, "\x00") {
			argv = append(argv, word{text, i})
		}
		q := inquiry{}
		q.look(argv, "", 0)
		for _, found := range q.found {
			if found.at.at < 0 || found.at.at >= len(argv) || found.msg == "" || found.hint == "" {
				t.Errorf("%q: %+v", joined, found)
			}
			if utf8.ValidString(joined) && !utf8.ValidString(found.msg) {
				t.Errorf("%q: %q", joined, found.msg)
			}
			if _, ok := diag.RuleByID(found.rule); !ok {
				t.Error(fmt.Errorf("no rule %s", found.rule))
			}
		}
	})
}

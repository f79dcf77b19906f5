package spec

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

var update = flag.Bool("update", false, "write testdata/fmt/*.out.yaml anew")

// TestFormat holds what becomes of testdata/fmt/NAME.in.yaml to the byte.
func TestFormat(t *testing.T) {
	names, err := filepath.Glob("../testdata/fmt/*.in.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files (%v)", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".in.yaml"), func(t *testing.T) {
			got := formatSame(t, readFile(t, name))
			out := strings.TrimSuffix(name, ".in.yaml") + ".out.yaml"
			if *update {
				if err := os.WriteFile(out, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := readFile(t, out); !bytes.Equal(got, want) {
				t.Errorf("got:\n%s\nwant:\n%s\ngo test ./spec -run Format -update writes it anew", got, want)
			}
		})
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// formatSame formats text, which can be read, and holds that it keeps its
// meaning and that nothing more would change.
func formatSame(t *testing.T, text []byte) []byte {
	t.Helper()
	got, problems, err := Format("f", text, DefaultLimits())
	if err != nil || problems != nil || got == nil {
		t.Fatalf("%v %v\n%s", err, problems, text)
	}
	again, problems, err := Format("f", got, DefaultLimits())
	if err != nil || problems != nil || !bytes.Equal(got, again) {
		t.Fatalf("%v %v; of\n%s\nfirst\n%s\nand then\n%s", err, problems, text, got, again)
	}
	before, after := parseBoth(t, text, got)
	if wrong := unequal(reflect.ValueOf(before), reflect.ValueOf(after), "file"); wrong != "" {
		t.Fatalf("%s differs; of\n%s\ncame\n%s", wrong, text, got)
	}
	checkStyle(t, got)
	return got
}

// parseBoth parses a file and what it has become, and holds that both have the
// same problems, wherever they stand.
func parseBoth(t *testing.T, text, formatted []byte) (before, after *File) {
	t.Helper()
	before, listBefore := Parse("f", text, DefaultLimits())
	after, listAfter := Parse("f", formatted, DefaultLimits())
	count := map[string]int{}
	for _, p := range listBefore {
		count[p.Rule]++
	}
	for _, p := range listAfter {
		count[p.Rule]--
	}
	for rule, n := range count {
		if n != 0 {
			t.Errorf("%d more %s in\n%s\nthan in\n%s", n, rule, text, formatted)
		}
	}
	return before, after
}

// unequal names a part of a that is not the same in b, or is empty. Places do
// not count.
func unequal(a, b reflect.Value, name string) string {
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return name
	}
	switch a.Kind() {
	case reflect.Invalid:
		return ""
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() != b.IsNil() {
				return name
			}
			return ""
		}
		return unequal(a.Elem(), b.Elem(), name)
	case reflect.Slice:
		if a.Len() != b.Len() {
			return name
		}
		for i := range a.Len() {
			if wrong := unequal(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", name, i)); wrong != "" {
				return wrong
			}
		}
	case reflect.Struct:
		for i := range a.NumField() {
			f := a.Type().Field(i)
			switch {
			case f.Type == reflect.TypeFor[diag.Pos]():
				if a.Field(i).IsZero() != b.Field(i).IsZero() {
					return name + "." + f.Name
				}
			case !f.IsExported() || f.Name == "Source" || f.Name == "Layout" || f.Name == "Bounds":
			default:
				if wrong := unequal(a.Field(i), b.Field(i), name+"."+f.Name); wrong != "" {
					return wrong
				}
			}
		}
	default:
		if !a.Equal(b) {
			return name
		}
	}
	return ""
}

// checkStyle holds what is true of every formatted file, whatever is in it.
func checkStyle(t *testing.T, text []byte) {
	t.Helper()
	if bytes.Contains(text, []byte("\r")) {
		t.Errorf("a carriage return in %q", text)
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		t.Errorf("no line break at the end of %q", text)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	tokens, err := lex(string(text), doc.Content[0])
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(tokens, func(t token) bool { return t.kind == 's' && !t.oneLine() }) {
		return // the rest need not hold within scalars
	}
	if m := regexp.MustCompile(`\n\n\n|\n\n$|[ \t]\n`).Find(text); m != nil {
		t.Errorf("%q in %q", m, text)
	}
}

// TestFormatFiles formats every file of this repository that can be read.
func TestFormatFiles(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../testdata/ok/*.yaml", "../testdata/err/*.yaml", "../jobs/*.yaml"} {
		list, err := filepath.Glob(pattern)
		if err != nil || len(list) == 0 {
			t.Fatalf("%s: %d files (%v)", pattern, len(list), err)
		}
		files = append(files, list...)
	}
	formatted := 0
	for _, name := range files {
		text := readFile(t, name)
		if got, _, _ := Format(name, text, DefaultLimits()); got == nil {
			if strings.Contains(name, "/ok/") {
				t.Errorf("%s can't be formatted", name)
			}
			continue
		}
		formatted++
		formatSame(t, text)
	}
	if formatted < len(files)*3/4 {
		t.Errorf("only %d of %d files were formatted", formatted, len(files))
	}
	for _, m := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(string(readFile(t, "../README.md")), -1) {
		if got := string(formatSame(t, []byte(m[1]))); got != m[1] {
			t.Errorf("the README has\n%s\nwhich would become\n%s", m[1], got)
		}
	}
}

// TestFormatRefused holds what is left alone, and the rule that says why.
func TestFormatRefused(t *testing.T) {
	for text, rule := range map[string]string{
		"":                       "SL007",
		"a: 1\n--- \nb: 2\n":     "SL007",
		"a: [\n":                 "SL000",
		"a:\n\tb: 1\n":           "SL000",
		"a: &x 1\n":              "SL009",
		"a: !!str 1\n":           "SL010",
		"a: ! 1\n":               "SL010",
		"a: {<<: b}\n":           "SL009",
		"? [a]\n: b\n":           "SL016",
		"{[a]: b}\n":             "SL016",
		"{a: b c,d}\n":           "SL011",
		"{b: 'c', -d, a: e}\n":   "SL011",
		"? \n: a\n":              "SL011",
		"a: b\rc: d\n":           "SL003",
		"\xef\xbb\xbfa: b\n":     "SL001",
		"- a\n":                  "SL016",
		"%YAML 1.2\n---\na: b\n": "SL007",
	} {
		got, problems, err := Format("f", []byte(text), DefaultLimits())
		if got != nil || err != nil || len(problems) == 0 || problems[0].Rule != rule {
			t.Errorf("%q: %q, %v, %v; want %s", text, got, problems, err, rule)
		}
	}
	limits := DefaultLimits()
	limits.Depth = 2
	if got, problems, _ := Format("f", []byte("a: {b: {c: d}}\n"), limits); got != nil || len(problems) != 1 || problems[0].Rule != "SL015" {
		t.Errorf("%q %v", got, problems)
	}
}

// TestCheckSame holds that a formatter with a fault would be found out.
func TestCheckSame(t *testing.T) {
	const before = "a: 1 # one\nb: [x, y]\nc: {d: 1, d: 2}\n"
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(before), &doc); err != nil {
		t.Fatal(err)
	}
	tokens, err := lex(before, doc.Content[0])
	if err != nil {
		t.Fatal(err)
	}
	for after, same := range map[string]bool{
		"c: {d: 1, d: 2}\n# one\na: 1\nb: [x, y]\n":     true,
		"a: 1\nb: [x, y]\nc: {d: 1, d: 2}\n":            false,
		"a: 1 # one\nb: [x, y]\n":                       false,
		"a: \"1\" # one\nb: [x, y]\nc: {d: 1, d: 2}\n":  false,
		"a: 2 # one\nb: [x, y]\nc: {d: 1, d: 2}\n":      false,
		"a: 1 # one\nb: [y, x]\nc: {d: 1, d: 2}\n":      false,
		"a: 1 # one\nb: [x, y]\nc: {d: 2, d: 1}\n":      false,
		"a: 1 # one # one\nb: [x, y]\nc: {d: 1, d: 2}":  false,
		"a: 1 # one\n# one\nb: [x, y]\nc: {d: 1, d: 2}": false,
		"a: 1 # one\nb: [x, y\n":                        false,
		"":                                              false,
	} {
		if err := checkSame(tokens, doc.Content[0], after); (err == nil) != same {
			t.Errorf("%q: %v", after, err)
		}
	}
}

// FuzzFormat holds that whatever can be formatted keeps its meaning, and that
// formatting it once more changes nothing.
func FuzzFormat(f *testing.F) {
	for _, pattern := range []string{"../testdata/ok/*.yaml", "../testdata/err/*.yaml", "../testdata/fmt/*.yaml", "../jobs/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			if text, err := os.ReadFile(file); err == nil {
				f.Add(text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, problems, err := Format("f", text, DefaultLimits())
		if err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		if (got == nil) == (len(problems) == 0) {
			t.Fatalf("neither a text nor a problem, or both, for %q", text)
		}
		if got != nil {
			formatSame(t, text)
		}
	})
}

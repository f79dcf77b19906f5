package diag

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/report.*")

// hostile is a report with every kind of entry, and with text that wants to be
// something else: control characters, bytes that are not UTF-8, line breaks,
// and the syntax of every format.
func hostile() *Report {
	name := "a b:c,%\x1b\xff.yaml"
	source := "version: 1\r\njobs: {日: {run: \"\x1b]0;t\a ]]></failure> ``` %0A \u2028 \u202e\"}}\n::error::x\n"
	return &Report{
		Version: "v1.2.3",
		Dir:     "sub dir",
		Files: []FileReport{
			{Name: name, Source: []byte(source), Problems: List{
				{
					Rule: "SL014", File: name, Pos: Pos{2, 8}, Len: 1, Msg: "m\n::error::\u2028\x1b\xff \"<&]]>'\" %0A", Hint: "h1 ```\nh2\u009b \U000e0041",
					Related: []Related{{Pos{3, 1}, "r\n<"}},
					Fix:     &Fix{Msg: "f<", Edits: []Edit{{Pos{2, 8}, Pos{2, 9}, "\n<\x1b\u2028"}, {Pos{3, 1}, Pos{3, 1}, ""}}},
				},
				{Rule: "SL201", Severity: Error, File: name, Pos: Pos{3, 8}, Len: 100, Msg: "behind the end"},
				{Rule: "SL012", Severity: Warning, File: name, Pos: Pos{4, 7}, Msg: "in no line"},
			}},
			{Name: "-", Source: []byte("x: 1\n"), Problems: List{
				{Rule: "SL012", Severity: Warning, File: "-", Msg: "all of it"},
				{Severity: Info, File: "-", Pos: Pos{1, 1}, Len: 1, Msg: "no rule"},
			}},
			{Name: "/abs/../ok.yaml", Source: []byte("version: 1\n")},
			{Name: "../gone.yaml", Err: errors.New("open ../gone.yaml: \x1b<no\n::error::")},
		},
	}
}

func TestFormats(t *testing.T) {
	for _, f := range Formats() {
		for _, more := range []bool{false, true} {
			name := "report." + string(f)
			if more {
				name = "report-strict-notes." + string(f)
			}
			t.Run(name, func(t *testing.T) {
				r := hostile()
				r.Strict, r.Notes = more, more
				var b bytes.Buffer
				if err := r.Write(&b, f, Style{}); err != nil {
					t.Fatal(err)
				}
				if shown := strings.ReplaceAll(b.String(), "\n", ""); Visible(shown) != shown {
					t.Errorf("raw characters in %q", shown)
				}
				if f == SARIF {
					undocumented(t, &b)
				}
				file := filepath.Join("testdata", name)
				if *update {
					if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(b.Bytes(), want) {
					t.Errorf("got:\n%s\nwant what is in %s, which go test ./spec/diag -update writes", b.String(), file)
				}
			})
		}
	}
}

// undocumented takes the documentation of rules out of a SARIF text, for
// another test holds it, and writing it better is no change of the format.
func undocumented(t *testing.T, b *bytes.Buffer) {
	t.Helper()
	var doc sarifLog
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	rules := doc.Runs[0].Tool.Driver.Rules
	for i := range rules {
		rules[i].Full, rules[i].Help = sarifMessage{Text: "…"}, sarifMessage{Text: "…"}
	}
	b.Reset()
	if err := encodeJSON(b, doc); err != nil {
		t.Fatal(err)
	}
}

func TestEmptyReport(t *testing.T) {
	for f, want := range map[Format]string{
		Text: "", Oneline: "", GitHub: "",
		JUnit: `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="sluice validate" tests="0" failures="0" errors="0" skipped="0">
  <testsuite name="sluice validate" tests="0" failures="0" errors="0" skipped="0">
  </testsuite>
</testsuites>
`,
	} {
		if got := write(t, &Report{}, f); got != want {
			t.Errorf("%s: got:\n%s\nwant:\n%s", f, got, want)
		}
	}
	for _, f := range []Format{JSON, SARIF} {
		if got := write(t, &Report{}, f); strings.Contains(got, "null") {
			t.Errorf("%s has a null:\n%s", f, got)
		}
	}
}

func write(t *testing.T, r *Report, f Format) string {
	t.Helper()
	var b strings.Builder
	if err := r.Write(&b, f, Style{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReportSaysThatItCouldNotWrite(t *testing.T) {
	full := errors.New("no space left on device")
	for _, f := range Formats() {
		if err := hostile().Write(brokenWriter{full}, f, Style{}); !errors.Is(err, full) {
			t.Errorf("%s: %v", f, err)
		}
	}
	if err := hostile().Write(&strings.Builder{}, "yaml", Style{}); err == nil {
		t.Error("there is a format yaml")
	}
}

func TestReportCounts(t *testing.T) {
	r := hostile()
	if n := r.Invalid(); n != 1 {
		t.Errorf("%d invalid files", n)
	}
	if n := len(r.Unread()); n != 1 {
		t.Errorf("%d unread files", n)
	}
	if n := len(r.Shown()); n != 4 {
		t.Errorf("%d problems are shown", n)
	}
	r.Strict, r.Notes = true, true
	if n := r.Invalid(); n != 2 {
		t.Errorf("%d invalid files by strict rules", n)
	}
	if n := len(r.Shown()); n != 5 {
		t.Errorf("%d problems are shown with notes", n)
	}
	if n := len(r.Files[1].Problems); n != 2 {
		t.Errorf("the report itself lost problems: %d are left", n)
	}
}

// TestJSONKeepsText holds that a reader gets the text back that the file had,
// but for bytes that are not UTF-8.
func TestJSONKeepsText(t *testing.T) {
	r := hostile()
	var doc jsonReport
	if err := json.Unmarshal([]byte(write(t, r, JSON)), &doc); err != nil {
		t.Fatal(err)
	}
	for i, f := range r.Files {
		for k, p := range f.Problems {
			got := doc.Files[i].Problems[k]
			if want := strings.ToValidUTF8(p.Msg, "\ufffd"); got.Message != want || got.Hint != p.Hint {
				t.Errorf("got %q and %q, want %q and %q", got.Message, got.Hint, want, p.Hint)
			}
		}
	}
	if got, want := doc.Files[0].Problems[0].Fix.Edits[0].Text, r.Files[0].Problems[0].Fix.Edits[0].Text; got != want {
		t.Errorf("got the edit %q, want %q", got, want)
	}
}

// TestJUnitIsXML reads it back with another reader.
func TestJUnitIsXML(t *testing.T) {
	r := hostile()
	r.Strict, r.Notes = true, true
	var doc struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Type    string `xml:"type,attr"`
				Message string `xml:"message,attr"`
				Text    string `xml:",chardata"`
			} `xml:"failure"`
			Error *struct {
				Message string `xml:"message,attr"`
			} `xml:"error"`
			Out string `xml:"system-out"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal([]byte(write(t, r, JUnit)), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Tests != 4 || doc.Failures != 2 || doc.Errors != 1 || len(doc.Cases) != 4 {
		t.Errorf("got %+v", doc)
	}
	first := doc.Cases[0]
	if first.Failure == nil || first.Failure.Type != "SL014" || first.Name != Visible(r.Files[0].Name) {
		t.Fatalf("got %+v", first)
	}
	var b strings.Builder
	r.Files[0].Problems.Print(&b, r.source(), Style{})
	if first.Failure.Text != b.String() {
		t.Errorf("got the text %q, want %q", first.Failure.Text, b.String())
	}
	if last := doc.Cases[3]; last.Error == nil || last.Error.Message != Visible(r.Files[3].Err.Error()) {
		t.Errorf("got %+v", last)
	}
}

// TestGitHubCommands holds that each line is one command, whose parts can be
// told apart.
func TestGitHubCommands(t *testing.T) {
	r := hostile()
	r.Notes = true
	lines := strings.Split(strings.TrimSuffix(write(t, r, GitHub), "\n"), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		parts := strings.SplitN(line, "::", 3)
		if len(parts) != 3 || parts[0] != "" {
			t.Fatalf("no command: %q", line)
		}
		command, properties, _ := strings.Cut(parts[1], " ")
		if command != "error" && command != "warning" && command != "notice" {
			t.Errorf("the command is %q", command)
		}
		if properties == "" { // of standard input, without a rule
			continue
		}
		for _, property := range strings.Split(properties, ",") {
			name, value, ok := strings.Cut(property, "=")
			if !ok || strings.ContainsAny(value, ":,") || !strings.Contains(" file line col endColumn title ", " "+name+" ") {
				t.Errorf("the property %q of %q", property, line)
			}
		}
	}
}

func TestEscapes(t *testing.T) {
	if got, want := EscapeData("a:b,c%0A\r\n"), "a:b,c%250A%0D%0A"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := EscapeProperty("a:b,c%0A\r\n"), "a%3Ab%2Cc%250A%0D%0A"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for text, want := range map[string]string{"": "```", "a ``": "```", "```": "````", "`` ````` `": "``````"} {
		if got := fenceFor(text); got != want {
			t.Errorf("the fence for %q is %s, want %s", text, got, want)
		}
	}
}

func TestURI(t *testing.T) {
	for _, c := range []struct{ dir, name, want string }{
		{"", "a.yaml", "a.yaml"},
		{"", "./-", "-"},
		{"", "-", "stdin:"},
		{"", "../x/a b.yaml", "../x/a%20b.yaml"},
		{"", "c:/a?b#c%20[d].yaml", "c%3A/a%3Fb%23c%2520%5Bd%5D.yaml"},
		{"", "\xff\n日.yaml", "%FF%0A%E6%97%A5.yaml"},
		{"", "/tmp//a:b.yaml", "file:///tmp/a:b.yaml"},
		{"sub", "a.yaml", "sub/a.yaml"},
		{".", "a.yaml", "a.yaml"},
		{"sub/dir", "../a.yaml", "sub/a.yaml"},
		{"sub", "/a.yaml", "file:///a.yaml"},
		{"sub", "-", "stdin:"},
	} {
		if got := (&Report{Dir: c.dir}).uri(c.name); got != c.want {
			t.Errorf("%q in %q: got %s, want %s", c.name, c.dir, got, c.want)
		}
	}
}

// TestSARIFRule has a rule with all of its documentation.
func TestSARIFRule(t *testing.T) {
	got := newSARIFRule(Rule{ID: "SL999", Severity: Info, Title: "t", Explain: "e", Wrong: "a: ```\n", Right: "b\n"})
	want := sarifRule{
		ID: "SL999", Short: sarifMessage{Text: "t"}, Full: sarifMessage{Text: "e"},
		Help: sarifMessage{
			Text:     "e\n\nWrong:\n\na: ```\n\nRight:\n\nb",
			Markdown: "e\n\nWrong:\n\n````yaml\na: ```\n````\n\nRight:\n\n```yaml\nb\n```",
		},
		Default: sarifDefault{"note"}, Properties: sarifRuleExtra{"recommendation", true},
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// BenchmarkFormats writes a report of a thousand files with three problems each.
func BenchmarkFormats(b *testing.B) {
	r := &Report{}
	for i := range 1000 {
		f := FileReport{Name: fmt.Sprintf("jobs/%d.yaml", i), Source: []byte(file)}
		for line := range 3 {
			f.Problems = append(f.Problems, Problem{Rule: "SL014", File: f.Name, Pos: Pos{line + 3, 3}, Len: 5, Msg: "unknown key", Hint: "write another\nor none"})
		}
		r.Files = append(r.Files, f)
	}
	for _, f := range Formats() {
		b.Run(string(f), func(b *testing.B) {
			for b.Loop() {
				var out bytes.Buffer
				if err := r.Write(&out, f, Style{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestManyProblemsInALongLineOfAReport would take minutes if the time were
// quadratic.
func TestManyProblemsInALongLineOfAReport(t *testing.T) {
	f := FileReport{Name: "a", Source: []byte(strings.Repeat("日", 1_000_000))}
	for i := range 20_000 {
		f.Problems = append(f.Problems, Problem{Rule: "SL014", File: "a", Pos: Pos{1, 50*i + 1}, Msg: "m"})
	}
	for _, format := range Formats() {
		write(t, &Report{Files: []FileReport{f}}, format)
	}
}

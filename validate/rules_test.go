package validate

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"sluice/spec"
	"sluice/spec/diag"
)

// TestRules holds that every rule is documented, and that its examples do what
// they are there for: the wrong one breaks the rule and no other, and the
// right one has no problem at all. The examples of rules of a plan are held by
// the tests of runner/plan; here they must be good files.
func TestRules(t *testing.T) {
	for i, r := range diag.Rules() {
		t.Run(r.ID, func(t *testing.T) {
			if i > 0 && r.ID <= diag.Rules()[i-1].ID {
				t.Errorf("stands behind %s", diag.Rules()[i-1].ID)
			}
			title(t, r.Title)
			prose(t, r.Explain)
			good(t, r, r.Right)
			_, problems := Parse("wrong.yaml", []byte(r.Wrong), spec.DefaultLimits())
			if problems = of(r, problems); len(problems) == 0 && !r.OfPlan {
				t.Error("the wrong example has no problem")
			}
			for _, p := range problems {
				if p.Rule != r.ID {
					t.Errorf("the wrong example breaks %s at %d:%d: %s", p.Rule, p.Pos.Line, p.Pos.Col, p.Msg)
				}
			}
		})
	}
}

// of is problems without those that are only worth knowing, unless r is about
// such a one: most examples have no timeout.
func of(r diag.Rule, problems diag.List) diag.List {
	return problems.AtLeast(max(r.Severity, diag.Warning))
}

// title holds the form of a rule's title: the sentence part that follows "it
// is an error: ".
func title(t *testing.T, text string) {
	t.Helper()
	const most = 70
	if n := utf8.RuneCountInString(text); n == 0 || n > most || strings.HasSuffix(text, ".") || strings.TrimSpace(text) != text {
		t.Errorf("title %q of %d characters; expected 1 to %d without a full stop", text, n, most)
	}
	for word := range strings.FieldsSeq(text) {
		if strings.ToLower(word) != word && strings.ToUpper(word) != word { // YAML, UTF-8
			t.Errorf("title %q is not lower case", text)
		}
	}
}

// prose holds the form of an explanation: one to three paragraphs, each on one
// line and ending in a full stop.
func prose(t *testing.T, text string) {
	t.Helper()
	paragraphs := strings.Split(text, "\n\n")
	if len(paragraphs) > 3 {
		t.Errorf("%d paragraphs; expected at most 3", len(paragraphs))
	}
	for _, p := range paragraphs {
		if p == "" || strings.TrimSpace(p) != p || strings.ContainsAny(p, "\n\t") || strings.Contains(p, "  ") || !strings.HasSuffix(p, ".") {
			t.Errorf("paragraph %q; expected sentences on one line, without blanks around them", p)
		}
		if i := strings.IndexFunc(p, func(r rune) bool { return r > 0x7e && r != '…' }); i >= 0 {
			t.Errorf("%q in an explanation", p[i:])
		}
	}
}

// good holds that text, an example of r, is a job file without any problem.
func good(t *testing.T, r diag.Rule, text string) {
	t.Helper()
	if text == "" || !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
		t.Errorf("example %q; expected a text that ends in one line break", text)
	}
	_, problems := Parse("example.yaml", []byte(text), spec.DefaultLimits())
	if problems = of(r, problems); len(problems) > 0 {
		var out bytes.Buffer
		problems.Print(&out, func(string) []byte { return []byte(text) }, diag.Style{})
		t.Errorf("an example that should be good is not:\n%s", out.String())
	}
}

// TestRulesAreData holds that the tables of the rules are literals, so that
// nothing is computed when the program starts, and that their source has no
// character that a reader can't see.
func TestRulesAreData(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("..", "spec", "diag", "rules_*.go"))
	if err != nil || len(names) < 5 {
		t.Fatalf("%d files (%v)", len(names), err)
	}
	for _, name := range names {
		text := read(t, name)
		for i, r := range string(text) {
			if r != '\n' && r != '\t' && r != '…' && !(unicode.IsPrint(r) && r < 0x7f) {
				t.Errorf("%s: %q at byte %d", name, r, i)
			}
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				t.Errorf("%s: a call at byte %d", name, call.Pos())
			}
			return true
		})
	}
}

// TestRulesInExplanations holds that every rule that an explanation names
// is one.
func TestRulesInExplanations(t *testing.T) {
	var ids []string
	for _, r := range diag.Rules() {
		ids = append(ids, r.ID)
	}
	for _, r := range diag.Rules() {
		for word := range strings.FieldsSeq(r.Explain) {
			if id := strings.Trim(word, "().,:;"); strings.HasPrefix(id, "SL") && !slices.Contains(ids, id) {
				t.Errorf("%s names %s", r.ID, id)
			}
		}
	}
}

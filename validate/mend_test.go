package validate

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/runner/plan"
	"sluice/spec"
	"sluice/spec/diag"
)

// TestMend holds what is made of each file in testdata/fix to the letter. What
// was mended stays as it is when it is mended again.
func TestMend(t *testing.T) {
	for _, name := range jobFiles(t, "fix") {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			got, _ := Mend(name, read(t, name), spec.DefaultLimits())
			want := strings.TrimSuffix(name, ".yaml") + ".fixed"
			if *update {
				if err := os.WriteFile(want, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(got, read(t, want)) {
				t.Errorf("got:\n%s\ngo test ./validate -run Mend -update writes it anew", got)
			}
			if again, n := Mend(name, got, spec.DefaultLimits()); n > 0 || !bytes.Equal(again, got) {
				t.Errorf("%d more fixes the second time:\n%s", n, again)
			}
		})
	}
}

// TestMendKeepsLineEnds holds that lines that are put in end as the others.
func TestMendKeepsLineEnds(t *testing.T) {
	text := "version: 1\r\njobs:\r\n  a:\r\n    run: ls > x.txt\r\n"
	got, _ := Mend("a.yaml", []byte(text), spec.DefaultLimits())
	if want := "version: 1\r\njobs:\r\n  a:\r\n    run: ls\r\n    stdout: {file: x.txt}\r\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzMend holds that mending never panics, never adds a fatal problem, ends,
// changes no plan where there was one, and does nothing to a text that has been
// mended.
func FuzzMend(f *testing.F) {
	for _, folder := range []string{"fix", "err", "ok"} {
		names, err := filepath.Glob(filepath.Join("..", "testdata", folder, "*.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, before := Parse("f.yaml", text, spec.DefaultLimits())
		mended, n := Mend("f.yaml", text, spec.DefaultLimits())
		fixed, after := Parse("f.yaml", mended, spec.DefaultLimits())
		if fatal(after) > fatal(before) {
			t.Fatalf("%d fatal problems were %d:\n%s\n%s", fatal(after), fatal(before), mended, texts(after))
		}
		if n == 0 && !bytes.Equal(mended, text) {
			t.Fatalf("no fix, and yet another text:\n%s", mended)
		}
		if !before.Invalid(false) && !bytes.Contains(text, []byte("glob")) { // which may search the whole disk
			if dir := t.TempDir(); planOf(t, dir, file) != planOf(t, dir, fixed) {
				t.Fatalf("the plan is another one:\n%s", mended)
			}
		}
		if again, m := Mend("f.yaml", mended, spec.DefaultLimits()); m > 0 {
			t.Fatalf("%d more fixes the second time:\n%s\n%s", m, mended, again)
		}
	})
}

// planOf is the plan of f in dir as JSON, without what tells of its text; or why there
// is none.
func planOf(t *testing.T, dir string, f *spec.File) string {
	p, problems := plan.Build(f, plan.Inputs{Dir: dir, Env: []string{"PATH=/usr/bin:/bin", "HOME=/home/you"}, MaxInstances: 100})
	if p == nil {
		return "none by " + problems[0].Rule
	}
	p.SHA256 = ""
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func texts(l diag.List) string {
	var b strings.Builder
	l.PrintOneline(&b)
	return b.String()
}

// TestHarmlessFixes holds that one fix that would break the file keeps none of
// the others from being made.
func TestHarmlessFixes(t *testing.T) {
	text := []byte("version: 1\njobs:\n  a: {run: ls}\n  b: {run: ls}\n  c: {run: ls}\n")
	edit := func(line int, with string) diag.Problem {
		at := diag.Pos{Line: line, Col: 12}
		return diag.Problem{Pos: at, Fix: &diag.Fix{Edits: []diag.Edit{{From: at, To: diag.Pos{Line: line, Col: 14}, Text: with}}}}
	}
	m := mender{"f.yaml", spec.DefaultLimits()}
	before := m.problems(text)
	good, bad, other := edit(3, "id"), edit(4, "'"), edit(5, "df")
	got := m.harmless(text, before, diag.List{good, bad, other})
	if len(got) != 2 || got[0].Fix != good.Fix || got[1].Fix != other.Fix {
		t.Errorf("got %d fixes, want the first and the last: %+v", len(got), got)
	}
}

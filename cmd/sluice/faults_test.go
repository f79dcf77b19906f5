package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// faultRow is a line of the README's table of faults.
var faultRow = regexp.MustCompile(`(?m)^\| (F\d\d) \| (.+) \| (.+) \| (.+) \|$`)

// TestFaultTable holds that every fault has a row, that every row has a test
// or a reason for none, that the tests exist, and that no test of a fault is
// missing in the table.
func TestFaultTable(t *testing.T) {
	const faults = 42
	rows := faultRow.FindAllStringSubmatch(readme(t), -1)
	named := map[string]bool{}
	for i, row := range rows {
		id, does, tests := row[1], row[3], row[4]
		if want := fmt.Sprintf("F%02d", i+1); id != want {
			t.Fatalf("the row %d is of %s, want %s", i+1, id, want)
		}
		if tests == "–" {
			if !strings.HasPrefix(does, "not yet: ") {
				t.Errorf("%s has no test and no reason for that", id)
			}
			continue
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(tests, -1) {
			dir, name, elsewhere := strings.Cut(m[1], " ")
			if !elsewhere {
				dir, name = "cmd/sluice", m[1]
				if !strings.HasPrefix(name, "Test"+id) {
					t.Errorf("%s: %s is not called after it", id, name)
				}
				named[name] = true
			}
			if !testsIn(t, filepath.Join(repository, dir))[name] {
				t.Errorf("%s: there is no %s in %s", id, name, dir)
			}
		}
	}
	if len(rows) != faults {
		t.Errorf("%d rows, want %d", len(rows), faults)
	}
	for name := range testsIn(t, ".") {
		if regexp.MustCompile(`^TestF\d\d`).MatchString(name) && !named[name] {
			t.Errorf("the table does not have %s", name)
		}
	}
}

// testsIn are the names of the tests in a folder, for every system.
func testsIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}

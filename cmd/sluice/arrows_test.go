package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows is a statement of policy: each package, and the packages of this
// module that it may import. A new package gets its line here first. Do not
// add an arrow to fix a build.
var arrows = map[string]string{
	"spec/diag":       "",
	"spec":            "spec/diag",
	"spec/order":      "",
	"validate":        "spec spec/diag spec/order",
	"schemas":         "",
	"runner/plan":     "spec spec/diag spec/order runner/fields",
	"runner/proc":     "",
	"runner/plumb":    "",
	"runner/fields":   "",
	"runner/report":   "runner/fields",
	"runner/lock":     "",
	"runner/ipc":      "",
	"runner/event":    "runner/fields runner/report",
	"runner/contain":  "runner/report",
	"runner/shard":    "runner/proc runner/plumb",
	"runner":          "runner/lock runner/plan runner/proc runner/plumb runner/contain runner/shard runner/event runner/report",
	"runner/state":    "runner/fields runner/plan runner/event runner/report",
	"jobs/endings":    "",
	"jobs/wordserver": "",
	"jobs/loggen":     "",
	"cmd/sluice":      "spec spec/diag spec/order validate schemas runner runner/plan runner/plumb runner/proc runner/contain runner/shard runner/event runner/report runner/state",
}

// only names who may import a library, where that is a promise of the design:
// the runner never sees YAML, and only the command knows flags.
var only = map[string]string{
	"gopkg.in/yaml.v3":                       "spec cmd/sluice",
	"github.com/spf13/cobra":                 "cmd/sluice",
	"github.com/spf13/pflag":                 "cmd/sluice",
	"github.com/mattn/go-shellwords":         "spec",
	"github.com/go-playground/validator/v10": "validate",
	"github.com/lmittmann/tint":              "cmd/sluice",
	"os/exec":                                "",
	"net/http":                               "",
}

func TestArrows(t *testing.T) {
	root := "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		pkg := filepath.ToSlash(filepath.Dir(rel))
		if strings.HasPrefix(rel, ".") || strings.Contains(rel, "testdata/") {
			return nil
		}
		allowed, known := arrows[pkg]
		if !known {
			t.Errorf("%s: package %s has no line in arrows", path, pkg)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, s := range f.Imports {
			imp, _ := strconv.Unquote(s.Path.Value)
			if dep, ours := strings.CutPrefix(imp, "sluice/"); ours && !slices.Contains(strings.Fields(allowed), dep) {
				t.Errorf("%s: %s may not import %s", path, pkg, dep)
			}
			if who, bound := only[imp]; bound && !slices.Contains(strings.Fields(who), pkg) {
				t.Errorf("%s: %s may not import %s", path, pkg, imp)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTerminal holds that only the command knows the process's own streams and
// its end.
func TestTerminal(t *testing.T) {
	root := "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		inCommand := strings.HasPrefix(rel, "cmd/") || strings.HasPrefix(rel, "jobs/")
		if err != nil || d.IsDir() || inCommand || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, word := range []string{"os.Stdin", "os.Stdout", "os.Stderr", "os.Exit(", "log.Fatal"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s names %s", path, word)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

package validate

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sluice/spec"
	"sluice/spec/diag"
)

var update = flag.Bool("update", false, "write testdata/err/*.out anew")

// TestErr holds what is said of each file in testdata/err to the letter.
func TestErr(t *testing.T) {
	told := map[string]bool{}
	for _, name := range jobFiles(t, "err") {
		base := filepath.Base(name)
		t.Run(strings.TrimSuffix(base, ".yaml"), func(t *testing.T) {
			text := read(t, name)
			_, problems := Parse(base, text, spec.DefaultLimits())
			if !strings.HasPrefix(base, "note-") {
				problems = problems.AtLeast(diag.Warning) // most examples have no timeout
			}
			if len(problems) == 0 {
				t.Fatal("the file has no problem")
			}
			for _, p := range problems {
				told[p.Rule] = true
			}
			var got bytes.Buffer
			if err := problems.Print(&got, func(string) []byte { return text }, diag.Style{}); err != nil {
				t.Fatal(err)
			}
			out := strings.TrimSuffix(name, ".yaml") + ".out"
			if *update {
				if err := os.WriteFile(out, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := read(t, out); !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got:\n%s\nwant:\n%s\ngo test ./validate -run Err -update writes it anew", got.String(), want)
			}
		})
	}
	for _, r := range diag.Rules() {
		if !needsMachine.MatchString(r.ID) && !told[r.ID] {
			t.Errorf("no file in testdata/err breaks %s: %s", r.ID, r.Title)
		}
	}
}

// needsMachine are the rules that only a plan can apply; the scripts and the
// tests of runner/plan have them.
var needsMachine = regexp.MustCompile(`^SL(40[12]|6..)$`)

func jobFiles(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "testdata", folder, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d job files (%v)", len(names), err)
	}
	slices.Sort(names)
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestOK holds that the files in testdata/ok have no problem, warnings
// included, and that together they have every key and every form of a value.
func TestOK(t *testing.T) {
	seen := forms{fields: map[string]bool{}, kinds: map[any]bool{}}
	for _, name := range jobFiles(t, "ok") {
		text := read(t, name)
		f, problems := Parse(name, text, spec.DefaultLimits())
		if problems = problems.AtLeast(diag.Warning); len(problems) > 0 {
			problems.Print(t.Output(), func(string) []byte { return text }, diag.Style{})
			t.Errorf("%s has problems", name)
			continue
		}
		seen.visit(reflect.ValueOf(f))
	}
	for field, set := range seen.fields {
		if !set {
			t.Errorf("no file in testdata/ok gives %s", field)
		}
	}
	for _, kind := range []any{
		spec.ArgText, spec.ArgGlob, spec.ArgParam, spec.ArgInput,
		spec.InputNone, spec.InputInherit, spec.InputFile, spec.InputText, spec.InputJob,
		spec.OutputLog, spec.OutputInherit, spec.OutputDiscard, spec.OutputStdout, spec.OutputFile, spec.OutputCapture,
	} {
		if !seen.kinds[kind] {
			t.Errorf("no file in testdata/ok has a %T %v", kind, kind)
		}
	}
}

// forms is what the fields of the spec's types were seen to hold.
type forms struct {
	fields map[string]bool // "Job.Stdin": whether a file gives it
	kinds  map[any]bool
}

func (s *forms) visit(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			s.visit(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			s.visit(v.Index(i))
		}
	case reflect.Uint8:
		s.kinds[v.Interface()] = true
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || f.Name == "Found" || f.Name == "Source" || v.Type() == reflect.TypeFor[diag.Pos]() {
				continue // Found is what a good file has none of
			}
			name := v.Type().Name() + "." + f.Name
			s.fields[name] = s.fields[name] || !v.Field(i).IsZero()
			s.visit(v.Field(i))
		}
	}
}

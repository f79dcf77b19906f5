package schemas

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sluice/spec/diag"
)

// everyProblem is a report with every kind of file, and with a problem that
// has every field.
func everyProblem() *diag.Report {
	list := diag.List{
		{
			Rule: "SL202", Severity: diag.Error, File: "a b.yaml", Pos: diag.Pos{Line: 1, Col: 2}, Len: 3, Msg: "m", Hint: "h",
			Related: []diag.Related{{Pos: diag.Pos{Line: 1, Col: 1}, Msg: "r"}},
			Fix:     &diag.Fix{Msg: "f", Edits: []diag.Edit{{From: diag.Pos{Line: 1, Col: 2}, To: diag.Pos{Line: 2, Col: 1}, Text: "t"}}},
		},
		{File: "a b.yaml", Msg: "all of it"},
	}
	return &diag.Report{
		Strict: true, Notes: true, Version: "v1.0.0", Dir: "sub",
		Files: []diag.FileReport{
			{Name: "a b.yaml", Source: []byte("x: 1\ny: 2\n"), Problems: list},
			{Name: "-", Problems: diag.List{{Rule: "SL014", Severity: diag.Info, File: "-", Msg: "i"}}},
			{Name: "/b.yaml"},
			{Name: "c", Err: errors.New("no")},
		},
	}
}

func TestEveryProblemIsFull(t *testing.T) {
	set := map[string]bool{}
	fieldsSet(reflect.ValueOf(everyProblem()), set)
	for _, zero := range []any{diag.Report{}, diag.FileReport{}, diag.Problem{}, diag.Related{}, diag.Fix{}, diag.Edit{}, diag.Pos{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(zero)) {
			if name := reflect.TypeOf(zero).Name() + "." + field.Name; !set[name] {
				t.Errorf("%s is never set", name)
			}
		}
	}
}

func written(t *testing.T, r *diag.Report, f diag.Format) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, f, diag.Style{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestProblems(t *testing.T) {
	schema := compile(t, Problems)
	check(t, schema, written(t, everyProblem(), diag.JSON))
	check(t, schema, written(t, &diag.Report{}, diag.JSON))
}

func TestProblemsRefuses(t *testing.T) {
	schema := compile(t, Problems)
	text := written(t, everyProblem(), diag.JSON)
	type object = map[string]any
	at := func(v any, key string, i int) object { return v.(object)[key].([]any)[i].(object) }
	for name, change := range map[string]func(doc any){
		"another version":             func(doc any) { doc.(object)["version"] = json.Number("2") },
		"no summary":                  func(doc any) { delete(doc.(object), "summary") },
		"no place":                    func(doc any) { delete(at(at(doc, "files", 0), "problems", 0), "start") },
		"line 0":                      func(doc any) { at(at(doc, "files", 0), "problems", 0)["start"].(object)["line"] = json.Number("0") },
		"a severity of its own":       func(doc any) { at(at(doc, "files", 0), "problems", 0)["severity"] = "fatal" },
		"a fix without edits":         func(doc any) { at(at(doc, "files", 0), "problems", 0)["fix"].(object)["edits"] = []any{} },
		"a rule that is none":         func(doc any) { at(at(doc, "files", 0), "problems", 0)["rule"] = "E1" },
		"unreadable without an error": func(doc any) { delete(at(doc, "files", 3), "error") },
		"an error of a good file":     func(doc any) { at(doc, "files", 2)["error"] = "no" },
	} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		change(doc)
		if schema.Validate(doc) == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// sarifSum is the SHA-256 of testdata/sarif-schema-2.1.0.json, which is the
// schema of the OASIS standard as it was published:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json,
// also sarif-2.1/schema in https://github.com/oasis-tcs/sarif-spec. It may be
// copied, and is not to be changed.
const sarifSum = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"

func TestSARIF(t *testing.T) {
	text, err := os.ReadFile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != sarifSum {
		t.Error("the schema of SARIF is not what was published")
	}
	schema := compile(t, text)
	take := func(name string, text []byte) {
		t.Helper()
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err == nil {
			err = schema.Validate(doc)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	full := written(t, everyProblem(), diag.SARIF)
	take("every field", full)
	take("nothing", written(t, &diag.Report{}, diag.SARIF))
	hostile, err := filepath.Glob("../spec/diag/testdata/*.sarif")
	if err != nil || len(hostile) == 0 {
		t.Fatal(hostile, err)
	}
	for _, name := range hostile {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		take(name, text)
	}
	var doc any
	if err := json.Unmarshal(bytes.Replace(full, []byte("columnKind"), []byte("columnSort"), 1), &doc); err != nil || schema.Validate(doc) == nil {
		t.Errorf("the schema takes a key that SARIF does not have (%v)", err)
	}
}

package schemas

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"sluice/spec"
)

var update = flag.Bool("update", false, "write job.schema.json")

func TestJobSchemaIsMadeFromTheTypes(t *testing.T) {
	want := spec.Schema()
	if *update {
		if err := os.WriteFile("job.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(Job, want) {
		t.Error("job.schema.json is not what spec.Schema makes; run go test ./schemas -update")
	}
	if !bytes.Equal(want, spec.Schema()) {
		t.Error("spec.Schema is not the same twice")
	}
}

func compile(t testing.TB, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fromYAML is text as an editor's YAML server sees it.
func fromYAML(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return asJSON(v)
}

func asJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = asJSON(value)
		}
	case map[any]any:
		m := map[string]any{}
		for key, value := range v {
			m[fmt.Sprint(key)] = asJSON(value)
		}
		return m
	case []any:
		for i, value := range v {
			v[i] = asJSON(value)
		}
	case time.Time:
		return v.Format(time.DateOnly)
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return 0.5 // JSON has none; an editor sees a number
		}
	}
	return v
}

func TestGoodFiles(t *testing.T) {
	schema := compile(t, Job)
	var files []string
	for _, pattern := range []string{"testdata/every.yaml", "../testdata/ok/*.yaml", "../jobs/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, list := spec.Parse(file, text, spec.DefaultLimits()); list.Invalid(false) {
			t.Errorf("%s: %+v", file, list)
		}
		if err := schema.Validate(fromYAML(t, text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestEveryKeyIsTried holds that testdata/every.yaml has every key that the
// schema has.
func TestEveryKeyIsTried(t *testing.T) {
	text, err := os.ReadFile("testdata/every.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var schema any
	if err := json.Unmarshal(Job, &schema); err != nil {
		t.Fatal(err)
	}
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			properties, _ := v["properties"].(map[string]any)
			for key := range properties {
				if !strings.Contains(string(text), key+":") {
					t.Errorf("every.yaml has no %s", key)
				}
			}
			for _, value := range v {
				visit(value)
			}
		case []any:
			for _, value := range v {
				visit(value)
			}
		}
	}
	visit(schema)
}

// TestWrongFiles tries files of a wrong form: the schema and Parse refuse each.
func TestWrongFiles(t *testing.T) {
	schema := compile(t, Job)
	job := func(keys string) string { return "version: 1\njobs: {a: {" + keys + "}}\n" }
	run := func(keys string) string { return job("run: x, " + keys) }
	for _, text := range []string{
		"[]", "hello", "version: 1", "jobs: {a: {run: x}}", "version: 1\njobs: []", "version: 1\njobs: {a: b}", "version: 1\njobs: {a: }", "version: '1'\njobs: {a: {run: x}}",
		"version: 1\njobs: {a: {run: x}}\nsteps: {}", "version: 1\njobs: {a: {run: x}}\nparams: {p: 1}", "version: 1\njobs: {a: {run: x}}\nparams: {p: {typ: int}}",
		"version: 1\njobs: {a: {run: x}}\nparams: {p: {required: yes-please}}", "version: 1\njobs: {a: {run: x}}\nparams: {p: {default: {a: b}}}", "version: 1\njobs: {a: {run: x}}\nparams: {p: {default: [[a]]}}",
		"version: 1\njobs: {a: {run: x}}\nparams: {p: {values: a}}", "version: 1\njobs: {a: {run: x}}\nenv: [A=b]", "version: 1\njobs: {a: {run: x}}\nenv: {A: ~}", "version: 1\njobs: {a: {run: x}}\nenv: {A: [b]}",
		"version: 1\njobs: {a: {run: x}}\nenv: {A: {glob: b}}", "version: 1\njobs: {a: {run: x}}\npools: {p: many}", "version: 1\njobs: {a: {run: x}}\nmax_parallel: 1.5", "version: 1\njobs: {a: {run: x}}\ndefaults: {run: x}",
		"version: 1\njobs: {a: {run: x}}\npass_env: A", "version: 1\njobs: {a: {run: x}}\nx_note: 1",
		job("comand: x"), job("run: [a]"), job("run: {literal: a}"), job("command: x, args: a"), job("command: x, args: [~]"), job("command: x, args: [[a]]"), job("command: x, args: [{}]"),
		job("command: x, args: [{globs: a}]"), job("command: x, args: [{glob: a, literal: b}]"), job("command: x, args: [{param: a, optional: true}]"), job("command: x, args: [{optional: true}]"),
		job("command: {literal: [a]}"), job("pipe: a | b"), job("pipe: [[a]]"), job("pipe: [{run: a, needs: [b]}]"), job("pipe: [~]"),
		run("needs: a"), run("needs: [~]"), run("when: linux"), run("when: {os: linux}"), run("when: {kernel: [x]}"), run("matrix: [a]"), run("matrix: {go: a}"), run("matrix: {go: {}}"),
		run("matrix: {go: {glob: a, param: b}}"), run("matrix: {go: {range: [1]}}"), run("matrix: {go: {range: [1, x]}}"), run("matrix: {exclude: {go: a}}"), run("matrix: {go: [[a]]}"),
		run("max_parallel: four"), run("umask: 27"), run("umask: '28'"), run("umask: u=rwx"), run("dir: [a]"),
		run("stdin: x.txt"), run("stdin: {}"), run("stdin: {file: a, text: b}"), run("stdin: {files: a}"), run("stdin: [a]"),
		run("stdout: stdout"), run("stdout: x.txt"), run("stdout: {}"), run("stdout: {mode: append}"), run("stdout: {file: a, capture: {}}"), run("stdout: {capture: true}"),
		run("stdout: {capture: {}, mode: append}"), run("stdout: {capture: {max: 64}}"), run("stdout: {capture: {max: 64K}}"), run("stderr: {stdout: x}"),
		run("ok: 0"), run("ok: [zero]"), run("timeout: 30"), run("timeout: -1s"), run("timeout: 1d"), run("timeout: soon"),
		run("retry: 3"), run("retry: {}"), run("retry: {attempts: many}"), run("retry: {attempts: 2, delay: 5}"), run("retry: {attempts: 2, budget: 1}"), run("stop: TERM"), run("stop: {grace: 5}"),
	} {
		if _, list := spec.Parse("f", []byte(text), spec.DefaultLimits()); !list.Invalid(false) {
			t.Errorf("Parse takes %s", text)
		}
		if schema.Validate(fromYAML(t, []byte(text))) == nil {
			t.Errorf("the schema takes %s", text)
		}
	}
	// What Parse leaves to package validate, the schema can say.
	for _, text := range []string{
		"version: 2\njobs: {a: {run: x}}", "version: 1\njobs: {a: {}}", job("run: x, command: y"), job("run: x, pipe: [y]"), job("run: x, args: [y]"), job("pipe: [{name: x}]"),
		run("max_parallel: 0"), run("ok: [256]"), run("retry: {attempts: 0}"), run("retry: {attempts: 2, jitter: 2}"), run("stdout: {file: a, mode: overwrite}"),
		"version: 1\njobs: {a: {run: x}}\nparams: {p: {type: number}}", run("needs: [b, b]"), run("after: [b, b]"), run("matrix: {x: []}"), run("matrix: {}"), run("matrix: {x: [1], exclude: [{}]}"),
		run("allow: [{rule: SL014, reason: it is not to be waived}]"), run("allow: [{rule: SL205, reason: why}]"), run("stderr: {capture: {}}"),
	} {
		if schema.Validate(fromYAML(t, []byte(text))) == nil {
			t.Errorf("the schema takes %s", text)
		}
	}
}

// TestExamples holds that every example and default in the schema is a value of
// its key.
func TestExamples(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Job))
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	var visit func(v any, path string)
	visit = func(v any, path string) {
		switch v := v.(type) {
		case map[string]any:
			examples, _ := v["examples"].([]any)
			snippets, _ := v["defaultSnippets"].([]any)
			for _, s := range snippets {
				examples = append(examples, s.(map[string]any)["body"])
			}
			if def, ok := v["default"]; ok && reflect.TypeOf(def).Kind() != reflect.Map { // a key may be called default
				examples = append(examples, def)
			}
			for _, example := range examples {
				c := jsonschema.NewCompiler()
				if err := c.AddResource("schema.json", doc); err != nil {
					t.Fatal(err)
				}
				s, err := c.Compile("schema.json#" + path)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Validate(example); err != nil {
					t.Errorf("%s: %v", path, err)
				}
				tried++
			}
			for key, value := range v {
				if key != "examples" && key != "defaultSnippets" && (key != "default" || reflect.TypeOf(value).Kind() == reflect.Map) {
					visit(value, path+"/"+key)
				}
			}
		case []any:
			for i, value := range v {
				visit(value, fmt.Sprintf("%s/%d", path, i))
			}
		}
	}
	visit(doc, "")
	if tried < 30 {
		t.Errorf("only %d examples", tried)
	}
}

// TestEveryKeyIsDocumented holds that every key of the schema has a
// description and an example.
func TestEveryKeyIsDocumented(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(Job, &doc); err != nil {
		t.Fatal(err)
	}
	mappings := map[string]any{"": doc}
	for name, def := range doc["definitions"].(map[string]any) {
		mappings[name] = def
	}
	count := 0
	for name, m := range mappings {
		properties, _ := m.(map[string]any)["properties"].(map[string]any)
		for key, p := range properties {
			p := p.(map[string]any)
			if examples, _ := p["examples"].([]any); p["description"] == nil || len(examples) == 0 && p["defaultSnippets"] == nil {
				t.Errorf("%s.%s has no description or no example", name, key)
			}
			count++
		}
	}
	if count < 60 {
		t.Errorf("only %d keys", count)
	}
}

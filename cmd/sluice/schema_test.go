package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sluice/schemas"
)

// TestOutputMatchesSchemas holds what sluice really prints against the schemas
// that it publishes: plans of every job file of the repository, and the events
// of runs with good and bad endings.
func TestOutputMatchesSchemas(t *testing.T) {
	planSchema, eventSchema := compile(t, schemas.Plan), compile(t, schemas.Event)
	files, err := filepath.Glob("../../jobs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		path, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		o := runSluice(t, t.TempDir(), "plan", "--json", path)
		if strings.Contains(o.stderr, "[SL610]") {
			t.Logf("%s is left out, for this machine lacks a program:\n%s", name, o.stderr)
			continue
		}
		if o.code != 0 {
			t.Fatalf("%s: exit code %d\n%s", name, o.code, o.stderr)
		}
		matches(t, planSchema, name, []byte(o.stdout))
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("job.yaml", `version: 1
jobs:
  good: {pipe: [emit a b, copy], stdout: {capture: {}}}
  uses: {needs: [good], run: "emit ${jobs.good.stdout} ${attempt} ${run.id}"}
  bad: {run: leave 3, retry: {attempts: 2, delay: 1ms}}
  killed: {run: hang, timeout: 20ms, stop: {signal: KILL}}
  skipped: {run: emit x, when: {os: [plan9]}}
  never: {run: emit x, needs: [bad]}
`)
	o := runSluice(t, dir, "plan", "--json", "job.yaml")
	matches(t, planSchema, "job.yaml", []byte(o.stdout))
	if o = runSluice(t, dir, "run", "-k", "--events", "events.jsonl", "job.yaml"); o.code != exitFailed {
		t.Fatalf("exit code %d\n%s", o.code, o.stderr)
	}
	text, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if len(lines) < 20 {
		t.Errorf("only %d events", len(lines))
	}
	for _, line := range lines {
		matches(t, eventSchema, "events.jsonl", line)
	}
}

// TestProblemsMatchSchemas does so with the problems of every bad job file of
// the repository.
func TestProblemsMatchSchemas(t *testing.T) {
	sarif, err := os.ReadFile("../../schemas/testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../testdata/err")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "gone.yaml")); err != nil {
		t.Fatal(err)
	}
	for format, schema := range map[string][]byte{"json": schemas.Problems, "sarif": sarif} {
		o := runSluice(t, dir, "validate", "--format", format, ".")
		if o.code != exitError || len(o.stdout) < 10_000 {
			t.Fatalf("exit code %d\n%s", o.code, o.stderr)
		}
		matches(t, compile(t, schema), format, []byte(o.stdout))
	}
}

func compile(t *testing.T, schema []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func matches(t *testing.T, s *jsonschema.Schema, name string, text []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = s.Validate(doc)
	}
	if err != nil {
		t.Errorf("%s: %v\n%.500s", name, err, text)
	}
}

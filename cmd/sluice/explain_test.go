package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/runner/plan"
	"sluice/runner/report"
	"sluice/spec"
	"sluice/spec/diag"
	"sluice/validate"
)

// TestReferenceIsCurrent holds schemas/reference.md to what the command
// prints. With UPDATE_REFERENCE it is written anew.
func TestReferenceIsCurrent(t *testing.T) {
	p := &markdownPage{}
	explainAll(p)
	path := filepath.Join(repository, "schemas/reference.md")
	if os.Getenv("UPDATE_REFERENCE") != "" {
		if err := os.WriteFile(path, []byte(p.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != p.String() {
		t.Errorf("schemas/reference.md is not what sluice explain --all --markdown prints (%v); UPDATE_REFERENCE=1 go test ./cmd/sluice -run Reference writes it anew", err)
	}
}

// TestEveryTopicCanBeAskedFor holds that each path and each id that explain
// prints is one that it takes, and that its page fits the terminal.
func TestEveryTopicCanBeAskedFor(t *testing.T) {
	keys := everyKey(spec.Keys())
	var topics []string
	for _, k := range keys {
		topics = append(topics, k.Path, shortPath(k))
	}
	for _, r := range diag.Rules() {
		topics = append(topics, r.ID, strings.ToLower(r.ID))
	}
	for _, topic := range topics {
		p := &textPage{width: 60}
		if err := explainTopic(p, topic); err != nil {
			t.Errorf("%s: %v", topic, err)
		}
		text, code, found := strings.Cut(p.String(), "\nExample\n")
		if _, after, ok := strings.Cut(code, "\n\n"); found && ok {
			text += after
		}
		if strings.HasPrefix(strings.ToUpper(topic), "SL") {
			text, _, _ = strings.Cut(text, "\nWrong\n") // files are shown as they are
			text, _, _ = strings.Cut(text, "\nRight\n")
		}
		fits(t, topic, text, 60)
	}
	p := &textPage{width: 80}
	explainOverview(p)
	fits(t, "the overview", p.String(), 80)
}

func fits(t *testing.T, what, text string, columns int) {
	t.Helper()
	for line := range strings.Lines(text) {
		if width := report.Width(strings.TrimSuffix(line, "\n")); width > columns {
			t.Errorf("%s has a line of %d columns: %s", what, width, line)
		}
	}
}

func TestFindKey(t *testing.T) {
	for topic, want := range map[string]string{
		"timeout": "jobs.NAME.timeout", "env": "env", "stderr": "jobs.NAME.stderr", "jobs.NAME": "jobs", "jitter": "jobs.NAME.retry.jitter",
		"params.max": "params.NAME.max", "jobs.pipe.stderr": "jobs.NAME.pipe.stderr", "pipe.stderr": "jobs.NAME.pipe.stderr", "defaults.retry": "defaults.retry",
		"tee.spill": "jobs.NAME.pipe.spill", "outputs": "jobs.NAME.channel", "messages": "jobs.NAME.channel", "branches": "jobs.NAME.pipe.tee",
		"max": "several", "file": "several", "tiemout": "did you mean timeout?", "": "lists them", "jobs.x.y": "lists them", "SL2O3": "did you mean SL203?",
	} {
		k, _, err := findKey(topic)
		got := k.Path
		if err != nil {
			got = err.Error() + " " + err.(*failure).hint
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%q is %q, want %q", topic, got, want)
		}
	}
}

// TestSubjectsAreNoKeys holds that no key is hidden by a word for another.
func TestSubjectsAreNoKeys(t *testing.T) {
	for word, key := range subjects {
		if found := spec.KeysNamed(word); len(found) > 0 {
			t.Errorf("%s is %s", word, found[0].Path)
		}
		if _, ok := spec.KeyAt("jobs.NAME." + key); !ok {
			t.Errorf("%s is %s, which is no key", word, key)
		}
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "a", "aaa bbb ccc": "aaa bbb|ccc", "aaaaaaaaaaaa b": "aaaaaaaaaaaa|b", "a\nb": "a b", "日本語 日本語": "日本語|日本語", "1234567 9": "1234567|9", "123456 8": "123456 8",
	} {
		if got := strings.Join(wrap(text, 8), "|"); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// TestDefaultsAreTrue holds that a key which is left out means what its
// documented default does.
func TestDefaultsAreTrue(t *testing.T) {
	job := func(keys string) string { return "jobs: {a: {" + keys + "}}" }
	places := map[string]string{ // of the path above a key: a file with room for it
		"params.NAME":                     "params: {p: {default: [x]%s}}\n" + job("run: sort"),
		"jobs.NAME":                       job("run: sort%s"),
		"jobs.NAME.retry":                 job("run: sort, retry: {attempts: 9%s}"),
		"defaults.retry":                  "defaults: {retry: {attempts: 9%s}}\n" + job("run: sort"),
		"jobs.NAME.stop":                  job("run: sort, stop: {%s}"),
		"jobs.NAME.retry.on":              job("run: sort, retry: {attempts: 9, on: {exit: [75]%s}}"),
		"defaults":                        "defaults: {env: {A: b}%s}\n" + job("run: sort"),
		"defaults.retry.on":               "defaults: {retry: {attempts: 9, on: {exit: [75]%s}}}\n" + job("run: sort"),
		"jobs.NAME.ready":                 job("run: sort, service: true, ready: {port: 80%s}"),
		"jobs.NAME.restart":               job("run: sort, service: true, restart: {%s}"),
		"jobs.NAME.exclusive":             job("run: sort, exclusive: {name: x%s}"),
		"jobs.NAME.channel":               job("run: sort, channel: {%s}"),
		"jobs.NAME.pipe.channel":          job("pipe: [{run: sort, channel: {%s}}]"),
		"jobs.NAME.log":                   job("run: sort, log: {%s}"),
		"defaults.log":                    "defaults: {log: {%s}}\n" + job("run: sort"),
		"defaults.stop":                   "defaults: {stop: {%s}}\n" + job("run: sort"),
		"jobs.NAME.stdout":                job("run: sort, stdout: {file: out%s}"),
		"jobs.NAME.stderr":                job("run: sort, stderr: {file: out%s}"),
		"jobs.NAME.pipe.stderr":           job("pipe: [{run: sort, stderr: {file: out%s}}]"),
		"jobs.NAME.stdout.capture":        job("run: sort, stdout: {capture: {%s}}"),
		"jobs.NAME.args":                  job("command: sort, args: [{glob: '*.none'%s}]"),
		"jobs.NAME.inputs.NAME":           job("command: sort, args: [{input: x}], inputs: {x: {run: sort%s}}"),
		"jobs.NAME.inputs.NAME.args":      job("command: sort, args: [{input: x}], inputs: {x: {command: sort, args: [{glob: '*.none'%s}]}}"),
		"jobs.NAME.pipe.inputs.NAME":      job("pipe: [{command: sort, args: [{input: x}], inputs: {x: {run: sort%s}}}]"),
		"jobs.NAME.pipe.inputs.NAME.args": job("pipe: [{command: sort, args: [{input: x}], inputs: {x: {command: sort, args: [{glob: '*.none'%s}]}}}]"),
		"jobs.NAME.pipe.shard":            job("pipe: [{run: sort, shard: {workers: 2%s}}]"),
		"jobs.NAME.pipe":                  job("pipe: [ls, {tee: [{run: sort}]%s}]"),
		"jobs.NAME.pipe.spill":            job("pipe: [ls, {tee: [{run: sort}], spill: {max: 1GiB%s}}]"),
		"jobs.NAME.pipe.tee":              job("pipe: [ls, {tee: [{run: sort%s}]}]"),
		"jobs.NAME.pipe.tee.args":         job("pipe: [ls, {tee: [{command: sort, args: [{glob: '*.none'%s}]}]}]"),
		"jobs.NAME.pipe.args":             job("pipe: [{command: sort, args: [{glob: '*.none'%s}]}]"),
	}
	dir := t.TempDir()
	tried := 0
	for _, k := range everyKey(spec.Keys()) {
		if k.Default == "" {
			continue
		}
		form, ok := places[strings.TrimSuffix(k.Path, "."+k.Name)]
		if !ok {
			t.Errorf("no file has room for %s", k.Path)
			continue
		}
		if k.Path == "jobs.NAME.pipe.tee.mode" {
			form = strings.Replace(form, "run: sort", "file: out", 1)
		}
		if k.Path == "params.NAME.type" || k.Path == "params.NAME.list" {
			form = strings.Replace(form, "[x]", "x", 1)
		}
		given := k.Name + ": " + k.Default
		if !strings.Contains(form, "{%s") {
			given = ", " + given
		}
		without, with := comesTo(t, dir, fmt.Sprintf(form, "")), comesTo(t, dir, fmt.Sprintf(form, given))
		if without != with {
			t.Errorf("%s is not %s where it is left out:\n%s\n%s", k.Path, k.Default, without, with)
		}
		tried++
	}
	if tried < 15 {
		t.Errorf("only %d defaults", tried)
	}
}

// comesTo is what a file comes to: its jobs and params, or its problems.
func comesTo(t *testing.T, dir, file string) string {
	t.Helper()
	f, problems := validate.Parse("f.yaml", []byte("version: 1\n"+file), spec.DefaultLimits())
	if problems.Invalid(false) {
		t.Fatalf("%s: %+v", file, problems)
	}
	p, problems := plan.Build(f, plan.Inputs{Dir: dir, Env: os.Environ()})
	if p == nil {
		var words []string
		for _, problem := range problems {
			words = append(words, problem.Rule+" "+problem.Msg)
		}
		return strings.Join(words, "\n")
	}
	text, err := json.Marshal([]any{p.Jobs, p.Params})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestWrongAndRight holds that the files which document a rule parse as they
// should: the wrong one breaks the rule, and the right one none.
func TestWrongAndRight(t *testing.T) {
	for _, r := range diag.Rules() {
		if r.Right != "" {
			if _, problems := validate.Parse(r.ID, []byte(r.Right), spec.DefaultLimits()); problems.Invalid(false) {
				t.Errorf("the right file of %s has problems: %+v", r.ID, problems)
			}
		}
		if r.Wrong != "" && !r.OfPlan && !strings.Contains(said(r), "["+r.ID+"]") {
			t.Errorf("the wrong file of %s does not break it:\n%s", r.ID, said(r))
		}
	}
}

// TestRulePage shows a rule that has everything.
func TestRulePage(t *testing.T) {
	r := diag.Rule{
		ID: "SL014", Severity: diag.Warning, Title: "an unknown key", OfPlan: true, Explain: "One paragraph, which is\nlonger than a line of this page is.\n\nAnother with `*`, * and <b>.",
		Wrong: "version: 1\njobs:\n  a: {rum: x}\n", Right: "version: 1\njobs:\n  a: {run: x}\n",
	}
	p := &textPage{width: 40}
	explainRule(p, 2, r)
	want := `SL014  an unknown key
severity  warning, an error under
          --strict, which allow can
          waive for a job or a stage;
          found when a plan is made

One paragraph, which is longer than a
line of this page is.

Another with ` + "`*`" + `, * and <b>.

Wrong
  version: 1
  jobs:
    a: {rum: x}

What validate says
  wrong.yaml:3:7: error: unknown key "rum" in job "a"; did you mean "run"? [SL014]
      3 │   a: {rum: x}
        │       ^^^

Right
  version: 1
  jobs:
    a: {run: x}
`
	if got := p.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	m := &markdownPage{}
	explainRule(m, 3, r)
	for _, part := range []string{"### SL014: an unknown key\n", "- severity: warning", "Another with `*`, \\* and \\<b>.\n", "Wrong:\n\n```yaml\nversion: 1\n", "What validate says:\n\n```text\nwrong.yaml:3:7"} {
		if !strings.Contains(m.String(), part) {
			t.Errorf("the Markdown lacks %q:\n%s", part, m.String())
		}
	}
}

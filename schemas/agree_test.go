package schemas

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"sluice/spec"
	"sluice/spec/diag"
	"sluice/validate"
)

// The schema and the parser say the same of every file, but for what stands in
// beyondSchema: what the parser finds wrong with the structure, the schema
// refuses, and it refuses nothing else.

// structural are the rules that are about the structure of a file. SL008 is
// not among them: a schema does not see a key that stands twice.
var structural = []string{"SL011", "SL013", "SL014", "SL016", "SL017", "SL018", "SL019", "SL111", "SL502"}

// beyondSchema is what the structural rules say and a schema can't.
var beyondSchema = []struct {
	rule, message string
	only          func(diag.Problem) bool // nil: always
	reason        string
}{
	{"SL018", `^max_delay is .* and delay is .*; expected at least the delay$`, nil, "no schema compares two values"},
	{"SL018", `^(budget|window) is .* and delay is .*; expected `, nil, "no schema compares two values"},
	{"SL018", `^idle_timeout is .* expected less, or it never acts$`, nil, "no schema compares two values"},
	{"SL018", `^max_size is [1-9].*; expected at least 4KiB$`, nil, "no schema bounds what a text stands for"},
	{"SL018", `^the timeout of ready is `, nil, "no schema compares two values"},
	{"SL018", `^exit code .* is success`, nil, "no schema compares two values"},
	{"SL018", `^block is .*; expected at most`, nil, "no schema compares sizes with units"},
	{"SL018", `^line is no regular expression`, nil, "as of the pattern of a param"},
	{"SL018", `^port is `, nil, "a port may hold ${…}, which stands for any text"},
	{"SL019", ` can't name a lock$`, nil, "a lock's name may hold ${…}, which stands for any text"},
	{"SL018", `^the max of param .* and its min is .*: no value fits$`, nil, "no schema compares two values"},
	{"SL018", `^pattern of param `, nil, "the syntax of patterns is RE2's, and that of a schema's \"format: regex\" is ECMAScript's"},
	{"SL013", ` is ".*"; expected a (whole )?number$`, spelled, "a schema sees the number, and not that it is spelled 1.0, 1e3, 0x10 or 010, of which YAML readers disagree"},
	{"SL016", ` is ".*"; expected true( or false|, or \{to: …, max: …\})$`, spelled, "a schema sees the boolean, and not that it is spelled True"},
	{"SL111", ` is (opened|read) twice, |^no argument opens |^the output of branch |has no output$|^what branch .* makes would come back |^the tee is the first stage|has no process: all`, nil, "no schema follows a name, or looks into every branch"},
	{"SL018", `^bound ".*" of param .*: it is no (whole )?number`, spelled, "as SL013"},
}

// spelled reports whether the value that p quotes is a number or a boolean to
// another reader of YAML.
func spelled(p diag.Problem) bool {
	m := regexp.MustCompile(`(?: is|^bound) "([^"]*)"`).FindStringSubmatch(p.Msg)
	var v any
	if m == nil || strings.HasPrefix(p.Hint, "write it without quotes") || yaml.Unmarshal([]byte(m[1]), &v) != nil {
		return false
	}
	switch v := v.(type) {
	case int, bool:
		return true
	case float64:
		return v == math.Trunc(v) || !strings.Contains(p.Msg, "whole number")
	}
	return false
}

// saidByParser are the problems of list that the schema must see too.
func saidByParser(list diag.List) (said diag.List) {
	for _, p := range list {
		if slices.Contains(structural, p.Rule) && !isBeyond(p) {
			said = append(said, p)
		}
	}
	return said
}

func isBeyond(p diag.Problem) bool { return beyond(p) >= 0 }

// beyond is the index of the entry of beyondSchema that p belongs to, or -1.
func beyond(p diag.Problem) int {
	for i, b := range beyondSchema {
		if b.rule == p.Rule && regexp.MustCompile(b.message).MatchString(p.Msg) && (b.only == nil || b.only(p)) {
			return i
		}
	}
	return -1
}

// agree holds that the schema refuses text where the parser finds its
// structure wrong, and nothing that the parser takes. It reports whether the
// schema takes it.
func agree(t *testing.T, schema *jsonschema.Schema, name, text string) (taken bool) {
	t.Helper()
	_, list := validate.Parse(name, []byte(text), spec.DefaultLimits())
	err := schema.Validate(fromYAML(t, []byte(text)))
	switch said := saidByParser(list); {
	case err == nil && len(said) > 0:
		t.Errorf("%s: the schema takes what the parser refuses:\n%s\n%+v", name, text, said)
	case err != nil && !list.Invalid(false):
		t.Errorf("%s: the parser takes what the schema refuses:\n%s\n%v", name, text, err)
	}
	return err == nil
}

func encode(t *testing.T, n *yaml.Node) string {
	t.Helper()
	text, err := yaml.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSchemaAgreesWithParser makes some thousands of files, and breaks each in
// several ways.
func TestSchemaAgreesWithParser(t *testing.T) {
	schema := compile(t, Job)
	m := newMutator(&generator{Rand: rand.New(rand.NewPCG(1, 2)), t: t})
	taken, refused := 0, 0
	for range 2500 {
		good := m.file()
		m.learn(good)
		text := encode(t, good)
		if _, list := validate.Parse("good.yaml", []byte(text), spec.DefaultLimits()); len(saidByParser(list)) > 0 {
			t.Fatalf("the generator makes a file with problems:\n%s\n%+v", text, list)
		}
		if !agree(t, schema, "good.yaml", text) {
			t.FailNow()
		}
		for range 4 {
			bad := clone(good)
			for range 1 + m.IntN(4)/3 { // mostly one, which no other hides
				m.change(bad)
			}
			changed := encode(t, bad)
			switch {
			case changed == text:
			case agree(t, schema, "bad.yaml", changed):
				taken++
			default:
				refused++
			}
		}
		if t.Failed() {
			return // one is enough to read
		}
	}
	t.Logf("of the changed files %d are taken and %d refused", taken, refused)
	if taken < 1500 || refused < 3000 {
		t.Errorf("of the changed files %d are taken and %d refused: too few of one kind", taken, refused)
	}
	for _, key := range keysOf(spec.Keys()) {
		if len(m.donors[key]) == 0 {
			t.Errorf("no file has the key %s", key)
		}
	}
}

// keysOf are the names of keys and of those below them.
func keysOf(keys []spec.Key) (names []string) {
	for _, k := range keys {
		names = append(names, k.Name)
		names = append(names, keysOf(k.Keys)...)
	}
	return names
}

// FuzzSchemaAgreesWithParser does as the test above from other beginnings.
func FuzzSchemaAgreesWithParser(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint8(2))
	}
	schema := compile(f, Job)
	f.Fuzz(func(t *testing.T, seed uint64, changes uint8) {
		m := newMutator(&generator{Rand: rand.New(rand.NewPCG(seed, 0)), t: t})
		n := m.file()
		m.learn(n)
		n = clone(n)
		for range changes % 8 {
			m.change(n)
		}
		agree(t, schema, "fuzz.yaml", encode(t, n))
	})
}

// TestSchemaAgreesOnTestdata does so for the files that other tests have, and
// holds that they show each entry of beyondSchema.
func TestSchemaAgreesOnTestdata(t *testing.T) {
	schema := compile(t, Job)
	files, err := filepath.Glob("../testdata/*/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), err)
	}
	shown := map[int]bool{}
	notYAML := regexp.MustCompile(`^SL0(0[0-37-9]|10)$`) // as text or as a tree it is not what an editor reads
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, list := validate.Parse(name, text, spec.DefaultLimits())
		for _, p := range list {
			shown[beyond(p)] = true
		}
		if !slices.ContainsFunc(list, func(p diag.Problem) bool { return notYAML.MatchString(p.Rule) }) {
			agree(t, schema, name, string(text))
		}
	}
	for i, b := range beyondSchema {
		if !shown[i] {
			t.Errorf("no file in testdata shows what a schema can't say: %s %s (%s)", b.rule, b.message, b.reason)
		}
	}
}

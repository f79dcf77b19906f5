package spec

import (
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// allKeys are keys and all below them.
func allKeys(keys []Key) (all []Key) {
	for _, k := range keys {
		all = append(append(all, k), allKeys(k.Keys)...)
	}
	return all
}

// TestKeysAreDocumented holds that every key can be asked for by its path, and
// says what it is.
func TestKeysAreDocumented(t *testing.T) {
	keys := allKeys(Keys())
	if len(keys) < 70 {
		t.Errorf("only %d keys", len(keys))
	}
	seen := map[string]bool{}
	for _, k := range keys {
		if k.Doc == "" || k.Type == "" || k.Example == "" || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s is not documented: %+v", k.Path, k)
		}
		if k.Default != "" && strings.Contains(k.Doc, "efault") {
			t.Errorf("%s tells its default twice", k.Path)
		}
		if seen[k.Path] {
			t.Errorf("%s stands twice", k.Path)
		}
		seen[k.Path] = true
		for _, path := range []string{k.Path, strings.ReplaceAll(k.Path, "NAME", "build"), strings.ReplaceAll(k.Path, "NAME.", ""), strings.ReplaceAll(k.Path, "AXIS", "go")} {
			if got, ok := KeyAt(path); !ok || got.Path != k.Path {
				t.Errorf("%s is %q, want %s", path, got.Path, k.Path)
			}
		}
		var v any
		if err := yaml.Unmarshal([]byte(k.Sample()), &v); err != nil {
			t.Errorf("the sample of %s is not YAML: %v\n%s", k.Path, err, k.Sample())
		}
	}
}

// TestEveryTagIsRead holds that each key that the parser knows is documented,
// also those of mappings that only a union has.
func TestEveryTagIsRead(t *testing.T) {
	names := map[string]bool{}
	for _, k := range allKeys(Keys()) {
		names[k.Name] = true
	}
	for _, v := range []any{
		File{}, Defaults{}, Param{}, Job{}, Stage{}, Allow{}, When{}, Retry{}, RetryOn{}, Ready{}, Restart{}, Exclusive{}, Log{}, Stop{}, Channel{},
		argGlob{}, argParam{}, literal{}, inputMapping{}, outputMapping{}, capture{}, axisMapping{},
	} {
		for _, f := range fieldsOf(reflect.TypeOf(v)).list {
			if !names[f.key] {
				t.Errorf("%T has the key %s, which nobody is told of", v, f.key)
			}
			if f.tags.Get("doc") == "" || f.tags.Get("example") == "" {
				t.Errorf("%s of %T has no doc or no example", f.key, v)
			}
		}
	}
}

func TestKeyAt(t *testing.T) {
	for path, want := range map[string]string{
		"jobs": "jobs", "jobs.NAME": "jobs", "jobs.build": "", "params.max": "params.NAME.max", "jobs.retry": "jobs.NAME.retry", "jobs.a.pipe.stderr": "jobs.NAME.pipe.stderr",
		"jobs.a.matrix.os.range": "jobs.NAME.matrix.AXIS.range", "jobs.a.matrix.exclude": "jobs.NAME.matrix.exclude", "jobs.stdout.capture.max": "jobs.NAME.stdout.capture.max",
		"env": "env", "env.NAME": "env", "env.path": "", "jobs.run": "jobs.NAME.run", "jobs.run.run": "jobs.NAME.run",
		"": "", "job": "", "jobs.a.b": "", "jobs.retry.x": "", "version.x": "", "jobs.": "", ".": "",
	} {
		if k, _ := KeyAt(path); k.Path != want {
			t.Errorf("%q is %q, want %q", path, k.Path, want)
		}
	}
}

func TestKeysNamed(t *testing.T) {
	for path, want := range map[string]string{
		"needs": "jobs.NAME.needs", "retry.jitter": "defaults.retry.jitter jobs.NAME.retry.jitter", "stdin.file": "jobs.NAME.stdin.file jobs.NAME.inputs.NAME.stdin.file jobs.NAME.pipe.inputs.NAME.stdin.file", "params.max": "params.NAME.max",
		"matrix.range": "jobs.NAME.matrix.AXIS.range", "AXIS.range": "jobs.NAME.matrix.AXIS.range", "nothing": "", "retry.nothing": "", "": "",
		"tee.spill": "jobs.NAME.pipe.spill", "pipe.tee.spill.max": "jobs.NAME.pipe.spill.max", "values.max": "params.NAME.max", "needs.spill": "", "tee.spill.nothing": "",
	} {
		var paths []string
		for _, k := range KeysNamed(path) {
			paths = append(paths, k.Path)
		}
		if got := strings.Join(paths, " "); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
}

func TestKeyWords(t *testing.T) {
	for path, want := range map[string]string{
		"version": "1", "max_parallel": "a whole number from 1 to 10000", "pools": "a mapping from names, each to a whole number of at least 1", "retry.jitter": "a number from 0 to 1",
		"jobs.exclusive": "the name of a lock, or {name: …, on_conflict: …}", "ready.port": "a number from 1 to 65535, or host:port", "ready.line": "a regular expression (RE2)", "restart.when": "one of failure and always",
		"jobs.ok": "a list, each item a whole number from 0 to 255", "jobs.timeout": "a duration such as 500ms or 1m30s, more than none", "jobs.needs": "a list, each item a name",
		"stop.signal": "one of TERM, INT, HUP, QUIT, USR1, USR2, KILL, ABRT, ALRM and WINCH", "jobs.stdin": "none, inherit, {file: …}, {text: …} or {job: …}", "params.list": "true or false",
	} {
		found := KeysNamed(path)
		if k, ok := KeyAt(path); ok {
			found = []Key{k}
		}
		if len(found) == 0 || found[0].Type != want {
			t.Errorf("%s: %+v, want %s", path, found, want)
		}
	}
}

// TestSample holds what stands beside a key in its example: what its mapping,
// and those above, can't be without.
func TestSample(t *testing.T) {
	for path, want := range map[string]string{
		"env":                     "env: {LC_ALL: C}\n",
		"jobs.pipe.allow.reason":  "jobs:\n  NAME:\n    pipe:\n      - command: find\n        args: [., -name, '*.go']\n        allow:\n          - rule: SL205\n            reason: the program matches names itself\n",
		"jobs.pipe.spill.full":    "jobs:\n  NAME:\n    pipe:\n      - zcat access.log.gz\n      - tee: [{file: access.log}, ./slow]\n        spill:\n          max: 10GiB\n          full: fail\n",
		"jobs.inputs.NAME.branch": "jobs:\n  NAME:\n    command: paste\n    args: [{input: counted}, {input: NAME}]\n    inputs:\n      counted: {pipe: [cat words.txt, {tee: [{name: sorted, run: sort}]}, uniq -c]}\n      NAME:\n        branch: sorted\n",
		"jobs.pipe.run":           "jobs:\n  NAME:\n    pipe:\n      - run: 'grep -c ''a b'''\n",
	} {
		k, _ := KeyAt(path)
		if got := k.Sample(); got != want {
			t.Errorf("%s: got\n%swant\n%s", path, got, want)
		}
	}
}

// TestNamePatterns holds that the patterns of the schema are what IsName and
// IsEnvName take.
func TestNamePatterns(t *testing.T) {
	name, env := regexp.MustCompile(namePattern), regexp.MustCompile(envNamePattern)
	random := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("aZ_09-. é\n")
	good := 0
	for i := range 20_000 {
		text := make([]rune, random.IntN(6))
		for i := range text {
			text[i] = alphabet[random.IntN(len(alphabet))]
		}
		s := string(text)
		if i%100 == 0 {
			s = strings.Repeat("a", 120+i%17)
		}
		if name.MatchString(s) != IsName(s) || env.MatchString(s) != IsEnvName(s) {
			t.Errorf("%q", s)
		}
		if IsName(s) {
			good++
		}
	}
	if good < 500 {
		t.Errorf("only %d names", good)
	}
}

// TestOneMeaning holds that what a job and defaults both have is explained
// with the same words, but for what differs between them.
func TestOneMeaning(t *testing.T) {
	apart := map[string]bool{"env": true, "dir": true} // below the file's there, below the job's here
	for _, inDefaults := range KeysNamed("defaults")[0].Keys {
		k, ok := KeyAt("jobs.NAME." + inDefaults.Name)
		if !ok || !apart[k.Name] && !k.SameAs(inDefaults) {
			t.Errorf("%s and %s are not explained as one: %q and %q", k.Path, inDefaults.Path, k.Doc, inDefaults.Doc)
		}
	}
}

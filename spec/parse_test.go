package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"sluice/spec/diag"
)

// read parses text and gives the problems as "line:col rule".
func read(text string) (*File, []string) {
	f, list := Parse("job.yaml", []byte(text), DefaultLimits())
	var short []string
	for _, p := range list {
		short = append(short, fmt.Sprintf("%d:%d %s", p.Pos.Line, p.Pos.Col, p.Rule))
	}
	return f, short
}

// good parses text, which has no problems.
func good(t *testing.T, text string) *File {
	t.Helper()
	f, list := Parse("job.yaml", []byte(text), DefaultLimits())
	if f == nil || len(list) > 0 {
		t.Fatalf("%s\nproblems: %v", text, list)
	}
	return f
}

// job is the text of a file with one job, whose keys begin in line 4.
func job(keys string) string {
	return "version: 1\njobs:\n  a:\n    " + strings.ReplaceAll(strings.TrimSpace(keys), "\n", "\n    ") + "\n"
}

func goodJob(t *testing.T, keys string) *Job {
	t.Helper()
	f := good(t, job(keys))
	if len(f.Jobs.Entries) != 1 {
		t.Fatalf("%d jobs", len(f.Jobs.Entries))
	}
	return f.Jobs.Entries[0].Value
}

func pos(line, col int) diag.Pos { return diag.Pos{Line: line, Col: col} }

func utf16Text(text string, little bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		if little {
			b.Write([]byte{byte(u), byte(u >> 8)})
		} else {
			b.Write([]byte{byte(u >> 8), byte(u)})
		}
	}
	return b.String()
}

const small = "version: 1\njobs: {}\n"

func TestTraps(t *testing.T) {
	tests := []struct {
		name, text string
		want       string // "line:col rule" of each problem, by commas
	}{
		{"null in a flow list", job("command: rm\nargs: [-rf, ~, null, Null, NULL, '~']"), "5:17 SL011, 5:20 SL011, 5:26 SL011, 5:32 SL011"},
		{"null in a block list", job("command: rm\nargs:\n- a\n-\n- b\n- \"\""), "7:6 SL011"},
		{"null as a value", "version:\njobs: {}\n", "1:1 SL011"},
		{"null as a job", "version: 1\njobs: {a: , b: ~}\n", "2:8 SL011, 2:13 SL011"},
		{"null as a key", "version: 1\njobs: {~: {}}\n", "2:8 SL011"},
		{"null as a stage", job("pipe: [a, ~]"), "4:15 SL011"},
		{"null in an env", "version: 1\nenv: {B: null}\njobs: {}\n", "2:7 SL011"},

		{"octal", job("max_parallel: 010"), "4:19 SL013"},
		{"hex", job("max_parallel: 0x1F"), "4:19 SL013"},
		{"float for a whole number", job("max_parallel: 3.7"), "4:19 SL013"},
		{"round float for a whole number", job("max_parallel: 3.0"), "4:19 SL013"},
		{"exponent", job("max_parallel: 1e3"), "4:19 SL013"},
		{"underscores", job("max_parallel: 1_000"), "4:19 SL013"},
		{"sign", job("max_parallel: +5"), "4:19 SL013"},
		{"base 60", job("max_parallel: 1:30"), "4:19 SL013"},
		{"beyond 64 bits", job("max_parallel: 9223372036854775808"), "4:19 SL013"},
		{"number in quotes", job("max_parallel: '4'"), "4:19 SL013"},
		{"number as a block", job("max_parallel: |\n  4"), "4:19 SL013"},
		{"infinite float", job("retry: {attempts: 2, factor: .inf}"), "4:34 SL013"},
		{"exponent in a float", job("retry: {attempts: 2, factor: 1e3}"), "4:34 SL013"},
		{"list for a number", job("max_parallel: [4]"), "4:19 SL016"},
		{"yes", "version: 1\nparams: {p: {required: yes}}\njobs: {}\n", "2:24 SL016"},
		{"on", "version: 1\nparams: {p: {required: on}}\njobs: {}\n", "2:24 SL016"},
		{"True", "version: 1\nparams: {p: {required: True}}\njobs: {}\n", "2:24 SL016"},
		{"n", "version: 1\nparams: {p: {required: n}}\njobs: {}\n", "2:24 SL016"},
		{"boolean in quotes", "version: 1\nparams: {p: {required: 'true'}}\njobs: {}\n", "2:24 SL016"},

		{"second document", small + "---\njobs: {}\n", "3:1 SL007"},
		{"second document that is broken", small + "---\na: [\n", "4:1 SL000"},
		{"text after the end", small + "...\ngarbage\n", "4:1 SL000"},
		{"%YAML", "%YAML 1.1\n---\n" + small, "1:1 SL007"},
		{"%YAML of a later version", "# c\n%YAML 1.2\n---\n" + small, "2:1 SL007"},
		{"%TAG below an indented comment", "  # c\n\n%TAG ! !x\n---\n" + small, "3:1 SL007"},
		{"an unknown directive", "%FOO\n---\n" + small, "1:1 SL007"},
		{"empty file", "", "1:1 SL007"},
		{"only blank lines", "\n\n", "1:1 SL007"},
		{"only comments", "# one\n# two\n", "1:1 SL007"},
		{"only ---", "---\n", "1:1 SL007"},
		{"only null", "~\n", "1:1 SL007"},
		{"list at the top", "- a\n- b\n", "1:1 SL016"},
		{"word at the top", "hello\n", "1:1 SL016"},

		{"tags", "version: !!int 1\njobs: !!map {a: !shell {run: !!str x}}\n", "1:10 SL010, 2:7 SL010, 2:17 SL010, 2:30 SL010"},
		{"binary", job("run: !!binary aGk="), "4:10 SL010"},
		{"python", job("command: !!python/object/apply:os.system x"), "4:14 SL010"},
		{"a tag without a name", job("run: ! x"), "4:10 SL010"},
		{"a tag on a list", job("args: !x [a]\ncommand: a"), "4:11 SL010"},
		{"anchor and alias", job("run: &x make\ndir: *x"), "4:10 SL009, 5:10 SL009"},
		{"merge key", "version: 1\nx-b: &b {dir: x}\njobs:\n  a: {<<: *b, run: x}\n", "2:6 SL009, 4:7 SL009, 4:11 SL009"},
		{"merge key in a map of names", "version: 1\nenv: {<<: {A: b}}\njobs: {}\n", "2:7 SL009"},
		{"merge key in quotes", "version: 1\nenv: {'<<': b}\njobs: {}\n", ""},
		{"alias without an anchor", job("command: a\nargs: [x, *y]"), "5:15 SL009"},
		{"pattern without quotes", job("command: a\nargs: [*.go]"), "5:5 SL000"},
		{"alias as a key", "version: 1\nx-a: &a b\njobs: {*a : {run: x}}\n", "2:6 SL009, 3:8 SL009"},
		{"a bomb", "x-a: &a [x, x]\nx-b: &b [*a, *a]\nversion: 1\njobs: {}\n", "1:6 SL009, 2:6 SL009, 2:10 SL009, 2:14 SL009"},

		{"bare CR", small + "# note\rdir: x\n", "3:7 SL003"},
		{"bare CR at the end", small + "\r", "3:1 SL003"},
		{"U+0085", small + "# note\u0085dir: x\n", "3:7 SL003"},
		{"U+2028", small + "# note\u2028dir: x\n", "3:7 SL003"},
		{"U+2029", "version: 1 \u2029\njobs: {}\n", "1:12 SL003"},
		{"UTF-16LE with a mark", "\xff\xfe" + utf16Text(small, true), "1:1 SL001"},
		{"UTF-16BE with a mark", "\xfe\xff" + utf16Text(small, false), "1:1 SL001"},
		{"byte order mark", "\ufeff" + small, "1:1 SL001"},
		{"byte order mark inside", job("run: a\ufeffb"), "4:11 SL005"},
		{"NUL", "version: 1\x00\n", "1:11 SL001"},
		{"Latin-1", "version: 1 # caf\xe9\n", "1:17 SL001"},
		{"an overlong form", "version: 1 # \xc0\xaf\n", "1:14 SL001"},
		{"a surrogate", "version: 1 # \xed\xa0\x80\n", "1:14 SL001"},
		{"a noncharacter", "version: 1 # \ufffe\n", "1:14 SL002"},
		{"raw ESC", job("run: a\x1b[31m"), "4:11 SL002"},
		{"raw DEL in a comment", small + "# \x7f\n", "3:3 SL002"},
		{"raw C1 in a comment", small + "# \u009b\n", "3:3 SL002"},
		{"escaped NUL", job(`run: "a\0b\0c"`), "4:12 SL002"},
		{"escaped ESC", job(`run: "é\e[31m"`), "4:12 SL002"},
		{"escaped ESC, by number", job(`run: "a\x1b[31m"`), "4:12 SL002"},
		{"escaped C1", job(`run: "a\u009b"`), "4:12 SL002"},
		{"escaped control in a key", "version: 1\nenv: {\"A\\a\": b}\njobs: {}\n", "2:9 SL002"},
		{"tab, line feed and CR as escapes", job(`run: "'a\t\n\r'"`), ""},
		{"raw direction control", job("run: a\u202eb"), "4:11 SL004"},
		{"raw direction control in double quotes", job("run: \"a\u202eb\""), "4:12 SL004"},
		{"direction control in a comment", small + "# \u2066x\n", "3:3 SL004"},
		{"escaped direction control", job(`run: "a\u202eb"`), "4:12 SL004"},
		{"raw invisible", job("run: ar\u200bgv"), "4:12 SL005"},
		{"escaped invisible", job(`run: "ar\u200bgv"`), "4:13 SL005"},
		{"tag characters", job("run: a\U000e0041"), "4:11 SL005"},
		{"joiners and variation selectors belong to writing", job("description: ⚠️ 👩\u200d🚒 می\u200cخواهم\nrun: x"), ""},

		{"a key twice", "version: 1\nversion: 1\njobs: {}\n", "2:1 SL008"},
		{"a key twice, once in quotes", "version: 1\njobs: {1: {run: x}, '1': {run: x}}\n", "2:21 SL008"},
		{"a key three times", "version: 1\nenv: {A: a, A: b, A: c}\njobs: {}\n", "2:13 SL008, 2:19 SL008"},
		{"key of another case", "version: 1\nJobs: {}\njobs: {}\n", "2:1 SL014"},
		{"unknown key", job("comand: x"), "4:5 SL014"},
		{"unknown key in a stage", job("pipe:\n  - {run: x, comand: y}"), "5:18 SL014"},
		{"x- at the top only", "version: 1\nx-mine: {any: [thing]}\njobs: {a: {run: x, x-mine: 1}}\n", "3:20 SL014"},
		{"a mapping as a key", "version: 1\njobs: {{a: b}: c}\n", "2:8 SL016"},
		{"a list as a key", "version: 1\n? [a]\n: b\njobs: {}\n", "2:3 SL016"},
		{"nothing required", "description: x\n", "1:1 SL017, 1:1 SL017"},
		{"several at once", job("comand: x\nargs: [~]\nretry: {attempts: 1.5}"), "4:5 SL014, 5:12 SL011, 6:23 SL013"},

		{"CRLF", crlf(job("run: x\nargs: []")), ""},
		{"CRLF: places", crlf(job("comand: x")), "4:5 SL014"},
		{"no line feed at the end", "version: 1\njobs: {}", ""},
		{"---", "---\n" + small, ""},
		{"--- and ...", "---\n" + small + "...\n", ""},
		{"tab as indent", "version: 1\njobs:\n\ta: {}\n", "3:1 SL000"},
		{"a list that does not end", "version: 1\njobs:\n  a: [b\n  c: d\n", "3:3 SL000"},
		{"an indent that fits nothing", "version: 1\njobs:\n  a: b\n c: d\n", "4:2 SL000"},
		{"quotes that do not end", "version: 1\njobs: 'x\n\n", "2:1 SL000"},
		{"list that the file's end cuts", "version: 1\njobs: [\n\n", "2:1 SL000"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			_, got := read(c.text)
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%q\n got %s\nwant %s", c.text, strings.Join(got, ", "), c.want)
			}
		})
	}
}

// What came through must not be what the traps make of it.
func TestTextIsKept(t *testing.T) {
	j := goodJob(t, "command: echo\nargs: [010, 0x1F, 1_000, 1.10, 1e3, no, on, yes, true, 'null', 2024-01-01, 12:30:45, .inf, 0o7, \"\"]")
	var got []string
	for _, a := range j.Args.Items {
		got = append(got, a.Text.Value)
	}
	want := []string{"010", "0x1F", "1_000", "1.10", "1e3", "no", "on", "yes", "true", "null", "2024-01-01", "12:30:45", ".inf", "0o7", ""}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestUTF16WithoutMark(t *testing.T) {
	f, got := read(utf16Text(small, true))
	if f != nil || len(got) == 0 || got[0] != "1:2 SL001" {
		t.Errorf("%v", got)
	}
}

func TestMessages(t *testing.T) {
	tests := []struct{ text, msg, hint string }{
		{job("comand: x"), `unknown key "comand" in job "a"; did you mean "command"?`, ""},
		{job("COMMAND: x"), `unknown key "COMMAND" in job "a"; did you mean "command"?`, ""},
		{job("retyr: {}"), `unknown key "retyr" in job "a"; did you mean "retry"?`, ""},
		{job("retry: {attempts: 1, zzz: 1}"), `unknown key "zzz" in retry`, "expected one of attempts, budget, delay, factor, jitter, max_delay, on"},
		{job("retry: {}"), `retry has no "attempts"`, "such as attempts: 3"},
		{job("healthcheck: {}"), `unknown key "healthcheck" in job "a"; did you mean "ready"?`, ""},
		{job("ready: localhost:80"), `ready is "localhost:80"; expected a mapping`, "write {port: 'localhost:80'}"},
		{job("ready: run/pid"), `ready is "run/pid"; expected a mapping`, "write {file: run/pid}"},
		{job("ready: true"), `ready is "true"; expected a mapping`, ""},
		{job("restart: on-failure"), `restart is "on-failure"; expected a mapping`, "write {when: failure}"},
		{job("restart: unless-stopped"), `restart is "unless-stopped"; expected a mapping`, "write {when: always}"},
		{job("restart: 'no'"), `restart is "no"; expected a mapping`, ""},
		{job("retry: true"), `retry is "true"; expected a mapping`, ""},
		{job("log: 1MiB"), `log is "1MiB"; expected a mapping`, "write {max_size: 1MiB}"},
		{job("exclusive: true"), `exclusive is "true"; expected the name of a lock, or {name: …, on_conflict: …}`, "such as exclusive: deploy"},
		{job("exclusive: {on_conflict: fail}"), `exclusive has no "name"`, "such as name: deploy-${params.host}"},
		{job("grace: 5s"), `unknown key "grace" in job "a"`, "write stop: {grace: 5s}"},
		{job("stop_grace_period: 5"), `unknown key "stop_grace_period" in job "a"`, "write stop: {grace: 5s}"},
		{job("signal: SIGINT"), `unknown key "signal" in job "a"`, "write stop: {signal: INT}"},
		{job("stop: {stop_signal: int}"), `unknown key "stop_signal" in stop; did you mean "signal"?`, ""},
		{job("grace: [5s]"), `unknown key "grace" in job "a"`, "write stop: {grace: …}"},
		{job("jitter: 0.2"), `unknown key "jitter" in job "a"`, "write retry: {attempts: 3, jitter: 0.2}"},
		{job("retry: {attempts: 1, grace: 1s}"), `unknown key "grace" in retry`, "expected one of attempts, budget, delay, factor, jitter, max_delay, on"},
		{job("ready: {url: 'http://localhost:8080/health'}"), `unknown key "url" in ready`, "write port: 8080, which takes a connection when the server is up"},
		{job("ready: {url: 'https://box/'}"), `unknown key "url" in ready`, "write port: 'box:443', which takes a connection when the server is up"},
		{job("ready: {http_get: 'http://[::1]:80'}"), `unknown key "http_get" in ready`, "write port: '[::1]:80', which takes a connection when the server is up"},
		{job("ready: {url: up}"), `unknown key "url" in ready`, "expected one of file, line, port, timeout"},
		{job("ready: {tcp: 80}"), `unknown key "tcp" in ready; did you mean "port"?`, ""},
		{job("retry: {attempts: 2, jitter: 20%}"), `jitter is "20%"; expected a number`, "write 0.2"},
		{job("timeout: 1d"), `timeout is "1d"; expected a duration such as 500ms, 30s or 1m30s`, "write 24h"},
		{job("timeout: 1.5 weeks"), `timeout is "1.5 weeks"; expected a duration such as 500ms, 30s or 1m30s`, "write 252h"},
		{job("timeout: 5 min"), `timeout is "5 min"; expected a duration such as 500ms, 30s or 1m30s`, "write 5m"},
		{job("timeout: 1y"), `timeout is "1y"; expected a duration such as 500ms, 30s or 1m30s`, ""},
		{job("timeout: never"), `timeout is "never"; expected a duration such as 500ms, 30s or 1m30s`, "leave timeout out: then nothing bounds the time"},
		{job("idle_timeout: 'none'"), `idle_timeout is "none"; expected a duration such as 500ms, 30s or 1m30s`, "leave idle_timeout out: then nothing bounds the time"},
		{job("timeout: 0"), `timeout is "0"; expected a duration such as 500ms, 30s or 1m30s`, "leave timeout out: then nothing bounds the time"},
		{job("stop: {grace: never}"), `grace is "never"; expected a duration such as 500ms, 30s or 1m30s`, ""},
		{job("stop: {grace: -1s}"), `grace is "-1s"; expected a duration such as 500ms, 30s or 1m30s`, "a time is never less than none; with 0s KILL follows at once"},
		{job("timeout: -1s"), `timeout is "-1s"; expected a duration such as 500ms, 30s or 1m30s`, "a time is never less than none"},
		{job("interactive: yes"), `interactive is "yes"; expected true or false`, "write true"},
		{job("max_parallel: 010"), `max_parallel is "010"; expected a whole number`, "YAML readers disagree on a leading 0 (octal or decimal): write it without"},
		{job("max_parallel: 1_000"), `max_parallel is "1_000"; expected a whole number`, "write 1000"},
		{job("max_parallel: 3.0"), `max_parallel is "3.0"; expected a whole number`, "write 3"},
		{job("max_parallel: '4'"), `max_parallel is "4"; expected a whole number`, "write it without quotes: 4"},
		{job("timeout: 30"), `timeout is "30"; expected a duration such as 500ms, 30s or 1m30s`, "a duration needs its unit: 30s or 30ms"},
		{job("needs: a"), `needs is "a"; expected a list`, "write [a]"},
		{job("run: [go, vet]"), `run is a list; expected a command on one line`, "a list of arguments goes into command: and args:, stages into pipe:"},
		{job("stdin: data.txt"), `stdin is "data.txt"; expected none, inherit, {file: …}, {text: …} or {job: …}`, "a file is written {file: data.txt}"},
		{job("stdout: capture"), `stdout is "capture"; expected log, inherit, discard, {file: …} or {capture: {…}}`, "write {capture: {}}"},
		{job("umask: 027"), `umask is "027"; expected an octal number in quotes`, `YAML readers disagree on a leading 0: write "027"`},
		{job("command: echo\nargs: [{}]"), `an item of args is a mapping; expected a string, {literal: …}, {glob: …}, {param: …} or {input: …}`, "a text that begins with { is written {literal: '{…}'}"},
		{"version: 1\nparams: {p: {required: yes}}\njobs: {}\n", `required is "yes"; expected true or false`, "write true"},
		{"version: 1\njobs: {a: 5}\n", `job "a" is "5"; expected a mapping`, "write {run: 5}"},
		{"version: 1\nenv: {A: [b]}\njobs: {}\n", `env "A" is a list; expected a string`, ""},
		{job("run: @x"), `this is not YAML: found character that cannot start any token`, "a text that begins with @ or ` or % is written in quotes"},
		{job("run: a: b"), `this is not YAML: mapping values are not allowed in this context`, "a text with a colon and a space in it is written in quotes"},
	}
	for _, c := range tests {
		_, list := Parse("f", []byte(c.text), DefaultLimits())
		if len(list) != 1 || list[0].Msg != c.msg || list[0].Hint != c.hint {
			t.Errorf("%q\n got %+v\nwant %q | %q", c.text, list, c.msg, c.hint)
		}
	}
}

func TestDuplicateTellsTheFirst(t *testing.T) {
	_, list := Parse("f", []byte("version: 1\njobs:\n  a: {run: x}\n  a: {run: y}\n"), DefaultLimits())
	if len(list) != 1 || list[0].Msg != `key "a" stands twice; first at line 3` ||
		!reflect.DeepEqual(list[0].Related, []diag.Related{{Pos: pos(3, 3), Msg: "first here"}}) {
		t.Errorf("%+v", list)
	}
}

func TestDuplicatesAmongManyKeys(t *testing.T) {
	var b strings.Builder
	b.WriteString("version: 1\njobs: {}\nenv:\n")
	for i := range 90_000 { // quadratic in the library's own check
		fmt.Fprintf(&b, "  K%d: v\n", i)
	}
	b.WriteString("  K0: again\n")
	if _, got := read(b.String()); len(got) != 1 || got[0] != "90004:3 SL008" {
		t.Errorf("%v", got)
	}
}

func TestLimits(t *testing.T) {
	deep := func(n int) string {
		return "version: 1\njobs: {}\nx-a: " + strings.Repeat("[", n) + strings.Repeat("]", n) + "\n"
	}
	limit := func(change func(*Limits)) Limits {
		l := DefaultLimits()
		change(&l)
		return l
	}
	tests := []struct {
		name   string
		text   string
		limits Limits
		want   int
	}{
		{"depth that is allowed", deep(31), DefaultLimits(), 0},
		{"depth", deep(32), DefaultLimits(), 1},
		{"depth of 100,000", strings.Repeat("[", 100_000), DefaultLimits(), 1},
		{"depth of 100,000 that ends", deep(100_000), DefaultLimits(), 1},
		{"depth of 20,000 mappings", strings.Repeat("{a: ", 20_000), DefaultLimits(), 1},
		{"file", small, limit(func(l *Limits) { l.File = len(small) - 1 }), 1},
		{"file that fits", small, limit(func(l *Limits) { l.File = len(small) }), 0},
		{"nodes", "version: 1\njobs: {}\nx-a: [1, 2, 3]\n", limit(func(l *Limits) { l.Nodes = 9 }), 1},
		{"nodes that fit", "version: 1\njobs: {}\nx-a: [1, 2, 3]\n", limit(func(l *Limits) { l.Nodes = 10 }), 0},
		{"scalar", job("run: abcde"), limit(func(l *Limits) { l.Scalar = 4 }), 1},
		{"scalar of 64 KiB", job("command: x\nargs: ['" + strings.Repeat("x", 64<<10) + "']"), DefaultLimits(), 0},
		{"scalar of 64 KiB and 1 byte", job("command: x\nargs: ['" + strings.Repeat("x", 64<<10+1) + "']"), DefaultLimits(), 1},
		{"jobs", "version: 1\njobs: {a: {run: x}, b: {run: x}}\n", limit(func(l *Limits) { l.Jobs = 1 }), 1},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			_, list := Parse("f", []byte(c.text), c.limits)
			if len(list) != c.want || c.want == 1 && list[0].Rule != "SL015" {
				t.Errorf("%v", list)
			}
		})
	}
}

func TestManyBrokenBytes(t *testing.T) {
	for b, want := range map[string]int{"\xff": 1, "\x00": 1, "\x01": 20} {
		if _, got := read(strings.Repeat(b, 1<<20)); len(got) != want {
			t.Errorf("%q: %d problems, expected %d", b, len(got), want)
		}
	}
}

func TestFileOfABrokenText(t *testing.T) {
	for text, want := range map[string]bool{
		"":                             false,
		"a: [":                         false,
		"\xff":                         false,
		"- a":                          false,
		job("comand: x"):               true,
		job("run: \"a\\0b\""):          true,
		job("run: a\u202eb"):           true,
		"version: 1\njobs: {a: , b: }": true,
	} {
		if f, list := Parse("f", []byte(text), DefaultLimits()); (f != nil) != want || !list.Invalid(false) {
			t.Errorf("%q: file %v, problems %v", text, f != nil, list)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"command", "args", "run", "stdin", "stdout", "ok"}
	for name, want := range map[string]string{
		"comand": "command", "cmomand": "command", "Command": "command", "ARGS": "args", "arg": "args", "stdot": "stdout",
		"rnu": "run", "xyz": "", "": "", "std": "", "k": "ok", strings.Repeat("command", 10): "", "naïve": "",
	} {
		if got := Nearest(name, names); got != want {
			t.Errorf("Nearest(%q) = %q, expected %q", name, got, want)
		}
	}
}

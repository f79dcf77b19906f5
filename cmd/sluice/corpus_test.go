package main

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"sluice/runner/report"
)

// The corpus is a folder of filters and pipelines as people wrote them, with
// what they must give. Each of them runs here as a job, written in every way
// that a job file has for an argument.

// filter is an entry of the corpus.
type filter struct {
	ID     string     `json:"id"`
	Stages [][]string `json:"stages"`
	Exit   []int      `json:"exit"` // of each stage; only the last is stable
	Bytes  int64      `json:"bytes"`
	SHA256 string     `json:"sha256"` // of standard output, hex
}

// jobsPerFile makes a few job files of the corpus, each with hundreds of jobs.
const jobsPerFile = 800

func TestCorpus(t *testing.T) {
	dir := corpus(t)
	var filters []filter
	for _, name := range []string{"stages.jsonl", "pipelines.jsonl"} {
		filters = append(filters, readFilters(t, filepath.Join(dir, name))...)
	}
	filters = onThisMachine(t, filters)
	for name, write := range map[string]func(argv []string) string{
		"literal": literals,
		"quoted":  func(argv []string) string { return line(argv, quoteSingle) },
		"mixed":   func(argv []string) string { return line(argv, quoteMixed) },
	} {
		t.Run(name, func(t *testing.T) {
			for part := range slices.Chunk(filters, jobsPerFile) {
				runFilters(t, filepath.Join(dir, "mixed-input.txt"), part, write)
			}
		})
	}
}

// corpus finds the folder, or skips the test.
func corpus(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(cmp.Or(os.Getenv("SLUICE_CORPUS"), "../../../shared/corpus"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pipelines.jsonl")); err != nil {
		t.Skipf("no corpus of command lines, which SLUICE_CORPUS may name: %v", err)
	}
	for name, want := range map[string]string{"awk": "GNU Awk", "sort": "GNU coreutils", "sed": "GNU sed", "grep": "GNU grep"} {
		out, err := exec.Command(name, "--version").Output()
		if err != nil || !strings.Contains(string(out), want) {
			t.Skipf("the corpus was made with %s, and %s is another (%v)", want, name, err)
		}
	}
	return dir
}

func readFilters(t *testing.T, path string) (list []filter) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e filter
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		list = append(list, e)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// onThisMachine leaves out what needs a program that is missing.
func onThisMachine(t *testing.T, all []filter) (list []filter) {
	missing := map[string]int{}
	found := map[string]bool{}
	for _, e := range all {
		lacks := ""
		for _, argv := range e.Stages {
			name := argv[0]
			if _, asked := found[name]; !asked {
				_, err := exec.LookPath(name)
				found[name] = err == nil
			}
			if !found[name] {
				lacks = name
			}
		}
		if lacks != "" {
			missing[lacks]++
			continue
		}
		list = append(list, e)
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		t.Logf("%d of %d entries are left out, for this machine has no %s", missing[name], len(all), name)
	}
	return list
}

// hidden reports whether arg has a control character or a byte order mark.
func hidden(arg string) bool {
	return strings.ContainsFunc(arg, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\ufeff'
	})
}

// runFilters runs list as one job file. write makes the lines of a stage.
func runFilters(t *testing.T, input string, list []filter, write func(argv []string) string) {
	t.Helper()
	dir := t.TempDir()
	var file strings.Builder
	file.WriteString("version: 1\nenv: {LC_ALL: C, TZ: UTC}\njobs:\n")
	for _, e := range list {
		fmt.Fprintf(&file, "  %s:\n    stdin: {file: %s}\n    stdout: {file: out/%s, mode: truncate}\n    stderr: discard\n    pipe:\n", e.ID, yamlText(input), e.ID)
		for i, argv := range e.Stages {
			// What is expected is success, and so a wrong code a failure.
			fmt.Fprintf(&file, "      - ok: [%s]\n        stderr: discard\n%s", okCodes(e.Exit[i]), write(argv))
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "corpus.yaml"), []byte(file.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	o := runSluice(t, dir, "run", "corpus.yaml", "--keep-going", "--report", "report.json")
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatalf("exit code %d\n%s", o.code, beginning(o.stderr))
	}
	var rep report.Report
	if err := json.Unmarshal(text, &rep); err != nil {
		t.Fatal(err)
	}
	if len(rep.Jobs) != len(list) {
		t.Fatalf("the report has %d jobs, want %d", len(rep.Jobs), len(list))
	}
	for i, e := range list {
		checkFilter(t, e, rep.Jobs[i], filepath.Join(dir, "out", e.ID))
	}
	if o.code != 0 {
		t.Errorf("exit code %d\n%s", o.code, beginning(o.stderr))
	}
}

func checkFilter(t *testing.T, e filter, j *report.Job, path string) {
	t.Helper()
	a := j.Last()
	if a == nil {
		t.Errorf("%s is %s: %s", e.ID, j.Status, j.Reason)
		return
	}
	last := len(e.Stages) - 1
	if got := a.Stages[last].Code; got != e.Exit[last] || j.Status != report.Succeeded {
		t.Errorf("%s: %s with exit code %d, want %d (%s)", e.ID, j.Status, got, e.Exit[last], a.Cause)
	}
	for i, s := range a.Stages {
		if !slices.Equal(s.Argv, e.Stages[i]) {
			t.Errorf("%s: stage %d got %q, want %q", e.ID, i+1, s.Argv, e.Stages[i])
		}
	}
	data, err := os.ReadFile(path)
	if sum := sha256.Sum256(data); err != nil || fmt.Sprintf("%x", sum) != e.SHA256 {
		t.Errorf("%s: %q gave %d bytes, want %d others (%v)", e.ID, e.Stages, len(data), e.Bytes, err)
	}
}

func okCodes(code int) string {
	if code == 0 {
		return "0"
	}
	return fmt.Sprintf("0, %d", code) // it may have had no time to fail
}

func beginning(s string) string { return s[:min(len(s), 4000)] }

// literals writes a stage as exact elements.
func literals(argv []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "        command: %s\n        args: [", yamlText(argv[0]))
	for i, arg := range argv[1:] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "{literal: %s}", yamlText(arg))
	}
	b.WriteString("]\n")
	return b.String()
}

// line writes a stage as one line; but one with a character that only a
// {literal: …} may hold (SL002, SL005) as that.
func line(argv []string, quote func(string) string) string {
	if slices.ContainsFunc(argv, hidden) {
		return literals(argv)
	}
	words := make([]string, len(argv))
	for i, arg := range argv {
		words[i] = quote(arg)
	}
	return "        run: " + yamlText(strings.Join(words, " ")) + "\n"
}

// yamlText is s as a scalar in double quotes. YAML knows every escape that Go
// writes.
func yamlText(s string) string { return strconv.QuoteToASCII(s) }

// quoteSingle leaves a plain word as it is, and puts any other into single
// quotes.
func quoteSingle(s string) string {
	if plain := strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:,+@%"); s != "" && plain == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// quoteMixed changes the kind of quotes every three runes.
func quoteMixed(s string) string {
	if s == "" {
		return `""`
	}
	inDouble := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`")
	var b strings.Builder
	kind := 0
	for piece := range slices.Chunk([]rune(s), 3) {
		text := string(piece)
		switch kind = (kind + 1) % 3; {
		case kind == 0 && !strings.Contains(text, "\n"): // a backslash would take it away
			for _, r := range piece {
				b.WriteString(`\` + string(r))
			}
		case kind == 1 && !strings.Contains(text, "'"):
			b.WriteString("'" + text + "'")
		default:
			b.WriteString(`"` + inDouble.Replace(text) + `"`)
		}
	}
	return b.String()
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mattn/go-shellwords"

	"sluice/runner/state"
	"sluice/spec"
	"sluice/spec/diag"
	"sluice/validate"
)

// The README is held to what the program does: its job files are valid, its
// tables name every key, and its commands print what it says.

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks are the fenced blocks of that language.
func blocks(text, language string) (list []string) {
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

func TestReadmeJobFiles(t *testing.T) {
	list := blocks(readme(t), "yaml")
	if len(list) == 0 {
		t.Fatal("the README shows no job file")
	}
	for _, text := range list {
		_, problems := validate.Parse("README.md", []byte(text), spec.DefaultLimits())
		if problems = problems.AtLeast(diag.Warning); len(problems) > 0 {
			problems.Print(t.Output(), func(string) []byte { return []byte(text) }, diag.Style{})
			t.Errorf("%d problems", len(problems))
		}
	}
	words, err := os.ReadFile(filepath.Join(repository, "jobs/words.yaml"))
	if err != nil || !strings.HasSuffix(string(words), "\n"+list[0]) {
		t.Errorf("the first job file is not the end of jobs/words.yaml (%v)", err)
	}
}

func TestReadmeKeys(t *testing.T) {
	text := readme(t)
	for heading, v := range map[string]any{
		"Top level": spec.File{}, "Defaults": spec.Defaults{}, "Params": spec.Param{}, "Jobs": spec.Job{},
		"Stages": spec.Stage{}, "Retry": spec.Retry{}, "Stop": spec.Stop{},
	} {
		var want []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			if key, _, _ := strings.Cut(f.Tag.Get("key"), ","); key != "" {
				want = append(want, key)
			}
		}
		got := tableKeys(text, heading)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the table has %q, want %q", heading, got, want)
		}
	}
}

// tableKeys are the words in backquotes in the first column of the table below
// a heading.
func tableKeys(text, heading string) (keys []string) {
	_, section, _ := strings.Cut(text, "\n### "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n#")
	for line := range strings.Lines(section) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			cell, _, _ := strings.Cut("`"+rest, " | ")
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
				keys = append(keys, m[1])
			}
		}
	}
	return keys
}

func TestReadmeDependencies(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(repository, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(readme(t), "\n## Dependencies\n")
	table, _, _ = strings.Cut(table, "\n#")
	var want, got []string
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(mod), -1) { // the indirect ones have a comment
		want = append(want, m[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^\| (\S+\.\S+) \|`).FindAllStringSubmatch(table, -1) {
		got = append(got, m[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the table has %q, go.mod requires %q", got, want)
	}
}

// readmeDir is where the README's commands seem to run.
const readmeDir = "/home/you/sluice"

// TestReadmeCommands runs the commands of the console blocks and compares what
// they print, but for times. With UPDATE_README it writes it into the README.
func TestReadmeCommands(t *testing.T) {
	if version, err := exec.Command("sort", "--version").Output(); err != nil || runtime.GOOS != "linux" || !strings.Contains(string(version), "GNU") {
		t.Skip("the README shows what GNU programs print on Linux")
	}
	dir := t.TempDir()
	t.Cleanup(func() { endRuns(t, state.At(readmeState(dir))) })
	if err := os.CopyFS(filepath.Join(dir, "jobs"), os.DirFS(filepath.Join(repository, "jobs"))); err != nil {
		t.Fatal(err)
	}
	old := readme(t)
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(old), 0o666); err != nil {
		t.Fatal(err)
	}
	sameText(t, "README.md", old, rerunPage(t, dir, old, makeFile, nil))
}

// sameText compares a page with what it would be now, but for times. With
// UPDATE_README it writes that instead.
func sameText(t *testing.T, name, old, next string) {
	t.Helper()
	if os.Getenv("UPDATE_README") != "" {
		if err := os.WriteFile(filepath.Join(repository, name), []byte(next), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, got := strings.Split(stable(old), "\n"), strings.Split(stable(next), "\n")
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Fatalf("%s says\n%s\nand the command prints\n%s\nUPDATE_README=1 go test ./cmd/sluice -run '%s' writes it anew", name, want[i], got[i], t.Name())
		}
	}
	if len(want) != len(got) {
		t.Errorf("%s has %d lines, with what commands print now %d", name, len(want), len(got))
	}
}

// A cat is how a page shows a file: it gives the text of the file that the
// command names, which the page shows as shown.
type cat func(t *testing.T, file, shown string) string

// makeFile makes the file that is shown: the page tells of files that its
// reader has not.
func makeFile(t *testing.T, file, shown string) string {
	t.Helper()
	shown = strings.TrimSuffix(shown, "\n") + "\n"
	if err := os.WriteFile(file, []byte(shown), 0o666); err != nil {
		t.Fatal(err)
	}
	return shown
}

// readFile reads it, for the page is followed in a clone of the repository.
func readFile(t *testing.T, file, _ string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rerunPage is the page with what the commands of its console blocks print now.
func rerunPage(t *testing.T, dir, page string, show cat, env []string) string {
	return regexp.MustCompile("(?ms)^```console\n.*?^```$").ReplaceAllStringFunc(page, func(block string) string {
		block = strings.TrimSuffix(strings.TrimPrefix(block, "```console\n"), "```")
		return "```console\n" + rerunBlock(t, dir, block, show, env) + "```"
	})
}

// rerunBlock is a console block with what its commands print now, with these
// variables too.
func rerunBlock(t *testing.T, dir, block string, show cat, env []string) string {
	t.Helper()
	var out strings.Builder
	for _, part := range strings.Split(strings.TrimPrefix(block, "$ "), "\n$ ") {
		line, shown, _ := strings.Cut(part, "\n")
		argv, err := shellwords.Parse(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out.WriteString("$ " + line + "\n")
		switch argv[0] {
		case "cat":
			shown = show(t, filepath.Join(dir, argv[1]), shown)
		case "sluice":
			shown = printed(dir, argv, env)
		default:
			t.Fatalf("the command %q can't be run here", line)
		}
		out.WriteString(shown)
	}
	return out.String()
}

// readmeState is the state directory of the README's commands.
func readmeState(dir string) string { return filepath.Join(dir, ".state") }

// printed is what the command prints, on both streams, as if it ran elsewhere.
func printed(dir string, argv, env []string) string {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/bin:/bin:" + os.Getenv("PATH"), "HOME=/home/you", "LANG=C.UTF-8", "SLUICE_STATE_DIR=" + readmeState(dir)}
	cmd.Env = append(cmd.Env, env...)
	text, _ := cmd.CombinedOutput() // a bad exit code is part of the show
	return strings.ReplaceAll(string(text), dir, readmeDir)
}

// stable is text without times, ids and pids, and with one place for programs.
func stable(text string) string {
	text = regexp.MustCompile(`\b\d{8}-\d{6}-[0-9a-f]{4}\b`).ReplaceAllString(text, "RUN")
	text = regexp.MustCompile(`\b\d+-\d+-\d+T\d+:\d+:\d+(\.\d+)?Z`).ReplaceAllString(text, "TIME")
	text = regexp.MustCompile(`\bprocess \d+`).ReplaceAllString(text, "process PID")
	text = regexp.MustCompile(`(?m)^(ID|RUN) .*$`).ReplaceAllStringFunc(text, func(row string) string {
		row = regexp.MustCompile(`\d+-\d+-\d+ \d+:\d+:\d+( +\d+ )?`).ReplaceAllString(row, "TIME PID ")
		return strings.Join(strings.Fields(row), " ")
	})
	text = regexp.MustCompile(`\b\d+(\.\d+)?m?s\b`).ReplaceAllString(text, "TIME")
	text = regexp.MustCompile(`(?m)^[✓✗○] .*$`).ReplaceAllStringFunc(text, func(row string) string {
		return strings.Join(strings.Fields(row), " ") // its columns are as wide as the times
	})
	return regexp.MustCompile(`  (/usr)?/bin/`).ReplaceAllString(text, "  /usr/bin/")
}

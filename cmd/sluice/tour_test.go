package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"sluice/runner/state"
)

// jobs/README.md is held to what it shows: its excerpts stand in the job
// files, its commands print what it says, and its programs in Go and for Node
// do what they are shown for.

const tourPage = "jobs/README.md"

// chapter is a part of the tour, with the job file that its heading is
// followed by.
type chapter struct{ title, text, file string }

func tour(t *testing.T) (page string, chapters []chapter) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, tourPage))
	if err != nil {
		t.Fatal(err)
	}
	page = string(text)
	for _, part := range strings.Split(page, "\n## ")[1:] {
		c := chapter{text: part}
		c.title, _, _ = strings.Cut(part, "\n")
		if m := regexp.MustCompile(`\]\((\w+\.yaml)\)`).FindStringSubmatch(part); m != nil {
			c.file = m[1]
		}
		chapters = append(chapters, c)
	}
	return page, chapters
}

// name makes the title one of a subtest.
func (c chapter) name() string {
	return strings.Trim(regexp.MustCompile(`\W+`).ReplaceAllString(c.title, "-"), "-")
}

func TestTourExcerpts(t *testing.T) {
	_, chapters := tour(t)
	if len(chapters) != 10 {
		t.Errorf("the tour has %d chapters, want 10", len(chapters))
	}
	seen := map[string]bool{}
	for i, c := range chapters {
		if !strings.HasPrefix(c.title, fmt.Sprintf("%d. ", i+1)) {
			t.Errorf("chapter %d is called %q", i+1, c.title)
		}
		if seen[c.file] {
			t.Errorf("%s: %q is in another chapter too", c.title, c.file)
		}
		seen[c.file] = true
		text, err := os.ReadFile(filepath.Join(repository, "jobs", c.file))
		if err != nil {
			t.Errorf("%s: its job file: %v", c.title, err)
			continue
		}
		for _, language := range []string{"yaml", "console", "js", "go"} {
			if len(blocks(c.text, language)) == 0 {
				t.Errorf("%s: nothing is shown as %s", c.title, language)
			}
		}
		for _, excerpt := range blocks(c.text, "yaml") {
			if !strings.Contains("\n"+string(text), "\n"+excerpt) {
				t.Errorf("%s: this does not stand in jobs/%s:\n%s", c.title, c.file, excerpt)
			}
		}
	}
}

// TestTourLinks follows the links of the page to files, and within it.
func TestTourLinks(t *testing.T) {
	page, chapters := tour(t)
	anchors := map[string]bool{}
	for _, c := range chapters {
		anchors["#"+strings.ReplaceAll(regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(c.title), ""), " ", "-")] = true
	}
	for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(page, -1) {
		name, anchor, _ := strings.Cut(m[1], "#")
		if name == "" && !anchors["#"+anchor] {
			t.Errorf("no chapter is called #%s", anchor)
		}
		if _, err := os.Stat(filepath.Join(repository, "jobs", name)); err != nil {
			t.Error(err)
		}
	}
}

// tourDir is a folder in which the commands and programs of the tour run: what
// they need of the repository, and nothing else, as a module of its own.
func tourDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{"jobs", "testdata/err"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(repository, folder))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module sluice\n\ngo 1.26\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// goCaches are the variables by which go finds its caches in any home.
func goCaches(t *testing.T) (env []string) {
	t.Helper()
	for _, name := range []string{"GOCACHE", "GOPATH", "GOTOOLCHAIN"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	return env
}

// TestTourCommands runs the commands of the console blocks, and compares what
// they print. With UPDATE_README it writes it into the page.
func TestTourCommands(t *testing.T) {
	needTools(t, "go", "awk", "factor", "gzip", "printf", "seq")
	if version, err := exec.Command("sort", "--version").Output(); err != nil || runtime.GOOS != "linux" || !strings.Contains(string(version), "GNU") {
		t.Skip("the tour shows what GNU programs print on Linux")
	}
	dir := tourDir(t)
	t.Cleanup(func() { endRuns(t, state.At(readmeState(dir))) })
	page, _ := tour(t)
	sameText(t, tourPage, page, rerunPage(t, dir, page, readFile, goCaches(t)))
}

// TestTourGo lets go vet look at the pieces of Go, and runs those whose programs
// are there. None of them returns an error.
func TestTourGo(t *testing.T) {
	needTools(t, "go")
	if runtime.GOOS != "linux" {
		t.Skip("some of them use what syscall has only on Linux")
	}
	dir := tourDir(t)
	_, chapters := tour(t)
	var imports, calls strings.Builder
	for i, c := range chapters {
		for j, body := range blocks(c.text, "go") {
			name := fmt.Sprintf("chapter%d_%d", i+1, j+1)
			folder := filepath.Join(dir, "tour", name)
			if err := os.MkdirAll(folder, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, name+".go"), []byte(goFile(name, body)), 0o666); err != nil {
				t.Fatal(err)
			}
			if missing := missingPrograms(body); len(missing) > 0 {
				t.Logf("%s is not run: this machine has no %v", name, missing)
				continue
			}
			fmt.Fprintf(&imports, "import %q\n", "sluice/tour/"+name)
			fmt.Fprintf(&calls, "\tif err := %s.Piece(); err != nil {\n\t\tprintln(%q, err.Error())\n\t\tcode = 1\n\t}\n", name, name)
		}
	}
	main := "package main\n\nimport \"os\"\n" + imports.String() + "\nfunc main() {\n\tcode := 0\n" + calls.String() + "\tos.Exit(code)\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "tour", "main.go"), []byte(main), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"vet", "./tour/..."}, {"run", "./tour"}} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "WORD=reader")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", args[0], err, text)
		}
	}
}

// missingPrograms are those that a piece of Go starts and this machine has not.
func missingPrograms(body string) (names []string) {
	for _, m := range regexp.MustCompile(`exec\.Command(?:Context)?\((?:ctx, )?"([^"]+)"`).FindAllStringSubmatch(body, -1) {
		if _, err := exec.LookPath(m[1]); err != nil {
			names = append(names, m[1])
		}
	}
	return names
}

// goFile is a whole file around the body of a function that returns an error.
func goFile(name, body string) string {
	var imports strings.Builder
	for _, path := range []string{"bufio", "context", "encoding/json", "errors", "fmt", "io", "log/slog", "os", "os/exec", "runtime", "strings", "sync", "syscall", "time"} {
		if regexp.MustCompile(`\b` + filepath.Base(path) + `\.[A-Z]`).MatchString(body) {
			fmt.Fprintf(&imports, "import %q\n", path)
		}
	}
	return "package " + name + "\n\n" + imports.String() + "\n// Piece is what is shown.\nfunc Piece() error {\n" + body + "}\n"
}

// TestTourNode runs the programs for Node. What they print stands at their end,
// as comments.
func TestTourNode(t *testing.T) {
	needTools(t, "node", "setsid")
	_, chapters := tour(t)
	for _, c := range chapters {
		for _, program := range blocks(c.text, "js") {
			t.Run(c.name(), func(t *testing.T) { runNode(t, program) })
		}
	}
}

// TestTourExeca runs those that need execa, where Node finds it.
func TestTourExeca(t *testing.T) {
	needTools(t, "node")
	find := exec.Command("node", "--input-type=module", "-e", "import 'execa'")
	find.Dir = tourDir(t)
	if find.Run() != nil {
		t.Skip("Node finds no execa here")
	}
	_, chapters := tour(t)
	for _, c := range chapters {
		for _, program := range blocks(c.text, "js execa") {
			t.Run(c.name(), func(t *testing.T) { runNode(t, program) })
		}
	}
}

func runNode(t *testing.T, program string) {
	t.Helper()
	dir := tourDir(t)
	file := filepath.Join(dir, "program.mjs")
	if err := os.WriteFile(file, []byte(program), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", file)
	cmd.Dir = dir
	got, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, got)
	}
	var want strings.Builder
	for _, m := range regexp.MustCompile(`(?m)^// → (.*)$`).FindAllStringSubmatch(program, -1) {
		want.WriteString(m[1] + "\n")
	}
	if string(got) != want.String() {
		t.Errorf("it printed\n%sand the page says\n%s", got, want.String())
	}
}

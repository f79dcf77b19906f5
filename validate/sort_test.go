package validate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sorts are arguments of sort, and those of them that make what several sorts
// and a sort -m give differ from what one sort gives.
var sorts = []struct{ args, altered string }{
	{"", ""},
	{"-r", ""},
	{"-u", ""},
	{"-r -u", ""},
	{"-t : -u", ""},
	{"-n", ""},
	{"-k 1,1", ""},
	{"-k1,1n -k2,2r", ""},
	{"-t: -k2", ""},
	{"-bdfi", ""},
	{"--reverse --unique", ""},
	{"--sort=numeric", ""},
	{"--sort n", ""},
	{"--human-numeric-sort", ""},
	{"--key=2 --field-separator=:", ""},
	{"-S 1M -T /tmp --parallel=2 --batch-size=4 --buffer-size 2M --temporary-directory=/tmp", ""},
	{"-k 2 -t R", ""},

	{"-s", "-s"},
	{"-rs", "-rs"},
	{"--sta", "--sta"},
	{"-R", "-R"},
	{"--random-sort", "--random-sort"},
	{"--sort=random", "--sort=random"},
	{"--sort=rand", "--sort=rand"},
	{"--sort r", "--sort r"},
	{"--so=r", "--so=r"},
	{"-k1,1R", "-k1,1R"},
	{"-k 2R", "-k 2R"},
	{"--key=1R,1", "--key=1R,1"},
	{"--key 1,1R", "--key 1,1R"},
	{"--ke=1,1bR", "--ke=1,1bR"},
	{"-o out", "-o"},
	{"--out=out", "--out=out"},
	{"-z", "-z"},
	{"-c", "-c"},
	{"-C", "-C"},
	{"--check", "--check"},
	{"--check=quiet", "--check=quiet"},
	{"-m", "-m"},
	{"--debug", "--debug"},
	{"--files0-from=list", "--files0-from=list"},
	{"a.txt -r -", "a.txt -"},
	{"-- -r", "-r"},
	{"-nu", "-nu"},
	{"-uns", "-uns"},
	{"-u -k 2", "-u with -k"},
}

// TestNotMerged holds which options of sort can't be shared.
func TestNotMerged(t *testing.T) {
	for _, s := range sorts {
		notMergedAre(t, s.args, s.altered)
	}
	for _, order := range strings.Fields("-b -d -f -g -h -i -M -n -V -k1 --key=2,3 --sort=n --ignore-leading-blanks --dictionary-order --ignore-case " +
		"--general-numeric-sort --ignore-nonprinting --month-sort --numeric-sort --human-numeric-sort --version-sort --gen --human --ignore-c --version-s --dict") {
		notMergedAre(t, order+" -u", "-u with "+order)
		notMergedAre(t, "--uniq "+order, "--uniq with "+order)
	}
}

func notMergedAre(t *testing.T, args, altered string) {
	t.Helper()
	var argv []word
	for i, a := range strings.Fields(args) {
		argv = append(argv, word{a, i})
	}
	var got []string
	for _, w := range notMerged(argv) {
		got = append(got, argv[w.at].text+w.text)
	}
	if got := strings.Join(got, " "); got != altered {
		t.Errorf("sort %s: %q can't be shared; expected %q", args, got, altered)
	}
}

// TestSharedSorts holds against the sort of the machine that several sorts and
// a sort -m give what one does, where nothing of the arguments is refused, and
// that it is not for nothing where -u is.
func TestSharedSorts(t *testing.T) {
	if out, err := exec.Command("sort", "--version").Output(); err != nil || !bytes.Contains(out, []byte("GNU coreutils")) {
		t.Skip("there is no sort of GNU coreutils")
	}
	dir := t.TempDir()
	lines := sortedOtherwise()
	var parts [3]string
	for i := range parts {
		for at := (i + 1) % 3; at < len(lines); at += 3 {
			parts[i] += lines[at]
		}
	}
	same := func(args []string) bool {
		merge := append([]string{"-m"}, args...)
		for i, part := range parts {
			sorted := filepath.Join(dir, fmt.Sprint(i))
			if err := os.WriteFile(sorted, []byte(runSort(t, part, args...)), 0o600); err != nil {
				t.Fatal(err)
			}
			merge = append(merge, sorted)
		}
		return runSort(t, strings.Join(lines, ""), args...) == runSort(t, "", merge...)
	}
	for _, s := range sorts {
		if s.altered == "" && !same(strings.Fields(s.args)) {
			t.Errorf("sort %s: several sorts give something else than one", s.args)
		}
	}
	for _, args := range []string{"-u -n", "-s -k1,1", "-u --general-numeric-sort", "-u --human-numeric-sort", "-u --version-sort", "-u --dictionary-order", "-u --month-sort", "-u --ignore-leading-blanks", "-u --ignore-case", "-R", "-k1,1R", "--sort=rand"} {
		if same(strings.Fields(args)) {
			t.Errorf("sort %s: several sorts give what one does, so why refuse it?", args)
		}
	}
}

// sortedOtherwise are many lines that some orders of sort take for equal.
func sortedOtherwise() (lines []string) {
	words := strings.Fields("1 01 1K 1000 1e3 10 1.0 Jan JAN jan x feb b B b! a-b ab a:b a:c v1.2 v1.02 v01.2 R")
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		line := strings.Repeat(" ", r.IntN(2)) + words[r.IntN(len(words))] + " " + words[r.IntN(len(words))] + "\n"
		lines = append(lines, line)
	}
	return lines
}

func runSort(t *testing.T, in string, args ...string) string {
	t.Helper()
	cmd := exec.Command("sort", args...)
	cmd.Stdin, cmd.Env = strings.NewReader(in), []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sort %v: %v", args, err)
	}
	return string(out)
}

package main

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestFmtRepository holds this repository's own job files to the style.
func TestFmtRepository(t *testing.T) {
	var files []string
	for _, folder := range []string{"jobs", "testdata/ok"} {
		names, err := filepath.Glob(filepath.Join(repository, folder, "*.yaml"))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files (%v)", folder, len(names), err)
		}
		for _, name := range names {
			files = append(files, filepath.Join(folder, filepath.Base(name)))
		}
	}
	// It is there for the line ends that fmt takes away.
	files = slices.DeleteFunc(files, func(name string) bool { return filepath.Base(name) == "windows-line-ends.yaml" })
	o := runSluice(t, repository, append([]string{"fmt", "--check"}, files...)...)
	if o.code != 0 || o.stdout != "" || o.stderr != "" {
		t.Errorf("exit code %d\n%s%s\nsluice fmt jobs testdata/ok formats them", o.code, o.stdout, o.stderr)
	}
}

func TestUnifiedDiff(t *testing.T) {
	for _, test := range []struct{ before, after, want string }{
		{"a\n", "a\n", ""},
		{"a\nb\nc\n", "a\nc\n", "--- f\n+++ f\n@@ -1,3 +1,2 @@\n a\n-b\n c\n"},
		{"", "a\n", "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n"},
		{"a", "a\n", "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n"},
	} {
		if got := string(unifiedDiff("f", []byte(test.before), []byte(test.after))); got != test.want {
			t.Errorf("%q to %q: %q, want %q", test.before, test.after, got, test.want)
		}
	}
}

func TestShownDiff(t *testing.T) {
	const diff = "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\u202e\n+a\n b\n"
	if got, want := shownDiff([]byte(diff), false), "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a<U+202E>\n+a\n b\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	want := "\x1b[1m--- f\x1b[0m\n\x1b[1m+++ f\x1b[0m\n\x1b[36m@@ -1,1 +1,1 @@\x1b[0m\n\x1b[31m-a<U+202E>\x1b[0m\n\x1b[32m+a\x1b[0m\n b\n"
	if got := shownDiff([]byte(diff), true); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

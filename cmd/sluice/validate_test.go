package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestUnreadableFolder has a folder so deep that no path leads to it, which
// keeps even root from reading it. What stands beside it is checked.
func TestUnreadableFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.yaml": "version: 1\njobs: {a: {run: emit}}\n", "z.yaml": "version: 2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	deep(t, dir, strings.Repeat("m", 200), 30)
	o := runSluice(t, dir, "validate", "--format", "oneline", ".")
	if want := "z.yaml:1:1: error: the job file has no \"jobs\" [SL017]\nz.yaml:1:10: error: version is 2; this sluice knows version 1 [SL018]\n"; o.stdout != want {
		t.Errorf("got:\n%s\nwant:\n%s", o.stdout, want)
	}
	if !strings.HasPrefix(o.stderr, "2 files checked, 1 could not be read: 2 errors\nsluice: ") || !strings.HasSuffix(o.stderr, ": file name too long\n") {
		t.Errorf("got:\n%s", o.stderr)
	}
	if o.code != exitError {
		t.Errorf("exit code %d", o.code)
	}
	for _, format := range []string{"json", "sarif", "junit", "github"} {
		o := runSluice(t, dir, "validate", "--format", format, ".")
		if o.code != exitError || !strings.Contains(o.stdout, "file name too long") || !strings.Contains(o.stdout, "SL018") {
			t.Errorf("%s: exit code %d\n%s", format, o.code, o.stdout)
		}
	}
}

// deep makes folders called name in each other below dir, so many. It goes
// from one to the next, for the path is longer than the kernel takes.
func deep(t *testing.T, dir, name string, n int) {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	for ; err == nil && n > 0; n-- {
		if err = unix.Mkdirat(fd, name, 0o777); err != nil {
			break
		}
		var next int
		next, err = unix.Openat(fd, name, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		unix.Close(fd)
		fd = next
	}
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
}

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sluice/spec/diag"
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

func TestValidateSummary(t *testing.T) {
	note := diag.Problem{Severity: diag.Info}
	for _, c := range []struct {
		list  diag.List
		notes bool
		err   error
		want  string
	}{
		{nil, false, nil, "1 file checked: no problems"},
		{nil, false, fs.ErrPermission, "0 files checked, 1 could not be read: no problems"},
		{diag.List{note}, false, nil, "1 file checked: no problems"},
		{diag.List{note}, true, nil, "1 file checked: 0 errors, 1 note"},
		{diag.List{{}, {Severity: diag.Error}, {Severity: diag.Warning}, note, note}, true, nil, "1 file checked: 2 errors, 1 warning, 2 notes"},
		{diag.List{{}, note}, false, nil, "1 file checked: 1 error"},
	} {
		r := &diag.Report{Notes: c.notes, Files: []diag.FileReport{{Name: "a", Problems: c.list, Err: c.err}}}
		if got := validateSummary(r, r.Shown()); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

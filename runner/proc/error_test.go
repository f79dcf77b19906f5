package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// wantStartError checks that err tells the step, the code and, in words, why.
func wantStartError(t *testing.T, err error, op string, code int, reason string) {
	t.Helper()
	var e *StartError
	if !errors.As(err, &e) {
		t.Errorf("got %v, want a StartError about %q", err, reason)
		return
	}
	if e.Op != op || e.Code() != code || !strings.Contains(e.Error(), reason) {
		t.Errorf("got step %s, code %d: %v\nwant step %s, code %d: %s", e.Op, e.Code(), e, op, code, reason)
	}
}

func TestStartErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := filepath.Join(dir, "link")
	circle := filepath.Join(dir, "circle")
	for from, to := range map[string]string{link: "nowhere", circle: "circle"} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	script := file("script", "#!/no/such/interpreter -x\n", 0o755)
	for _, c := range []struct {
		path   string
		op     string
		code   int
		reason string
	}{
		{filepath.Join(dir, "missing"), OpExec, 127, "there is no such file"},
		{filepath.Join(dir, "no", "program"), OpExec, 127, "there is no such file"},
		{link, OpExec, 127, `symbolic link to "nowhere", which does not exist`},
		{circle, OpExec, 126, "lead in a circle"},
		{script + "/program", OpExec, 126, "a part of the path is not a directory"},
		{dir, OpExec, 126, "it is a directory"},
		{file("data", "x", 0o644), OpExec, 126, "not marked executable; chmod +x"},
		{file("plain", "echo hello\n", 0o755), OpExec, 126, "it has no #! line and no known format, and sluice never hands a file to a shell"},
		{file("empty", "", 0o755), OpExec, 126, "the file is empty"},
		{file("nameless", "#!\n", 0o755), OpExec, 126, "names no interpreter"},
		{script, OpInterpreter, 126, `names the interpreter "/no/such/interpreter", which does not exist`},
		{file("nested", "#!"+script+"\n", 0o755), OpInterpreter, 126, `its interpreter "` + script + `" can't be started: its first line names the interpreter "/no/such/interpreter"`},
		{file("relative", "#!no/such\n", 0o755), OpInterpreter, 126, `names the interpreter "no/such", which does not exist`},
		{file("dos", "#!/bin/sh\r\necho hello\r\n", 0o755), OpInterpreter, 126, "first line ends in CR LF"},
		{file("dos-args", "#!/no/such/interpreter -x\r\n", 0o755), OpInterpreter, 126, `names the interpreter "/no/such/interpreter"`},
		{file("dirscript", "#!"+dir+"\n", 0o755), OpInterpreter, 126, "which can't be executed"},
		{"a\x00b", OpExec, 126, "path 0 contains a NUL byte"},
	} {
		_, err := Start(Command{Path: c.path, Argv: []string{"x"}, Dir: "/", Umask: -1})
		wantStartError(t, err, c.op, c.code, c.reason)
	}
}

func TestStartErrorsOfTheRest(t *testing.T) {
	dir := t.TempDir()
	base := command(t, "exit", "0")
	with := func(change func(*Command)) error {
		c := base
		change(&c)
		p, err := Start(c)
		if err == nil {
			p.Reap()
		}
		return err
	}
	missing := filepath.Join(dir, "missing")
	wantStartError(t, with(func(c *Command) { c.Dir = missing }), OpDir, 126, `its directory "`+missing+`" does not exist`)
	wantStartError(t, with(func(c *Command) { c.Dir = c.Path }), OpDir, 126, "is not a directory")
	wantStartError(t, with(func(c *Command) { c.Dir, c.Path = missing, missing }), OpDir, 126, "its directory")
	wantStartError(t, with(func(c *Command) { c.Argv = []string{"x", "a\x00b"} }), OpExec, 126, "argument 1 contains a NUL byte")
	wantStartError(t, with(func(c *Command) { c.Files = []*os.File{closedFile(t)} }), OpFiles, 126, "a file that it should inherit can't be used")
	wantStartError(t, with(func(c *Command) { c.Argv = []string{"x", strings.Repeat("y", 8<<20)} }), OpExec, 126,
		"too long: ")
}

func TestStartErrorUnwraps(t *testing.T) {
	_, err := Start(Command{Path: "/no/such/program", Argv: []string{"x"}, Dir: "/", Umask: -1})
	if !errors.Is(err, syscall.ENOENT) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v is not ENOENT", err)
	}
	e := &StartError{Path: "/x", Op: OpFork, Err: syscall.EIO}
	if got, want := e.Error(), `can't start "/x": fork: input/output error`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A binary whose program loader is missing gets ENOENT, as if it were missing
// itself.
func TestStartErrorOfALoader(t *testing.T) {
	program, err := os.ReadFile(tool(t, "ls"))
	if err != nil {
		t.Fatal(err)
	}
	loader := elfLoader(tool(t, "ls"))
	if loader == "" {
		t.Skip("ls needs no program loader here")
	}
	missing := "/none" + strings.Repeat("x", len(loader)-len("/none"))
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, bytes.Replace(program, []byte(loader+"\x00"), []byte(missing+"\x00"), 1), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = Start(Command{Path: path, Argv: []string{"x"}, Dir: "/", Umask: -1})
	wantStartError(t, err, OpInterpreter, 126, fmt.Sprintf("needs the program loader %q, which does not exist", missing))
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!"+path+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = Start(Command{Path: script, Argv: []string{"x"}, Dir: "/", Umask: -1})
	wantStartError(t, err, OpInterpreter, 126, fmt.Sprintf("its interpreter %q can't be started: it is a binary that needs the program loader", path))
}

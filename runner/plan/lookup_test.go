package plan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/spec"
	"sluice/spec/diag"
)

// A program that only a relative entry of PATH finds is refused with what to
// write instead, and one that is found before is not.
func TestRelativePath(t *testing.T) {
	dir := folder(t, "!bin/a", "!tool", "!sub/tool", "!sub/a")
	abs := dir + "/bin"
	for _, c := range []struct{ path, program, fix string }{
		{".:" + abs, "tool", "write ./tool if"},
		{abs + ":.", "tool", "write ./tool if"},
		{":" + abs, "tool", "write ./tool if"},
		{abs + ":", "tool", "write ./tool if"},
		{abs + "::/none", "tool", "write ./tool if"},
		{"sub:" + abs, "a", "write sub/a if"},
		{"./sub:" + abs, "a", "write sub/a if"},
		{abs + ":sub", "a", ""},
		{".:" + abs, "a", ""},
	} {
		name := filepath.Join(dir, "job.yaml")
		f, list := spec.Parse(name, []byte("version: 1\njobs: {j: {run: "+c.program+"}}\n"), spec.DefaultLimits())
		if len(list) > 0 {
			t.Fatal(list)
		}
		p, problems := Build(f, Inputs{Dir: dir, Env: []string{"PATH=" + c.path}})
		switch {
		case c.fix == "" && p == nil:
			t.Errorf("%s on PATH %s: %s", c.program, c.path, problems[0].Msg)
		case c.fix == "":
			if got := p.Jobs[0].Instances[0].Stages[0].Path; got != abs+"/"+c.program {
				t.Errorf("%s on PATH %s is %s", c.program, c.path, got)
			}
		case p != nil || len(problems) != 1 || problems[0].Rule != "SL610" || !strings.Contains(hint(problems), c.fix):
			t.Errorf("%s on PATH %s: %+v, want %q", c.program, c.path, problems, c.fix)
		}
	}
}

func hint(problems diag.List) string { return problems[0].Hint }

// What keeps a file from being executed is told for what it is.
func TestNotExecutable(t *testing.T) {
	dir := folder(t, "file", "folder/", "!program")
	for from, to := range map[string]string{"circle": "circle", "dangling": "none", "link": "program"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"none":      "no such file",
		"dangling":  "no such file",
		"file":      "it is not executable",
		"folder":    "it is a directory",
		"circle":    "too many levels of symbolic links",
		"program/x": "not a directory",
		"link":      "",
	} {
		err := isExecutable(filepath.Join(dir, name))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(words(err), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

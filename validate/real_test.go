package validate

import (
	"bufio"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/spec"
	"sluice/spec/diag"
)

// TestRealCommands holds that command lines as people wrote them are taken
// without a problem, as a line and as command and args. They were chosen as
// filters that need no shell, so the rules on programs are silent, too.
func TestRealCommands(t *testing.T) {
	dir := cmp.Or(os.Getenv("SLUICE_CORPUS"), filepath.Join("..", "..", "shared", "corpus"))
	commands := 0
	for _, name := range []string{"stages.jsonl", "pipelines.jsonl"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Skipf("no corpus of command lines, which SLUICE_CORPUS may name: %v", err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var entry struct{ Stages [][]string }
			if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
				t.Fatal(err)
			}
			for _, argv := range entry.Stages {
				commands++
				realCommand(t, argv)
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d commands", commands)
	if commands < 1000 {
		t.Error("the corpus was read wrong")
	}
}

func realCommand(t *testing.T, argv []string) {
	t.Helper()
	var words, args []string
	for _, a := range argv {
		words = append(words, quoted(a))
		args = append(args, "{literal: "+inJSON(t, a)+"}")
	}
	for _, body := range []string{
		"run: " + inJSON(t, strings.Join(words, " ")),
		"command: " + args[0] + "\n    args: [" + strings.Join(args[1:], ", ") + "]",
	} {
		_, list := Parse("f", []byte("version: 1\njobs:\n  a:\n    "+body+"\n"), spec.DefaultLimits())
		for _, p := range list.AtLeast(diag.Warning) {
			if p.Rule != "SL002" && p.Rule != "SL005" { // two of them have an escape or a byte order mark in their text
				t.Errorf("%q: %s: %s", argv, p.Rule, p.Msg)
			}
		}
	}
}

// inJSON is text in double quotes, as YAML reads it too.
func inJSON(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

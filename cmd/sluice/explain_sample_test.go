package main

import (
	"bytes"
	"strings"
	"testing"

	"sluice/spec"
	"sluice/spec/diag"
	"sluice/validate"
)

// TestEveryExampleIsRight holds that what explain shows of a key can be taken
// as it stands: in a file that has what it names, it has no problem.
func TestEveryExampleIsRight(t *testing.T) {
	for _, k := range everyKey(spec.Keys()) {
		text := fileAround(k)
		_, problems := validate.Parse("f.yaml", []byte(text), spec.DefaultLimits())
		for _, p := range problems.AtLeast(diag.Warning) {
			if p.Rule == "SL704" && strings.Contains(k.Path, "stdout.capture") {
				continue // who reads what is captured is not a matter of this key
			}
			var said bytes.Buffer
			if err := problems.Print(&said, func(string) []byte { return []byte(text) }, diag.Style{}); err != nil {
				t.Fatal(err)
			}
			t.Errorf("the example of %s has problems:\n%s", k.Path, said.String())
			break
		}
	}
}

// fileAround is a file with the example of k, and all that the examples name.
func fileAround(k spec.Key) string {
	const others = `  build: {run: make}
  test: {run: make test, stdin: {job: list}}
  list: {run: ls, stdout: {capture: {}}}
  collect: {run: ./collect, channel: true}
`
	top, _, inTop := strings.Cut(k.Path, ".")
	var b strings.Builder
	for _, part := range [][2]string{
		{"version", "version: 1\n"},
		{"params", "params: {mode: {default: debug}, host: {default: here}, files: {list: true, default: [a]}, targets: {list: true, default: [a]}}\n"},
		{"pools", "pools: {database: 2}\n"},
	} {
		if part[0] != top {
			b.WriteString(part[1])
		}
	}
	b.WriteString(k.Sample())
	switch {
	case top != "jobs":
		b.WriteString("jobs:\n" + others)
	case inTop:
		b.WriteString(others)
	}
	return b.String()
}

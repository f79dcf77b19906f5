package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/report"
)

// Who follows a run before it knows the instances of a job sees these too,
// whether all are asked for, the job, or an instance that is to come.
func TestFollowSpread(t *testing.T) {
	l := newLab(t, `
  list: {command: talk, args: ['{"at": "list"}', {literal: '?'}], channel: true, stdout: {capture: {}}}
  use: {matrix: {x: {job: list}}, command: talk, args: ['{"at": "use"}', {literal: '?'}], env: {X: "${matrix.x}"}, channel: true}
`)
	l.sluice(0, "run", "--detach", "job.yaml")
	for _, args := range [][]string{{"logs", "last", "--job", "use[x=1]"}, {"messages", "last", "--job", "use[x=1]"}} {
		if out, said := l.sluice(0, args...); out+said != "" {
			t.Errorf("%v: %q", args, out+said)
		}
	}
	for _, command := range []string{"logs", "messages"} {
		if _, said := l.sluice(2, command, "last", "--job", "usr[x=1]"); !strings.HasSuffix(said, "expected one of list, use\n") {
			t.Errorf("%s: %q", command, said)
		}
	}
	lines, wait := l.follow("messages", "-f", "last")
	if line, err := lines.ReadString('\n'); !strings.Contains(line, `{"at": "list"}`) {
		t.Fatalf("%q, %v", line, err)
	}
	l.sluice(0, "send", "last", "list", "1")
	if line, err := lines.ReadString('\n'); !strings.Contains(line, `"id":"use[x=1]"`) {
		t.Errorf("%q, %v", line, err)
	}
	l.sluice(0, "send", "last", "use[x=1]", "2")
	wait()
}

// follow starts sluice with args and returns what it prints, and what waits for
// its end.
func (l *lab) follow(args ...string) (lines *bufio.Reader, wait func()) {
	l.Helper()
	cmd := l.command(args...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		l.Fatal(err)
	}
	return bufio.NewReader(out), func() {
		l.Helper()
		if err := cmd.Wait(); err != nil {
			l.Errorf("%v ends with %v", args, err)
		}
	}
}

// A job that counts as one until its lines are known shares the screen.
func TestShowSpread(t *testing.T) {
	play(t, showOptions{Mode: "ordered"}, started(1), ended("list", report.Succeeded), event.Spread{ID: "use", Instances: 2},
		began("use[x=a]"), out("use[x=a]", "1\n"), ended("use[x=a]", report.Succeeded),
		began("use[x=b]"), out("use[x=b]", "2\n"), ended("use[x=b]", report.Succeeded),
	).want(t, "── use[x=a] ──\n1\n── use[x=b] ──\n2\n")
	play(t, showOptions{Mode: "ordered"}, started(1), event.Spread{ID: "use", Instances: 1},
		began("use[x=a]"), out("use[x=a]", "1\n"), ended("use[x=a]", report.Succeeded),
	).want(t, "1\n")
}

// A job that has the terminal has none in a detached run, however many
// instances it will have.
func TestDetachInteractiveSpread(t *testing.T) {
	l := newLab(t, `
  list: {run: emit a, stdout: {capture: {}}}
  use: {matrix: {x: {job: list}}, run: copy, env: {X: "${matrix.x}"}, interactive: true}
`)
	if _, said := l.sluice(2, "run", "--detach", "job.yaml"); said != "sluice: job use is interactive, and a detached run has no terminal\n" {
		t.Errorf("%q", said)
	}
}

// A captured line is part of the id of its instance however long it is, and
// nothing that is shown is.
func TestLongLineOfAMatrix(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"long": "short\n" + strings.Repeat("x", 200_000) + "\n",
		"job.yaml": `version: 1
jobs:
  list: {run: copy long -, stdout: {capture: {}}}
  each: {matrix: {line: {job: list}}, run: copy nowhere -, retry: {attempts: 2, delay: 1ms}}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, mode := range outputModes {
		o := runSluice(t, dir, "run", "-k", "-o", mode, "job.yaml")
		if o.code != exitFailed || !strings.Contains(o.stderr, "run again: sluice run job.yaml 'each[line=short]'") {
			t.Fatalf("%s: %d\n%.3000s", mode, o.code, o.stderr)
		}
		for line := range strings.Lines(o.stdout + o.stderr) {
			if len(line) > 2200 {
				t.Errorf("%s: a line of %d bytes: %.60s", mode, len(line), line)
			}
		}
	}
}

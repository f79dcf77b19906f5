package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sluice/runner/report"
)

// The programs of jobs/messages.yaml tell each what they count, in each
// language.
func TestJobMessages(t *testing.T) {
	needTools(t, "go")
	messageJob(t, "go", "go counted 5 words", "5 words in all")
}

func TestJobMessagesPython(t *testing.T) {
	needTools(t, "go", "python3")
	messageJob(t, "python", "python counted 5 words", "5 words in all")
}

func TestJobMessagesNode(t *testing.T) {
	needTools(t, "go", "node")
	messageJob(t, "agree", "go counted 5 words", "node counted 5 words", "10 words in all", "go 5, node 5")
}

// messageJob runs a job of jobs/messages.yaml on a text of five words, and wants
// these lines, in any order.
func messageJob(t *testing.T, name string, want ...string) {
	t.Helper()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("one two\nthree\n\nfour, five\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	o := mustSucceed(t, "run", "jobs/messages.yaml", name, "-p", "out="+dir, "-p", "text="+text)
	got := slices.Sorted(strings.Lines(o.stdout))
	slices.Sort(want)
	if joined := strings.Join(want, "\n") + "\n"; strings.Join(got, "") != joined {
		t.Errorf("got %q, want %q", got, joined)
	}
}

// TestNodeChildren has two children of Node speak to each other as if each was
// the other's parent: process.send, process.on('message'), and disconnect,
// which lets a child end that listens.
func TestNodeChildren(t *testing.T) {
	needTools(t, "node")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ask.js": `
process.on('message', (m) => {
  process.send({ sluice: { output: { answer: m.answer } } });
  process.disconnect();
});
process.send({ question: 'é\n' });
`,
		"answer.js": `
process.on('message', (m) => process.send({ answer: m.question + '!' }));
process.on('disconnect', () => console.log('disconnected', process.env.NODE_CHANNEL_FD));
process.once('message', () => setImmediate(() => process.disconnect()));
`,
		"job.yaml": `version: 1
jobs:
  speak:
    pipe:
      - {run: node ask.js, name: ask, channel: {to: answer}, stderr: inherit}
      - {run: node answer.js, name: answer, channel: {to: ask}}
  print: {needs: [speak], command: emit, args: ["got ${jobs.speak.outputs.answer}"]}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	o := runSluice(t, dir, "run", "--json", "job.yaml")
	var rep report.Report
	if err := json.Unmarshal([]byte(o.stdout), &rep); err != nil || rep.Status != report.Succeeded {
		t.Fatalf("%v, %d\n%s%s", err, o.code, o.stdout, o.stderr)
	}
	if got := string(rep.Jobs[0].Values["answer"]); got != `"é\n!"` {
		t.Errorf("the output is %s", got)
	}
	if !strings.Contains(o.stderr, "got é\n!\n") || !strings.Contains(o.stderr, "disconnected undefined\n") {
		t.Errorf("it said %q", o.stderr)
	}
	if w := rep.Jobs[0].Last().Warnings; len(w) > 0 {
		t.Errorf("%q", w)
	}
}

// talk STEP… does its steps by its message channel: ? reads a line and prints
// it, or "end"; any other step is sent as a line.
func playTalk() {
	fd, err := strconv.Atoi(os.Getenv("NODE_CHANNEL_FD"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "there is no channel")
		os.Exit(1)
	}
	channel := os.NewFile(uintptr(fd), "channel")
	lines := bufio.NewReader(channel)
	for _, step := range os.Args[1:] {
		if step != "?" {
			fmt.Fprintln(channel, step)
			continue
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			line = "end\n"
		}
		fmt.Print(line)
	}
}

// A detached job is a run of its own, and who asks for it in the run that began
// it is told which.
func TestMessagesOfDetached(t *testing.T) {
	dir := t.TempDir()
	job := `version: 1
jobs:
  web: {command: talk, args: [{literal: '{"sluice":{"ready":true}}'}, '7', {literal: '?'}], channel: true, detach: true, ready: {message: true, timeout: 30s}}
  plain: {command: hang, detach: true}
  ask: {needs: [web], pass_env: [SLUICE_STATE_DIR], command: sluice, args: [send, "${run.id}", web/talk, '1'], ok: [1]}
`
	if err := os.WriteFile(filepath.Join(dir, "job.yaml"), []byte(job), 0o666); err != nil {
		t.Fatal(err)
	}
	o := runSluice(t, dir, "run", "--json", "job.yaml")
	var rep report.Report
	if err := json.Unmarshal([]byte(o.stdout), &rep); err != nil || rep.Status != report.Succeeded {
		t.Fatalf("%v\n%s%s", err, o.stdout, o.stderr)
	}
	own, web, plain := rep.RunID, rep.Jobs[0].RunID, rep.Jobs[1].RunID
	defer runSluice(t, dir, "stop", "--now", web, plain)
	refusal := fmt.Sprintf("sluice: run %s: web runs on as run %s\nsluice: hint: sluice send %s web/talk … sends to it\n", own, web, web)
	if !strings.Contains(o.stderr, refusal) {
		t.Errorf("while the run goes on: %s", o.stderr)
	}
	if o := runSluice(t, dir, "send", own, "web/talk", "1"); o.code != exitFailed || o.stderr != refusal {
		t.Errorf("after it: %d %s", o.code, o.stderr)
	}
	told := fmt.Sprintf("sluice: web runs on as run %s; sluice messages %s shows what it has sent\n", web, web)
	for _, args := range [][]string{{"messages", own}, {"messages", "--job", "web", own}} {
		if o := runSluice(t, dir, args...); o.code != exitOK || o.stdout != "" || o.stderr != told {
			t.Errorf("%q: %d %q", args, o.code, o.stderr)
		}
	}
	if o := runSluice(t, dir, "messages", "--job", "plain", own); o.stderr != "" {
		t.Error(o.stderr)
	}
	if o := runSluice(t, dir, "messages", web); !strings.Contains(o.stdout, `"value":7`) || o.stderr != "" {
		t.Errorf("%q %q", o.stdout, o.stderr)
	}
}

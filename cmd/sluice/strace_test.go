package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sluice/runner/plan"
)

// What the kernel saw, by strace: the README's promises 1 and 3 do not rest on
// what sluice says of itself.

// strace runs sluice in dir and returns what it printed and the system calls
// of the kinds in trace but for its own execve, a line for each, in the order
// in which they began.
func strace(t *testing.T, dir, trace string, args ...string) (stdout []byte, calls []string) {
	t.Helper()
	if err := exec.Command("strace", "-qq", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skipf("strace can't run here: %v", err)
	}
	var logs string
	var out bytes.Buffer
	const tries = 3 // under load strace now and then loses a process that ends, and with it the run
	for try := 1; ; try++ {
		logs = t.TempDir() // a file for each thread, so that no line is cut by another's
		cmd := exec.CommandContext(t.Context(), "strace", append([]string{"-ff", "-qq", "-v", "-ttt", "-s", "200000", "-e", "signal=none", "-e", "trace=" + trace, "-o", filepath.Join(logs, "of"), "sluice"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "NO_COLOR=1", "CI=", "GITHUB_ACTIONS=", "EMPTY=")
		var errs bytes.Buffer
		out.Reset()
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		if err == nil {
			break
		}
		if try == tries || !strings.Contains(errs.String(), "strace: ptrace(") {
			t.Fatalf("sluice %s: %v\n%s", strings.Join(args, " "), err, errs.String())
		}
	}
	files, err := os.ReadDir(logs)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(logs, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			_, call, _ := strings.Cut(line, " ")
			started := regexp.MustCompile(`^execve\("[^"]*/sluice"`).MatchString(call) // by strace
			lost := strings.HasPrefix(call, "???")                                     // ???( <detached …>: a thread that ended
			if !started && !lost {
				calls = append(calls, strings.TrimSpace(line))
			}
		}
	}
	slices.Sort(calls) // by their times, which have one width
	for i, call := range calls {
		_, calls[i], _ = strings.Cut(call, " ")
	}
	return out.Bytes(), calls
}

// awkward is a job file whose arguments a shell would not leave alone.
const awkward = `version: 1
env: {AWKWARD: {literal: "a b'c\"d\\e$f\tg\n"}, ZERO: ""}
params:
  any: {default: "x y; rm -rf *", pattern: ".*"}
  all: {list: true, default: ["", "-", "é 値", "*"], pattern: ".*"}
jobs:
  one:
    command: inspect
    args: ["", " ", "a b", "it's", 'say "hi"', "back\\slash", "tab\there", "日本語 é", "-x", "--", "=", "%s%n"]
  two:
    needs: [one]
    dir: sub dir
    command: inspect
    args:
      - literal: "$HOME ${params.any} $(date) ` + "`date`" + ` | & ; < > * ? [a] {b,c} ~ # !"
      - literal: "two\nlines\n"
      - {glob: "*.md"}
      - -- 
      - ${params.any}
      - {param: all}
  three:
    needs: [two]
    env: {AWKWARD: "of the job"}
    pipe:
      - emit 'single ''quoted' "double \"quoted\" ${params.any}" a\ b
      - {run: "copy", env: {AWKWARD: "of the stage"}, dir: sub dir}
      - inspect last
  long:
    needs: [three]
    command: inspect
    args: ["LONG"]
`

func awkwardDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"job.yaml":          strings.Replace(awkward, "LONG", strings.Repeat("0123456789", 6_000), 1),
		"sub dir/b.md":      "",
		"sub dir/-a c.md":   "",
		"sub dir/\xff\n.md": "",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Skipf("this file system refuses a name: %v", err)
		}
	}
	return dir
}

// TestOnlyReads holds that what only shows starts no process, writes no file
// and opens no socket.
func TestOnlyReads(t *testing.T) {
	dir := awkwardDir(t)
	for _, args := range [][]string{
		{"validate", "job.yaml"}, {"validate", "."}, {"plan", "job.yaml"}, {"plan", "--json", "job.yaml"},
		{"run", "--dry-run", "job.yaml"}, {"list", "job.yaml"}, {"run", "--help-params", "job.yaml"}, {"schema"}, {"version"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			_, calls := strace(t, dir, "%process,%net,%file", args...)
			for _, call := range calls {
				if changes(call) {
					t.Error(call)
				}
			}
		})
	}
}

// changes reports whether a system call starts a process, opens a socket, or
// may change a file outside of /dev.
func changes(call string) bool {
	name, rest, _ := strings.Cut(call, "(")
	switch name {
	case "exit", "exit_group", "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "chdir",
		"fstatfs", "statfs", "pidfd_open", "tgkill", "arch_prctl", "set_tid_address":
		return false
	case "clone", "clone3":
		return !strings.Contains(rest, "CLONE_THREAD")
	case "open", "openat":
		return !strings.Contains(rest, `"/dev/`) && regexp.MustCompile(`O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)`).MatchString(rest)
	}
	return !strings.HasPrefix(call, "+++") // +++ exited with 0 +++
}

// TestExecutedIsPlanned holds that each child gets the path, arguments and
// environment of the plan, byte for byte, and sees its directory and no
// descriptors but three.
func TestExecutedIsPlanned(t *testing.T) {
	dir := awkwardDir(t)
	text, _ := strace(t, dir, "execve", "plan", "--json", "job.yaml")
	var p plan.Plan
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	shown, calls := strace(t, dir, "execve,execveat", "run", "-o", "raw", "-j", "1", "job.yaml")
	// sluice's own monitor runs no program of the file.
	calls = slices.DeleteFunc(calls, func(call string) bool { return strings.Contains(call, `["sluice", "`+monitorCommand) })
	got := map[string]bool{}
	for _, call := range calls {
		path, argv, env, err := parseExecve(call)
		if err != nil {
			t.Fatalf("%v in %s", err, call)
		}
		got[fmt.Sprintf("%q %q %q", path, argv, env)] = true
	}
	stages := 0
	for _, j := range p.Jobs {
		for _, s := range j.Instances[0].Stages {
			stages++
			if want := fmt.Sprintf("%q %q %q", s.Path, known(t, s.Argv), environment(t, s)); !got[want] {
				t.Errorf("%s %s was not executed as planned:\n%.2000s", j.Name, s.Name, want)
			}
		}
	}
	if stages != 6 || len(calls) != stages {
		t.Errorf("%d stages and %d executions, want 6", stages, len(calls))
	}
	inspected(t, &p, shown)
}

// inspected compares the plan with what the inspect programs printed.
func inspected(t *testing.T, p *plan.Plan, shown []byte) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(shown))
	for _, j := range p.Jobs {
		stages := j.Instances[0].Stages
		s := stages[len(stages)-1]
		var seen struct {
			Argv, Env, FDs []string
			Dir            string
		}
		if err := d.Decode(&seen); err != nil {
			t.Fatal(err)
		}
		if want := known(t, s.Argv); !slices.Equal(valid(seen.Argv), valid(want)) {
			t.Errorf("%s: argv\n%q, want\n%q", j.Name, seen.Argv, want)
		}
		if want := environment(t, s); !slices.Equal(seen.Env, want) {
			t.Errorf("%s: environment\n%q, want\n%q", j.Name, seen.Env, want)
		}
		if seen.Dir != s.Dir {
			t.Errorf("%s: directory %s, want %s", j.Name, seen.Dir, s.Dir)
		}
		if want := []string{"0", "1", "2"}; !slices.Equal(seen.FDs, want) {
			t.Errorf("%s: descriptors %q, want %q", j.Name, seen.FDs, want)
		}
	}
}

// valid is list as JSON keeps it: bytes that are no UTF-8 become U+FFFD.
func valid(list []string) []string {
	text, _ := json.Marshal(list)
	var same []string
	json.Unmarshal(text, &same)
	return same
}

func known(t *testing.T, texts []plan.Text) (list []string) {
	t.Helper()
	for _, text := range texts {
		s, ok := text.Known()
		if !ok {
			t.Fatalf("%s is not known to the plan", text)
		}
		list = append(list, s)
	}
	return list
}

func environment(t *testing.T, s *plan.Stage) (list []string) {
	t.Helper()
	for _, v := range s.Env {
		list = append(list, v.Name+"="+known(t, []plan.Text{v.Value})[0])
	}
	return list
}

// parseExecve reads execve("path", ["arg", …], ["NAME=value", …]) = 0.
func parseExecve(call string) (path string, argv, env []string, err error) {
	rest, ok := strings.CutPrefix(call, "execve(")
	if !ok {
		return "", nil, nil, fmt.Errorf("no execve")
	}
	var lists [3][]string
	list := 0
	for rest != "" && rest[0] != ')' {
		switch rest[0] {
		case '"':
			end := 1
			for ; rest[end] != '"'; end++ {
				if rest[end] == '\\' {
					end++
				}
			}
			lists[list] = append(lists[list], cString(rest[1:end]))
			rest = rest[end+1:]
		case '[':
			list++
			rest = rest[1:]
		default:
			rest = rest[1:]
		}
	}
	if rest != ") = 0" && !strings.HasPrefix(rest, ") = 0") || list != 2 || len(lists[0]) != 1 {
		return "", nil, nil, fmt.Errorf("no whole execve")
	}
	return lists[0][0], lists[1], lists[2], nil
}

// cString undoes strace's escapes, which are those of C with octal numbers of
// up to three digits.
func cString(s string) string {
	return regexp.MustCompile(`\\([0-7]{1,3}|.)`).ReplaceAllStringFunc(s, func(esc string) string {
		if n, err := strconv.ParseUint(esc[1:], 8, 8); err == nil {
			return string([]byte{byte(n)})
		}
		if i := strings.IndexByte(`tnvfr`, esc[1]); i >= 0 {
			return "\t\n\v\f\r"[i : i+1]
		}
		return esc[1:]
	})
}

// TestChanges holds that the tests above can fail.
func TestChanges(t *testing.T) {
	for call, want := range map[string]bool{
		`openat(AT_FDCWD, "f", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3`:          true,
		`openat(AT_FDCWD, "/dev/null", O_RDWR) = 3`:                          false,
		`openat(AT_FDCWD, "f", O_RDONLY|O_CLOEXEC) = 3`:                      false,
		`clone(child_stack=NULL, flags=CLONE_VM|CLONE_VFORK|SIGCHLD) = 7`:    true,
		`clone(child_stack=0xc0, flags=CLONE_VM|CLONE_FS|CLONE_THREAD) = 12`: false,
		`execve("/bin/true", ["true"], []) = 0`:                              true,
		`socket(AF_INET, SOCK_STREAM, 0) = 3`:                                true,
		`unlinkat(AT_FDCWD, "f", 0) = 0`:                                     true,
		`+++ exited with 0 +++`:                                              false,
	} {
		if changes(call) != want {
			t.Errorf("%s: want %t", call, want)
		}
	}
}

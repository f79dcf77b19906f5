package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDurability holds that what counts as done is on the disk, as the kernel
// saw it: the output file before it gets its name, then the journal with the
// record, and at the end the result before it gets its name. With --durability
// none nothing is synced.
func TestDurability(t *testing.T) {
	dir := t.TempDir()
	text := "version: 1\njobs:\n  one: {run: emit one, stdout: {file: one.txt}}\n  two: {needs: [one], run: copy, stdin: {file: one.txt}, stdout: discard}\n"
	if err := os.WriteFile(filepath.Join(dir, "job.yaml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	const trace = "fsync,fdatasync,sync_file_range,syncfs,sync,renameat,renameat2,rename,openat,write"
	_, calls := strace(t, dir, trace, "run", "-j", "1", "job.yaml")
	told := syncs(calls)
	for _, want := range []string{
		`(?s)sync (?:\(unnamed\)|\.one\.txt\S*)\nrename \.one\.txt\S* one\.txt\nsync \S+\n.*record one\nsync events\.jsonl\n.*record two\nsync events\.jsonl\n`,
		`(?s)sync plan\.json\n`, `(?s)sync run\.json\.new\nrename run\.json\.new run\.json\n`,
		`(?s)record two\nsync events\.jsonl\n.*sync result\.json\.new\nrename result\.json\.new result\.json\nsync \S+\n$`,
	} {
		if !regexp.MustCompile(want).MatchString(told) {
			t.Errorf("what is synced does not match %s:\n%s", want, told)
		}
	}
	_, calls = strace(t, dir, trace, "run", "--durability", "none", "job.yaml")
	if told := syncs(calls); strings.Contains(told, "sync ") || !strings.Contains(told, "record two\n") {
		t.Errorf("with --durability none:\n%s", told)
	}
}

// syncs is what calls say of syncs, of names and of records in the journal, a
// line for each.
func syncs(calls []string) string {
	var told strings.Builder
	names := map[string]string{} // of descriptors
	for _, call := range calls {
		if m := regexp.MustCompile(`^openat\((?:AT_FDCWD|\d+), "(?:[^"]*/)?([^"/]*)/?", .* = (\d+)`).FindStringSubmatch(call); m != nil {
			names[m[2]] = m[1]
			if strings.Contains(call, "O_TMPFILE") {
				names[m[2]] = "(unnamed)" // an output, where the disk has such files
			}
		}
		if m := regexp.MustCompile(`^f(?:data)?sync\((\d+)\) += 0`).FindStringSubmatch(call); m != nil {
			told.WriteString("sync " + names[m[1]] + "\n")
		}
		if m := regexp.MustCompile(`^rename[^"]*"(?:[^"]*/)?([^"/]*)"[^"]*"(?:[^"]*/)?([^"/]*)"`).FindStringSubmatch(call); m != nil {
			told.WriteString("rename " + m[1] + " " + m[2] + "\n")
		}
		if m := regexp.MustCompile(`^write\(.*\\"type\\":\\"job_ended\\".*?\\"id\\":\\"(\w+)\\"`).FindStringSubmatch(call); m != nil {
			told.WriteString("record " + m[1] + "\n")
		}
	}
	return told.String()
}

package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/runner/report"
)

// The job files that only the tour has do what their chapters say.

func TestJobWaiting(t *testing.T) {
	needTools(t, "printf", "pwd", "printenv", "sleep", "echo")
	jobs := map[string]*report.Job{}
	for _, j := range readReport(t, mustSucceed(t, "run", "--json", "jobs/waiting.yaml").stdout).Jobs {
		jobs[j.ID] = j
	}
	began := func(name string) time.Time { return jobs[name].Last().Stages[0].Start }
	ended := func(name string) time.Time { return began(name).Add(jobs[name].Last().Stages[0].Took) }
	if began("nap").After(ended("other-nap")) || began("other-nap").After(ended("nap")) {
		t.Error("one nap waited for the other")
	}
	for _, nap := range []string{"nap", "other-nap"} {
		if began("rested").Before(ended(nap)) {
			t.Errorf("rested did not wait for %s", nap)
		}
	}
}

func TestJobCapture(t *testing.T) {
	needTools(t, "grep", "head", "wc", "printf", "seq", "sort")
	file := filepath.Join(t.TempDir(), "text")
	for text, want := range map[string]string{
		"# one\ntwo\n# three\n": "1:# one\n3:# three\nthe text has 3 lines\nit has \"# one\"\nit has \"# three\"\n",
		"# one\n# one\n":        "1:# one\n2:# one\nthe text has 2 lines\nit has \"# one\"\n",
		"none\n":                "the text has 1 lines\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		o := runSluice(t, repository, "run", "--keep-going", "-j", "1", "jobs/capture.yaml", "-p", "text="+file)
		if o.code != 1 || o.stdout != want {
			t.Errorf("%q: exit code %d, printed %q", text, o.code, o.stdout)
		}
		if !strings.Contains(o.stderr, "✗ flood failed") || strings.Count(o.stderr, "✗ ") != 2 {
			t.Errorf("%q: want flood alone to fail, and got\n%s", text, o.stderr)
		}
	}
}

func TestJobLarge(t *testing.T) {
	needTools(t, "seq", "gzip", "grep", "echo")
	dir := t.TempDir()
	o := mustSucceed(t, "run", "jobs/large.yaml", "-p", "last=300007", "-p", "out="+dir)
	if want := "30001 of 300007 numbers end in 7\n"; o.stdout != want {
		t.Errorf("printed %q, want %q", o.stdout, want)
	}
	f, err := os.Open(filepath.Join(dir, "numbers.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	numbers, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	lines := bufio.NewScanner(numbers)
	for ; lines.Scan(); n++ {
		if lines.Text() != fmt.Sprint(n+1) {
			t.Fatalf("line %d is %q", n+1, lines.Text())
		}
	}
	if n != 300007 || lines.Err() != nil {
		t.Errorf("the file has %d numbers, and then %v", n, lines.Err())
	}
}

// prime reports whether n, which is at least 2, is a prime.
func prime(n int) bool {
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return true
}

func TestJobPrimes(t *testing.T) {
	needTools(t, "seq", "factor", "awk", "tail", "wc")
	var last []string
	for n := 100000; len(last) < 3; n-- {
		if prime(n) {
			last = append(last, fmt.Sprintf("%d: %d", n, n))
		}
	}
	slices.Reverse(last)
	var counts []string
	for million := 1; million <= 4; million++ {
		count := 0
		for n := million * 1000000; n < million*1000000+10000; n++ {
			if prime(n) {
				count++
			}
		}
		counts = append(counts, fmt.Sprint(count))
	}
	got := strings.Fields(mustSucceed(t, "run", "-j", "1", "jobs/primes.yaml", "part").stdout)
	if !slices.Equal(got, counts) {
		t.Errorf("the parts have %q primes, want %q", got, counts)
	}
	shown := mustSucceed(t, "run", "jobs/primes.yaml", "shard", "-p", "last=100000").stdout
	if want := strings.Join(last, "\n") + "\n"; shown != want {
		t.Errorf("the last primes are %q, want %q", shown, want)
	}
}

func TestJobCareful(t *testing.T) {
	needTools(t, "printf", "grep", "head")
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("a word\nno other\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	run := func(params ...string) output {
		args := []string{"run", "-j", "1", "jobs/careful.yaml", "-p", "text=" + text}
		for _, p := range params {
			args = append(args, "-p", p)
		}
		return runSluice(t, repository, args...)
	}
	for _, title := range []string{"$(touch made)", "`touch made`", "x; touch made", "| touch made", "x\ty", "%s %d", `"'\`, "*", "-x", "--help", "--"} {
		o := run("word=word", "title="+title)
		if want := title + "\n1:a word\n"; o.code != 0 || o.stdout != want {
			t.Errorf("%q: exit code %d, printed %q, want %q\n%s", title, o.code, o.stdout, want, o.stderr)
		}
	}
	for _, bad := range []string{"word=x; touch made", "word=-f/etc/passwd", "word=$(touch made)", "most=0", "most=1e1", "title=two\nlines", "title="} {
		if o := run(bad); o.code != 2 || o.stdout != "" {
			t.Errorf("%q: exit code %d, printed %q; want it refused", bad, o.code, o.stdout)
		}
	}
	if _, err := os.Stat(filepath.Join(repository, "made")); err == nil {
		t.Error("somebody has read a value as a command")
	}
}

func TestJobMonitor(t *testing.T) {
	needTools(t, "seq", "ls", "sleep")
	l := newLab(t, "")
	file, err := filepath.Abs(filepath.Join(repository, "jobs/monitor.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := l.sluice(1, "run", "--json", "--keep-going", "-o", "quiet", file)
	want := map[string]string{
		"chatty":      "succeeded 1: succeeded 0",
		"two-streams": "succeeded 1: succeeded 2",
		"hung":        "timed_out 1: timed_out TERM",
	}
	for _, j := range readReport(t, text).Jobs {
		if told(j) != want[j.ID] {
			t.Errorf("%s: got %q, want %q", j.ID, told(j), want[j.ID])
		}
	}
	kept, gone := l.sluice(0, "logs", "last", "--job", "chatty")
	if !strings.HasSuffix(kept, " step 3000 is done\n") || len(kept) > 2*16<<10 || !strings.Contains(gone, "the first lines of chatty are gone") {
		t.Errorf("%d bytes are kept, and told is %q", len(kept), gone)
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/runner/report"
)

// Whole commands, beside what does the same with less or with more. Each is
// measured in turns with its baseline, so that what else the machine does
// falls on both, and medians are compared. Nothing here fails by a figure.

// bareSource is the least that a Go program can do: start a program COUNT
// times, from WORKERS goroutines, and wait.
const bareSource = `package main

import (
	"os"
	"os/exec"
	"strconv"
	"sync"
)

func main() {
	count, _ := strconv.Atoi(os.Args[1])
	workers, _ := strconv.Atoi(os.Args[2])
	work := make(chan int, count)
	for i := range count {
		work <- i
	}
	close(work)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range work {
				if exec.Command(os.Args[3]).Run() != nil {
					os.Exit(1)
				}
			}
		})
	}
	group.Wait()
}
`

// bench is a folder with the programs that the measures share.
type bench struct {
	*testing.B
	dir, sluice, bare string
}

func newBench(b *testing.B) bench {
	b.Helper()
	dir := b.TempDir()
	x := bench{b, dir, filepath.Join(dir, "sluice"), filepath.Join(dir, "bare")}
	x.write("bare.go", bareSource)
	for program, source := range map[string]string{x.sluice: ".", x.bare: filepath.Join(dir, "bare.go")} {
		linked := program + ".linked"
		cmd := exec.Command("go", "build", "-o", linked, source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		// What the linker has written page by page stays so in the page cache,
		// and a start from there takes up to a tenth longer than that of a
		// program that was installed.
		text, err := os.ReadFile(linked)
		if err == nil {
			err = os.WriteFile(program, text, 0o777)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return x
}

func (x bench) write(name, text string) string {
	path := filepath.Join(x.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		x.Fatal(err)
	}
	return path
}

// command is an argv with a short name. stdin and stdout, where there are, are
// files, and env is what it has beside this process's environment.
type command struct {
	name   string
	argv   []string
	env    []string
	stdin  string
	stdout string
}

// compare runs the commands in turns, and reports how long the first takes as
// a share of each other one: below 1 it is faster.
func (x bench) compare(title string, rounds int, commands ...command) {
	x.Helper()
	commands = installed(commands)
	walls := make([][]time.Duration, len(commands))
	for range rounds {
		for i, c := range commands {
			wall, _ := x.measure(c)
			walls[i] = append(walls[i], wall)
		}
	}
	table := fmt.Sprintf("%s, medians of %d rounds\n", title, rounds)
	first := median(walls[0])
	for i, c := range commands {
		took := median(walls[i])
		table += fmt.Sprintf("%10s %9s", c.name, short(took))
		if i > 0 {
			ratio := first.Seconds() / took.Seconds()
			table += fmt.Sprintf("   %s takes %.2f of it", commands[0].name, ratio)
			x.ReportMetric(ratio, "x-"+c.name)
		}
		table += "\n"
	}
	x.report(first)
	x.Log(table)
}

// report gives the time of what was measured. The time of an iteration has
// every command in it, and so says nothing.
func (x bench) report(took time.Duration) {
	x.ReportMetric(took.Seconds()*1000, "ms")
	x.ReportMetric(0, "ns/op")
}

// measure runs c to its end, and returns how long that took, and the processor
// time of c with all its children.
func (x bench) measure(c command) (wall, cpu time.Duration) {
	x.Helper()
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Dir = x.dir
	cmd.Env = append(append(os.Environ(), "LC_ALL=C", "CI=", "GITHUB_ACTIONS=", "SLUICE_STATE_DIR="+filepath.Join(x.dir, "state")), c.env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if c.stdin != "" {
		in, err := os.Open(c.stdin)
		if err != nil {
			x.Fatal(err)
		}
		defer in.Close()
		cmd.Stdin = in
	}
	if c.stdout != "" {
		out, err := os.Create(filepath.Join(x.dir, c.stdout))
		if err != nil {
			x.Fatal(err)
		}
		defer out.Close()
		cmd.Stdout = out
	}
	start := time.Now()
	err := cmd.Run()
	wall = time.Since(start)
	if err != nil {
		x.Fatalf("%s: %v\n%s", strings.Join(c.argv, " "), err, beginning(stderr.String()))
	}
	return wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// own reports the processor time of sluice alone in `sluice run FILE`: what the
// system counts for it and the children that it waited for, without what the
// run's report counts for these.
func (x bench) own(file string, rounds int) {
	x.Helper()
	report := filepath.Join(x.dir, "report.json")
	var times []time.Duration
	for range rounds {
		_, cpu := x.measure(command{argv: []string{x.sluice, "run", file, "--report", report}})
		for _, j := range x.readReport(report).Jobs {
			for _, s := range j.Last().Stages {
				cpu -= s.User + s.System
			}
		}
		times = append(times, cpu)
	}
	x.ReportMetric(median(times).Seconds()*1000, "own-cpu-ms")
	x.Logf("processor time of sluice alone: %s", short(median(times)))
}

func (x bench) readReport(path string) (rep report.Report) {
	text, err := os.ReadFile(path)
	if err != nil {
		x.Fatal(err)
	}
	if err := json.Unmarshal(text, &rep); err != nil {
		x.Fatal(err)
	}
	return rep
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func short(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// installed leaves out the commands whose program is missing.
func installed(commands []command) (list []command) {
	for _, c := range commands {
		if _, err := exec.LookPath(c.argv[0]); err == nil {
			list = append(list, c)
		}
	}
	return list
}

// One job: what a command costs that does almost nothing.
func BenchmarkOneJob(b *testing.B) { benchmarkOneJob(b) }

// What a run's folder and its place on the disk cost is the difference. The
// state directory of this one can't be made.
func BenchmarkOneJobWithoutHistory(b *testing.B) {
	benchmarkOneJob(b, "SLUICE_STATE_DIR=/dev/null/sluice")
}

func benchmarkOneJob(b *testing.B, env ...string) {
	x := newBench(b)
	path := needProgram(b, "true")
	x.write("one.yaml", "version: 1\njobs:\n  one:\n    command: \"true\"\n")
	for range b.N {
		x.compare("one job that runs true", 101,
			command{name: "sluice", argv: []string{x.sluice, "run", "one.yaml"}, env: env},
			command{name: "bare-go", argv: []string{x.bare, "1", "1", "true"}},
			command{name: "bash", argv: []string{"bash", "-c", path + "; exit 0"}},
		)
	}
}

// Two thousand instances, two at once.
func BenchmarkManyJobs(b *testing.B) {
	const count = 2000
	x := newBench(b)
	path := needProgram(b, "true")
	x.write("many.yaml", fmt.Sprintf("version: 1\njobs:\n  many:\n    matrix: {i: {range: [1, %d]}}\n    command: \"true\"\n", count))
	ninja := "rule t\n  command = " + path + "\n"
	for i := range count {
		ninja += fmt.Sprintf("build out%d: t\n", i)
	}
	x.write("build.ninja", ninja)
	lines := x.write("lines", strings.Repeat("x\n", count))
	for range b.N {
		x.compare(fmt.Sprintf("%d times true, two at once", count), 5,
			command{name: "sluice", argv: []string{x.sluice, "run", "many.yaml", "-j", "2"}},
			command{name: "bare-go", argv: []string{x.bare, fmt.Sprint(count), "2", "true"}},
			command{name: "xargs", argv: []string{"xargs", "-P", "2", "-n", "1", "true"}, stdin: lines},
			command{name: "ninja", argv: []string{"ninja", "-j", "2", "--quiet"}},
		)
		x.own("many.yaml", 3)
	}
}

// GNU parallel is so much slower that it gets a tenth of the work.
func BenchmarkManyJobsParallel(b *testing.B) {
	const count = 200
	x := newBench(b)
	needProgram(b, "true")
	if out, err := exec.Command("parallel", "--version").Output(); err != nil || !strings.HasPrefix(string(out), "GNU") {
		b.Skip("this machine has no GNU parallel")
	}
	x.write("many.yaml", fmt.Sprintf("version: 1\njobs:\n  many:\n    matrix: {i: {range: [1, %d]}}\n    command: \"true\"\n", count))
	lines := x.write("lines", strings.Repeat("x\n", count))
	for range b.N {
		x.compare(fmt.Sprintf("%d times true, two at once", count), 5,
			command{name: "sluice", argv: []string{x.sluice, "run", "many.yaml", "-j", "2"}},
			command{name: "parallel", argv: []string{"parallel", "-j", "2", "-n", "1", "true"}, stdin: lines},
		)
	}
}

// Four gigabytes through three pipes.
func BenchmarkPipeline(b *testing.B) {
	x := newBench(b)
	for _, name := range []string{"head", "cat", "wc", "bash"} {
		needProgram(b, name)
	}
	x.write("pipe.yaml", "version: 1\njobs:\n  pipe:\n    pipe: [head -c 4G /dev/zero, cat, cat, wc -c]\n")
	for range b.N {
		x.compare("4 GiB through head, cat, cat and wc", 5,
			command{name: "sluice", argv: []string{x.sluice, "run", "pipe.yaml"}},
			command{name: "bash", argv: []string{"bash", "-c", "head -c 4G /dev/zero | cat | cat | wc -c"}},
		)
		x.own("pipe.yaml", 3)
	}
}

// A gigabyte copied to three readers.
func BenchmarkTee(b *testing.B) {
	x := newBench(b)
	for _, name := range []string{"head", "wc", "tee", "bash"} {
		needProgram(b, name)
	}
	x.write("tee.yaml", "version: 1\njobs:\n  tee:\n    pipe: [head -c 1G /dev/zero, {tee: [wc -c, wc -c]}, wc -c]\n")
	for range b.N {
		x.compare("1 GiB to three wc -c", 7,
			command{name: "sluice", argv: []string{x.sluice, "run", "tee.yaml"}},
			command{name: "bash", argv: []string{"bash", "-c", "head -c 1G /dev/zero | tee >(wc -c) >(wc -c) | wc -c"}},
		)
	}
}

// Filters of lines in two processes: one that computes for each line, so that
// nothing but the processors counts, and two everyday ones, with which it also
// counts what it takes to hand over the blocks. Beside GNU parallel with blocks
// of the same size, and beside two processes that have a half each from the
// start, which is what the machine can give.
func BenchmarkShard(b *testing.B) {
	x := newBench(b)
	needProgram(b, "sh")
	x.write("compute.awk", "{ s = 0; for (i = 0; i < 20; i++) s = (s * 31 + length($0) * i) % 65537; print $2, s }\n")
	x.write("column.awk", "{ print $2 }\n")
	x.write("sum.awk", "BEGIN { FS = \"[ x]+\" } { print $2 + $3, $1 }\n")
	x.write("mark.sed", "s/[0-9]+/<&>/g\n")
	for _, c := range []struct {
		name, filter string
		count        int // lines, so that each takes a second or so
	}{
		{"compute", "awk -f compute.awk", 1_500_000},
		{"mark", "sed -E -f mark.sed", 6_000_000},
		{"sum", "awk -f sum.awk", 4_500_000},
		{"column", "awk -f column.awk", 6_000_000},
	} {
		var halves [2]strings.Builder
		for i := range c.count {
			fmt.Fprintf(&halves[2*i/c.count], "line %d x%d\n", i*7919%1_000_003, i)
		}
		lines := x.write("lines", halves[0].String()+halves[1].String())
		for i := range halves {
			x.write(fmt.Sprintf("half%d", i), halves[i].String())
		}
		b.Run(c.name, func(b *testing.B) {
			x := x
			x.B = b
			argv := strings.Fields(c.filter)
			needProgram(b, argv[0])
			job := "version: 1\njobs:\n  filter:\n    stdin: {file: lines}\n    pipe: [{run: %s%s}]\n    stdout: {file: out.%s}\n"
			x.write("two.yaml", fmt.Sprintf(job, c.filter, ", shard: {workers: 2, block: 1MiB}", "two"))
			x.write("one.yaml", fmt.Sprintf(job, c.filter, "", "one"))
			for range b.N {
				x.compare(fmt.Sprintf("%s on %d lines", c.filter, c.count), 7,
					command{name: "two", argv: []string{x.sluice, "run", "two.yaml"}},
					command{name: "one", argv: []string{x.sluice, "run", "one.yaml"}},
					command{name: "parallel", argv: append([]string{"parallel", "-k", "-j2", "--pipe", "--block", "1M"}, argv...), stdin: lines, stdout: "out.parallel"},
					command{name: "halves", argv: []string{"sh", "-c", c.filter + " <half0 >out.0 & " + c.filter + " <half1 >out.1; wait"}},
				)
			}
		})
	}
}

// A job file of 20,000 keys.
func BenchmarkValidateLarge(b *testing.B) {
	x := newBench(b)
	var text strings.Builder
	text.WriteString("version: 1\njobs:\n")
	for i := range 2500 { // a name and seven keys each
		fmt.Fprintf(&text, "  job-%04d:\n    command: sort\n    args: [-rn, file-%d]\n    timeout: 30s\n    env: {A: a, B: b}\n", i, i)
		if i > 0 {
			fmt.Fprintf(&text, "    needs: [job-%04d]\n", i-1)
		}
	}
	x.write("large.yaml", text.String())
	x.Logf("the file has %d KiB", text.Len()>>10)
	for range b.N {
		x.compare("validate one large file", 11, command{name: "sluice", argv: []string{x.sluice, "validate", "large.yaml"}})
	}
}

// A thousand files of ten jobs.
func BenchmarkValidateMany(b *testing.B) {
	x := newBench(b)
	if err := os.Mkdir(filepath.Join(x.dir, "files"), 0o777); err != nil {
		b.Fatal(err)
	}
	text := "version: 1\njobs:\n"
	for i := range 10 {
		text += fmt.Sprintf("  job-%d:\n    run: sort -rn file-%d\n    timeout: 30s\n    stdout: {file: out/%d}\n", i, i, i)
	}
	for i := range 1000 {
		x.write(fmt.Sprintf("files/%04d.yaml", i), text)
	}
	for range b.N {
		x.compare("validate 1,000 files of 10 jobs", 5, command{name: "sluice", argv: []string{x.sluice, "validate", "files"}})
	}
}

func needProgram(b *testing.B, name string) string {
	b.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		b.Skipf("this machine has no %s", name)
	}
	return path
}

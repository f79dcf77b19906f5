package runner

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

const spill = 1 << 30

// teeTo is a tee with branches that are files. Stages read it where they say.
func teeTo(files ...plan.Output) *plan.Stage {
	return &plan.Stage{Name: "tee", Stderr: plan.Output{Kind: plan.OutDiscard}, Tee: &plan.Tee{Files: files, Spill: spill}}
}

// from makes s, which is not behind stage k, read it.
func from(k int, s *plan.Stage) *plan.Stage {
	s.Stdin = &plan.Input{Kind: plan.InStage, Stage: k}
	return s
}

// fed makes s the first stage of an input.
func fed(in plan.Input, s *plan.Stage) *plan.Stage {
	s.Stdin = &in
	return s
}

// opens gives s the output of stages as files, by its last arguments.
func opens(s *plan.Stage, stages ...int) *plan.Stage {
	for _, k := range stages {
		s.Argv = append(s.Argv, plan.Known(fmt.Sprintf("/dev/fd/%d", 3+len(s.Inputs))))
		s.Inputs = append(s.Inputs, k)
	}
	return s
}

// to makes s the last stage of a branch.
func to(out plan.Output, s *plan.Stage) *plan.Stage {
	s.Stdout = &out
	return s
}

// branch is the only stage of a branch of the tee that is stage k. It logs.
func branch(k int, s *plan.Stage) *plan.Stage {
	return from(k, to(plan.Output{Kind: plan.OutLog}, s))
}

// none is what the first stage of an input reads by itself.
var none = plan.Input{Kind: plan.InNone}

// graph is a job whose own pipeline is from stage first to stage last.
func graph(first, last int, stages ...*plan.Stage) *plan.Job {
	j := job("j", stages...)
	j.Instances[0].Ends = &plan.Ends{First: first, Last: last}
	return j
}

// summed is what sum prints of n bytes of noise.
func summed(n int64) string {
	h := sha256.New()
	io.Copy(h, noise(n))
	return fmt.Sprintf("%d %x", n, h.Sum(nil))
}

// noisy is a file with n bytes of noise.
func noisy(t *testing.T, n int64) plan.Input {
	t.Helper()
	data, err := io.ReadAll(noise(n))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "noise")
	write(t, path, string(data))
	return plan.Input{Kind: plan.InFile, Path: path}
}

// newFile is an empty file.
func newFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// isNoise checks that text is n bytes of noise.
func isNoise(t *testing.T, what, text string, n int64) {
	t.Helper()
	var want bytes.Buffer
	io.Copy(&want, noise(n))
	if text != want.String() {
		t.Errorf("%s has %d bytes, or others than the %d that were sent", what, len(text), n)
	}
}

// Whatever stands where, every reader has all, in its order.
func TestGraphs(t *testing.T) {
	const size = 3<<20 + 1
	emit := func() *plan.Stage { return self(t, "emit", fmt.Sprint(size)) }
	sum := func() *plan.Stage { return self(t, "sum") }
	const whole = "the noise"
	last := func(j *plan.Job) *plan.Job { // a tee, whose stream is for its branches only
		j.Instances[0].Stdout.Kind = plan.OutDiscard
		return j
	}
	all := func(stages ...int) map[int]string {
		m := map[int]string{}
		for _, k := range stages {
			m[k] = summed(size)
		}
		return m
	}
	for _, tt := range []struct {
		name  string
		job   *plan.Job
		stdin bool           // the noise comes by a file
		want  map[int]string // what stages log
	}{
		{"tee first", graph(0, 2, teeTo(), branch(0, sum()), from(0, sum())), true, all(1, 2)},
		{"tee in the middle", graph(0, 3, emit(), teeTo(), branch(1, sum()), from(1, sum())), false, all(2, 3)},
		{"tee last", last(graph(0, 1, emit(), teeTo(), branch(1, sum()))), false, all(2)},
		{"two tees in a row", graph(0, 5, emit(), teeTo(), branch(1, sum()), from(1, teeTo()), branch(3, sum()), from(3, sum())), false, all(2, 4, 5)},
		{"tee of a tee", graph(0, 5, emit(), teeTo(), from(1, teeTo()), branch(2, sum()), branch(2, sum()), from(1, sum())), false, all(3, 4, 5)},
		{"tees three deep", graph(0, 6, teeTo(), from(0, teeTo()), from(1, teeTo()), branch(2, sum()), branch(1, sum()), branch(0, sum()), from(0, sum())), true, all(3, 4, 5, 6)},
		{"a branch of several stages", graph(0, 4, emit(), teeTo(), from(1, self(t, "copy")), to(plan.Output{Kind: plan.OutLog}, sum()), from(1, sum())), false, all(3, 4)},
		{"one input", graph(1, 1, fed(none, emit()), opens(self(t, "cat"), 0)), false, map[int]string{1: whole}},
		{"several inputs", graph(3, 3, fed(none, self(t, "say", "a")), fed(none, self(t, "say", "b")), fed(none, self(t, "say", "c")), opens(self(t, "cat"), 0, 1, 2)),
			false, map[int]string{3: "a\nb\nc\n"}},
		{"nested inputs", graph(2, 2, fed(none, self(t, "say", "deep")), opens(fed(none, self(t, "cat")), 0), opens(self(t, "cat"), 1)), false, map[int]string{2: "deep\n"}},
		{"an input of several stages", graph(2, 2, fed(none, emit()), sum(), opens(self(t, "cat"), 1)), false, all(2)},
		{"an input beside standard input", graph(0, 2, self(t, "say", "front"), fed(none, self(t, "say", "side")), from(0, opens(self(t, "cat", "-"), 1))),
			false, map[int]string{2: "front\nside\n"}},
		{"an input that reads", graph(1, 1, fed(plan.Input{Kind: plan.InText, Text: plan.Known("text")}, self(t, "tag", "some ")), opens(self(t, "cat"), 0)),
			false, map[int]string{1: "some text"}},
		{"a tee in an input", graph(2, 2, fed(noisy(t, size), teeTo()), branch(0, sum()), opens(self(t, "cat"), 0)), false, map[int]string{1: summed(size), 2: whole}},
		{"a branch as an input", graph(0, 3, emit(), teeTo(), from(1, self(t, "soak")), from(1, opens(self(t, "same"), 2))), false, map[int]string{3: fmt.Sprint(size)}},
		{"a tee as a branch that is an input", graph(0, 3, emit(), teeTo(), from(1, teeTo()), from(1, opens(self(t, "same"), 2))), false, map[int]string{3: fmt.Sprint(size)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inst := tt.job.Instances[0]
			if tt.stdin {
				inst.Stdin = noisy(t, size)
			}
			o := execute(t, planOf(tt.job), Options{})
			o.wants(t, strings.Repeat("succeeded ", len(inst.Stages)-1)+"succeeded; succeeded")
			for k, want := range tt.want {
				got := o.logged("j", k, event.Stdout)
				if want == whole {
					isNoise(t, fmt.Sprint("stage ", k), got, size)
				} else if got != want {
					t.Errorf("stage %d logs %.100q, want %q", k, got, want)
				}
			}
			pgid := 0
			for _, e := range find[event.StageStarted](o.recorder) {
				if pgid == 0 {
					pgid = e.PID
				}
				if e.PGID != pgid {
					t.Errorf("stage %d is in group %d, want %d", e.Stage, e.PGID, pgid)
				}
			}
		})
	}
}

// The classic deadlock: a stream goes to one that reads all before it writes,
// and past it, and both are read by turns.
func TestGraphWithoutDeadlock(t *testing.T) {
	size := int64(100 << 20)
	if testing.Short() {
		size = 5 << 20
	}
	j := graph(0, 3, self(t, "emit", fmt.Sprint(size)), teeTo(), from(1, self(t, "soak")), from(1, opens(self(t, "same"), 2)))
	o := execute(t, planOf(j), Options{})
	a := o.wants(t, "succeeded succeeded succeeded succeeded; succeeded")
	if got := o.logged("j", 3, event.Stdout); got != fmt.Sprint(size) {
		t.Errorf("%s bytes came of %d", got, size)
	}
	if want := fmt.Sprintf("%d bytes copied; at most ", size); !strings.HasPrefix(a.Stages[1].Ending, want) {
		t.Errorf("the tee tells %q, want %q…", a.Stages[1].Ending, want)
	}
}

// Files as branches, in every mode, and tees as what writes the job's output.
func TestTeeFiles(t *testing.T) {
	const size = 2<<20 + 7
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write(t, path("append"), "before\n")
	write(t, path("truncate"), "before\n")
	write(t, path("atomic"), "before\n")
	var files []plan.Output
	for _, mode := range []plan.FileMode{plan.ModeAtomic, plan.ModeAppend, plan.ModeTruncate, plan.ModeCreate} {
		files = append(files, toFile(path(string(mode)), mode))
	}
	j := job("j", self(t, "emit", fmt.Sprint(size)), teeTo(files...))
	j.Instances[0].Stdout = toFile(path("out"), plan.ModeAtomic)
	o := execute(t, planOf(j), Options{})
	o.wants(t, "succeeded succeeded; succeeded")
	for _, name := range []string{"atomic", "truncate", "create", "out"} {
		isNoise(t, name, text(t, path(name)), size)
	}
	after, ok := strings.CutPrefix(text(t, path("append")), "before\n")
	if !ok {
		t.Error("what the file had is gone")
	}
	isNoise(t, "append", after, size)
	if n := len(o.Jobs[0].Outputs); n != 5 {
		t.Errorf("the report has %d outputs", n)
	}
}

// A tee's stream goes on into a log, a capture, and sluice's own output.
func TestTeeStdout(t *testing.T) {
	for _, kind := range []plan.OutputKind{plan.OutLog, plan.OutCapture, plan.OutInherit, plan.OutDiscard} {
		for _, direct := range []bool{false, true} {
			t.Run(fmt.Sprint(kind, direct), func(t *testing.T) {
				out := newFile(t)
				j := graph(0, 1, self(t, "say", "one", "two"), teeTo(), branch(1, self(t, "sum")))
				inst := j.Instances[0]
				inst.Stages[2].Stdout.Kind = plan.OutDiscard
				inst.Stdout = plan.Output{Kind: kind, Max: 100}
				read := job("read", self(t, "copy"))
				read.Needs = []string{"j"}
				jobs := []*plan.Job{j}
				if kind == plan.OutCapture {
					read.Instances[0].Stdin = plan.Input{Kind: plan.InJob, Job: "j"}
					jobs = append(jobs, read)
				}
				o := execute(t, planOf(jobs...), Options{Stdout: out, Direct: direct})
				if o.Status != report.Succeeded {
					t.Fatal(o.Jobs[0].Last().Cause)
				}
				where := map[bool]string{false: o.logged("j", 1, event.Stdout) + o.logged("read", 0, event.Stdout), true: text(t, out.Name())}
				own := kind == plan.OutInherit || direct && kind != plan.OutDiscard
				want := map[bool]string{own: "one\ntwo\n"}
				if kind == plan.OutDiscard {
					want = map[bool]string{}
				}
				for _, which := range []bool{false, true} {
					if where[which] != want[which] {
						t.Errorf("own %v: %q, want %q", which, where[which], want[which])
					}
				}
			})
		}
	}
}

// Twenty branches have all, and the tee's own group has them all.
func TestManyBranches(t *testing.T) {
	const size = 1<<20 + 3
	stages := []*plan.Stage{self(t, "emit", fmt.Sprint(size)), teeTo()}
	for range 20 {
		stages = append(stages, branch(1, self(t, "sum")))
	}
	j := graph(0, 1, stages...)
	j.Instances[0].Stdout.Kind = plan.OutDiscard
	o := execute(t, planOf(j), Options{})
	o.wants(t, strings.Repeat("succeeded ", 21)+"succeeded; succeeded")
	for k := range 20 {
		if got := o.logged("j", 2+k, event.Stdout); got != summed(size) {
			t.Errorf("branch %d: %q", k, got)
		}
	}
}

// `stderr: stdout` of a job is where the job's output goes, whichever stage it
// is of; that of a stage is its own output.
func TestGraphStderr(t *testing.T) {
	job := func(kind plan.OutputKind) outcome {
		noisy := self(t, "say", "-e", "said")
		noisy.Stderr.Kind = kind
		return execute(t, planOf(graph(0, 3, self(t, "exit", "0"), teeTo(), branch(1, noisy), from(1, self(t, "copy")))), Options{})
	}
	o := job(plan.OutJob)
	o.wants(t, "succeeded succeeded succeeded succeeded; succeeded")
	if got := o.logged("j", 3, event.Stdout); got != "said\n" {
		t.Errorf("the job prints %q", got)
	}
	o = job(plan.OutStdout)
	if got := o.logged("j", 2, event.Stdout); got != "said\n" {
		t.Errorf("the branch prints %q", got)
	}
}

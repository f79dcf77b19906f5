package runner

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// Graphs print what the same does in bash. Where bash prints in an order that
// nothing holds, both are sorted.
func TestGraphsLikeBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("this machine has no bash to compare with")
	}
	run := func(words ...string) *plan.Stage { return tool(t, words[0], words[1:]...) }
	in := func(words ...string) *plan.Stage { return fed(none, run(words...)) }
	// joined is a job of a command that opens inputs of one stage each.
	joined := func(command *plan.Stage, inputs ...*plan.Stage) *plan.Job {
		for k := range inputs {
			opens(command, k)
		}
		return graph(len(inputs), len(inputs), append(inputs, command)...)
	}
	for _, tt := range []struct {
		line   string
		job    *plan.Job
		code   int // of both
		sorted bool
	}{
		{"diff <(seq 9) <(seq 2 10)", joined(run("diff"), in("seq", "9"), in("seq", "2", "10")), 1, false},
		{"cmp <(seq 99999) <(seq 99999)", joined(run("cmp"), in("seq", "99999"), in("seq", "99999")), 0, false},
		{"comm <(seq 1 2 9) <(seq 5)", joined(run("comm"), in("seq", "1", "2", "9"), in("seq", "5")), 0, false},
		{"paste <(seq 5) <(seq 11 15) <(seq 3)", joined(run("paste"), in("seq", "5"), in("seq", "11", "15"), in("seq", "3")), 0, false},
		{"sort -mn <(seq 1 3 100000) <(seq 2 3 100000) <(seq 3 3 100000)",
			joined(run("sort", "-mn"), in("seq", "1", "3", "100000"), in("seq", "2", "3", "100000"), in("seq", "3", "3", "100000")), 0, false},
		{"join <(seq -w 20) <(seq -w 10 2 40)", joined(run("join"), in("seq", "-w", "20"), in("seq", "-w", "10", "2", "40")), 0, false},
		{"cat <(seq 3) <(seq 4)", joined(run("cat"), in("seq", "3"), in("seq", "4")), 0, false},
		{"head -n 2 <(yes)", joined(run("head", "-n", "2"), in("yes")), 0, false},
		{"cat <(seq 5 | sort -r | head -n 2)", graph(3, 3, in("seq", "5"), run("sort", "-r"), run("head", "-n", "2"), opens(run("cat"), 2)), 0, false},
		{"paste <(cat <(seq 3)) <(seq 4)", graph(3, 3, in("seq", "3"), opens(in("cat"), 0), in("seq", "4"), opens(run("paste"), 1, 2)), 0, false},
		{"seq 9 | paste - <(seq 11 15)", graph(0, 2, run("seq", "9"), in("seq", "11", "15"), opens(from(0, run("paste", "-")), 1)), 0, false},
		{"seq 100000 | tee >(md5sum >&2) | wc -l", graph(0, 3, run("seq", "100000"), teeTo(), branch(1, run("md5sum")), from(1, run("wc", "-l"))), 0, true},
		{"seq 9999 | tee >(sort -r | tail -n 1 >&2) >(grep -c 7 >&2) | sort -n | tail -n 2",
			graph(0, 6, run("seq", "9999"), teeTo(), from(1, run("sort", "-r")), to(plan.Output{Kind: plan.OutLog}, run("tail", "-n", "1")), branch(1, run("grep", "-c", "7")),
				from(1, run("sort", "-n")), run("tail", "-n", "2")), 0, true},
		{"seq 9 | tee >(tee >(wc -l >&2) | wc -c >&2) | tail -n 1", graph(0, 5, run("seq", "9"), teeTo(), from(1, teeTo()), branch(2, run("wc", "-l")), branch(2, run("wc", "-c")), from(1, run("tail", "-n", "1"))), 0, true},
		// Without -p, bash's tee ends with its first branch.
		{"seq 99999 | tee -p >(head -n 1 >&2) | tail -n 1", graph(0, 3, run("seq", "99999"), teeTo(), branch(1, run("head", "-n", "1")), from(1, run("tail", "-n", "1"))), 0, true},
	} {
		t.Run(tt.line, func(t *testing.T) {
			cmd := exec.Command(bash, "-c", tt.line+`; code=$?; while wait -n; do :; done; exit $code`)
			cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin"}
			theirs, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil {
				t.Fatal(err)
			}
			if code := cmd.ProcessState.ExitCode(); code != tt.code {
				t.Fatalf("bash ends with %d, want %d: %s", code, tt.code, theirs)
			}
			inst := tt.job.Instances[0]
			for _, s := range inst.Stages {
				if s.Tee == nil {
					s.Env = []plan.EnvVar{{Name: "LC_ALL", Value: plan.Known("C")}}
				}
			}
			o := execute(t, planOf(tt.job), Options{})
			a := o.Jobs[0].Last()
			ours := ""
			for k := range inst.Stages {
				ours += o.logged("j", k, event.Stdout) + o.logged("j", k, event.Stderr)
			}
			if tt.sorted {
				theirs, ours = []byte(lines(string(theirs))), lines(ours)
			}
			if ours != string(theirs) {
				t.Errorf("we print %.300q, bash %.300q", ours, theirs)
			}
			code := 0
			if a.Status != report.Succeeded {
				code = a.Stages[a.CauseBy].Code
			}
			if code != tt.code {
				t.Errorf("we end with %d, bash with %d: %s", code, tt.code, a.Cause)
			}
		})
	}
}

// lines are the lines of text, sorted.
func lines(text string) string {
	list := strings.Split(text, "\n")
	slices.Sort(list)
	return strings.Join(list, "\n")
}

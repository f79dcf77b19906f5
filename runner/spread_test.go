package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// each makes j a job with an instance for each line that source prints, which
// is the last argument of its stage, behind a -.
func each(j *plan.Job, source string) *plan.Job {
	line := plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownMatrix, Name: "line"}}
	inst := j.Instances[0]
	inst.ID, inst.Matrix = j.Name+"[line=‹"+source+"›]", []plan.Axis{{Name: "line", Job: source}}
	s := inst.Stages[0]
	s.Argv = append(s.Argv, plan.TextOf(plan.Part{Text: "-"}, line))
	s.Env = append(s.Env, plan.EnvVar{Name: "LINE", Value: plan.TextOf(line)})
	j.Needs, j.Each, j.Instances = append(j.Needs, source), j.Instances, nil
	return j
}

// printing is a job that prints and captures lines.
func printing(t *testing.T, name string, lines ...string) *plan.Job {
	t.Helper()
	j := job(name, self(t, "say", lines...))
	j.Instances[0].Stdout = capture(1 << 20)
	return j
}

func TestSpread(t *testing.T) {
	use := each(job("use", self(t, "say")), "list")
	printed := map[string]string{}
	o := execute(t, planOf(printing(t, "list", "a", "b c"), use, client(t, "next", "use")), Options{Parallel: 1, Spread: func(job string, data []byte) error {
		printed[job] = string(data)
		return nil
	}})
	if got, want := results(o.Report), "list succeeded, use[line=a] succeeded, use[line=b c] succeeded, next succeeded"; got != want || o.Status != report.Succeeded {
		t.Fatalf("%s: %s", o.Status, got)
	}
	if got, want := story(o.recorder), "+list .list +use[line=a] .use[line=a] +use[line=b c] .use[line=b c] +next .next"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if a, b := o.logged("use[line=a]", 0, event.Stdout), o.logged("use[line=b c]", 0, event.Stdout); a != "-a\n" || b != "-b c\n" {
		t.Errorf("%q, %q", a, b)
	}
	if got := find[event.RunStarted](o.recorder)[0].Instances; got != 3 {
		t.Errorf("%d instances are announced, want 3", got)
	}
	if got := find[event.Spread](o.recorder); len(got) != 1 || got[0] != (event.Spread{ID: "use", Instances: 2}) {
		t.Errorf("%+v", got)
	}
	if len(printed) != 1 || printed["list"] != "a\nb c\n" {
		t.Errorf("what was printed is told as %q", printed)
	}
	if len(use.Instances) != 0 {
		t.Error("the plan was changed")
	}
}

// What is no value of an axis is a failure of the job that would have it, and
// no lines are none.
func TestSpreadOfNothing(t *testing.T) {
	plans := func(source *plan.Job) *plan.Plan {
		return planOf(source, each(job("use", self(t, "say")), "list"), client(t, "next", "use"), client(t, "other"))
	}
	mailbox, send := &Mailbox{}, ""
	o := executeContext(t, t.Context(), plans(printing(t, "list")), Options{Mailbox: mailbox}, func(_ *recorder, e any) {
		if _, ok := e.(event.Spread); ok {
			send = mailbox.Send("use", []byte("1")).Error()
		}
	})
	if send != "use has no instances: what it needs printed no lines" {
		t.Error(send)
	}
	if got, want := results(o.Report), "list succeeded, use skipped, next succeeded, other succeeded"; got != want || o.Jobs[1].Reason != "what it needs printed no lines" {
		t.Errorf("%s: %s", got, o.Jobs[1].Reason)
	}
	o = execute(t, plans(printing(t, "list", "a", "a")), Options{KeepGoing: true})
	if got, want := results(o.Report), "list succeeded, use failed, next not_started, other succeeded"; got != want || !strings.HasPrefix(o.Jobs[1].Reason, "line 2 of what job list printed is line 1 again") {
		t.Errorf("%s: %s", got, o.Jobs[1].Reason)
	}
	o = execute(t, plans(printing(t, "list", "")), Options{Parallel: 1})
	if got, want := results(o.Report), "list succeeded, use failed, next not_started, other not_started"; got != want || o.Status != report.Failed {
		t.Errorf("%s: %s", o.Status, got)
	}
	if r := o.Jobs[3]; r.Reason != "use failed" {
		t.Errorf("other: %s", r.Reason)
	}
	list := job("list", self(t, "exit", "1"))
	list.Instances[0].Stdout = capture(10)
	o = execute(t, plans(list), Options{KeepGoing: true})
	if got, want := results(o.Report), "list failed, use not_started, next not_started, other succeeded"; got != want || o.Jobs[1].Reason != "it needs list, which did not succeed" {
		t.Errorf("%s: %s", got, o.Jobs[1].Reason)
	}
	rep, err := Run(t.Context(), plans(printing(t, "list", "a")), Options{Spread: func(string, []byte) error { return errors.New("the disk is full") }})
	if err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Fatal(err)
	}
	if got := results(rep); !strings.HasPrefix(got, "list succeeded, use failed, next not_started") || rep.Error != "the disk is full" {
		t.Errorf("%s: %s", rep.Error, got)
	}
}

// What comes after instances cleans up behind them, so it is not started where
// there can be none.
func TestSpreadCleanup(t *testing.T) {
	clean := job("clean", self(t, "exit", "0"))
	clean.After = []string{"use"}
	for text, want := range map[string]string{
		"a\na": "list succeeded, use failed, clean not_started",
		"a":    "list succeeded, use[line=a] succeeded, clean succeeded",
		"":     "list succeeded, use skipped, clean succeeded",
	} {
		for _, keep := range []bool{false, true} {
			list := printing(t, "list")
			if text != "" {
				list = printing(t, "list", strings.Split(text, "\n")...)
			}
			o := execute(t, planOf(list, each(job("use", self(t, "say")), "list"), clean), Options{KeepGoing: keep})
			if got := results(o.Report); got != want {
				t.Errorf("%q, keep going %t: %s", text, keep, got)
			}
		}
	}
}

// A run that is being stopped has its reason already, whatever the lines are.
func TestSpreadStopping(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	p := planOf(printing(t, "list", "a", "a"), each(job("use", self(t, "say")), "list"), client(t, "other"))
	o := executeContext(t, ctx, p, Options{Parallel: 1, Spread: func(string, []byte) error {
		cancel(errInterrupted)
		return nil
	}}, nil)
	var why []string
	for _, e := range find[event.RunStopping](o.recorder) {
		why = append(why, e.Reason)
	}
	if got, want := results(o.Report), "list succeeded, use failed, other not_started"; got != want || o.Status != report.Cancelled {
		t.Errorf("%s: %s", o.Status, got)
	}
	if want := errInterrupted.Error(); len(why) != 1 || why[0] != want || o.Jobs[2].Reason != want {
		t.Errorf("the run stopped for %q, and other did not start: %s", why, o.Jobs[2].Reason)
	}
}

// Lines name files, each its own.
func TestSpreadFiles(t *testing.T) {
	dir := t.TempDir()
	named := func(before, after string) *plan.Named {
		return &plan.Named{Dir: dir, Name: plan.TextOf(plan.Part{Text: before}, plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownMatrix, Name: "line"}}, plan.Part{Text: after})}
	}
	use := each(job("use", self(t, "copy")), "list")
	inst := use.Each[0]
	inst.Stages[0].Argv = inst.Stages[0].Argv[:1]
	inst.Stdin = plan.Input{Kind: plan.InFile, Named: named("in-", ""), Later: true}
	inst.Stdout = plan.Output{Kind: plan.OutFile, Mode: plan.ModeAtomic, Named: named("out/", ".txt")}
	for _, name := range []string{"a", "b"} {
		if err := os.WriteFile(filepath.Join(dir, "in-"+name), []byte("text of "+name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	o := execute(t, planOf(printing(t, "list", "a", "b"), use), Options{})
	if got, want := results(o.Report), "list succeeded, use[line=a] succeeded, use[line=b] succeeded"; got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	for _, name := range []string{"a", "b"} {
		if text, err := os.ReadFile(filepath.Join(dir, "out", name+".txt")); err != nil || string(text) != "text of "+name {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	other := job("other", self(t, "say", "x"))
	other.Instances[0].Stdout = toFile(filepath.Join(dir, "out/b.txt"), plan.ModeAtomic)
	o = execute(t, planOf(other, printing(t, "list", "a", "b"), use), Options{KeepGoing: true})
	if r := o.Jobs[2]; r.ID != "use" || r.Status != report.Failed || r.Reason != "other and use[line=b] would both write "+dir+"/out/b.txt" {
		t.Errorf("%s %s: %s", r.ID, r.Status, r.Reason)
	}
	o = execute(t, planOf(printing(t, "list", "a", "./a"), use), Options{KeepGoing: true})
	if r := o.Jobs[1]; r.Reason != "use[line=a] and use[line=./a] would both write "+dir+"/out/a.txt" {
		t.Errorf("%s %s: %s", r.ID, r.Status, r.Reason)
	}
}

// The bound holds for all instances together.
func TestSpreadBound(t *testing.T) {
	p := planOf(printing(t, "list", "a", "b"), each(job("one", self(t, "say")), "list"), each(job("two", self(t, "say")), "list"))
	for most, want := range map[int]string{
		5: "list succeeded, one[line=a] succeeded, one[line=b] succeeded, two[line=a] succeeded, two[line=b] succeeded",
		4: "list succeeded, one[line=a] succeeded, one[line=b] succeeded, two failed",
	} {
		p.MaxInstances = most
		o := execute(t, p, Options{KeepGoing: true, Parallel: 1})
		if got := results(o.Report); got != want {
			t.Errorf("%d: %s: %s", most, got, o.Jobs[len(o.Jobs)-1].Reason)
		}
	}
}

// What succeeded in an earlier run is not run again, and neither is the job
// whose lines it had.
func TestSpreadPrior(t *testing.T) {
	list := job("list", self(t, "exit", "9"))
	list.Instances[0].Stdout = capture(100)
	p := planOf(list, each(job("use", self(t, "say")), "list"), client(t, "next", "use"))
	prior := map[string]Prior{"list": {RunID: "r0", Stdout: []byte("a\nb\n")}, "use[line=a]": {RunID: "r0"}}
	o := execute(t, p, Options{Prior: prior})
	if got, want := results(o.Report), "list succeeded, use[line=a] succeeded, use[line=b] succeeded, next succeeded"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := story(o.recorder), ".list .use[line=a] +use[line=b] .use[line=b] +next .next"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	prior["use[line=b]"] = Prior{RunID: "r1"}
	o = execute(t, p, Options{Prior: prior})
	if got, want := story(o.recorder), ".list .use[line=a] .use[line=b] +next .next"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A value that begins with a dash is refused where it could be an option.
func TestSpreadDash(t *testing.T) {
	use := each(job("use", self(t, "say")), "list")
	s := use.Each[0].Stages[0]
	s.Argv[len(s.Argv)-1] = plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownMatrix, Name: "line", NoDash: true}})
	o := execute(t, planOf(printing(t, "list", "a", "-e"), use), Options{KeepGoing: true})
	if got, want := results(o.Report), "list succeeded, use[line=a] succeeded, use[line=-e] failed"; got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	if got := o.Jobs[2].Last().Cause; !strings.Contains(got, "‹matrix.line› begins with a dash and could be read as an option") {
		t.Error(got)
	}
}

// A detached instance's plan has its values, for its run knows no lines.
func TestSpreadDetached(t *testing.T) {
	d := each(job("d", self(t, "say")), "list")
	d.Detach = true
	var got []string
	o := execute(t, planOf(printing(t, "list", "x", "y"), d), Options{Parallel: 1, Detach: func(_ context.Context, p *plan.Plan) (string, error) {
		s := p.Jobs[0].Instances[0].Stages[0]
		text, _ := s.Argv[len(s.Argv)-1].Known()
		value, _ := s.Env[len(s.Env)-1].Value.Known()
		got = append(got, fmt.Sprint(p.Jobs[0].Instances[0].ID, " ", text, " ", value, " ", len(p.Jobs[0].Each)))
		return "r1", nil
	}})
	if want := "[d[line=x] -x x 0 d[line=y] -y y 0]"; fmt.Sprint(got) != want || o.Status != report.Succeeded {
		t.Errorf("%s: %v", o.Status, got)
	}
}

// Messages can be sent to an instance that the plan does not have.
func TestSpreadMailbox(t *testing.T) {
	mailbox := &Mailbox{}
	use := each(job("use", talk(t, nil, "+1", "?")), "list")
	use.Stop.Grace = plan.Duration(0)
	list := job("list", talk(t, nil, "+0", "?"))
	list.Instances[0].Stdout = capture(10)
	early, late := "", ""
	o := executeContext(t, t.Context(), planOf(list, use), Options{Mailbox: mailbox}, func(_ *recorder, e any) {
		message, ok := e.(event.Message)
		switch {
		case ok && message.ID == "list":
			if err := mailbox.Send("use[line=a]", []byte("1")); err != nil {
				early = err.Error()
			}
			mailbox.Send("list", []byte(`"go"`))
		case ok:
			if err := mailbox.Send("use", []byte("1")); err != nil {
				late = err.Error()
			}
			if err := mailbox.Send(message.ID, []byte(`"go"`)); err != nil {
				t.Error(err)
			}
		}
	})
	if want := `use has 1 instance; name one, such as use[line="go"]`; late != want {
		t.Errorf("got  %s\nwant %s", late, want)
	}
	if got, want := results(o.Report), "list succeeded, use[line=\"go\"] succeeded"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if want := "use has no instances yet: they come from what another job prints"; early != want {
		t.Errorf("got  %s\nwant %s", early, want)
	}
}

package runner

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// jobsOf makes a plan of jobs written as "name*instances: need need; after".
// A service has a name in capitals, and !name is interactive. name?lines has
// instances that only spreadOf knows, name?x none ever.
func jobsOf(lines ...string) *plan.Plan {
	p := &plan.Plan{Pools: map[string]int{"db": 1}}
	for _, line := range lines {
		head, rest, _ := strings.Cut(line, ":")
		name, count, many := strings.Cut(head, "*")
		needs, after, _ := strings.Cut(rest, ";")
		name, interactive := strings.CutPrefix(name, "!")
		j := &plan.Job{Name: name, Service: strings.ToUpper(name) == name, Interactive: interactive, Needs: strings.Fields(needs), After: strings.Fields(after)}
		if before, lines, vague := strings.Cut(name, "?"); vague {
			j.Name, j.Description, j.Each = before, lines, []*plan.Instance{{ID: before + "[?]"}}
			p.Jobs = append(p.Jobs, j)
			continue
		}
		n := 1
		if many {
			fmt.Sscan(count, &n)
		}
		j.Skip = map[bool]string{true: "it is left out"}[n == 0]
		for i := range n {
			id := name
			if many {
				id = fmt.Sprintf("%s[%d]", name, i)
			}
			j.Instances = append(j.Instances, &plan.Instance{ID: id})
		}
		p.Jobs = append(p.Jobs, j)
	}
	return p
}

// spreadOf finds the instances of a job that is written as name?lines. The
// first was done in an earlier run where lines is written with a + behind it.
func spreadOf(j *plan.Job) (todo []*plan.Instance, done int, err error) {
	lines, earlier := strings.CutSuffix(j.Description, "+")
	var n int
	if _, err := fmt.Sscan(lines, &n); err != nil {
		return nil, 0, errors.New("a line can't be used")
	}
	for i := range n {
		todo = append(todo, &plan.Instance{ID: fmt.Sprintf("%s[%d]", j.Name, i)})
	}
	if earlier {
		todo, done = todo[1:], 1
	}
	return todo, done, nil
}

// player plays a schedule: it starts all that it can, up to parallel, then
// ends the oldest that runs.
type player struct {
	*schedule
	parallel int
	fails    map[string]bool
	keep     bool
	log      []string
	running  []served
}

func (p *player) never(list []unstarted) {
	for _, u := range list {
		p.log = append(p.log, "-"+u.inst.ID)
	}
}

func (p *player) play() string {
	for {
		for len(p.running) < p.parallel {
			j, inst, ok := p.start(true)
			if !ok {
				break
			}
			p.log = append(p.log, "+"+inst.ID)
			p.running = append(p.running, served{j, inst})
		}
		if len(p.running) == 0 {
			return strings.Join(p.log, " ")
		}
		r := p.running[0]
		p.running = p.running[1:]
		status := report.Succeeded
		if p.fails[r.inst.ID] {
			status = report.Failed
			if !p.keep {
				p.never(p.stop("it failed"))
			}
		}
		p.log = append(p.log, "."+r.inst.ID)
		p.never(p.ended(r.job, r.inst, status))
	}
}

func TestSchedule(t *testing.T) {
	for _, tt := range []struct {
		name     string
		plan     *plan.Plan
		parallel int
		fails    string
		keep     bool
		want     string
	}{
		{"order of the file", jobsOf("a", "b", "c"), 1, "", false, "+a .a +b .b +c .c"},
		{"two at once", jobsOf("a", "b", "c"), 2, "", false, "+a +b .a +c .b .c"},
		{"needs", jobsOf("c: b", "b: a", "a"), 2, "", false, "+a .a +b .b +c .c"},
		{"diamond", jobsOf("a", "b: a", "c: a", "d: b c"), 2, "", false, "+a .a +b +c .b .c +d .d"},
		{"matrix is needed whole", jobsOf("m*3", "z: m"), 2, "", false, "+m[0] +m[1] .m[0] +m[2] .m[1] .m[2] +z .z"},
		{"failure stops new starts", jobsOf("a", "b", "c"), 1, "a", false, "+a -b -c .a"},
		{"failure keeps dependents from starting", jobsOf("a", "b: a", "c: b", "d"), 1, "a", true, "+a .a -b -c +d .d"},
		{"keep going within a matrix", jobsOf("m*2", "z: m", "y"), 1, "m[0]", true, "+m[0] .m[0] +m[1] .m[1] -z +y .y"},
		{"clean-up runs after a failure", jobsOf("a", "b: a", "clean: ; a"), 1, "a", false, "+a .a -b +clean .clean"},
		{"clean-up of what never began does not", jobsOf("a", "b: a", "clean: ; b"), 1, "a", false, "+a .a -b -clean"},
		{"clean-up of a half-run matrix runs", jobsOf("m*3", "clean: ; m"), 1, "m[0]", false, "+m[0] -m[1] -m[2] .m[0] +clean .clean"},
		{"after does not ask for success", jobsOf("a", "b: ; a"), 1, "a", true, "+a .a +b .b"},
		{"an empty job is done", jobsOf("s*0", "b: s"), 1, "", false, "+b .b"},
		{"lines become instances", jobsOf("a", "m?2: a", "z: m"), 2, "", false, "+a .a +m[0] +m[1] .m[0] .m[1] +z .z"},
		{"no lines are no instances", jobsOf("a", "m?0: a", "z: m"), 2, "", false, "+a .a -m +z .z"},
		{"lines that can't be used are a failure", jobsOf("a", "m?x: a", "z: m"), 2, "", true, "+a .a -m -z"},
		{"no lines without the job", jobsOf("a", "m?2: a", "z: m"), 2, "a", true, "+a .a -m -z"},
		{"one line was done earlier", jobsOf("a", "m?1+: a", "z: m"), 2, "", false, "+a .a +z .z"},
		{"some lines were done earlier", jobsOf("a", "m?2+: a", "z: m"), 2, "", false, "+a .a +m[1] .m[1] +z .z"},
		{"a failure comes before the lines", jobsOf("b", "a", "m?2: a"), 2, "b", false, "+b +a .b .a -m"},
		{"clean-up by lines", jobsOf("a", "b: a", "m?1: a; b"), 1, "b", false, "+a .a +b .b +m[0] .m[0]"},
	} {
		s, never := newSchedule(tt.plan, nil, spreadOf)
		p := &player{schedule: s, parallel: tt.parallel, keep: tt.keep, fails: map[string]bool{}}
		for _, id := range strings.Fields(tt.fails) {
			p.fails[id] = true
		}
		p.never(never)
		if got := p.play(); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestScheduleBounds(t *testing.T) {
	p := jobsOf("m*4", "x", "y")
	p.Jobs[0].MaxParallel = 2
	p.Jobs[1].Pool, p.Jobs[2].Pool = "db", "db"
	s, _ := newSchedule(p, nil, nil)
	var got []string
	for {
		_, inst, ok := s.start(true)
		if !ok {
			break
		}
		got = append(got, inst.ID)
	}
	if want := []string{"m[0]", "m[1]", "x"}; !slices.Equal(got, want) {
		t.Fatalf("at once %v, want %v", got, want)
	}
	s.ended(p.Jobs[1], p.Jobs[1].Instances[0], report.Succeeded)
	if _, inst, ok := s.start(true); !ok || inst.ID != "y" {
		t.Errorf("a free pool starts %v", inst)
	}
	s.ended(p.Jobs[0], p.Jobs[0].Instances[0], report.Succeeded)
	if _, inst, ok := s.start(true); !ok || inst.ID != "m[2]" {
		t.Errorf("a free place of the matrix starts %v", inst)
	}
}

func TestScheduleOneReaderOfStdin(t *testing.T) {
	p := jobsOf("a", "b")
	for _, j := range p.Jobs {
		j.Instances[0].Stdin.Kind = plan.InInherit
	}
	s, _ := newSchedule(p, nil, nil)
	s.start(true)
	if _, inst, ok := s.start(true); ok {
		t.Fatalf("%s reads stdin while a does", inst.ID)
	}
	s.ended(p.Jobs[0], p.Jobs[0].Instances[0], report.Succeeded)
	if _, _, ok := s.start(true); !ok {
		t.Error("b never gets stdin")
	}
}

// A schedule of many jobs must not look at all of them for each start.
func BenchmarkSchedule(b *testing.B) {
	lines := make([]string, 20_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("j%d", i)
		if i%3 == 2 {
			lines[i] += fmt.Sprintf(": j%d", i-1)
		}
	}
	plan := jobsOf(lines...)
	for b.Loop() {
		s, _ := newSchedule(plan, nil, nil)
		p := &player{schedule: s, parallel: 2}
		p.play()
	}
}

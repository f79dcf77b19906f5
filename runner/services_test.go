package runner

import (
	"fmt"
	"strings"
	"testing"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// servicePlayer plays a schedule with services: one that was started is ready
// when no more can be started, and runs until it is surplus. Where nothing but
// services runs, and none is surplus, the run is interrupted.
type servicePlayer struct {
	player
	starting, serving []served
}

type served struct {
	job  *plan.Job
	inst *plan.Instance
}

// step does what can be done next, and is false where that is nothing.
func (p *servicePlayer) step() bool {
	if j, inst, ok := p.start(len(p.running) < p.parallel); ok {
		p.log = append(p.log, "+"+inst.ID)
		if j.Service {
			p.starting = append(p.starting, served{j, inst})
		} else {
			p.running = append(p.running, served{j, inst})
		}
		return true
	}
	if len(p.starting) > 0 {
		s := p.starting[0]
		p.starting = p.starting[1:]
		if p.fails[s.inst.ID] {
			p.end(s, report.Failed)
			return true
		}
		p.log = append(p.log, "!"+s.inst.ID)
		p.serving = append(p.serving, s)
		p.never(p.announce(s.job, s.inst))
		return true
	}
	if list := p.surplus(); len(list) > 0 {
		for _, j := range list {
			var left []served
			for _, s := range p.serving {
				if s.job != j {
					left = append(left, s)
					continue
				}
				p.log = append(p.log, "~"+s.inst.ID)
				p.never(p.ended(s.job, s.inst, report.Succeeded))
			}
			p.serving = left
		}
		return true
	}
	if len(p.running) > 0 {
		r := p.running[0]
		p.running = p.running[1:]
		if p.fails[r.inst.ID] {
			p.end(r, report.Failed)
		} else {
			p.end(r, report.Succeeded)
		}
		return true
	}
	if len(p.serving) > 0 {
		p.log = append(p.log, "^C")
		p.never(p.stop("interrupted"))
		return true
	}
	list := p.stuck()
	p.never(list)
	return len(list) > 0
}

// end ends an instance as the coordinator would.
func (p *servicePlayer) end(s served, status report.Status) {
	if status == report.Failed && !p.keep {
		p.never(p.stop("it failed"))
	}
	p.log = append(p.log, "."+s.inst.ID)
	p.never(p.ended(s.job, s.inst, status))
}

func (p *servicePlayer) never(list []unstarted) {
	for _, u := range list {
		p.log = append(p.log, map[report.Status]string{report.NotStarted: "-", report.Skipped: "/"}[u.status]+u.inst.ID)
	}
}

func TestServiceSchedule(t *testing.T) {
	for _, tt := range []struct {
		name     string
		plan     *plan.Plan
		parallel int
		fails    string
		keep     bool
		done     string // in an earlier run
		want     string
	}{
		{"started before, stopped after", jobsOf("DB", "t: DB"), 1, "", false, "", "+DB !DB +t .t ~DB"},
		{"not before something could start", jobsOf("DB", "a", "t: a DB"), 1, "", false, "", "+a .a +DB !DB +t .t ~DB"},
		{"takes no slot", jobsOf("DB", "WEB", "t: DB WEB", "a"), 1, "", false, "", "+DB +WEB +a !DB !WEB .a +t .t ~DB ~WEB"},
		{"runs until nothing needs it", jobsOf("DB", "t: DB", "u: t", "v: u DB"), 2, "", false, "", "+DB !DB +t .t +u .u +v .v ~DB"},
		{"services of services end in reverse", jobsOf("DB", "WEB: DB", "t: WEB"), 1, "", false, "", "+DB !DB +WEB !WEB +t .t ~WEB ~DB"},
		{"a service waits for its own needs", jobsOf("DB: setup", "setup", "t: DB"), 1, "", false, "", "+setup .setup +DB !DB +t .t ~DB"},
		{"alone it runs until it is stopped", jobsOf("WEB"), 1, "", false, "", "+WEB !WEB ^C ~WEB"},
		{"beside others too", jobsOf("WEB", "a"), 1, "", false, "", "+WEB +a !WEB .a ^C ~WEB"},
		{"but not beyond a failure", jobsOf("WEB", "a"), 1, "a", false, "", "+WEB +a !WEB .a ~WEB"},
		{"unless the run goes on", jobsOf("WEB", "a", "b"), 1, "a", true, "", "+WEB +a !WEB .a +b .b ^C ~WEB"},
		{"alone with a service", jobsOf("DB", "WEB: DB"), 1, "", false, "", "+DB !DB +WEB !WEB ^C ~WEB ~DB"},
		{"what needs a broken one does not start", jobsOf("DB", "t: DB", "u: DB", "a"), 1, "DB", true, "", "+DB +a .DB -t -u .a"},
		{"a broken one stops the run", jobsOf("DB", "t: DB", "a", "b"), 1, "DB", false, "", "+DB +a -t -b .DB .a"},
		{"all instances must be ready", jobsOf("DB*2", "t: DB"), 1, "", false, "", "+DB[0] +DB[1] !DB[0] !DB[1] +t .t ~DB[0] ~DB[1]"},
		{"one broken instance ends the other", jobsOf("DB*2", "t: DB"), 1, "DB[1]", true, "", "+DB[0] +DB[1] !DB[0] .DB[1] -t ~DB[0]"},
		{"a failed need calls no service", jobsOf("DB", "a", "t: a DB"), 1, "a", true, "", "+a .a -t /DB"},
		{"nor does it when the run stops", jobsOf("DB", "a", "t: a DB"), 1, "a", false, "", "+a -DB .a -t"},
		{"a service whose need failed", jobsOf("a", "DB: a", "t: DB"), 1, "a", true, "", "+a .a -DB -t"},
		{"clean-up has it after a failure", jobsOf("DB", "t: DB", "c: DB; t"), 1, "t", false, "", "+DB !DB +t .t +c .c ~DB"},
		{"clean-up calls its own", jobsOf("DB", "t", "c: DB; t"), 1, "t", false, "", "+t .t +DB !DB +c .c ~DB"},
		{"but not that of others", jobsOf("DB", "t", "c: DB; t", "CACHE", "u: t CACHE"), 1, "t", false, "", "+t -CACHE .t -u +DB !DB +c .c ~DB"},
		{"after a service is after its end", jobsOf("DB", "t: DB", "c: ; DB"), 1, "", false, "", "+DB !DB +t .t ~DB +c .c"},
		{"after one that was not needed", jobsOf("DB", "a", "t: a DB", "c: ; DB"), 1, "a", true, "", "+a .a -t /DB +c .c"},
		{"a skipped job calls none", jobsOf("DB", "s*0: DB", "a"), 1, "", false, "", "/DB +a .a"},
		{"a skipped service is as good as ready", jobsOf("DB*0", "t: DB"), 1, "", false, "", "+t .t"},
		{"what is done calls none", jobsOf("DB", "t: DB", "u: t"), 1, "", false, "t", "/DB +u .u"},
		{"what is half done does", jobsOf("DB", "m*2: DB"), 1, "", false, "m[0]", "+DB !DB +m[1] .m[1] ~DB"},
		{"a service is never done", jobsOf("DB", "t: DB"), 1, "", false, "DB", "+DB !DB +t .t ~DB"},
		{"a circle of waiting is given up", jobsOf("DB", "x: DB c", "c: ; DB", "a"), 1, "", false, "", "+a .a -DB -c -x"},
		{"an interactive job is alone", jobsOf("a", "!i", "b"), 3, "", false, "", "+a .a +i .i +b .b"},
		{"but for services", jobsOf("DB", "!i: DB", "b"), 3, "", false, "", "+DB +b !DB .b +i .i ~DB"},
		{"interactive instances follow each other", jobsOf("!i*2", "b"), 3, "", false, "", "+i[0] .i[0] +i[1] .i[1] +b .b"},
		{"no lines call none", jobsOf("DB", "a", "m?0: a DB"), 1, "", false, "", "+a .a /m /DB"},
		{"nor do lines that were all done", jobsOf("DB", "a", "m?1+: a DB"), 1, "", false, "", "+a .a /DB"},
		{"lines do", jobsOf("DB", "a", "m?2: a DB", "n?0: a DB"), 1, "", false, "", "+a .a /n +DB !DB +m[0] .m[0] +m[1] .m[1] ~DB"},
	} {
		done := func(inst *plan.Instance) bool { return inst.ID == tt.done }
		s, never := newSchedule(tt.plan, done, spreadOf)
		p := &servicePlayer{player: player{schedule: s, parallel: tt.parallel, keep: tt.keep, fails: map[string]bool{}}}
		for _, id := range strings.Fields(tt.fails) {
			p.fails[id] = true
		}
		p.never(never)
		for p.step() {
		}
		if got := strings.Join(p.log, " "); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// A service that breaks while its users run keeps those from starting that
// have not.
func TestServiceBreaksLater(t *testing.T) {
	p := jobsOf("DB", "m*3: DB", "u: DB")
	s, _ := newSchedule(p, nil, nil)
	s.start(false)
	s.announce(p.Jobs[0], p.Jobs[0].Instances[0])
	s.announce(p.Jobs[0], p.Jobs[0].Instances[0]) // it was started again
	s.start(true)
	var got []string
	for _, u := range s.ended(p.Jobs[0], p.Jobs[0].Instances[0], report.Failed) {
		got = append(got, u.inst.ID+": "+u.reason)
	}
	const why = ": it needs DB, which did not succeed"
	if want := []string{"m[1]" + why, "m[2]" + why, "u" + why}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, inst, ok := s.start(true); ok {
		t.Errorf("%s is started", inst.ID)
	}
}

// What waits for two skipped jobs, one of which waits for the other, waits for
// the rest too.
func TestSkippedChain(t *testing.T) {
	s, never := newSchedule(jobsOf("a*0", "b*0: a", "x", "c: b x"), nil, nil)
	p := &player{schedule: s, parallel: 2}
	p.never(never)
	if got, want := p.play(), "+x .x +c .c"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// An instance that was kept from starting after all was not begun: what comes
// after it is no clean-up.
func TestUnstarted(t *testing.T) {
	p := jobsOf("a", "c: ; a")
	s, _ := newSchedule(p, nil, nil)
	s.start(true)
	s.stop("interrupted")
	never := s.ended(p.Jobs[0], p.Jobs[0].Instances[0], report.NotStarted)
	if len(never) != 1 || never[0].inst.ID != "c" {
		t.Errorf("never starts: %+v", never)
	}
}

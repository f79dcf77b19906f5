package plan

import (
	"encoding/json"
	"strings"
	"testing"
)

// comparePlan is a plan with something of most kinds.
func comparePlan() *Plan {
	return &Plan{
		File: "/job.yaml", SHA256: "aa", Dir: "/src", Params: []Param{{Name: "top", Values: []string{"3"}}},
		Jobs: []*Job{
			{Name: "list", Stop: Stop{Signal: "TERM"}, Instances: []*Instance{{ID: "list", Stages: []*Stage{
				{Name: "sort", Path: "/bin/sort", Argv: []Text{Known("sort"), Known("-r")}, Env: []EnvVar{
					{Name: "HOME", Value: Known("/h"), From: "caller"}, {Name: "KEY", Value: Known("secret"), From: "env_file"},
					{Name: "SSH_TTY", Value: Known("1"), From: "caller"}, {Name: "TERM", Value: Known("xterm"), From: "caller"}, {Name: "TMPDIR", Value: Known("/t"), From: "job"},
				}},
				{Name: "head", Path: "/bin/head", Argv: []Text{Known("head")}},
			}}}},
			{Name: "each", Needs: []string{"list"}, Instances: []*Instance{{ID: "each[n=1]"}, {ID: "each[n=2]"}}},
		},
	}
}

func TestDifferences(t *testing.T) {
	for _, c := range []struct {
		change func(p *Plan)
		want   string
	}{
		{func(p *Plan) {}, ""},
		{func(p *Plan) { p.SHA256 = "bb" }, ""},
		{func(p *Plan) {
			env := p.Jobs[0].Instances[0].Stages[0].Env
			env[2].Value, env[3].Value = Known("2"), Known("dumb")
		}, ""},
		{func(p *Plan) { // a TERM that is gone, and a session's variable that is new
			env := &p.Jobs[0].Instances[0].Stages[0].Env
			*env = append((*env)[:2:2], EnvVar{Name: "DISPLAY", Value: Known(":0"), From: "caller"}, (*env)[4])
		}, ""},
		{func(p *Plan) {
			env := p.Jobs[0].Instances[0].Stages[0].Env
			env[0].Value, env[1].Value, env[4].Value = Known("/other"), Known("new"), Known("/u")
		}, "list, stage sort: environment variable HOME has another value\nlist, stage sort: environment variable KEY has another value\n" +
			"list, stage sort: environment variable TMPDIR has another value"},
		{func(p *Plan) {
			env := &p.Jobs[0].Instances[0].Stages[0].Env
			*env = append(*env, EnvVar{Name: "NEW"})
			*env = (*env)[1:]
		}, "list, stage sort: environment variable HOME is gone\nlist, stage sort: environment variable NEW is new"},
		{func(p *Plan) { p.Jobs[0].Instances[0].Stages[0].Path = "/usr/bin/sort" }, `list, stage sort: path is "/usr/bin/sort" and was "/bin/sort"`},
		{func(p *Plan) { p.Jobs[0].Instances[0].Stages[0].Argv[1] = Known("-n") }, `list, stage sort: argv 2 is "-n" and was "-r"`},
		{func(p *Plan) {
			s := p.Jobs[0].Instances[0].Stages[1]
			s.Argv = append(s.Argv, Known("-1"))
		}, `list, stage head: argv 2 is new`},
		{func(p *Plan) { p.Jobs[0].Instances[0].Stages[0].Name = "head" }, "list, stage 1: name is \"head\" and was \"sort\""},
		{func(p *Plan) { p.Params[0].Values[0] = "10" }, `param top values 1 is "10" and was "3"`},
		{func(p *Plan) { p.Jobs[0].Stop.Signal = "INT" }, `job list: stop signal is "INT" and was "TERM"`},
		{func(p *Plan) { p.Jobs[1].Instances = p.Jobs[1].Instances[:1] }, "each[n=2] is gone"},
		{func(p *Plan) { p.Jobs[0].Name = "lists" }, "job list is gone\njob lists is new"},
		{func(p *Plan) { p.Dir = "/" + strings.Repeat("x", 100) }, `dir is "/` + strings.Repeat("x", 78) + `… and was "/src"`},
	} {
		p := comparePlan()
		c.change(p)
		if got := strings.Join(Differences(comparePlan(), p), "\n"); got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
		// One that was stored and read again is the same.
		var back Plan
		if err := json.Unmarshal(p.AppendJSON(nil), &back); err != nil {
			t.Fatal(err)
		}
		if got := Differences(p, &back); len(got) > 0 {
			t.Errorf("read again: %q", got)
		}
	}
}

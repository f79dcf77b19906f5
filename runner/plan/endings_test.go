package plan

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestEndings holds what the keys of endings, and defaults over them, come to.
func TestEndings(t *testing.T) {
	dir := folder(t, "!bin/a", "sub/x")
	p := build(t, dir, `version: 1
params: {port: {type: int, default: 8080}, host: {default: box}}
defaults: {timeout: 1m, idle_timeout: 20s, retry: {attempts: 2}, group: session, log: {max_size: 1KiB}}
jobs:
  usual: {run: a}
  deaf: {run: a, stdout: discard, stderr: discard, group: own, log: {keep: 2}}
  own: {run: a, timeout: 2m, idle_timeout: 3s, group: inherit, retry: {attempts: 1}, log: {max_size: 2KB, keep: 1}}
  chosen: {run: a, retry: {attempts: 2, delay: 0s, budget: 1m, on: {exit: [75, 1, 75], signal: [KILL], timeout: true, start: true}}}
  edit: {run: a, interactive: true, group: own, retry: {attempts: 1}}
  keeps: {pipe: [{run: a, stderr: discard}, a], interactive: true, group: own, stdin: inherit, stdout: {file: o}, retry: {attempts: 1}}
  server: {run: a, service: true, dir: sub, ready: {file: pid}, restart: {}, exclusive: lock}
  slow: {run: a, service: true, ready: {line: 'up\b', timeout: 2m}, restart: {when: always, delay: 20m}}
  daemon:
    matrix: {n: [1, 2]}
    run: a
    detach: true
    timeout: 1h
    ready: {port: "${params.host}:${params.port}"}
    restart: {delay: 2s, factor: 1.5, max_delay: 3s, max: 9, window: 5s}
    exclusive: {name: "${params.host}-${matrix.n}", on_conflict: fail}
`, Inputs{})
	var got []string
	for _, j := range p.Jobs {
		inst := j.Instances[len(j.Instances)-1]
		streams := []any{inst.Stdin.Kind, inst.Stdout.Kind, inst.Stages[0].Stderr.Kind, inst.Stages[len(inst.Stages)-1].Stderr.Kind, inst.Ready, inst.Exclusive}
		text, err := json.Marshal(streams)
		if err != nil {
			t.Fatal(err)
		}
		j.Instances, j.Stop = nil, Stop{}
		job, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		line := strings.NewReplacer(`,"stop":{"signal":"","grace":"0s"}`, "", `,"instances":null`, "", `"`, "", dir, "DIR").Replace(string(job) + " " + string(text))
		got = append(got, line)
	}
	want(t, got, []string{
		`{name:usual,timeout:1m0s,idle_timeout:20s,group:session,retry:{attempts:2,delays:[1s]},log:{max_size:1024,keep:5}} [none,log,log,log,null,null]`,
		`{name:deaf,timeout:1m0s,retry:{attempts:2,delays:[1s]},log:{max_size:1024,keep:2}} [none,discard,discard,discard,null,null]`,
		`{name:own,timeout:2m0s,idle_timeout:3s,group:inherit,log:{max_size:2000,keep:1}} [none,log,log,log,null,null]`,
		`{name:chosen,timeout:1m0s,idle_timeout:20s,group:session,retry:{attempts:2,delays:[0s],budget:1m0s,on:{exit:[1,75],signal:[KILL],timeout:true,start:true}},log:{max_size:1024,keep:5}} [none,log,log,log,null,null]`,
		`{name:edit,interactive:true,log:{max_size:1024,keep:5}} [inherit,inherit,inherit,inherit,null,null]`,
		`{name:keeps,interactive:true,log:{max_size:1024,keep:5}} [inherit,file,discard,inherit,null,null]`,
		`{name:server,group:session,service:true,restart:{always:false,delay:1s,factor:2,max_delay:1m0s,max:5,window:10m0s},log:{max_size:1024,keep:5}} [none,log,log,log,{file:DIR/sub/pid,timeout:1m0s},{name:lock}]`,
		`{name:slow,group:session,service:true,restart:{always:true,delay:20m0s,factor:2,max_delay:20m0s,max:5,window:20m0s},log:{max_size:1024,keep:5}} [none,log,log,log,{line:up\\b,timeout:2m0s},null]`,
		`{name:daemon,timeout:1h0m0s,group:session,detach:true,restart:{always:false,delay:2s,factor:1.5,max_delay:3s,max:9,window:5s},log:{max_size:1024,keep:5}} [none,log,log,log,{port:box:8080,timeout:1m0s},{name:box-2,fail:true}]`,
	})
	plain := build(t, dir, "version: 1\njobs: {a: {run: a}}\n", Inputs{}).Jobs[0]
	if plain.Log != (Log{MaxSize: 10 << 20, Keep: 5}) || plain.Group != "" || plain.IdleTimeout != 0 || plain.Restart != nil || plain.Instances[0].Ready != nil || plain.Instances[0].Exclusive != nil {
		t.Errorf("%+v", plain)
	}
}

// TestEndingsOfParams holds that what a param puts in is checked when the plan
// is made.
func TestEndingsOfParams(t *testing.T) {
	dir := folder(t, "!bin/a")
	text := `version: 1
params: {port: {default: '80'}, lock: {default: x}}
jobs: {a: {run: a, service: true, ready: {port: "${params.port}"}, exclusive: "l-${params.lock}"}}
`
	_, problems := try(t, dir, text, Inputs{Params: map[string]Given{"port": given("http"), "lock": given("a.b")}})
	want(t, problems, []string{
		`3:49+16 SL018: port is "http"; expected a number from 1 to 65535, or host:port`,
		`3:79+18 SL019: "l-a.b" can't name a lock`,
	})
	if p := build(t, dir, text, Inputs{}); p.Jobs[0].Instances[0].Ready.Port != "127.0.0.1:80" || p.Jobs[0].Instances[0].Exclusive.Name != "l-x" {
		t.Errorf("%+v", p.Jobs[0].Instances[0])
	}
}

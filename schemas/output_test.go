package schemas

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// everyPlan uses every field of a plan, and every form of a Text.
func everyPlan() *plan.Plan {
	stdout := plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownJobStdout, Job: "list[n=1]", NoDash: true}}
	stage := &plan.Stage{
		Name: "sort",
		Argv: []plan.Text{
			plan.Known("sort"), plan.Known(""), plan.Known("\xff"), plan.TextOf(stdout),
			plan.TextOf(plan.Part{Text: "a"}, stdout, plan.Part{Text: "\xff"}, plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownRunID}}, plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownAttempt}}, plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownJobOutput, Job: "list", Name: "k"}}),
		},
		Path: "/usr/bin/sort", Later: true, Dir: "/src", Channel: &plan.Channel{Max: 1 << 20, To: &plan.Addressee{Job: "b", Stage: 1}},
		Env:    []plan.EnvVar{{Name: "A", Value: plan.Known("b"), From: "caller"}, {Name: "B", Value: plan.TextOf(stdout), From: "stage"}, {Name: "C", From: "channel"}},
		Stderr: plan.Output{Kind: plan.OutJob}, OK: []int{0, 255},
	}
	instance := func(in plan.Input, out plan.Output, ready *plan.Ready) *plan.Instance {
		return &plan.Instance{
			ID: "a[go=1.26]", Matrix: []plan.Axis{{Name: "go", Value: "1.26"}, {Name: "os"}}, Stages: []*plan.Stage{stage}, Stdin: in, Stdout: out, Umask: "022", Reads: []plan.Text{plan.Known("/a"), plan.Known("/\xff")},
			Ready: ready, Exclusive: &plan.Exclusive{Name: "lock", Fail: ready != nil},
		}
	}
	minute := plan.Duration(time.Minute)
	graph := instance(plan.Input{Kind: plan.InNone}, plan.Output{Kind: plan.OutLog}, nil)
	reader := *stage
	reader.Stdin, reader.Inputs = &plan.Input{Kind: plan.InStage, Stage: 1}, []int{0, 1}
	reader.Shard = &plan.Shard{Workers: 2, By: "lines", Block: 1 << 20, Merge: "any"}
	reader.Stdout = &plan.Output{Kind: plan.OutDiscard}
	graph.Ends = &plan.Ends{First: 1, Last: 2}
	graph.Stages = append(graph.Stages, &plan.Stage{
		Name: "tee", Argv: []plan.Text{}, Dir: "/src", Env: []plan.EnvVar{}, Stderr: plan.Output{Kind: plan.OutDiscard}, OK: []int{},
		Tee: &plan.Tee{Files: []plan.Output{{Kind: plan.OutFile, Path: "/copy", Mode: plan.ModeAtomic}}, Spill: 1 << 30, Fail: true},
	}, &reader)
	return &plan.Plan{
		Version: plan.Version, File: "-", SHA256: strings.Repeat("0a", 32), Dir: "/src",
		Params:      []plan.Param{{Name: "p", Values: []string{"", "x"}, List: true}, {Name: "q", Values: []string{}}},
		MaxParallel: 4, MaxInstances: 7, Pools: map[string]int{"db": 1},
		Jobs: []*plan.Job{
			{Name: "skipped", Skip: "os is linux", Stop: plan.Stop{Signal: "TERM"}, Log: plan.Log{MaxSize: 1, Keep: 1}, Instances: []*plan.Instance{}},
			{
				Name: "a", Description: "d", Needs: []string{"b"}, After: []string{"c"}, MaxParallel: 2, Pool: "db", Timeout: plan.Duration(90 * time.Second),
				IdleTimeout: minute, Group: plan.GroupSession, Interactive: true, Detach: true, Service: true, Log: plan.Log{MaxSize: 1 << 20, Keep: 3},
				Stop: plan.Stop{Signal: "RTMIN+1", Grace: plan.Duration(1500 * time.Microsecond), Message: `{"cmd":["stop",1]}`},
				Retry: &plan.Retry{
					Attempts: 3, Delays: []plan.Duration{0, plan.Duration(time.Hour + time.Nanosecond)}, Jitter: 0.5,
					Budget: minute, On: &plan.RetryOn{Exit: []int{75}, Signal: []string{"USR1"}, Timeout: true, Start: true},
				},
				Restart: &plan.Restart{Always: true, Delay: minute, Factor: 1.5, MaxDelay: minute, Max: 5, Window: minute},
				Instances: []*plan.Instance{
					instance(plan.Input{Kind: plan.InFile, Path: "/in", Later: true}, plan.Output{Kind: plan.OutFile, Path: "/out", Mode: plan.ModeAppend, Shared: true}, &plan.Ready{Line: "up$", Timeout: minute}),
					instance(plan.Input{Kind: plan.InText, Text: plan.TextOf(stdout)}, plan.Output{Kind: plan.OutCapture, Max: 1 << 20, Trim: true}, &plan.Ready{Port: "[::1]:80", Timeout: minute}),
					instance(plan.Input{Kind: plan.InText}, plan.Output{Kind: plan.OutStdout}, &plan.Ready{File: "/run/x", Timeout: minute}),
					instance(plan.Input{Kind: plan.InJob, Job: "list"}, plan.Output{Kind: plan.OutDiscard}, nil),
					instance(plan.Input{Kind: plan.InNone}, plan.Output{Kind: plan.OutInherit}, nil),
					instance(plan.Input{Kind: plan.InInherit}, plan.Output{Kind: plan.OutLog}, nil),
					graph,
					instance(plan.Input{Kind: plan.InNone}, plan.Output{Kind: plan.OutLog}, &plan.Ready{Message: true, Timeout: minute}),
				},
				Only: []string{"a[go=1]"},
				Each: []*plan.Instance{{
					ID: "a[go=‹b›]", Matrix: []plan.Axis{{Name: "go", Job: "b"}}, Stages: []*plan.Stage{stage},
					Stdin:  plan.Input{Kind: plan.InText, Text: plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownMatrix, Name: "go"}})},
					Stdout: plan.Output{Kind: plan.OutFile, Mode: plan.ModeAppend, Shared: true, Named: &plan.Named{Dir: "/src", Name: plan.TextOf(plan.Part{Text: "out/"}, plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownMatrix, Name: "go"}})}},
				}, {
					ID: "a[go=‹b›]", Matrix: []plan.Axis{{Name: "go", Job: "b"}}, Stages: []*plan.Stage{stage},
					Stdin:  plan.Input{Kind: plan.InFile, Later: true, Named: &plan.Named{Dir: "/src", Name: plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownMatrix, Name: "go"}})}},
					Stdout: plan.Output{Kind: plan.OutLog},
				}},
			},
		},
	}
}

// everyEvent has an event of each type with every field set, and the results
// of jobs that did not start.
func everyEvent() []event.Event {
	at := time.Date(2026, 11, 23, 16, 5, 4, 120_000_000, time.UTC)
	stage := &report.Stage{
		Name: "sort", Argv: []string{"sort", "-k", "a b"}, PID: 7, Status: report.StageClosedEarly, Code: -1, Signal: "PIPE", Core: true,
		Ending: "signal 13 PIPE", Error: "x", Start: at, Took: 1, User: 2, System: 3, MaxRSS: 4, Stderr: "a\nb\n",
	}
	missing := &report.Stage{Name: "x", Argv: []string{"x"}, Status: report.StageNotStarted, Code: 127, Ending: "not started"}
	attempt := &report.Attempt{
		Number: 2, Status: report.TimedOut, Cause: "the timeout of 3s", CauseBy: -1, Start: at, Took: 5, Close: 6, Stages: []*report.Stage{stage, missing}, Warnings: []string{"w"},
		Survivors: []report.Survivor{{PID: 10, Name: "nfsd", State: "D", Why: "w"}},
	}
	job := &report.Job{ID: "a[x=1]", Name: "a", Status: report.Failed, Stopped: true, Reason: "r", RunID: "r2", Outputs: []report.Output{{Path: "/o", Size: 7, Mtime: at}}, Values: map[string]json.RawMessage{"k": json.RawMessage(`[1]`)}, Start: at, Took: 6, Earlier: 8, Attempts: []*report.Attempt{attempt}}
	return []event.Event{
		event.RunStarted{RunID: "r1", File: "/x.yaml", Instances: 3},
		event.Spread{ID: "a", Instances: 2},
		event.JobStarted{ID: "a[x=1]"},
		event.AttemptStarted{ID: "a[x=1]", Attempt: 2},
		event.StageStarted{ID: "a", Attempt: 1, Stage: 1, Name: "n", Argv: []string{"n", "<&>"}, Path: "/bin/n", PID: 8, PGID: 9},
		event.Output{ID: "a", Attempt: 1, Stage: 1, Stream: event.Stderr, Data: []byte("\x00\xffé\n")},
		event.OutputEnded{ID: "a", Attempt: 1, Stage: 1, Stream: event.Stdout},
		event.StageExited{ID: "a", Attempt: 1, Stage: 1, At: at},
		event.Ready{ID: "a", Attempt: 1},
		event.Detached{ID: "a", RunID: "r2"},
		event.Waiting{ID: "a", Reason: "exclusive deploy is held by run r0"},
		event.Message{ID: "a", Attempt: 1, Stage: 1, Name: "n", Value: json.RawMessage(`{"a":[1,null]}`)},
		event.MessageFault{ID: "a", Attempt: 1, Stage: 1, Fault: "line 2 is empty"},
		event.Progress{ID: "a", Attempt: 1, Stage: 1, Progress: 0.25},
		event.Value{ID: "a", Attempt: 1, Stage: 1, Name: "k", Value: json.RawMessage(`null`)},
		event.StageEnded{ID: "a", Attempt: 1, Stage: 1, Result: stage},
		event.Stopping{ID: "a", Attempt: 1, Reason: "the timeout of 3s", Signal: "TERM", Grace: time.Second, Told: true, Message: true},
		event.AttemptEnded{ID: "a", Result: attempt},
		event.RetryScheduled{ID: "a", Attempt: 2, Of: 3, Delay: time.Second},
		event.RestartScheduled{ID: "a", Attempt: 2, Delay: time.Second},
		event.JobEnded{ID: "a", Result: job},
		event.JobEnded{ID: "b", Result: &report.Job{ID: "b", Name: "b", Status: report.Skipped}},
		event.RunStopping{Reason: "interrupted", Kill: true},
		event.RunStopping{Reason: "interrupted again", Kill: true, Now: true},
		event.RunEnded{Status: report.NotStarted, Took: 9},
	}
}

// check holds that the schema takes text, and refuses it with one more key
// anywhere and with any key changed to null.
func check(t *testing.T, schema *jsonschema.Schema, text []byte) {
	t.Helper()
	parse := func() any {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := parse()
	if err := schema.Validate(v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	anything := map[string]bool{"/jobs/stop/message": true, "/value": true, "/result/values": true} // JSON of the author's or of a process
	var visit func(node any, path string)
	visit = func(node any, path string) {
		switch node := node.(type) {
		case map[string]any:
			free := strings.HasSuffix(path, "/pools") || strings.HasSuffix(path, "/values") // its keys are names
			for key, value := range node {
				if anything[path+"/"+key] {
					continue
				}
				node[key] = nil
				if schema.Validate(v) == nil {
					t.Errorf("null is taken for %s/%s", path, key)
				}
				node[key] = value
				visit(value, path+"/"+key)
			}
			if node["surplus"] = json.Number("1"); !free && schema.Validate(v) == nil {
				t.Errorf("one more key is taken in %s", path)
			}
			delete(node, "surplus")
		case []any:
			for _, value := range node {
				visit(value, path)
			}
		}
	}
	visit(v, "")
}

func TestPlan(t *testing.T) {
	p := everyPlan()
	set := map[string]bool{}
	fieldsSet(reflect.ValueOf(p), set)
	for _, zero := range []any{plan.Plan{}, plan.Param{}, plan.Job{}, plan.Stop{}, plan.Retry{}, plan.RetryOn{}, plan.Restart{}, plan.Ready{}, plan.Exclusive{}, plan.Log{}, plan.Instance{}, plan.Axis{}, plan.Stage{}, plan.Channel{}, plan.Addressee{}, plan.EnvVar{}, plan.Input{}, plan.Output{}, plan.Ends{}, plan.Tee{}, plan.Shard{}} {
		typ := reflect.TypeOf(zero)
		for i := range typ.NumField() {
			if name := typ.Name() + "." + typ.Field(i).Name; !set[name] {
				t.Errorf("the plan of this test does not set %s", name)
			}
		}
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	check(t, compile(t, Plan), text)
}

// fieldsSet notes every field of a struct in v that is not zero.
func fieldsSet(v reflect.Value, set map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fieldsSet(v.Elem(), set)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fieldsSet(v.Index(i), set)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				set[v.Type().Name()+"."+v.Type().Field(i).Name] = true
			}
			fieldsSet(v.Field(i), set)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	schema := compile(t, Plan)
	for name, change := range map[string]func(*plan.Plan){
		"another version":         func(p *plan.Plan) { p.Version = 2 },
		"a relative directory":    func(p *plan.Plan) { p.Dir = "src" },
		"no hash":                 func(p *plan.Plan) { p.SHA256 = "" },
		"a stream without a path": func(p *plan.Plan) { p.Jobs[1].Instances[0].Stdout.Path = "" },
		"a log with a path":       func(p *plan.Plan) { p.Jobs[1].Instances[5].Stdout.Path = "/x" },
		"an unknown kind":         func(p *plan.Plan) { p.Jobs[1].Instances[5].Stdin.Kind = "fifo" },
		"no stages":               func(p *plan.Plan) { p.Jobs[1].Instances[0].Stages = nil },
		"no argv":                 func(p *plan.Plan) { p.Jobs[1].Instances[0].Stages[0].Argv = nil },
		"an exit code of 256":     func(p *plan.Plan) { p.Jobs[1].Instances[0].Stages[0].OK[1] = 256 },
		"an unknown group":        func(p *plan.Plan) { p.Jobs[1].Group = "new" },
		"ready in two ways":       func(p *plan.Plan) { p.Jobs[1].Instances[0].Ready.Port = "h:1" },
		"no bound of a log":       func(p *plan.Plan) { p.Jobs[1].Log.Keep = 0 },
		"a retry of nothing":      func(p *plan.Plan) { p.Jobs[1].Retry.On = &plan.RetryOn{} },
		"a tee with a program":    func(p *plan.Plan) { p.Jobs[1].Instances[6].Stages[1].Path = "/bin/tee" },
		"an unknown source":       func(p *plan.Plan) { p.Jobs[1].Instances[0].Stages[0].Env[0].From = "shell" },
	} {
		p := everyPlan()
		change(p)
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestEvents(t *testing.T) {
	schema := compile(t, Event)
	types := map[reflect.Type]bool{}
	for _, e := range everyEvent() {
		types[reflect.TypeOf(e)] = true
		check(t, schema, event.Append(nil, e, time.Now()))
	}
	var doc struct {
		AllOf []any `json:"allOf"`
	}
	if err := json.Unmarshal(Event, &doc); err != nil || len(doc.AllOf) != len(types) {
		t.Errorf("the schema has %d types of events, this test %d (%v)", len(doc.AllOf), len(types), err)
	}
}

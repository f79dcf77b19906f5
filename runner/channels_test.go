package runner

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// talk STEP… does its steps by its channel: +TEXT sends a line; ? reads one
// and prints it, or "end"; - closes the channel; N*TEXT sends a line N times;
// big*NAME an output of 900 KiB, deep*N one of so many lists; deaf ignores
// TERM; die kills itself by TERM; exit*N ends it; hang stays.
func playTalk(steps []string) int {
	fd, err := strconv.Atoi(os.Getenv("NODE_CHANNEL_FD"))
	if err != nil || os.Getenv("NODE_CHANNEL_SERIALIZATION_MODE") != "json" {
		fmt.Fprintln(os.Stderr, "there is no channel")
		return 7
	}
	channel := os.NewFile(uintptr(fd), "channel")
	lines := bufio.NewReader(channel)
	for _, step := range steps {
		count, text, many := strings.Cut(step, "*")
		n, _ := strconv.Atoi(count)
		switch {
		case step == "?":
			line, err := lines.ReadString('\n')
			if err != nil {
				line = "end\n"
			}
			fmt.Print(line)
		case count == "big":
			fmt.Fprintf(channel, `{"sluice":{"output":{%q:%q}}}`+"\n", text, strings.Repeat("x", 900<<10))
		case count == "deep":
			deep, _ := strconv.Atoi(text)
			fmt.Fprintf(channel, `{"sluice":{"output":{"k":%s1%s}}}`+"\n", strings.Repeat("[", deep), strings.Repeat("]", deep))
		case step == "-":
			channel.Close()
		case step == "deaf":
			signal.Ignore(syscall.SIGTERM)
		case step == "die":
			syscall.Kill(os.Getpid(), syscall.SIGTERM)
			wait()
		case count == "exit":
			code, _ := strconv.Atoi(text)
			return code
		case step == "hang":
			return playHang(nil)
		case many:
			channel.WriteString(strings.Repeat(text+"\n", n))
		default:
			channel.WriteString(step[1:] + "\n")
		}
	}
	return 0
}

// talk is a stage that the test binary plays, with a channel whose messages go
// to who.
func talk(t *testing.T, who *plan.Addressee, steps ...string) *plan.Stage {
	t.Helper()
	s := self(t, "talk", steps...)
	s.Channel = &plan.Channel{Max: 1 << 20, To: who}
	s.Env = append(s.Env, plan.EnvVar{Name: "NODE_CHANNEL_FD", Value: plan.Known(strconv.Itoa(s.ChannelFD()))},
		plan.EnvVar{Name: "NODE_CHANNEL_SERIALIZATION_MODE", Value: plan.Known("json")})
	return s
}

// said is what came by channels, in order.
func said(o outcome) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []string
	for _, e := range o.events {
		switch e := e.(type) {
		case event.Message:
			list = append(list, fmt.Sprintf("%s/%s says %s", e.ID, e.Name, e.Value))
		case event.Progress:
			list = append(list, fmt.Sprintf("%s has done %g", e.ID, e.Progress))
		case event.Value:
			list = append(list, fmt.Sprintf("%s gives %s=%s", e.ID, e.Name, e.Value))
		case event.MessageFault:
			list = append(list, fmt.Sprintf("%s: %s", e.ID, e.Fault))
		}
	}
	return strings.Join(list, "\n")
}

func outputOf(job, name string) plan.Text {
	return plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownJobOutput, Job: job, Name: name}})
}

func TestMessages(t *testing.T) {
	first := job("first", talk(t, nil, `+{"a": [1, "é"]}`, `+{"sluice":{"progress":0.5}}`, `+{"sluice":{"output":{"k":"old","n":[1, 2]}}}`, `+{"sluice":{"output":{"k":"a\nb"}}}`, "+", "+{", "+null"))
	second := job("second", self(t, "say"))
	second.Needs = []string{"first"}
	s := second.Instances[0].Stages[0]
	s.Argv = append(s.Argv, outputOf("first", "k"), outputOf("first", "n"))
	o := execute(t, planOf(first, second), Options{})
	if o.Status != report.Succeeded {
		t.Fatalf("%s: %s", o.Status, o.Jobs[0].Why())
	}
	want := `first/talk says {"a": [1, "é"]}
first has done 0.5
first gives k="old"
first gives n=[1, 2]
first gives k="a\nb"
first: line 5 of the channel is empty; a message is one JSON value and a newline
first: line 6 of the channel is not JSON: behind byte 1 of "{", a key in double quotes is expected; a message is one JSON value in one line
first/talk says null`
	if got := said(o); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := o.logged("second", 0, event.Stdout); got != "a\nb\n[1,2]\n" {
		t.Errorf("the reader was given %q", got)
	}
	values := o.Jobs[0].Values
	if len(values) != 2 || string(values["k"]) != `"a\nb"` || string(values["n"]) != "[1, 2]" || o.Jobs[1].Values != nil {
		t.Errorf("%s", values)
	}
	if w := o.Jobs[0].Last().Warnings; len(w) != 2 || !strings.HasPrefix(w[0], "talk: line 5 of the channel is empty") {
		t.Errorf("%q", w)
	}
}

// An output that nobody sent, one that begins with a dash, and outputs of an
// attempt that failed.
func TestOutputsThatAreNone(t *testing.T) {
	for name, tt := range map[string]struct {
		steps []string
		want  string
	}{
		"not sent":       {[]string{`+{"sluice":{"output":{"other":1}}}`}, `could not start: job first sent no output "k", so ‹jobs.first.outputs.k› has no value; it sends one with {"sluice": {"output": {"k": …}}}`},
		"nothing sent":   {nil, `could not start: job first sent no output "k", so ‹jobs.first.outputs.k› has no value; it sends one with {"sluice": {"output": {"k": …}}}`},
		"like an option": {[]string{`+{"sluice":{"output":{"k":"-x"}}}`}, "could not start: ‹jobs.first.outputs.k› begins with a dash and could be read as an option; put a -- before it"},
	} {
		t.Run(name, func(t *testing.T) {
			first, second := job("first", talk(t, nil, tt.steps...)), job("second", self(t, "say"))
			second.Needs = []string{"first"}
			u := plan.Unknown{Kind: plan.UnknownJobOutput, Job: "first", Name: "k", NoDash: true}
			s := second.Instances[0].Stages[0]
			s.Argv = append(s.Argv, plan.TextOf(plan.Part{Unknown: &u}))
			o := execute(t, planOf(first, second), Options{})
			if got := o.Jobs[1].Last().Cause; got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	flaky := job("flaky", talk(t, nil, `+{"sluice":{"output":{"k":1}}}`), self(t, "exit", "3"))
	if o := execute(t, planOf(flaky), Options{}); o.Jobs[0].Values != nil || o.Jobs[0].Status != report.Failed {
		t.Errorf("a job that failed gives %s", o.Jobs[0].Values)
	}
}

// What an earlier run was sent is there for those that run again.
func TestPriorOutputs(t *testing.T) {
	first, second := job("first", talk(t, nil)), job("second", self(t, "say"))
	second.Needs = []string{"first"}
	second.Instances[0].Stages[0].Argv = append(second.Instances[0].Stages[0].Argv, outputOf("first", "k"))
	o := execute(t, planOf(first, second), Options{Prior: map[string]Prior{
		"first": {RunID: "r", Result: &report.Job{ID: "first", Status: report.Succeeded, Values: map[string]json.RawMessage{"k": json.RawMessage(`"kept"`)}}},
	}})
	if got := o.logged("second", 0, event.Stdout); got != "kept\n" || string(o.Jobs[0].Values["k"]) != `"kept"` {
		t.Errorf("the reader was given %q, and the report %s", got, o.Jobs[0].Values)
	}
}

// An output that is nested as deep as can be does not keep the report from
// being read.
func TestDeepOutput(t *testing.T) {
	for deep, want := range map[int]int{9_987: 2*9_987 + 1, 9_988: 0, 9_997: 0} {
		o := execute(t, planOf(job("j", talk(t, nil, fmt.Sprintf("deep*%d", deep)))), Options{})
		var back report.Report
		if err := json.Unmarshal(o.AppendJSON(nil), &back); err != nil || len(back.Jobs[0].Values["k"]) != want {
			t.Errorf("%d: %v, %d bytes", deep, err, len(back.Jobs[0].Values["k"]))
		}
	}
}

func TestTooManyOutputs(t *testing.T) {
	fits := job("fits", talk(t, nil, "big*k", "big*k", "big*k"))
	for _, stays := range []string{"hang", "-"} {
		over := job("over", talk(t, nil, "big*k", "big*l", stays))
		o := execute(t, planOf(fits, over), Options{})
		if got, want := results(o.Report), "fits succeeded, over failed"; got != want {
			t.Errorf("%s", got)
		}
		if got, want := o.Jobs[1].Why(), `its outputs have more than 1MiB in all, with "l" of talk, which has 921602 bytes`; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	o := execute(t, planOf(job("j", talk(t, nil, "250*{"))), Options{})
	a := o.wants(t, "succeeded; succeeded")
	faults := find[event.MessageFault](o.recorder)
	if len(faults) != mostFaults+1 || faults[mostFaults].Fault != "and 150 more" {
		t.Errorf("%d faults, the last is %+v", len(faults), faults[len(faults)-1])
	}
	if len(a.Warnings) != mostWarnings+1 || a.Warnings[mostWarnings] != "talk: and 245 more like these; the events of the run tell of 100" {
		t.Errorf("%q", a.Warnings)
	}
}

// Messages go to another stage, and to another job while it runs.
func TestMessagesArePassedOn(t *testing.T) {
	j := job("j", talk(t, &plan.Addressee{Stage: 1}, `+{"n": 1}`, "+[2]"), talk(t, &plan.Addressee{Job: "db"}, "?", "?", `+"done"`, "?"))
	j.Needs = []string{"db"}
	db := serviceJob(t, "db", talk(t, &plan.Addressee{Job: "j", Stage: 1}, `+{"sluice":{"ready":true}}`, "?", "+4", "hang"))
	db.Instances[0].Ready = &plan.Ready{Message: true, Timeout: plan.Duration(time.Minute)}
	late := job("late", talk(t, &plan.Addressee{Job: "db"}, "+5"))
	late.After = []string{"db"}
	o := execute(t, planOf(db, j, late), Options{})
	if got := o.logged("j", 1, event.Stdout); got != "{\"n\":1}\n[2]\n4\n" {
		t.Errorf("the stage was given %q", got)
	}
	if got := o.logged("db", 0, event.Stdout); got != "\"done\"\n" {
		t.Errorf("the service was given %q", got)
	}
	if !strings.HasSuffix(said(o), "late/talk says 5\nlate: a message was not passed on: db does not run") || o.Status != report.Succeeded {
		t.Errorf("%s\n%s", said(o), o.Jobs[0].Why())
	}
	if got := o.Jobs[2].Last().Warnings; !slices.Equal(got, []string{"talk: a message was not passed on: db does not run"}) {
		t.Errorf("%q", got)
	}
}

// Who does not read what is passed on is told by name.
func TestMessagesFillUp(t *testing.T) {
	deaf := talk(t, nil, "hang")
	deaf.Name = "deaf"
	j := job("j", talk(t, &plan.Addressee{Stage: 1}, "300*"+strconv.Quote(strings.Repeat("x", 100<<10)), "hang"), deaf)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	o := executeContext(t, ctx, planOf(j), Options{}, func(_ *recorder, e any) {
		if _, ok := e.(event.MessageFault); ok {
			cancel(errInterrupted)
		}
	})
	if got, want := find[event.MessageFault](o.recorder)[0].Fault, "a message was not passed on: j/deaf does not read its channel: too many messages wait there"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// An argument and a variable that are too long only in the run are named.
func TestTooLongForAStart(t *testing.T) {
	long := self(t, "say", strings.Repeat("x", 70_000), strings.Repeat("x", 70_000))
	for name, add := range map[string]func(*plan.Stage, plan.Text){
		"argument 2":               func(s *plan.Stage, v plan.Text) { s.Argv = append(s.Argv, plan.Known("a"), v) },
		"environment variable BIG": func(s *plan.Stage, v plan.Text) { s.Env = append(s.Env, plan.EnvVar{Name: "BIG", Value: v}) },
	} {
		first, second := job("first", long), job("second", self(t, "say"))
		first.Instances[0].Stdout = capture(1 << 20)
		second.Needs = []string{"first"}
		add(second.Instances[0].Stages[0], plan.TextOf(plan.Part{Unknown: &plan.Unknown{Kind: plan.UnknownJobStdout, Job: "first"}}))
		o := execute(t, planOf(first, second), Options{})
		if got := o.Jobs[1].Why(); !strings.HasPrefix(got, "could not start: "+name+" has 140") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A message to a process that does not take it any more is told of.
func TestMessageToClosedChannel(t *testing.T) {
	var once bool
	mailbox := &Mailbox{}
	errs := make(chan error, 1)
	j := job("j", talk(t, nil, "+1", "-", "hang"))
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	executeContext(t, ctx, planOf(j), Options{Mailbox: mailbox}, func(_ *recorder, e any) {
		if _, ok := e.(event.Output); ok && !once {
			once = true
			go func() {
				var err error
				for err == nil { // until sluice has read the end of the channel
					err = mailbox.Send("j", []byte("2"))
				}
				errs <- err
				cancel(errInterrupted)
			}()
		}
	})
	if err := <-errs; !strings.HasPrefix(err.Error(), "the channel is closed") {
		t.Error(err)
	}
}

func TestReadyMessage(t *testing.T) {
	db := serviceJob(t, "db", talk(t, nil, "+1", `+{"sluice":{"ready":true}}`, "hang"))
	db.Instances[0].Ready = &plan.Ready{Message: true, Timeout: plan.Duration(time.Minute)}
	o := execute(t, planOf(db, client(t, "a", "db")), Options{})
	if got, want := story(o.recorder), "+db !db +a .a ~db .db"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	mute := serviceJob(t, "db", talk(t, nil, "+1", "hang"))
	mute.Instances[0].Ready = &plan.Ready{Message: true, Timeout: plan.Duration(20 * time.Millisecond)}
	o = execute(t, planOf(mute, client(t, "a", "db")), Options{})
	if got := o.Jobs[0].Why(); got != "not ready within 20ms" {
		t.Errorf("%s", got)
	}
}

func TestStopMessage(t *testing.T) {
	const grace = 20 * time.Millisecond
	for name, tt := range map[string]struct {
		steps  []string
		signal string
		want   string // how the ending begins
	}{
		"heard":              {[]string{"+1", "?"}, "TERM", "exit code 0, after its message to stop"},
		"heard, and failed":  {[]string{"+1", "?", "exit*7"}, "TERM", "exit code 7, after its message to stop"},
		"heard, and died":    {[]string{"+1", "?", "die"}, "TERM", "signal 15 TERM, after its message to stop"},
		"heard, not killed":  {[]string{"+1", "?", "exit*7"}, "KILL", "exit code 7, after its message to stop"},
		"not heard":          {[]string{"+1", "hang"}, "TERM", "signal 15 TERM, "},
		"deaf to both":       {[]string{"deaf", "+1", "hang"}, "TERM", "signal 9 KILL, "},
		"KILL is the signal": {[]string{"+1", "hang"}, "KILL", "signal 9 KILL, "},
		"closed before":      {[]string{"+1", "-", "hang"}, "TERM", "signal 15 TERM, "},
	} {
		t.Run(name, func(t *testing.T) {
			j := job("j", talk(t, nil, tt.steps...))
			j.Stop = plan.Stop{Signal: tt.signal, Grace: plan.Duration(grace), Message: `{"cmd":"stop"}`}
			if strings.HasPrefix(name, "heard") {
				j.Stop.Grace = plan.Duration(time.Hour)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			o := executeContext(t, ctx, planOf(j), Options{}, func(_ *recorder, e any) {
				if m, ok := e.(event.Message); ok && string(m.Value) == "1" {
					cancel(errInterrupted)
				}
			})
			a := o.Jobs[0].Last()
			if a.Status != report.Cancelled || !strings.HasPrefix(a.Stages[0].Ending, tt.want) {
				t.Fatalf("%s: %s", a.Status, a.Stages[0].Ending)
			}
			stops := find[event.Stopping](o.recorder)
			switch name {
			case "heard":
				if got := o.logged("j", 0, event.Stdout); got != "{\"cmd\":\"stop\"}\n" || !stops[0].Message {
					t.Errorf("it was told %q: %+v", got, stops)
				}
			case "not heard":
				if !strings.HasSuffix(a.Stages[0].Ending, " after its message to stop") {
					t.Error(a.Stages[0].Ending)
				}
			case "deaf to both":
				if !killedAfter(a.Stages[0].Ending, "TERM", grace) {
					t.Error(a.Stages[0].Ending)
				}
			case "KILL is the signal":
				if !strings.HasSuffix(a.Stages[0].Ending, " after its message to stop") {
					t.Error(a.Stages[0].Ending)
				}
			}
			if len(stops) != 1 || stops[0].Signal != tt.signal {
				t.Errorf("%+v", stops)
			}
		})
	}
}

// Kill does not wait for what a message to stop leads to.
func TestKillAfterStopMessage(t *testing.T) {
	kill, now := context.WithCancelCause(context.Background())
	defer now(nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	j := job("j", talk(t, nil, "+1", "?", "+2", "hang"))
	j.Stop.Message = `"stop"`
	o := executeContext(t, ctx, planOf(j), Options{Kill: kill}, func(_ *recorder, e any) {
		switch m, _ := e.(event.Message); string(m.Value) {
		case "1":
			cancel(errInterrupted)
		case "2":
			now(errors.New("killed"))
		}
	})
	if got := o.Jobs[0].Last().Stages[0].Ending; !strings.HasPrefix(got, "signal 9 KILL, ") || !strings.HasSuffix(got, " after its message to stop") {
		t.Error(got)
	}
}

func TestMailbox(t *testing.T) {
	mailbox := &Mailbox{}
	if err := mailbox.Send("j", []byte("1")); err == nil || err.Error() != "the run does not go on" {
		t.Error(err)
	}
	j := job("j", talk(t, nil, "?", "+2"), talk(t, nil, "+1", "?", "+2", "hang"))
	j.Instances[0].Stages[0].Name, j.Instances[0].Stages[1].Name = "a", "b"
	j.Stop.Grace = plan.Duration(time.Hour)
	m := matrix(job("m/x", self(t, "exit", "0")), 2, func(int) *plan.Stage { return talk(t, nil) })
	next := job("next", talk(t, nil))
	next.Needs = []string{"j"}
	got := map[string]string{}
	var mu sync.Mutex
	heard := 0
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	o := executeContext(t, ctx, planOf(j, job("plain", self(t, "exit", "0")), m, next), Options{Mailbox: mailbox, KeepGoing: true}, func(_ *recorder, e any) {
		mu.Lock()
		defer mu.Unlock()
		message, ok := e.(event.Message)
		if !ok || message.ID != "j" {
			return
		}
		if string(message.Value) == "2" {
			if heard++; heard == 2 {
				cancel(errInterrupted)
			}
			return
		}
		for _, to := range []string{"j", "j/c", "nobody", "plain", "m/x", "next", "j/b", "j/a"} {
			if err := mailbox.Send(to, []byte(`{"to": "you"}`)); err != nil {
				got[to] = err.Error()
			}
		}
		if err := mailbox.Send("j/a", []byte("{")); err != nil {
			got["{"] = err.Error()
		}
	})
	want := map[string]string{
		"j": "j has 2 such channels; name one stage: j/a, j/b", "j/c": "j has no stage c with a channel", "nobody": "the run has no job nobody",
		"plain": "plain has no channel; give it channel: true in the job file", "m/x": "m/x has 2 instances; name one, such as m/x[i=0]", "next": "next does not run",
		"{": `the message is not JSON: behind byte 1, a key in double quotes is expected`,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if a, b := o.logged("j", 0, event.Stdout), o.logged("j", 1, event.Stdout); a != "" || b != "{\"to\":\"you\"}\n" {
		t.Errorf("they were given %q and %q", a, b)
	}
}

// A stage inside of an input or a branch is called by its own name or its whole
// one, and those of one name are told apart by the job file.
func TestMailboxNames(t *testing.T) {
	mailbox := &Mailbox{}
	var stages []*plan.Stage
	for _, name := range []string{"z/q", "y/z/q", "q", "z/r", "y/s", "z/s", "same", "same"} {
		s := talk(t, nil, "hang")
		s.Name = name
		stages = append(stages, s)
	}
	stages[7] = talk(t, nil, "+1", "hang")
	stages[7].Name = "same"
	got := map[string]string{}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	executeContext(t, ctx, planOf(job("w", stages...)), Options{Mailbox: mailbox}, func(_ *recorder, e any) {
		if _, ok := e.(event.Message); !ok {
			return
		}
		for _, to := range []string{"w/q", "w/z/q", "w/y/z/q", "w/r", "w/s", "w/same", "w/y"} {
			c, err := mailbox.find(to)
			if err != nil {
				got[to] = err.Error()
			} else {
				got[to] = c.name()
			}
		}
		cancel(errInterrupted)
	})
	want := map[string]string{
		"w/q": "q", "w/z/q": "z/q", "w/y/z/q": "y/z/q", "w/r": "z/r",
		"w/s":    "w has 2 such channels; name one stage: w/y/s, w/z/s",
		"w/same": "w has 2 such channels; several stages are called same: give each a name in the job file",
		"w/y":    "w has no stage y with a channel",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Who ends without having read what it was sent is told of.
func TestMessageUnread(t *testing.T) {
	mailbox := &Mailbox{}
	pid := 0
	o := executeContext(t, t.Context(), planOf(job("j", talk(t, nil, "+1", "hang"))), Options{Mailbox: mailbox}, func(_ *recorder, e any) {
		switch e := e.(type) {
		case event.StageStarted:
			pid = e.PID
		case event.Message:
			if err := mailbox.Send("j", []byte("2")); err != nil {
				t.Error(err)
			}
			syscall.Kill(pid, syscall.SIGTERM)
		}
	})
	a := o.wants(t, "failed; failed")
	if want := "talk: it ended without having read all messages that were sent to it"; !slices.Equal(a.Warnings, []string{want}) {
		t.Errorf("%q", a.Warnings)
	}
}

// So is a service that is stopped since nothing needs it any more, for others
// may count on what they sent it; but not one that is stopped with the run.
func TestServiceUnread(t *testing.T) {
	const unread = "talk: it ended without having read all messages that were sent to it"
	for name, want := range map[string][]string{"unneeded": {unread}, "interrupted": nil} {
		db := serviceJob(t, "db", talk(t, nil, `+{"sluice":{"ready":true}}`, "hang"))
		db.Instances[0].Ready = &plan.Ready{Message: true, Timeout: plan.Duration(time.Minute)}
		user := job("user", talk(t, &plan.Addressee{Job: "db"}, "+1"))
		if name == "interrupted" {
			user = job("user", talk(t, &plan.Addressee{Job: "db"}, "+1", "hang"))
		}
		user.Needs = []string{"db"}
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		o := executeContext(t, ctx, planOf(db, user), Options{}, func(_ *recorder, e any) {
			if m, ok := e.(event.Message); ok && m.ID == "user" && name == "interrupted" {
				cancel(errInterrupted)
			}
		})
		if got := o.Jobs[0].Last().Warnings; !slices.Equal(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A channel is its process's alone: the others of the attempt have neither the
// descriptor nor what tells of it.
func TestChannelIsNobodyElses(t *testing.T) {
	o := execute(t, planOf(job("j", talk(t, nil, "+1"), self(t, "inspect"))), Options{})
	if got := o.logged("j", 1, event.Stdout); !strings.Contains(got, "\nfds 0 1 2\n") || strings.Contains(got, "CHANNEL") {
		t.Errorf("the next stage has %s", got)
	}
}

// Each attempt has a channel of its own.
func TestChannelAgain(t *testing.T) {
	j := job("j", talk(t, nil, "+1"), self(t, "exit", "3"))
	j.Retry = &plan.Retry{Attempts: 3, Delays: []plan.Duration{1, 1}}
	o := execute(t, planOf(j), Options{})
	if got := said(o); got != "j/talk says 1\nj/talk says 1\nj/talk says 1" {
		t.Error(got)
	}
}

// A process that left the group and holds the channel is not waited for long.
func TestChannelHeldOutside(t *testing.T) {
	life := newLifeline(t)
	s := talk(t, nil)
	fork := self(t, "fork", life.path, "leave")
	fork.Channel, fork.Env, fork.Stderr = s.Channel, append(fork.Env, s.Env[2:]...), plan.Output{Kind: plan.OutDiscard}
	j := job("j", fork)
	j.Instances[0].Stdout = plan.Output{Kind: plan.OutDiscard}
	a := execute(t, planOf(j), Options{}).wants(t, "succeeded; succeeded")
	if want := "fork: a process that left the group still holds its channel; what it sends later than 1s after the end is not read"; !slices.Equal(a.Warnings, []string{want}) {
		t.Errorf("%q", a.Warnings)
	}
	life.release()
}

// A channel ends with an attempt of which not all could be started.
func TestChannelOfBrokenStart(t *testing.T) {
	missing := stageOf("missing", "/nowhere/missing", []string{"missing"}, nil)
	o := execute(t, planOf(job("j", talk(t, nil, "+1", "hang"), missing)), Options{})
	if got := o.Jobs[0].Status; got != report.Failed {
		t.Error(got)
	}
}

package plan

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const channels = `version: 1
env: {Z: z}
defaults: {stop: {message: {cmd: [stop, 1]}}}
jobs:
  first:
    pipe:
      - {command: a, name: x, args: [{input: in}], inputs: {in: {pipe: [{run: a, name: deep, channel: true}]}}, channel: {to: deep, max: 64KiB}}
      - {run: a, channel: {to: only}}
      - run: a
  only: {run: a, channel: {to: first/x}, service: true, ready: {message: true}}
  plain: {needs: [first], run: "a x${jobs.first.outputs.k}"}
  away: {run: a, when: {os: [plan9]}, channel: {to: away2}}
  away2: {run: a, when: {os: [plan9]}, channel: true}
`

func TestChannel(t *testing.T) {
	dir := folder(t, "!bin/a")
	p := build(t, dir, channels, Inputs{})
	stages := p.Jobs[0].Instances[0].Stages
	var told []string
	for _, s := range stages {
		c, _ := json.Marshal(s.Channel)
		told = append(told, s.Name+" "+string(c)+" "+channelEnv(s))
	}
	want := []string{
		`in/deep {"max":16777216} NODE_CHANNEL_FD=3 NODE_CHANNEL_SERIALIZATION_MODE=json`,
		`x {"max":65536,"to":{"stage":0}} NODE_CHANNEL_FD=4 NODE_CHANNEL_SERIALIZATION_MODE=json`,
		`a {"max":16777216,"to":{"job":"only","stage":0}} NODE_CHANNEL_FD=3 NODE_CHANNEL_SERIALIZATION_MODE=json`,
		`a null `,
	}
	if !slices.Equal(told, want) {
		t.Errorf("got  %q\nwant %q", told, want)
	}
	only := p.Jobs[1]
	if to := only.Instances[0].Stages[0].Channel.To; *to != (Addressee{"first", 1}) || !only.Instances[0].Ready.Message {
		t.Errorf("%+v, %+v", to, only.Instances[0].Ready)
	}
	for i, want := range []JSON{`{"cmd":["stop",1]}`, `{"cmd":["stop",1]}`, ""} {
		if got := p.Jobs[i].Stop.Message; got != want {
			t.Errorf("%s is told to stop by %q, want %q", p.Jobs[i].Name, got, want)
		}
	}
	plain := p.Jobs[2].Instances[0].Stages[0]
	if got := plain.Argv[1].String(); got != "x‹jobs.first.outputs.k›" || channelEnv(plain) != "" {
		t.Errorf("%q, %q", got, channelEnv(plain))
	}
	if !p.HasChannel() || p.Jobs[2].Instances[0].HasChannel() {
		t.Error("who has a channel is not known")
	}
}

// channelEnv is what the environment of s says of a channel.
func channelEnv(s *Stage) string {
	var list []string
	for _, v := range s.Env {
		if strings.HasPrefix(v.Name, "NODE_CHANNEL_") {
			list = append(list, v.Name+"="+v.Value.String())
		}
	}
	return strings.Join(list, " ")
}

// What this process was started with for a channel of its own is no child's,
// nor what a file says.
func TestChannelVarsFromOutside(t *testing.T) {
	dir := folder(t, "!bin/a")
	in := Inputs{Env: []string{"PATH=" + dir + "/bin", "NODE_CHANNEL_FD=3", "NODE_CHANNEL_SERIALIZATION_MODE=json"}}
	p := build(t, dir, "version: 1\njobs: {a: {run: a}}", in)
	if got := channelEnv(p.Jobs[0].Instances[0].Stages[0]); got != "" {
		t.Errorf("the child has %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.env"), []byte("A=1\nNODE_CHANNEL_FD=3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, problems := try(t, dir, "version: 1\njobs: {a: {run: a, env_file: x.env}}", in)
	if want := []string{"2:30+5 SL112: env_file: DIR/x.env:2 sets NODE_CHANNEL_FD, which sluice sets for a process that has a channel"}; !slices.Equal(problems, want) {
		t.Errorf("%q", problems)
	}
}

// Who a message goes to need not be in the plan.
func TestAddresseeElsewhere(t *testing.T) {
	dir := folder(t, "!bin/a")
	p := build(t, dir, "version: 1\njobs: {a: {run: a, channel: {to: b}}, b: {run: a, channel: true}}", Inputs{Jobs: []string{"a"}})
	if to := p.Jobs[0].Instances[0].Stages[0].Channel.To; len(p.Jobs) != 1 || *to != (Addressee{"b", 0}) {
		t.Errorf("%+v", to)
	}
}

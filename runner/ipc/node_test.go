package ipc

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// node starts Node with a program.
func node(t testing.TB, limits Limits, program string) *process {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("this machine has no node")
	}
	return start(t, limits, exec.Command(path, "-e", program))
}

func TestNodeTalks(t *testing.T) {
	p := node(t, Limits{}, `
		process.on('message', m => process.send({got: m}));
		process.on('disconnect', () => console.log('disconnected'));
		process.send({env: Object.keys(process.env).filter(k => k.startsWith('NODE_CHANNEL'))});
		process.send('zwölf \ud83d\ude42 \ud83d \u2028');
		process.send({d: new Date(0), n: [1.5, null, true], u: undefined});`)
	// Before anybody listens there.
	if err := p.Send([]byte("{\n\"a\": \"ä\\ud83d\",\r\n\"b\": [ 1 ]}")); err != nil {
		t.Error(err)
	}
	var list []string
	ended := p.Receive(func(m Message) {
		list = append(list, describe(m))
		if len(list) == 4 {
			p.Send([]byte("17"))
			p.Disconnect()
		}
	})
	compare(t, list, []string{
		`user {"env":[]}`, `user "zwölf 🙂 \ud83d ` + "\u2028" + `"`, `user {"d":"1970-01-01T00:00:00.000Z","n":[1.5,null,true]}`,
		`user {"got":{"a":"ä\ud83d","b":[1]}}`,
		`user {"got":17}`,
	})
	if ended != (Ended{Child: true}) {
		t.Errorf("ended by %+v", ended)
	}
	p.prints = "disconnected\n"
}

func TestNodeDisconnects(t *testing.T) {
	p := node(t, Limits{}, `
		process.on('message', m => {});
		process.send(1, () => process.disconnect());
		process.stdin.resume();`)
	p.expect("user 1")
	if err := p.Send([]byte("1")); err != ErrClosed {
		t.Error(err)
	}
}

// A child that closes without reading is known to have missed something.
func TestNodeMissesMessages(t *testing.T) {
	p := node(t, Limits{}, `process.send(1, () => {});`)
	for range 100 {
		p.Send([]byte(`"` + strings.Repeat("x", 10_000) + `"`))
	}
	list, ended := p.all()
	compare(t, list, []string{"user 1"})
	if ended != (Ended{Child: true, Unread: true}) {
		t.Errorf("ended by %+v", ended)
	}
}

func TestNodeSendsHandles(t *testing.T) {
	p := node(t, Limits{Message: 500}, `
		const net = require('net');
		const server = net.createServer().listen(0, '127.0.0.1', () => {
			process.send({server: 1}, server);
			process.send({between: 2});
			process.send({long: 'x'.repeat(1000)}, server);
			process.send({cmd: 'NODE_X'}, server);
			process.send({cmd: 'NODE_X'});
			process.send({server: 3}, server, () => { server.close(); process.disconnect(); });
		});`)
	p.expect(
		`line 1 of the channel came with a handle, which was closed: "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":{\"server\":1}}"; only its message is taken`,
		`user {"server":1}`,
		`user {"between":2}`,
		`line 3 of the channel is longer than the 500 bytes that a message can have: "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":{\"long\":\"xxxxxxxxxxxxxxxxxxxxxxxx"; send it in parts, or the name of a file`,
		`line 4 of the channel came with a handle, which was closed: "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":{\"cmd\":\"NODE_X\"}}"; only its message is taken`,
		`line 4 of the channel is kept back: "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":{\"cmd\":\"NODE_X\"}}"; a "cmd" that begins with NODE_ is for Node itself`,
		`line 5 of the channel is kept back: "{\"cmd\":\"NODE_X\"}"; a "cmd" that begins with NODE_ is for Node itself`,
		`line 6 of the channel came with a handle, which was closed: "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":{\"server\":3}}"; only its message is taken`,
		`user {"server":3}`,
	)
}

// What Node has not sent when it ends by itself still comes.
func TestNodeEndsByItself(t *testing.T) {
	p := node(t, Limits{}, `process.send('x'.repeat(5000000)); process.send('last');`)
	var sizes []int
	ended := p.Receive(func(m Message) { sizes = append(sizes, len(m.JSON)) })
	if fmt.Sprint(sizes) != "[5000002 6]" || ended != (Ended{Child: true}) {
		t.Errorf("messages of %d bytes, ended by %+v", sizes, ended)
	}
}

// And what process.exit() throws away is told.
func TestNodeExits(t *testing.T) {
	p := node(t, Limits{}, `process.send('x'.repeat(5000000)); process.exit()`)
	var faults []Fault
	p.Receive(func(m Message) { faults = append(faults, m.Fault) })
	if len(faults) != 1 || faults[0].Kind != Truncated || faults[0].Bytes >= 5_000_000 {
		t.Errorf("%v", faults)
	}
}

func TestNodeFloods(t *testing.T) {
	const count = 50_000
	p := node(t, Limits{}, fmt.Sprintf(`for (let n = 0; n < %d; n++) process.send({n, text: 'naïve'})`, count))
	n := 0
	ended := p.Receive(func(m Message) {
		if want := fmt.Sprintf(`user {"n":%d,"text":"naïve"}`, n); describe(m) != want {
			t.Errorf("got %s, want %s", describe(m), want)
		}
		n++
	})
	if n != count || ended != (Ended{Child: true}) {
		t.Errorf("%d messages, ended by %+v", n, ended)
	}
}

// A child in Python needs this much.
func TestPython(t *testing.T) {
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("this machine has no python3")
	}
	p := start(t, Limits{}, exec.Command(path, "-c", `
import json, os, socket

channel = socket.socket(fileno=int(os.environ.pop("NODE_CHANNEL_FD")))

def send(message):
    channel.sendall(json.dumps(message).encode() + b"\n")

send({"sluice": {"ready": True}})
for line in channel.makefile("r", encoding="utf-8"):
    message = json.loads(line)
    send({"got": message})
send({"sluice": {"progress": 1.0, "output": {"answer": 42}}})
`))
	if err := p.Send([]byte(`{"hello": "zwölf 🙂"}`)); err != nil {
		t.Error(err)
	}
	p.Disconnect()
	p.expect(`sluice {"sluice": {"ready": true}}  ready`, `user {"got": {"hello": "zw\u00f6lf \ud83d\ude42"}}`,
		`sluice {"sluice": {"progress": 1.0, "output": {"answer": 42}}}  progress=1 "answer"=42`)
}

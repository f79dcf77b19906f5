package ipc

import (
	"strings"
	"testing"
)

func TestDescriptors(t *testing.T) {
	self(t, Limits{}, "descriptors").expect(
		"user 1", "descriptors came by line 1 of the channel and were closed; only messages are taken",
		"user 2",
		"user [3]", "descriptors came by line 3 of the channel and were closed; only messages are taken",
		"user 4", "descriptors came by line 4 of the channel and were closed; only messages are taken",
		`line 5 of the channel was cut off after 1 bytes, as the channel ended before its newline: "5"; in Node, end by itself instead of process.exit() or disconnect() after a large message`,
		"descriptors came by line 5 of the channel and were closed; only messages are taken",
	)
}

func TestHandles(t *testing.T) {
	const cut = `{"cmd":"NODE_HANDLE","type":"net.Server","msg":`
	x := strings.Repeat("x", 100)
	self(t, Limits{Message: 100}, "handle",
		cut+`{"a":1}}`+"\n",
		cut+`{"sluice":{"ready":true}}}`+"\n",
		cut+`{"cmd":"NODE_HANDLE"}}`+"\n",
		`{"msg":1,"cmd":"NODE_HANDLE"}`+"\n",
		`{"cmd":"NODE_HANDLE"}`+"\n",
		cut+`"`+x+`"}`+"\n",
	).expect(
		`line 1 of the channel came with a handle, which was closed: "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":{\"a\":1}}"; only its message is taken`,
		`user {"a":1}`,
		`line 2 of the channel came with a handle, which was closed: "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":{\"sluice\":{\"ready\":true}}}"; only its message is taken`,
		`sluice {"sluice":{"ready":true}}  ready`,
		`line 3 of the channel came with a handle, which was closed: "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":{\"cmd\":\"NODE_HANDLE\"}}"; only its message is taken`,
		`line 3 of the channel is kept back: "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":{\"cmd\":\"NODE_HANDLE\"}}"; a "cmd" that begins with NODE_ is for Node itself`,
		`line 4 of the channel came with a handle, which was closed: "{\"msg\":1,\"cmd\":\"NODE_HANDLE\"}"; only its message is taken`,
		"user 1",
		`line 5 of the channel came with a handle, which was closed: "{\"cmd\":\"NODE_HANDLE\"}"; only its message is taken`,
		`line 6 of the channel is longer than the 100 bytes that a message can have: "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":\"`+x[:32]+`"; send it in parts, or the name of a file`,
	)
}

// Descriptors are told of as soon as it is known that no handle comes with them,
// however lines are cut.
func TestDescriptorsWithinALine(t *testing.T) {
	var list []string
	d := newDecoder(100, func(m Message) bool {
		list = append(list, describe(m))
		return true
	}, func() { list = append(list, "ack") })
	for _, piece := range []string{"+1\n[2", "-,3]\n4\n[5", "-,6]\n", `+{"cmd":"NODE_`, "-HANDLE\"}\n7"} {
		n := copy(d.room(), piece[1:])
		d.filled(n, piece[0] == '+')
	}
	d.close()
	compare(t, list, []string{
		"user 1", "user [2,3]", "descriptors came by line 2 of the channel and were closed; only messages are taken", "user 4", "user [5,6]",
		"ack", `line 5 of the channel came with a handle, which was closed: "{\"cmd\":\"NODE_HANDLE\"}"; only its message is taken`,
		`line 6 of the channel was cut off after 1 bytes, as the channel ended before its newline: "7"; in Node, end by itself instead of process.exit() or disconnect() after a large message`,
	})
}

// Package ipc is the parent's side of a channel of messages with a child, by
// the protocol that Node's child_process and process.send() speak in their
// "json" mode. It knows descriptors and bytes, and not who the child is.
//
// The protocol, as tried with Node 20 and read in its
// lib/internal/child_process.js:
//
//   - The child finds the number of a descriptor in FDVar. Node wants a stream
//     socket; ModeVar says json, which is also meant where it is not set.
//   - A message is one JSON value of any type in UTF-8, then a newline. It may
//     be cut at any byte on the way, also within a character.
//   - A line that is not JSON, and an empty one, makes a child of Node throw.
//     So Send checks, and writes a message in one line.
//   - An object whose "cmd" is a string that begins with NODE_ and is longer
//     than that is Node's own and never a message. It is refused both ways.
//   - process.send(message, handle) sends {"cmd":"NODE_HANDLE",…,"msg":message}
//     with a descriptor, and then holds back all that is sent until
//     {"cmd":"NODE_HANDLE_ACK"} comes. Here the descriptor is closed, the answer
//     given, and the message inside taken as any other.
//   - The channel is over when either side closes it. A child of Node that
//     listens for messages lives until then.
//
// The descriptor is a blocking one for the child, so that any language can use
// it as a file. This is all of it in Python:
//
//	import json, os, socket
//	channel = socket.socket(fileno=int(os.environ.pop("NODE_CHANNEL_FD")))
//	channel.sendall(json.dumps({"hello": "parent"}).encode() + b"\n")
//	for line in channel.makefile("r", encoding="utf-8"):
//	    print("got", json.loads(line))
package ipc

// What the environment of the child says. Node takes both out of process.env
// when it starts. They must not be inherited from whoever started this process:
// a child would take a descriptor of its own for the channel, and Node aborts
// where it is a plain file.
const (
	FDVar   = "NODE_CHANNEL_FD"                 // the number of the descriptor, in decimal
	ModeVar = "NODE_CHANNEL_SERIALIZATION_MODE" // Mode
	Mode    = "json"
)

// Limits bound what a channel keeps in memory. A zero means the default.
type Limits struct {
	// Message is the longest message in bytes, either way, without its newline.
	// The default is 16 MiB, and less than 80 means 80.
	Message int
	// Queue is how many bytes may wait to be sent, newlines included. The
	// default is 16 MiB. A message is taken at any length if none waits.
	Queue int
}

const defaultLimit = 16 << 20

func (l Limits) orDefault() Limits {
	if l.Message <= 0 {
		l.Message = defaultLimit
	}
	l.Message = max(l.Message, startBytes)
	if l.Queue <= 0 {
		l.Queue = defaultLimit
	}
	return l
}

package ipc

import "fmt"

// Message is what came from the child: a message, or what is told instead of
// one. Everything in it is valid until take returns, for it points into the
// buffer that the next bytes are read into.
type Message struct {
	Kind Kind
	// JSON is the value as the child wrote it, without white space around it.
	// It is checked to be JSON in UTF-8. For Bad it is nil.
	JSON    []byte
	Control Control // for Sluice
	Fault   Fault   // for Bad
}

// Kind says which fields of a Message mean something.
type Kind uint8

const (
	// User is a message for whoever the job's file names.
	User Kind = iota
	// Sluice is an object with the one key "sluice": for the runner itself.
	Sluice
	// Bad is told in place of a line that is no message, and beside one that
	// came with a descriptor. The channel goes on.
	Bad
)

// Fault says what was wrong with a line. String tells it in words.
type Fault struct {
	Kind FaultKind
	// Line counts the lines of the channel, from 1.
	Line int64
	// At is how many bytes of the line are right, for NotUTF8, NotJSON and
	// NotControl.
	At int
	// Want is what was expected there, for NotJSON and NotControl.
	Want string
	// Bytes is the bound for TooLong, and how many bytes came for Truncated.
	Bytes int
	// Start is how the line begins: up to 80 bytes of whatever the child wrote.
	Start []byte
}

// FaultKind is the kind of a Fault.
type FaultKind uint8

const (
	Empty       FaultKind = iota // a line of nothing or white space
	NotUTF8                      // bytes that are no UTF-8
	NotJSON                      // also JSON over several lines, and a byte order mark
	TooLong                      // longer than Limits.Message; told once, and the rest of the line is skipped
	Truncated                    // the channel ended within a line
	Reserved                     // a message of Node's own, with a "cmd" that begins with NODE_
	Handle                       // a handle was sent along: closed and acknowledged; the message follows
	Descriptors                  // descriptors were sent along without being a handle: closed
	NotControl                   // {"sluice": …} with what it can't have
)

// String says what was found, and what to write instead.
func (f Fault) String() string {
	where := fmt.Sprintf("line %d of the channel", f.Line)
	switch f.Kind {
	case Empty:
		return where + " is empty; a message is one JSON value and a newline"
	case NotUTF8:
		return fmt.Sprintf("%s is not UTF-8 behind byte %d: %s; write JSON in UTF-8", where, f.At, f.start())
	case NotJSON:
		return fmt.Sprintf("%s is not JSON: behind byte %d of %s, %s is expected; a message is one JSON value in one line", where, f.At, f.start(), f.Want)
	case TooLong:
		return fmt.Sprintf("%s is longer than the %d bytes that a message can have: %s; send it in parts, or the name of a file", where, f.Bytes, f.start())
	case Truncated:
		return fmt.Sprintf("%s was cut off after %d bytes, as the channel ended before its newline: %s; in Node, end by itself instead of process.exit() or disconnect() after a large message", where, f.Bytes, f.start())
	case Reserved:
		return fmt.Sprintf("%s is kept back: %s; a \"cmd\" that begins with NODE_ is for Node itself", where, f.start())
	case Handle:
		return fmt.Sprintf("%s came with a handle, which was closed: %s; only its message is taken", where, f.start())
	case Descriptors:
		return fmt.Sprintf("descriptors came by line %d of the channel and were closed; only messages are taken", f.Line)
	case NotControl:
		return fmt.Sprintf("%s is not understood: behind byte %d of %s, %s is expected", where, f.At, f.start(), f.Want)
	}
	return where + " is wrong"
}

func (f Fault) start() string { return fmt.Sprintf("%q", f.Start) }

// startBytes is the longest Fault.Start, and the least that Limits.Message can
// be: of a line that is too long there is always this much.
const startBytes = 80

package event

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"sluice/runner/fields"
)

// header begins every line.
type header struct {
	V    int       `json:"v"`
	Type Type      `json:"type"`
	Time time.Time `json:"time"`
}

// Append appends e, which happened at the given time, as one line of JSON with
// its newline: {"v":1,"type":"stage_started","time":"…",…}, the fields of the
// type following the header. Text that is not UTF-8 reads as U+FFFD;
// Output.Data is base64 and exact.
func Append(buf []byte, e Event, at time.Time) []byte {
	o := fields.Open(buf)
	o.Int("v", Version)
	o.String("type", string(e.event()))
	o.Time("time", at)
	add(&o, e)
	return append(o.Close(), '\n')
}

// Unmarshal reads what Append wrote: the event and when it happened. A line
// that was cut off, has another version or an unknown type is an error.
func Unmarshal(line []byte) (Event, time.Time, error) {
	var h header
	if err := json.Unmarshal(line, &h); err != nil {
		return nil, time.Time{}, fmt.Errorf("event line: %w", err)
	}
	if h.V != Version {
		return nil, time.Time{}, fmt.Errorf("event line has version %d, expected %d", h.V, Version)
	}
	e, err := decodeBody(h.Type, line)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("event line of type %q: %w", h.Type, err)
	}
	return e, h.Time, nil
}

func decodeBody(t Type, line []byte) (Event, error) {
	switch t {
	case RunStarted{}.event():
		return decode[RunStarted](line)
	case Spread{}.event():
		return decode[Spread](line)
	case JobStarted{}.event():
		return decode[JobStarted](line)
	case AttemptStarted{}.event():
		return decode[AttemptStarted](line)
	case StageStarted{}.event():
		return decode[StageStarted](line)
	case Output{}.event():
		return decode[Output](line)
	case OutputEnded{}.event():
		return decode[OutputEnded](line)
	case StageExited{}.event():
		return decode[StageExited](line)
	case Ready{}.event():
		return decode[Ready](line)
	case Detached{}.event():
		return decode[Detached](line)
	case Waiting{}.event():
		return decode[Waiting](line)
	case RestartScheduled{}.event():
		return decode[RestartScheduled](line)
	case Message{}.event():
		return decode[Message](line)
	case MessageFault{}.event():
		return decode[MessageFault](line)
	case Progress{}.event():
		return decode[Progress](line)
	case Value{}.event():
		return decode[Value](line)
	case StageEnded{}.event():
		return decode[StageEnded](line)
	case Stopping{}.event():
		return decode[Stopping](line)
	case AttemptEnded{}.event():
		return decode[AttemptEnded](line)
	case RetryScheduled{}.event():
		return decode[RetryScheduled](line)
	case JobEnded{}.event():
		return decode[JobEnded](line)
	case RunStopping{}.event():
		return decode[RunStopping](line)
	case RunEnded{}.event():
		return decode[RunEnded](line)
	}
	return nil, fmt.Errorf("no such type")
}

func decode[E Event](line []byte) (Event, error) {
	var e E
	if err := json.Unmarshal(line, &e); err != nil {
		return nil, err
	}
	return e, nil
}

// Writer is a Sink that writes every event as a line of JSON, with one Write
// for each. It is safe for concurrent use. After the first error it writes
// nothing more, so that what was written has no hole; ask Err at the end.
type Writer struct {
	W   io.Writer
	Now func() time.Time // nil is time.Now

	mu  sync.Mutex
	buf []byte
	err error
}

// Event writes e. Lines stand in the order of their times.
func (w *Writer) Event(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	now := w.Now
	if now == nil {
		now = time.Now
	}
	w.buf = Append(w.buf[:0], e, now())
	n, err := w.W.Write(w.buf)
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	w.err = err
}

// Err is the first error of writing, or nil when every event was accepted.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Tee is a Sink that tells each of several, in order.
type Tee []Sink

// Event tells every sink of e.
func (t Tee) Event(e Event) {
	for _, s := range t {
		s.Event(e)
	}
}

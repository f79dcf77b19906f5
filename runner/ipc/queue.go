package ipc

import "sync"

// queue is what waits to be sent.
type queue struct {
	mu      sync.Mutex
	lines   []byte // whole ones
	acks    int    // handles that are to be acknowledged
	used    bool   // there was a line
	writing int    // bytes that the writer has taken and not written
	last    bool   // no more lines are taken
	ended   bool   // nothing more is written
	wake    chan struct{}
}

// ack is the answer to a handle.
const ack = `{"cmd":"NODE_HANDLE_ACK"}` + "\n"

// add queues a message, a checked text.
func (q *queue) add(text []byte, limits Limits) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.last {
		return ErrClosed
	}
	before := len(q.lines)
	q.lines = appendLine(q.lines, text)
	size := len(q.lines) - before
	waiting := before + q.writing
	var err error
	switch {
	case size-1 > limits.Message:
		err = &MessageError{Why: TooLong, Bytes: size - 1, Limit: limits.Message}
	case waiting > 0 && waiting+size > limits.Queue:
		err = ErrFull
	}
	if err != nil {
		q.lines = q.lines[:before]
		return err
	}
	q.used = true
	q.signal()
	return nil
}

// acknowledge queues an answer. However many handles come, they take no memory.
func (q *queue) acknowledge() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.acks++
	q.signal()
}

// finish lets no more lines in.
func (q *queue) finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = true
	q.signal()
}

// end lets nothing in or out any more.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last, q.ended = true, true
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // it is to wake up anyway
	}
}

// next waits for something to write, which is not empty, and keeps spare for
// the lines that come meanwhile. ended tells that nothing is to be written any
// more; else an empty answer tells that all has been.
func (q *queue) next(spare []byte) (out []byte, ended bool) {
	if cap(spare) > keepBuffer {
		spare = nil
	}
	for {
		q.mu.Lock()
		switch {
		case q.ended:
			ended = true
		case q.acks > 0:
			q.acks--
			out = append(spare[:0], ack...)
		case len(q.lines) > 0:
			out, q.lines = q.lines, spare[:0]
		}
		q.writing = len(out)
		done := ended || q.last || len(out) > 0
		q.mu.Unlock()
		if done {
			return out, ended
		}
		<-q.wake
	}
}

// wrote tells that n bytes are written.
func (q *queue) wrote(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writing -= n
}

// unread reports whether lines were not read, or may not have been where the
// child left something unread: that may also be an answer to a handle.
func (q *queue) unread(something bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.used && (something || q.writing > 0 || len(q.lines) > 0)
}

package main

import (
	"encoding/binary"

	"sluice/runner/event"
	"sluice/runner/plumb"
)

// recordMemory is how much of one record stays in memory, in bytes; the rest
// is in an unlinked file.
const recordMemory = 256 << 10

// The kinds of what a record holds, one byte each.
const (
	recordStdout = 'o'
	recordStderr = 'e'
	recordSay    = 's'
	recordEnd    = 'a' // of an attempt
	recordEndJob = 'j'
)

// showRecord is a showPen that keeps everything for later, in its order, as
// frames: a kind, the stage and the length as varints, the bytes.
type showRecord struct {
	spool *plumb.Spool
	fail  func(error)
	head  []byte
}

func newShowRecord(fail func(error)) *showRecord {
	return &showRecord{spool: plumb.NewSpool(recordMemory), fail: fail}
}

func (r *showRecord) text(from showSource, data []byte) {
	kind := byte(recordStdout)
	if from.stream == event.Stderr {
		kind = recordStderr
	}
	r.put(kind, from.stage, data)
}

func (r *showRecord) say(lines string) { r.put(recordSay, 0, []byte(lines)) }

func (r *showRecord) end(job bool) {
	kind := byte(recordEnd)
	if job {
		kind = recordEndJob
	}
	r.put(kind, 0, nil)
}

func (r *showRecord) put(kind byte, stage int, data []byte) {
	r.head = append(r.head[:0], kind)
	r.head = binary.AppendUvarint(r.head, uint64(stage))
	r.head = binary.AppendUvarint(r.head, uint64(len(data)))
	_, err := r.spool.Write(r.head)
	if err == nil {
		_, err = r.spool.Write(data)
	}
	if err != nil {
		r.fail(err)
	}
}

// append moves all of other to the end of r and closes it.
func (r *showRecord) append(other *showRecord) {
	if _, err := other.spool.WriteTo(r.spool); err != nil {
		r.fail(err)
	}
	other.close()
}

// replay moves all of r to pen and closes it.
func (r *showRecord) replay(pen showPen) {
	if _, err := r.spool.WriteTo(&recordReader{pen: pen}); err != nil {
		r.fail(err)
	}
	r.close()
}

func (r *showRecord) close() {
	if err := r.spool.Close(); err != nil {
		r.fail(err)
	}
}

// recordReader tells a pen of the frames that are written to it. It passes on
// the bytes of a frame as they come and keeps but the frame's head, and text
// of sluice's own, which is said in one piece.
type recordReader struct {
	pen   showPen
	head  []byte // of a frame, not complete
	kind  byte
	stage int
	left  uint64 // bytes of the frame that are still to come
	said  []byte
}

func (r *recordReader) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if r.left == 0 {
			r.head = append(r.head, p[0])
			p = p[1:]
			r.begin()
			continue
		}
		part := p[:min(r.left, uint64(len(p)))]
		p = p[len(part):]
		r.left -= uint64(len(part))
		r.body(part)
	}
	return n, nil
}

// begin begins a frame if its head is complete.
func (r *recordReader) begin() {
	stage, n := binary.Uvarint(r.head[1:])
	if n <= 0 {
		return
	}
	left, m := binary.Uvarint(r.head[1+n:])
	if m <= 0 {
		return
	}
	r.kind, r.stage, r.left = r.head[0], int(stage), left
	r.head = r.head[:0]
	if r.kind == recordEnd || r.kind == recordEndJob {
		r.pen.end(r.kind == recordEndJob)
	}
}

func (r *recordReader) body(part []byte) {
	switch r.kind {
	case recordStdout:
		r.pen.text(showSource{r.stage, event.Stdout}, part)
	case recordStderr:
		r.pen.text(showSource{r.stage, event.Stderr}, part)
	case recordSay:
		r.said = append(r.said, part...)
		if r.left == 0 {
			r.pen.say(string(r.said))
			r.said = r.said[:0]
		}
	}
}

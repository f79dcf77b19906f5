package state

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/event"
	"sluice/runner/plan"
)

// A log has a line for each line that an instance logged, as the logs of
// Kubernetes have (CRI, "logging"):
//
//	2026-11-26T11:06:01.123456789Z 0 stdout F text
//
// with the time in UTC, the stage, the stream, and F for a whole line or P for
// a piece of one that goes on in the next line of that stage and stream. A
// stream that ends without a newline ends with a whole line all the same.
const logTime = "2006-01-02T15:04:05.000000000Z"

// longestPiece is how many bytes of a line are kept until its newline comes.
const longestPiece = 16 << 10

const logEnding = ".log"

// droppedEnding follows the name of a log. The file of that name is empty, and
// is there from when the log's oldest lines are not.
const droppedEnding = ".dropped"

// logs writes the logs of a run, each file open only while its instance runs.
type logs struct {
	run    folder
	limits func(id string) plan.Log
	now    func() time.Time

	mu    sync.Mutex
	dir   folder // open from the first line on
	files map[string]*logFile
	err   error // the first one
}

// logFile is the log of an instance that runs.
type logFile struct {
	mu      sync.Mutex
	name    string
	limit   plan.Log
	dir     folder
	f       *os.File // nil before the first line, and after an error
	size    int64    // of f
	rotated int      // how often it was
	buf     []byte   // lines to write
	streams map[source]*unfinished
}

// source is one stream of an instance.
type source struct {
	stage  int
	stream event.Stream
}

// unfinished is the last line of a stream while its newline is not there.
type unfinished struct {
	text   []byte
	pieces bool // of which pieces stand in the log already
}

func newLogs(run folder, limits func(id string) plan.Log) *logs {
	return &logs{run: run, limits: limits, now: time.Now, files: map[string]*logFile{}}
}

// Event writes what an instance logs.
func (l *logs) Event(e event.Event) {
	switch e := e.(type) {
	case event.Output:
		if f := l.file(e.ID); f != nil {
			l.fail(f.write(l.now(), source{e.Stage, e.Stream}, e.Data, false))
		}
	case event.OutputEnded:
		l.mu.Lock()
		f := l.files[e.ID]
		l.mu.Unlock()
		if f != nil {
			l.fail(f.write(l.now(), source{e.Stage, e.Stream}, nil, true))
		}
	case event.JobEnded:
		l.mu.Lock()
		f := l.files[e.ID]
		delete(l.files, e.ID)
		l.mu.Unlock()
		if f != nil {
			l.fail(f.close())
		}
	}
}

// file is the log of the instance id, nil after an error.
func (l *logs) file(id string) *logFile {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil
	}
	f := l.files[id]
	if f == nil {
		if l.dir.File == nil && !l.openDir() {
			return nil
		}
		f = &logFile{name: fileName(id) + logEnding, limit: l.limits(id), dir: l.dir, streams: map[source]*unfinished{}}
		l.files[id] = f
	}
	return f
}

func (l *logs) openDir() bool {
	if l.err = l.run.mkdir(logsName); l.err == nil {
		l.dir, l.err = openFolder(l.run.path + "/" + logsName)
	}
	return l.err == nil
}

func (l *logs) fail(err error) {
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.err == nil {
			l.err = err
		}
	}
}

// failed is the first error, or nil.
func (l *logs) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// end closes what is open and returns the first error.
func (l *logs) end() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.files {
		if err := f.close(); l.err == nil {
			l.err = err
		}
	}
	clear(l.files)
	if l.dir.File != nil {
		l.dir.Close()
	}
	return l.err
}

// write adds data of a stream, with end what is left of its last line too.
// What is whole is in the file when it returns.
func (f *logFile) write(at time.Time, from source, data []byte, end bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.streams[from]
	if s == nil {
		s = &unfinished{}
		f.streams[from] = s
	}
	var err error
	for len(data) > 0 && err == nil {
		line, rest, whole := bytes.Cut(data, []byte{'\n'})
		if room := longestPiece - len(s.text); len(line) > room {
			line, rest, whole = line[:room], data[room:], false
		}
		data = rest
		if len(s.text) > 0 || !whole {
			s.text = append(s.text, line...)
			line = s.text
		}
		if whole || len(line) == longestPiece {
			err = f.add(at, from, line, whole)
			s.text, s.pieces = s.text[:0], !whole
		}
	}
	if end {
		if err == nil && (len(s.text) > 0 || s.pieces) {
			err = f.add(at, from, s.text, true)
		}
		delete(f.streams, from)
	}
	return errors.Join(err, f.flush())
}

// add puts a line into the buffer, after what stands there has found its file.
func (f *logFile) add(at time.Time, from source, text []byte, whole bool) error {
	before := len(f.buf)
	f.buf = at.UTC().AppendFormat(f.buf, logTime)
	f.buf = append(f.buf, ' ')
	f.buf = strconv.AppendInt(f.buf, int64(from.stage), 10)
	f.buf = append(append(append(f.buf, ' '), from.stream...), " F "...)
	if !whole {
		f.buf[len(f.buf)-2] = 'P'
	}
	f.buf = append(append(f.buf, text...), '\n')
	if f.limit.MaxSize > 0 && f.size+int64(len(f.buf)) > f.limit.MaxSize && f.size+int64(before) > 0 {
		line := bytes.Clone(f.buf[before:])
		f.buf = f.buf[:before]
		if err := errors.Join(f.flush(), f.rotate()); err != nil {
			return err
		}
		f.buf = append(f.buf, line...)
	}
	return nil
}

func (f *logFile) flush() error {
	if len(f.buf) == 0 {
		return nil
	}
	if f.f == nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	n, err := f.f.Write(f.buf)
	f.size += int64(n)
	f.buf = f.buf[:0]
	return err
}

func (f *logFile) open() (err error) {
	f.f, err = f.dir.open(f.name, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND)
	return err
}

// rotate moves each file to the name of the next older one, the oldest out of
// the world, and begins a new one.
func (f *logFile) rotate() error {
	err := f.close()
	for n := f.limit.Keep - 1; n > 0 && err == nil; n-- {
		newer := f.name
		if n > 1 {
			newer = fmt.Sprintf("%s.%d", f.name, n-1)
		}
		dir := int(f.dir.Fd())
		err = unix.Renameat(dir, newer, dir, fmt.Sprintf("%s.%d", f.name, n))
		if err == unix.ENOENT {
			err = nil // there are not so many yet
		}
	}
	if f.limit.Keep <= 1 && err == nil {
		err = unix.Unlinkat(int(f.dir.Fd()), f.name, 0)
	}
	if f.rotated++; f.rotated == max(f.limit.Keep, 1) && err == nil {
		err = f.dir.write(f.name+droppedEnding, nil, false)
	}
	if err != nil {
		return fmt.Errorf("rotate %s/%s: %w", f.dir.path, f.name, err)
	}
	return f.open()
}

func (f *logFile) close() error {
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f, f.size = nil, 0
	return err
}

package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"

	"sluice/runner/event"
)

// logReader reads the log of an instance from its oldest file to its newest,
// also while it grows and is rotated. It has no file open between two reads: a
// run may have more logs than a process may have files.
type logReader struct {
	path string // of the newest file
	id   string
	line Line // the last one that next found

	file   *keptLog // which file is read; nil before the first
	offset int64    // up to where
	buf    []byte   // what was read
	at     int      // where in buf that begins which is not yet given
}

// keptLog is a file of a log. It is told from another one by its inode and the
// time of its first line: the inode of a removed file is soon another's.
type keptLog struct {
	f     *os.File
	info  os.FileInfo
	first [len(logTime)]byte
}

func (k *keptLog) same(other *keptLog) bool {
	return other != nil && os.SameFile(k.info, other.info) && k.first == other.first
}

// next finds the next line. ok is false while there is none. What is no line
// of a log, as a crash may leave it, is left out.
func (l *logReader) next() (ok bool, err error) {
	for {
		for {
			end := bytes.IndexByte(l.buf[l.at:], '\n')
			if end < 0 {
				break
			}
			text := l.buf[l.at : l.at+end]
			l.at += end + 1
			if l.line, ok = parseLine(text); ok {
				l.line.ID = l.id
				return true, nil
			}
		}
		if more, err := l.fill(); err != nil || !more {
			return false, err
		}
	}
}

// fill reads more: of the file that is read, or else of the one that follows.
func (l *logReader) fill() (more bool, err error) {
	files, err := l.files()
	defer func() {
		for _, k := range files {
			k.f.Close()
		}
	}()
	if err != nil || len(files) == 0 {
		return false, err
	}
	n := slices.IndexFunc(files, func(k *keptLog) bool { return k.same(l.file) })
	if n < 0 { // none was read yet, or that one is gone
		n = len(files) - 1
		l.begin(files[n])
	}
	for {
		more, err = l.read(files[n].f)
		if n == 0 || more || err != nil {
			return more, err
		}
		n-- // a file that has a newer one gets no more lines
		l.begin(files[n])
	}
}

func (l *logReader) begin(k *keptLog) {
	l.file, l.offset = k, 0
	l.buf, l.at = l.buf[:0], 0 // a line that was cut off has no rest there
}

// files opens what there is of the log, the newest first. A file only ever
// moves to a higher number, one after the other and the oldest first: who
// looks from the lowest up finds each, though one perhaps twice.
func (l *logReader) files() (list []*keptLog, err error) {
	for n, missing := 0, 0; missing < 2; n++ {
		path := l.path
		if n > 0 {
			path = fmt.Sprintf("%s.%d", l.path, n)
		}
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			missing++ // one of them is between two names
			continue
		} else if err != nil {
			return list, err
		}
		k := &keptLog{f: f}
		if k.info, err = f.Stat(); err == nil {
			_, err = f.ReadAt(k.first[:], 0)
		}
		if err != nil && err != io.EOF {
			return append(list, k), err
		}
		if len(list) > 0 && k.same(list[len(list)-1]) {
			f.Close()
			continue
		}
		list = append(list, k)
	}
	return list, nil
}

// read reads a piece of f.
func (l *logReader) read(f *os.File) (more bool, err error) {
	const piece = 64 << 10
	l.buf = slices.Delete(l.buf, 0, l.at)
	l.at = 0
	have := len(l.buf)
	l.buf = slices.Grow(l.buf, piece)[:have+piece]
	n, err := f.ReadAt(l.buf[have:], l.offset)
	l.buf = l.buf[:have+n]
	l.offset += int64(n)
	if err == io.EOF {
		err = nil
	}
	return n > 0, err
}

// parseLine reads a line of a log: TIME STAGE STREAM F|P TEXT.
func parseLine(text []byte) (line Line, ok bool) {
	fields := bytes.SplitN(text, []byte{' '}, 5)
	if len(fields) != 5 {
		return line, false
	}
	at, err := time.Parse(logTime, string(fields[0]))
	if err != nil {
		return line, false
	}
	stage, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return line, false
	}
	stream, piece := event.Stream(fields[2]), string(fields[3])
	if stream != event.Stdout && stream != event.Stderr || piece != "F" && piece != "P" {
		return line, false
	}
	return Line{At: at, Stage: stage, Stream: stream, Text: fields[4], Partial: piece == "P"}, true
}

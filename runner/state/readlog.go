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
	defer func() { closeLogs(files) }()
	if err != nil || len(files) == 0 {
		return false, err
	}
	n := len(files) - 1
	if !files[n].same(l.file) { // none was read yet, or that one is gone
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

func closeLogs(list []*keptLog) {
	for _, k := range list {
		k.f.Close()
	}
}

func (l *logReader) begin(k *keptLog) {
	l.file, l.offset = k, 0
	l.buf, l.at = l.buf[:0], 0 // a line that was cut off has no rest there
}

// files opens the files of the log from the newest to the one that is read, or
// to the oldest where none is or that one is gone.
//
// A rotation moves each file to the next number, the oldest first. Who looks
// from the lowest up meanwhile finds each file, one perhaps twice, and one
// number that no file has. But while two rotations go by it may miss some. So
// it counts only when the newest is still the newest afterwards; where the
// files never stand still, there is nothing to read for now.
func (l *logReader) files() ([]*keptLog, error) {
	for range 100 {
		list, err := l.look()
		if err != nil {
			return list, err
		}
		newest, err := l.open(0)
		if newest == nil && err == nil {
			newest, err = l.open(1)
		}
		if newest != nil {
			newest.f.Close()
		}
		if err != nil || len(list) == 0 || list[0].same(newest) {
			return list, err
		}
		closeLogs(list)
	}
	return nil, nil
}

// look looks once for what files says.
func (l *logReader) look() (list []*keptLog, err error) {
	for n, missing := 0, 0; missing < 2; n++ {
		k, err := l.open(n)
		switch {
		case err != nil:
			return list, err
		case k == nil:
			missing++ // one of them may be between two names
			continue
		case len(list) > 0 && k.same(list[len(list)-1]):
			k.f.Close()
			continue
		}
		list = append(list, k)
		if k.same(l.file) {
			break
		}
	}
	return list, nil
}

// open opens the file of that number. It is nil where there is none, or where
// nothing is in it yet.
func (l *logReader) open(number int) (*keptLog, error) {
	path := l.path
	if number > 0 {
		path = fmt.Sprintf("%s.%d", l.path, number)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	k := &keptLog{f: f}
	if k.info, err = f.Stat(); err == nil {
		_, err = f.ReadAt(k.first[:], 0)
	}
	if err == nil {
		return k, nil
	}
	f.Close()
	if err == io.EOF {
		err = nil
	}
	return nil, err
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

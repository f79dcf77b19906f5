package state

import (
	"bytes"
	"errors"
	"io"
	"time"

	"sluice/runner/event"
)

// Entry is an event of a journal.
type Entry struct {
	Event event.Event
	At    time.Time
}

// errDamaged says that no more lines of a journal can be trusted.
var errDamaged = errors.New("the journal is damaged")

// lines reads the lines of a journal that are as they were written.
type lines struct {
	r     io.Reader
	buf   []byte // what was read
	at    int    // where in buf the first line begins that is not yet given
	sum   uint32 // of all lines that were given
	given int64  // bytes of them
}

// next returns the next line, without its newline and valid until the next
// call. At the end it is io.EOF, and later there may be more; where the file
// is damaged it is errDamaged, now and for ever.
func (l *lines) next() ([]byte, error) {
	from := l.at // where a newline may be
	for {
		if i := bytes.IndexByte(l.buf[from:], '\n'); i >= 0 {
			line := l.buf[l.at : from+i]
			sum, err := checkLine(line, l.sum)
			if err != nil {
				return nil, errDamaged
			}
			l.sum, l.at = sum, from+i+1
			l.given += int64(len(line) + 1)
			return line, nil
		}
		from = len(l.buf) - l.at
		l.buf = append(l.buf[:0], l.buf[l.at:]...)
		l.at = 0
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads more behind what is there.
func (l *lines) fill() error {
	const piece = 64 << 10
	have := len(l.buf)
	if cap(l.buf)-have < piece {
		l.buf = append(make([]byte, 0, 2*have+piece), l.buf...)
	}
	n, err := l.r.Read(l.buf[have:cap(l.buf)])
	l.buf = l.buf[:have+max(n, 0)]
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.EOF
	}
	return err
}

// events calls fn with the events of a journal up to its end, for now, or to
// its damage. Events that this sluice does not know, for a later one wrote
// them, are left out. damaged says that it is useless to look again.
func (l *lines) events(fn func(Entry) error) (damaged bool, err error) {
	for {
		line, err := l.next()
		switch {
		case err == io.EOF:
			return false, nil
		case err == errDamaged:
			return true, nil
		case err != nil:
			return false, err
		}
		e, at, err := event.Unmarshal(line)
		if err != nil {
			continue
		}
		if err := fn(Entry{e, at}); err != nil {
			return false, err
		}
	}
}

// Events reads the journal as EachEvent does.
func (f *Folder) Events() (list []Entry, err error) {
	err = f.EachEvent(func(e Entry) error {
		list = append(list, e)
		return nil
	})
	return list, err
}

// EachEvent calls fn with the events of the journal up to its end, or to where
// it is damaged: after a crash the last line may be cut off, and what follows a
// change that nobody made can't be trusted. It returns the first error of fn.
func (f *Folder) EachEvent(fn func(Entry) error) error {
	journal, err := f.open(journalName)
	if err != nil {
		return err
	}
	defer journal.Close()
	_, err = (&lines{r: journal}).events(fn)
	return err
}

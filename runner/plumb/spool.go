package plumb

import (
	"fmt"
	"io"
	"os"
)

// Spool is a queue of bytes of any length: in memory up to a bound, then in an
// unlinked temporary file. It is for one goroutine at a time. Close frees it.
type Spool struct {
	mem       []byte // the oldest bytes
	max       int
	file      *os.File // the bytes after mem; nil until they are needed
	from, end int64    // what of file is in the queue
}

// NewSpool makes an empty Spool that holds at most mem bytes in memory.
func NewSpool(mem int) *Spool { return &Spool{max: mem} }

// Len is how many bytes are in the queue.
func (s *Spool) Len() int64 { return int64(len(s.mem)) + s.end - s.from }

// Write puts p at the end of the queue. It fails where the disk is full, and
// the queue holds as much of p as it says then.
func (s *Spool) Write(p []byte) (int, error) {
	if s.end == s.from && len(s.mem)+len(p) <= s.max {
		s.mem = append(s.mem, p...)
		return len(p), nil
	}
	if s.file == nil {
		f, err := unlinked()
		if err != nil {
			return 0, fmt.Errorf("spool to a temporary file: %w", err)
		}
		s.file = f
	}
	n, err := s.file.WriteAt(p, s.end)
	s.end += int64(n)
	return n, err
}

// WriteTo moves the queue to w, from its start. Where w fails, what it did not
// take stays.
func (s *Spool) WriteTo(w io.Writer) (int64, error) {
	var total int64
	if len(s.mem) > 0 {
		n, err := w.Write(s.mem)
		total = int64(n)
		s.mem = s.mem[:copy(s.mem, s.mem[n:])]
		if err != nil {
			return total, err
		}
	}
	if s.end == s.from {
		return total, nil
	}
	moved, err := io.Copy(w, io.NewSectionReader(s.file, s.from, s.end-s.from))
	total += moved
	s.from += moved
	if err != nil {
		return total, err
	}
	return total, s.empty()
}

// Reset empties the queue.
func (s *Spool) Reset() error {
	s.mem = s.mem[:0]
	return s.empty()
}

// empty gives the file's room on the disk back.
func (s *Spool) empty() error {
	s.from, s.end = 0, 0
	if s.file == nil {
		return nil
	}
	return s.file.Truncate(0)
}

// Close empties the queue and frees what it holds. A Spool that is written to
// again is as a new one.
func (s *Spool) Close() error {
	s.mem, s.from, s.end = nil, 0, 0
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

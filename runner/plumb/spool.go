package plumb

import (
	"fmt"
	"io"
	"os"
)

// Spool is a queue of bytes of any length: in memory up to a bound, then in an
// unlinked temporary file. It is for one goroutine at a time. Close frees it.
//
// What has left the queue leaves the disk too, in steps of 4 MiB, where the file
// system can make holes (fallocate(2); ext4, xfs, btrfs and tmpfs can). Elsewhere
// it does when the queue is empty.
type Spool struct {
	mem       []byte // the oldest bytes, behind at bytes that have left
	at        int
	max       int
	file      *os.File // the bytes after mem; nil until they are needed
	from, end int64    // what of file is in the queue, after mem
	freed     int64    // of file, from its start
	solid     bool     // the file system makes no holes
}

const (
	// spoolPiece is how much is read from the file at once, in bytes, where
	// that is not less than may be in memory at all.
	spoolPiece = 256 << 10
	// spoolStep is how much room on the disk is given back at once, in bytes.
	spoolStep = 4 << 20
)

// NewSpool makes an empty Spool that holds at most mem bytes in memory, and
// while it is read a piece of 32 KiB at least.
func NewSpool(mem int) *Spool { return &Spool{max: mem} }

// Len is how many bytes are in the queue.
func (s *Spool) Len() int64 { return int64(len(s.mem)-s.at) + s.end - s.from }

// Write puts p at the end of the queue. It fails where the disk is full, and
// the queue holds as much of p as it says then.
func (s *Spool) Write(p []byte) (int, error) {
	if s.end == s.from && len(s.mem)-s.at+len(p) <= s.max {
		// Moving the rest to the front costs no more than what left before.
		if s.at >= len(s.mem)-s.at {
			s.mem, s.at = s.mem[:copy(s.mem, s.mem[s.at:])], 0
		}
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
// take stays. So w may be a pipe in non-blocking mode.
func (s *Spool) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		p, err := s.next()
		if err != nil || len(p) == 0 {
			return total, err
		}
		n, err := w.Write(p)
		total += int64(n)
		s.leave(n)
		if err != nil {
			return total, err
		}
	}
}

// next is the start of the queue, valid until the queue changes, and empty only
// if the queue is.
//
// It is read into memory, although splice(2) could put pages of the file into a
// pipe without a copy: a hole or an end that is made in the file would show in
// those pages for as long as they wait in a pipe anywhere.
func (s *Spool) next() ([]byte, error) {
	if s.at == len(s.mem) && s.end > s.from {
		n := int(min(s.end-s.from, max(32<<10, min(int64(s.max), spoolPiece))))
		if cap(s.mem) < n {
			s.mem = make([]byte, n)
		}
		s.mem, s.at = s.mem[:n], n
		if got, err := s.file.ReadAt(s.mem, s.from); got < n {
			return nil, err
		}
		s.at = 0
		s.from += int64(n)
		if err := s.free(); err != nil {
			return nil, err
		}
	}
	return s.mem[s.at:], nil
}

// leave takes n bytes, of those that next gave, from the queue.
func (s *Spool) leave(n int) {
	s.at += n
	if s.at == len(s.mem) {
		s.mem, s.at = s.mem[:0], 0
	}
}

// free gives the room on the disk back of what has left the file.
func (s *Spool) free() error {
	if s.from == s.end {
		return s.empty()
	}
	if s.solid || s.from-s.freed < spoolStep {
		return nil
	}
	n := (s.from - s.freed) / spoolStep * spoolStep
	if err := punch(s.file, s.freed, n); err != nil {
		s.solid = true // it costs room, and nothing is lost
		return nil
	}
	s.freed += n
	return nil
}

// Reset empties the queue.
func (s *Spool) Reset() error {
	s.mem, s.at = s.mem[:0], 0
	return s.empty()
}

// empty gives the file's room on the disk back.
func (s *Spool) empty() error {
	s.from, s.end, s.freed = 0, 0, 0
	if s.file == nil {
		return nil
	}
	return s.file.Truncate(0)
}

// Close empties the queue and frees what it holds. A Spool that is written to
// again is as a new one.
func (s *Spool) Close() error {
	s.mem, s.at = nil, 0
	s.from, s.end, s.freed = 0, 0, 0
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

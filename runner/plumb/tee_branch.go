package plumb

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// branch is one of the pipes that a Tee copies to.
type branch struct {
	index    int
	name     string // for errors
	file     *os.File
	fd       int    // file's
	bytes    int64  // written
	ahead    int64  // what it has of the head; 0 while anything is in spool
	spool    *Spool // what it lacks and the head does not have any more
	room     bool   // nothing says that its pipe is full
	wants    bool   // poll(2) found room since it got the last bytes
	patience patience
	closed   bool
	ended    bool // its readers were gone
}

// spoolMemory is how many bytes are kept in memory for a branch.
const spoolMemory = 1 << 20

// live reports whether b takes part in the head.
func (b *branch) live() bool { return !b.closed && b.spool.Len() == 0 }

// stuck reports whether b, which is live, keeps the head from moving.
func (b *branch) stuck() bool { return b.ahead == 0 && !b.room }

// keep puts what b lacks into its spool.
func (b *branch) keep(p []byte) error {
	if _, err := b.spool.Write(p); err != nil {
		return fmt.Errorf("keep what %s has not read: %w", b.name, err)
	}
	return nil
}

// flush writes a piece of the spool.
func (b *branch) flush() error {
	p, err := b.spool.next()
	if err != nil {
		return fmt.Errorf("read what was kept for %s: %w", b.name, err)
	}
	n, err := writeFD(b.fd, p)
	b.spool.leave(n)
	b.bytes += int64(n)
	b.room = n == len(p)
	return b.failed(err)
}

// failed sorts out the errors of writing to b: a full pipe is none, and one
// without readers ends b.
func (b *branch) failed(err error) error {
	switch err {
	case nil:
		return nil
	case unix.EAGAIN:
		b.room = false
		return nil
	case unix.EPIPE:
		b.end()
		return nil
	}
	return fmt.Errorf("write to %s: %w", b.name, err)
}

// end says that nobody reads b any more.
func (b *branch) end() {
	b.ended = true
	b.close()
}

// close closes b, and forgets what it has not got.
func (b *branch) close() {
	if b.closed {
		return
	}
	b.closed = true
	b.file.Close()
	// What was kept is of no use now, so no error is of interest.
	_ = b.spool.Close()
}

// patience is how long a branch may keep the others waiting: 10 ms, of which
// what was used comes back within 50 times its length. The zero value is all of
// it.
type patience struct {
	left time.Duration
	at   time.Time // when that was
}

const (
	patienceMax  = 10 * time.Millisecond
	patienceBack = 50
	// patienceUnit is the shortest wait, that of poll(2).
	patienceUnit = time.Millisecond
)

// of is what is left now; less than can be waited for is nothing.
func (p *patience) of(now time.Time) time.Duration {
	if p.at.IsZero() {
		p.left = patienceMax
	} else {
		p.left = min(patienceMax, p.left+now.Sub(p.at)/patienceBack)
	}
	p.at = now
	if p.left < patienceUnit {
		return 0
	}
	return p.left
}

// spend takes d away.
func (p *patience) spend(d time.Duration) { p.left = max(0, p.left-d) }

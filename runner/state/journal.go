package state

import (
	"io"
	"os"
	"sync"
	"time"

	"sluice/runner/event"
)

// held back is at most this many bytes.
const journalBuffer = 64 << 10

// journal writes events.jsonl. Only whole lines are written. After the first
// error nothing more is, so that what was written has no hole.
type journal struct {
	f   *os.File
	now func() time.Time

	mu       sync.Mutex
	buf      []byte // whole lines that are held back
	sum      uint32 // checksum of all lines, the held back ones included
	written  int64  // bytes
	recorded map[string]bool
	err      error // the first one

	synced  int64         // bytes that are on the disk
	syncing bool          // somebody puts more there
	news    chan struct{} // closed when that is over, and then another one
}

func newJournal(f *os.File) *journal {
	return &journal{f: f, now: time.Now, recorded: map[string]bool{}, news: make(chan struct{})}
}

// Event writes e, or holds it back until the next one is written.
func (j *journal) Event(e event.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if ended, ok := e.(event.JobEnded); ok && j.recorded[ended.ID] {
		delete(j.recorded, ended.ID) // its line is there, since before anybody could count on it
		return
	}
	j.add(e)
	if !waits(e) || len(j.buf) >= journalBuffer {
		j.flush()
	}
}

// waits reports whether e may wait for the next event: one that is sure to
// come soon, or without which e tells nobody anything.
func waits(e event.Event) bool {
	switch e.(type) {
	case event.RunStarted, event.JobStarted, event.AttemptStarted, event.StageExited, event.StageEnded, event.AttemptEnded:
		return true
	}
	return false
}

// record writes e now. upTo is what sync must put on the disk.
func (j *journal) record(e event.JobEnded) (upTo int64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.add(e)
	j.flush()
	j.recorded[e.ID] = true
	return j.written, j.err
}

func (j *journal) add(e event.Event) {
	if j.err == nil {
		j.buf, j.sum = appendLine(j.buf, e, j.now(), j.sum)
	}
}

func (j *journal) flush() {
	if j.err != nil || len(j.buf) == 0 {
		return
	}
	n, err := j.f.Write(j.buf)
	if err == nil && n < len(j.buf) {
		err = io.ErrShortWrite
	}
	j.written += int64(n)
	j.buf, j.err = j.buf[:0], err
}

// sync returns when the first upTo bytes are on the disk. Of several callers
// one syncs, for all whose lines were written before it began; the others wait
// for it, and it may be the turn of one of them then. Who is patient waits for
// so long whether somebody else does it.
func (j *journal) sync(upTo int64, patience time.Duration) error {
	if patience > 0 {
		j.await(upTo, patience)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.synced < upTo && j.err == nil {
		if j.syncing {
			news := j.news
			j.mu.Unlock()
			<-news
			j.mu.Lock()
			continue
		}
		j.syncing = true
		written := j.written
		j.mu.Unlock()
		err := flush(j.f)
		j.mu.Lock()
		// What a failed sync has left on the disk, nobody knows, and a second
		// one would succeed without having written it (fsync(2), "EIO").
		if j.err == nil {
			j.err = err
		}
		if err == nil {
			j.synced = written
		}
		j.syncing = false
		close(j.news)
		j.news = make(chan struct{})
	}
	return j.err
}

// await returns when the first upTo bytes are on the disk, or when so much
// time is over.
func (j *journal) await(upTo int64, patience time.Duration) {
	t := time.NewTimer(patience)
	defer t.Stop()
	for {
		j.mu.Lock()
		done, news := j.synced >= upTo || j.err != nil, j.news
		j.mu.Unlock()
		if done {
			return
		}
		select {
		case <-news:
		case <-t.C:
			return
		}
	}
}

// failed is the first error, or nil.
func (j *journal) failed() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// end writes what is held back and returns the first error.
func (j *journal) end() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.flush()
	return j.err
}

package state

import (
	"cmp"
	"container/heap"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sluice/runner/event"
)

// Line is a piece of a line that an instance logged.
type Line struct {
	ID      string // of the instance
	At      time.Time
	Stage   int // 0-based
	Stream  event.Stream
	Text    []byte // without its newline; valid during the call only
	Partial bool   // the line goes on with the next Line of this stage and stream
}

// logsReader reads the logs of a run in the order of their times.
type logsReader struct {
	folder *Folder
	of     func(id string) bool // nil: all
	known  map[string]bool      // names of logs
	all    []*logReader
	heads  logHeap // those that have a line
}

// read tells all that is there.
func (r *logsReader) read(fn func(Line) error) error {
	if err := r.find(); err != nil {
		return err
	}
	r.heads = r.heads[:0]
	for _, l := range r.all {
		if err := r.push(l); err != nil {
			return err
		}
	}
	for len(r.heads) > 0 {
		l := heap.Pop(&r.heads).(*logReader)
		if err := fn(l.line); err != nil {
			return err
		}
		if err := r.push(l); err != nil {
			return err
		}
	}
	return nil
}

func (r *logsReader) push(l *logReader) error {
	ok, err := l.next()
	if ok {
		heap.Push(&r.heads, l)
	}
	return err
}

// find finds logs that are new.
func (r *logsReader) find() error {
	dir := filepath.Join(r.folder.dir, logsName)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		name := e.Name()
		if base, isLog := strings.CutSuffix(name, logEnding); isLog && !r.known[name] {
			id, ok := r.instance(base)
			if !ok {
				continue // the run has not told yet whose it is
			}
			r.known[name] = true
			if r.of == nil || r.of(id) {
				r.all = append(r.all, &logReader{path: filepath.Join(dir, name), id: id})
			}
		}
	}
	return err
}

// instance is the id of the instance whose files are called name. Only the
// plan has the ids that were too long for a name.
func (r *logsReader) instance(name string) (string, bool) {
	if id, ok := instanceOf(name); ok {
		return id, true
	}
	p, err := r.folder.FullPlan()
	if err != nil {
		return name, true
	}
	for _, j := range p.Jobs {
		for _, inst := range j.Instances {
			if fileName(inst.ID) == name {
				return inst.ID, true
			}
		}
	}
	return "", false
}

// Dropped reports whether rotation has removed the oldest lines of the log of
// the instance id.
func (f *Folder) Dropped(id string) bool {
	_, err := os.Stat(filepath.Join(f.dir, logsName, fileName(id)+logEnding+droppedEnding))
	return err == nil
}

// logHeap is a heap of the logs that have a line, by its time.
type logHeap []*logReader

func (h logHeap) Len() int      { return len(h) }
func (h logHeap) Swap(i, k int) { h[i], h[k] = h[k], h[i] }
func (h logHeap) Less(i, k int) bool {
	return cmp.Or(h[i].line.At.Compare(h[k].line.At), strings.Compare(h[i].id, h[k].id)) < 0
}
func (h *logHeap) Push(l any) { *h = append(*h, l.(*logReader)) }
func (h *logHeap) Pop() any {
	last := len(*h) - 1
	l := (*h)[last]
	*h = (*h)[:last]
	return l
}

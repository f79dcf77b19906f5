package shard

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"sluice/runner/plumb"
	"sluice/runner/proc"
)

// split reads the stream and hands out its blocks, until take is false.
func (s *shard) split(take func(block) bool) {
	sp := &splitter{r: s.in, size: s.o.Block, lines: !s.o.ByBytes}
	if err := sp.blocks(s.room, take); err != nil {
		s.fail(ending{}, fmt.Errorf("read what is to be shared: %w", err))
	}
	unix.Close(s.in.fd) // whoever still writes there is told that nobody reads on
}

// room is a buffer for a piece of the stream, which feed gives back.
func (s *shard) room() []byte {
	select {
	case buf := <-s.buffers:
		return buf
	default:
		return make([]byte, s.o.Block)
	}
}

func (s *shard) giveBack(buf []byte) {
	if cap(buf) < s.o.Block {
		return // the empty block of an empty stream
	}
	select {
	case s.buffers <- buf[:cap(buf)]:
	default:
	}
}

// feed writes b to a copy, and reports whether that has read all of it. A copy
// that ends before is its own affair.
func (s *shard) feed(w *os.File, b block) (all bool) {
	err := send(w, b.data)
	s.giveBack(b.data)
	if b.more == nil {
		return err == nil
	}
	for data := range b.more {
		if err == nil {
			err = send(w, data)
		}
		s.giveBack(data)
	}
	return err == nil
}

// send writes data to a copy, through a WritePipe: a write that waits for room
// would be woken for each 4 KiB of it.
func send(w *os.File, data []byte) error {
	pace := paceOf(w)
	for {
		n, err := w.Write(data)
		if !errors.Is(err, unix.EAGAIN) {
			return err
		}
		data = data[n:]
		if n == 0 {
			fds := []unix.PollFd{{Fd: int32(w.Fd()), Events: unix.POLLOUT}}
			unix.Poll(fds, -1) // an error is that it was interrupted
		}
		pace.moved(n, false)
		pace.rest()
	}
}

// worker is a copy that gets many blocks.
type worker struct {
	in  *os.File      // this process's end
	own chan block    // the blocks that are for no other copy
	fed chan struct{} // closed: it gets no more
}

// copies starts Workers copies, each of which writes to what out opens for it,
// and shares the stream among them: who has room for a block gets the next one,
// by feed, which reports whether it can have more. It returns when all have all,
// and reaps what still runs. exited is called when the copy has ended.
func (s *shard) copies(out func(*worker) (to *os.File, exited func(), err error), feed func(*worker, block) bool) {
	work := make(chan block)
	gone := make(chan struct{}) // every copy has ended before the stream did
	var feeding, reaping sync.WaitGroup
	for range s.o.Workers {
		r, w, err := plumb.WritePipe(plumb.PipeSize)
		if err != nil {
			s.fail(ending{}, err)
			break
		}
		c := &worker{in: w, own: make(chan block), fed: make(chan struct{})}
		to, exited, err := out(c)
		var p *proc.Process
		if err == nil {
			p, err = s.start(s.o.Argv, r, to, s.stderr)
			to.Close()
		}
		r.Close()
		if err != nil {
			w.Close()
			s.fail(ending{}, err)
			break
		}
		ended := make(chan struct{})
		reaping.Go(func() {
			s.reap(p)
			exited()
			close(ended)
		})
		feeding.Go(func() {
			defer close(c.fed)
			defer w.Close()
			for {
				var b block
				more := true
				select {
				case b, more = <-work:
				case b = <-c.own:
				case <-ended:
					return
				}
				if !more || !feed(c, b) {
					return
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { // owned by the end of this function
		defer close(over)
		feeding.Wait()
		close(gone)
		s.readNoMore()
	}()
	s.split(func(b block) bool {
		select {
		case work <- b:
			return true
		case <-gone:
		case <-s.stop:
		}
		return false
	})
	close(work)
	<-over
	reaping.Wait()
}

// sorted merges what the copies have sorted.
func (s *shard) sorted() {
	argv := append([]string{s.o.Argv[0], "-m"}, s.o.Argv[1:]...)
	files := []*os.File{nil, s.out, s.stderr}
	null, err := plumb.Null()
	if err != nil {
		s.fail(ending{}, err)
		return
	}
	files[0] = null
	var ends []*os.File
	for i := range s.o.Workers {
		r, w, err := plumb.Pipe()
		if err != nil {
			s.fail(ending{}, err)
			break
		}
		files, ends = append(files, r), append(ends, w)
		argv = append(argv, fmt.Sprintf("/dev/fd/%d", 3+i))
	}
	var merge *proc.Process
	if len(ends) == s.o.Workers {
		if merge, err = s.start(argv, files...); err != nil {
			s.fail(ending{}, err)
		}
	}
	for _, f := range append(files[3:], null) {
		f.Close()
	}
	if merge == nil {
		for _, w := range ends {
			w.Close()
		}
		return
	}
	next := 0
	s.copies(func(*worker) (*os.File, func(), error) { next++; return ends[next-1], func() {}, nil },
		func(c *worker, b block) bool { return s.feed(c.in, b) })
	for _, w := range ends[next:] { // of copies that did not start
		w.Close()
	}
	s.reap(merge)
}

// any passes on whole lines as they come. What does not end with a newline
// comes last, so that nothing stands behind it in its line.
func (s *shard) any() {
	var reading sync.WaitGroup
	pen := newPen(s)
	s.copies(func(c *worker) (*os.File, func(), error) {
		r, w, err := outputPipe()
		if err != nil {
			return nil, nil, err
		}
		reading.Go(func() {
			defer r.Close()
			s.passLines(r, c, pen)
		})
		return w, r.ended, nil
	}, pen.feed)
	reading.Wait()
	pen.last()
}

// passLines passes on what c writes through r, whole lines at a time, but a line
// that is longer than a block as it comes.
func (s *shard) passLines(r *output, c *worker, pen *pen) {
	buf := make([]byte, 0, plumb.PipeSize)
	pace := paceOf(r.File)
	within := false // a line whose beginning has been passed on
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)] // a longer line
		}
		searched := len(buf)
		pace.rest()
		n, err := r.Read(buf[searched:cap(buf)])
		pace.moved(n, searched+n == cap(buf))
		if err != nil { // of a pipe it is its end
			pen.end(c, buf)
			return
		}
		buf = buf[:searched+n]
		whole := len(buf)
		if !s.o.ByBytes {
			if whole = bytes.LastIndexByte(buf[searched:], '\n') + 1; whole > 0 {
				whole, within = searched+whole, false
			}
			if within = within || len(buf)-whole > s.o.Block; within {
				whole = len(buf)
			}
		}
		if whole == 0 {
			continue
		}
		if !pen.write(c, buf[:whole], within) {
			return
		}
		buf = buf[:copy(buf, buf[whole:])]
	}
}

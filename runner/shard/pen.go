package shard

import "sync"

// pen writes what several copies write, none of them within the line of another
// one. Lines come to it whole, but for one that is longer than a block: its copy
// holds the pen from the beginning of the line to its newline. The others wait,
// and hold no more than a block of a line each.
//
// The copy that holds the pen may need more input to end its line: the newline
// may be in a buffer of the program, or come at its end only, as of tr -d '\n'.
// It gets that, for it can write and so reads on, and whoever has room for a
// block gets the next one. But all of a line that is longer than a block is for
// one copy, and until that has read it nobody gets anything. So this copy must
// not wait for the pen: it is the one that holds the pen, or nobody else may
// take the pen meanwhile.
type pen struct {
	s *shard

	mu     sync.Mutex
	moved  sync.Cond   // holder or line has changed
	holder *worker     // whose line is begun; nil: nobody's is
	line   chan []byte // the rest of a long line of the stream that is handed out; nil: there is none
	reader *worker     // who gets line
	owed   bool        // a newline, before anything else is written
	open   [][]byte    // lines without their end, one of a copy at most
}

func newPen(s *shard) *pen {
	p := &pen{s: s}
	p.moved.L = &p.mu
	return p
}

// feed gives b to c, but a long line to the copy that must get it. It reports
// whether c can get more.
func (p *pen) feed(c *worker, b block) bool {
	if b.more == nil {
		return p.s.feed(c.in, b)
	}
	if to := p.readerOf(b, c); to != c {
		select {
		case to.own <- b:
			return true
		case <-to.fed: // it gets no more, so it ends its line without
			p.mu.Lock()
			p.reader = c
			p.mu.Unlock()
		}
	}
	all := p.s.feed(c.in, b)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line == b.more { // and not the next one already, which is for another copy
		p.line, p.reader = nil, nil
		p.moved.Broadcast()
	}
	return all
}

// readerOf is who must get the long line b: c, which has taken it, unless another
// copy holds the pen. From now on nobody else takes the pen.
func (p *pen) readerOf(b block, c *worker) *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line != b.more {
		p.line, p.reader = b.more, c
		if p.holder != nil {
			p.reader = p.holder
		}
		p.moved.Broadcast()
	}
	return p.reader
}

// write writes data of c. It ends with the end of a line, unless it ends within a
// long one: then c holds the pen.
func (p *pen) write(c *worker, data []byte, within bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.holder != c && (p.holder != nil || within && p.line != nil && p.reader != c) {
		p.moved.Wait()
	}
	ok := p.put(data)
	p.holder = nil
	if ok && within {
		p.holder = c
	}
	p.moved.Broadcast()
	return ok
}

// put writes data, where it is the caller's turn.
func (p *pen) put(data []byte) bool {
	if p.owed {
		p.owed = false
		if !p.put([]byte{'\n'}) {
			return false
		}
	}
	_, err := p.s.out.Write(data)
	return p.s.wrote(err)
}

// end says that c writes no more, and that data is the line that it did not end.
// That comes last, unless its beginning is written. Then it stands where it is,
// and gets the newline that it lacks if anything comes behind it.
func (p *pen) end(c *worker, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.holder == c:
		p.holder, p.owed = nil, true
		p.moved.Broadcast()
	case len(data) > 0:
		p.open = append(p.open, data)
	}
}

// last writes the lines that do not end, when all copies have ended, and a
// newline between them.
func (p *pen) last() {
	for _, line := range p.open {
		if !p.put(line) {
			return
		}
		p.owed = true
	}
}

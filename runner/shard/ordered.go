package shard

import (
	"os"
	"sync"

	"sluice/runner/plumb"
	"sluice/runner/proc"
)

// part is a copy that has one block, and what it writes.
type part struct {
	process *proc.Process
	in      *os.File // this process's ends
	out     *output
	over    sync.WaitGroup // until all that it writes is passed on, and it is reaped

	mu     sync.Mutex
	turned sync.Cond
	turn   bool   // what it writes is passed on at once
	kept   []byte // what it wrote before
}

// ordered has a copy for each block. Of blocks whose output is not passed on
// yet there are at most twice as many as copies: so much of it is kept, each at
// most as long as a block, and what is longer waits in its copy.
//
// A program takes its time to start, in which a processor would idle. So the
// copy for the next block is started as soon as that has been read, and gets it
// when one of the others has exited: at most Workers of them have a block, and
// one more waits.
func (s *shard) ordered() {
	slots := make(chan struct{}, s.o.Workers)
	queue := make(chan *part, s.o.Workers)
	var joined sync.WaitGroup
	joined.Go(func() {
		for p := range queue {
			s.pass(p)
		}
	})
	var feeding sync.WaitGroup
	none := true
	s.split(func(b block) bool {
		none = false
		return s.part(b, slots, queue, &feeding)
	})
	if none && !s.stopped() { // as a filter of an empty stream
		s.part(block{}, slots, queue, &feeding)
	}
	close(queue)
	joined.Wait()
	feeding.Wait()
}

// part starts a copy for b, which gets it as soon as there is a slot for it.
func (s *shard) part(b block, slots chan struct{}, queue chan<- *part, feeding *sync.WaitGroup) bool {
	p, err := s.startPart()
	if err != nil {
		s.fail(ending{}, err)
		return false
	}
	select {
	case slots <- struct{}{}:
	case <-s.stop:
	}
	if s.stopped() { // how a copy ends that had no block tells nothing
		p.in.Close()
		p.out.Close()
		s.over(p.process)
		return false
	}
	feeding.Go(func() {
		s.feed(p.in, b)
		p.in.Close()
	})
	p.over.Go(func() { s.drain(p) })
	p.over.Go(func() {
		s.reap(p.process)
		p.out.ended()
		<-slots
	})
	queue <- p
	return true
}

func (s *shard) startPart() (*part, error) {
	childIn, in, err := plumb.WritePipe(s.inSize())
	if err != nil {
		return nil, err
	}
	out, childOut, err := outputPipe()
	if err != nil {
		childIn.Close()
		in.Close()
		return nil, err
	}
	process, err := s.start(s.o.Argv, childIn, childOut, s.stderr)
	childIn.Close()
	childOut.Close()
	if err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	p := &part{process: process, in: in, out: out}
	p.turned.L = &p.mu
	return p, nil
}

// inSize is the capacity of the pipe through which a copy gets its block: all of
// it, so that it is handed over in one go, unless that would be much.
func (s *shard) inSize() int {
	const (
		most = 1 << 20  // pipe-max-size in pipe(7), as systems have it
		all  = 16 << 20 // of the copies together; see plumb.PipeSize
	)
	if s.o.Block <= most && s.o.Block*(s.o.Workers+1) <= all {
		return max(s.o.Block, plumb.PipeSize)
	}
	return plumb.PipeSize
}

// drain reads what p writes.
func (s *shard) drain(p *part) {
	defer p.out.Close()
	buf := make([]byte, piece)
	pace := paceOf(p.out.File)
	for {
		pace.rest()
		n, err := p.out.Read(buf)
		if err != nil { // of a pipe it is its end
			return
		}
		pace.moved(n, n == len(buf))
		s.keep(p, buf[:n])
	}
}

const piece = 64 << 10 // bytes that are read from a copy at once

// keep keeps data until the turn of p, if there is room for it.
func (s *shard) keep(p *part, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.turn && len(p.kept)+len(data) > max(s.o.Block, piece) {
		p.turned.Wait()
	}
	if p.turn {
		s.write(data)
		return
	}
	if p.kept == nil {
		p.kept = s.room()[:0]
	}
	p.kept = append(p.kept, data...)
}

// pass writes what p writes to the next stage.
func (s *shard) pass(p *part) {
	p.mu.Lock()
	s.write(p.kept)
	s.giveBack(p.kept)
	p.kept, p.turn = nil, true
	p.turned.Signal()
	p.mu.Unlock()
	p.over.Wait()
}

// write is for the part whose turn it is.
func (s *shard) write(data []byte) {
	if len(data) == 0 || s.broken {
		return
	}
	_, err := s.out.Write(data)
	s.broken = !s.wrote(err)
}

package shard

import (
	"os"
	"sync"

	"sluice/runner/plumb"
)

// part is a copy that has one block, and what it writes.
type part struct {
	in, out *os.File // this process's ends
	written chan []byte
	done    chan struct{} // it is reaped
}

// ordered has a copy for each block. Of blocks whose output is not passed on
// yet there are at most twice as many as copies: so much of it is kept, each at
// most as long as a block, and what is longer waits in its copy.
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
	if none { // as a filter of an empty stream
		s.part(block{}, slots, queue, &feeding)
	}
	close(queue)
	joined.Wait()
	feeding.Wait()
}

// part starts a copy for b as soon as there is a slot for it.
func (s *shard) part(b block, slots chan struct{}, queue chan<- *part, feeding *sync.WaitGroup) bool {
	select {
	case <-s.stop:
		return false
	case slots <- struct{}{}:
	}
	p, err := s.startPart(b, feeding, func() { <-slots })
	if err != nil {
		s.fail(ending{}, err)
		return false
	}
	queue <- p
	return true
}

func (s *shard) startPart(b block, feeding *sync.WaitGroup, free func()) (*part, error) {
	const piece = 64 << 10
	childIn, in, err := plumb.Pipe()
	if err != nil {
		return nil, err
	}
	out, childOut, err := plumb.Pipe()
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
	p := &part{in: in, out: out, written: make(chan []byte, 1+s.o.Block/piece), done: make(chan struct{})}
	feeding.Go(func() { s.feed(p.in, b); p.in.Close() })
	feeding.Go(func() {
		defer close(p.done)
		for {
			buf := make([]byte, piece)
			n, err := p.out.Read(buf)
			if n > 0 {
				p.written <- buf[:n]
			}
			if err != nil { // of a pipe it is its end
				break
			}
		}
		close(p.written)
		p.out.Close()
		s.reap(process)
		free()
	})
	return p, nil
}

// pass writes what p writes to the next stage.
func (s *shard) pass(p *part) {
	going := true
	for data := range p.written {
		if going {
			_, err := s.out.Write(data)
			going = s.wrote(err)
		}
	}
	<-p.done
}

package shard

import (
	"bytes"
	"io"
)

// block is a part of the stream, for one copy.
type block struct {
	data []byte
	more chan []byte // the rest of a line that is longer than a block; nil where there is none
}

// splitter cuts a stream into blocks.
type splitter struct {
	r     io.Reader
	size  int
	lines bool
	carry []byte // read, and of a later piece
	long  bool   // in a line that is longer than a block
	eof   bool
}

// next reads the next piece of the stream, with room from new. end says that it
// is the last of its block. An empty piece without an error is the end of the
// stream.
func (s *splitter) next(room func() []byte) (piece []byte, end bool, err error) {
	buf := room()[:s.size]
	n := copy(buf, s.carry)
	s.carry = s.carry[:0]
	for n < s.size && !s.eof {
		var got int
		got, err = s.r.Read(buf[n:])
		n += got
		if err == io.EOF {
			s.eof = true
		} else if err != nil {
			return nil, true, err
		}
		if s.long && bytes.IndexByte(buf[n-got:n], '\n') >= 0 { // nothing of a long line is carried
			break
		}
	}
	buf = buf[:n]
	if !s.lines || n == 0 {
		return buf, true, nil
	}
	cut := bytes.LastIndexByte(buf, '\n')
	switch {
	case s.long: // it ends as soon as its line does
		cut = bytes.IndexByte(buf, '\n')
		s.long = cut < 0 && !s.eof
	case s.eof:
		return buf, true, nil
	default:
		s.long = cut < 0
	}
	if cut < 0 {
		return buf, !s.long, nil
	}
	s.carry = append(s.carry, buf[cut+1:]...)
	return buf[:cut+1], true, nil
}

// blocks reads the stream to its end and hands out its blocks, until take is
// false.
func (s *splitter) blocks(room func() []byte, take func(block) bool) error {
	for {
		data, end, err := s.next(room)
		if err != nil || len(data) == 0 {
			return err
		}
		b := block{data: data}
		if !end {
			b.more = make(chan []byte)
		}
		if !take(b) {
			return nil
		}
		for !end && err == nil {
			if data, end, err = s.next(room); len(data) > 0 {
				b.more <- data
			}
		}
		if b.more != nil {
			close(b.more)
		}
		if err != nil {
			return err
		}
	}
}

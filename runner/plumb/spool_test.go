package plumb

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSpool(t *testing.T) {
	readPipe(t) // the runtime opens its own descriptors for the first
	before := descriptors(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, mem := range []int{0, 10, 1000} {
		s := NewSpool(mem)
		var want, got bytes.Buffer
		for range 300 {
			p := make([]byte, rnd.IntN(100))
			for i := range p {
				p[i] = byte(rnd.Uint32())
			}
			want.Write(p)
			if n, err := s.Write(p); n != len(p) || err != nil {
				t.Fatal(n, err)
			}
			if len(s.mem) > mem {
				t.Fatalf("%d bytes in memory, the bound is %d", len(s.mem), mem)
			}
			if rnd.IntN(20) == 0 {
				if n, err := s.WriteTo(&got); err != nil || s.Len() != 0 {
					t.Fatal(n, err, s.Len())
				}
			}
			if s.Len() != int64(want.Len()-got.Len()) {
				t.Fatalf("Len is %d, want %d", s.Len(), want.Len()-got.Len())
			}
		}
		if _, err := s.WriteTo(&got); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("bound %d: %v, or not what was written", mem, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors became %d", before, after)
	}
}

// taker takes n bytes and no more.
type taker struct {
	got bytes.Buffer // not embedded: io.Copy would find its ReadFrom
	n   int
}

func (w *taker) Write(p []byte) (int, error) {
	if len(p) <= w.n {
		w.n -= len(p)
		return w.got.Write(p)
	}
	n, _ := w.got.Write(p[:w.n])
	w.n = 0
	return n, errors.New("full")
}

func TestSpoolKeepsWhatIsNotTaken(t *testing.T) {
	text := "0123456789abcdefghij"
	for taken := range len(text) + 1 {
		s := NewSpool(7)
		for i := range len(text) {
			s.Write([]byte(text[i : i+1]))
		}
		w := &taker{n: taken}
		n, err := s.WriteTo(w)
		if (err == nil) != (taken == len(text)) || n != int64(taken) || s.Len() != int64(len(text)-taken) {
			t.Errorf("%d of %d taken: %d, %v, %d left", taken, len(text), n, err, s.Len())
		}
		s.Write([]byte("k"))
		w.n = 100
		if _, err := s.WriteTo(w); err != nil || w.got.String() != text+"k" {
			t.Errorf("after %d: %q, %v", taken, w.got.String(), err)
		}
		s.Write([]byte("some more text"))
		if err := s.Reset(); err != nil || s.Len() != 0 {
			t.Error(err, s.Len())
		}
		s.Close()
		s.Close()
	}
}

// A pipe that takes a piece and then nothing for the moment gets everything.
func TestSpoolToNonblockingPipe(t *testing.T) {
	const size = 3_000_001
	for _, mem := range []int{0, 1000, size} {
		s := NewSpool(mem)
		if _, err := io.CopyN(s, noise(), size); err != nil {
			t.Fatal(err)
		}
		r, w := readPipe(t)
		fd, err := nonblocking(w)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		for s.Len() > 0 {
			n, err := s.WriteTo(fdWriter(fd))
			if err != nil && err != unix.EAGAIN {
				t.Fatal(err)
			}
			if _, err := io.CopyN(&got, r, n); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		same(t, &got, size)
		s.Close()
	}
}

// fdWriter writes to a descriptor once for each call.
type fdWriter int

func (w fdWriter) Write(p []byte) (int, error) {
	n, err := writeFD(int(w), p)
	if err == nil && n < len(p) {
		err = unix.EAGAIN
	}
	return n, err
}

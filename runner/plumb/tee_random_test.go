package plumb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
)

// Readers that read as they like get what was written, as far as they read, and
// the Tee says what it was.
func TestTeeRandomly(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		for seed := range rounds {
			t.Run(fmt.Sprint(seed), func(t *testing.T) { teeRandomly(t, rand.New(rand.NewPCG(0, uint64(seed))), newHead) })
		}
	})
}

func teeRandomly(t *testing.T, rnd *rand.Rand, newHead func(int) head) {
	want := make([]byte, rnd.IntN(1<<(8+rnd.IntN(13))))
	io.ReadFull(noise(), want)
	readers := make([]randomReader, 1+rnd.IntN(5))
	spill := int64(rnd.IntN(1 << (1 + rnd.IntN(23))))
	tee, w, rs := branches(t, len(readers), TeeOptions{Spill: spill}, newHead)
	for i := range readers {
		readers[i] = randomReader{r: rs[i], rnd: rand.New(rand.NewPCG(rnd.Uint64(), 1)), all: rnd.IntN(4) > 0, done: make(chan bool)}
		go readers[i].run(len(want))
	}
	fed := make(chan error)
	pieces := rand.New(rand.NewPCG(rnd.Uint64(), 2))
	go func() {
		var err error
		for p := want; len(p) > 0 && err == nil; {
			n := 1 + pieces.IntN(len(p))
			if pieces.IntN(3) > 0 {
				n = min(n, 1+pieces.IntN(10_000))
			}
			_, err = w.Write(p[:n])
			p = p[n:]
		}
		w.Close()
		fed <- err
	}()
	if err := <-fed; err != nil && !errors.Is(err, syscall.EPIPE) {
		t.Error(err)
	}
	r := tee.Wait()
	if r.Err != nil || r.Cut || r.Spilled > spill || !r.Early && r.Bytes != int64(len(want)) || r.Bytes > int64(len(want)) {
		t.Errorf("%d bytes, bound %d: %+v", len(want), spill, r)
	}
	for i := range readers {
		<-readers[i].done
		got, said := readers[i].got.Bytes(), r.Branches[i]
		whole := said.Bytes == int64(len(want))
		switch {
		case !bytes.HasPrefix(want, got):
			t.Errorf("branch %d has %d bytes that are not what was written", i, len(got))
		case readers[i].all && (len(got) < len(want) || said.Ended || !whole):
			t.Errorf("branch %d has %d bytes of %d: %+v", i, len(got), len(want), said)
		case said.Bytes < int64(len(got)), !r.Early && said.Ended == whole, r.Early && !said.Ended:
			t.Errorf("branch %d read %d bytes of %d: %+v", i, len(got), len(want), said)
		}
	}
}

// randomReader reads in pieces of any size, with pauses, to the end or not.
type randomReader struct {
	r    *os.File
	rnd  *rand.Rand
	all  bool
	got  bytes.Buffer
	done chan bool
}

func (r *randomReader) run(size int) {
	defer close(r.done)
	defer r.r.Close()
	stop := -1
	if !r.all {
		stop = r.rnd.IntN(size + 1)
	}
	most := 1 << (7 + r.rnd.IntN(11))
	for r.got.Len() != stop {
		n := 1 + r.rnd.IntN(most)
		if stop >= 0 {
			n = min(n, stop-r.got.Len())
		}
		if _, err := io.CopyN(&r.got, r.r, int64(n)); err != nil {
			return
		}
		// A pause is work of another kind, of a length that depends on nothing.
		for range r.rnd.IntN(1 + r.rnd.IntN(2)*20_000) {
			r.rnd.Uint64()
		}
	}
}

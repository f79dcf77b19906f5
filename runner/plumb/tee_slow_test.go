package plumb

import (
	"bytes"
	"io"
	"os"
	"sync/atomic"
	"testing"
)

// askedHead counts how often its Tee waits.
type askedHead struct {
	head
	asked *atomic.Int64
}

func (h askedHead) more() bool { h.asked.Add(1); return h.head.more() }

// A reader that takes a byte now and then holds up nobody, and the Tee sleeps
// meanwhile.
func TestTeeSlowReader(t *testing.T) {
	const size, steps = 600_000, 1000
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		var asked atomic.Int64
		in, w, err := Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r, slow, err := Pipe()
		if err != nil {
			t.Fatal(err)
		}
		fast, out := readPipe(t)
		hear, say := readPipe(t)
		control, steer, err := Pipe()
		if err != nil {
			t.Fatal(err)
		}
		closing(t, steer)
		child := inherit(t, command(t, "step"), r, say, os.Stderr, control)
		r.Close()
		say.Close()
		control.Close()
		// The stream does not end yet, so the fast branch waits for more.
		tee := startTee(in, []*os.File{slow, out}, TeeOptions{Spill: 2 * size, Waits: func(int) { t.Error("it is full") }}, func(in int) head { return askedHead{newHead(in), &asked} })
		fed := make(chan error)
		go func() {
			_, err := io.CopyN(w, noise(), size)
			fed <- err
		}()
		same(t, io.LimitReader(fast, size), size)
		if err := <-fed; err != nil {
			t.Error(err)
		}
		var got bytes.Buffer
		before := asked.Load()
		for range steps {
			if _, err := steer.WriteString("x"); err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(&got, hear, 1); err != nil {
				t.Fatal(err)
			}
		}
		if n := asked.Load() - before; n > steps/10 {
			t.Errorf("%d bytes were read, and the Tee looked around %d times", steps, n)
		}
		w.Close()
		steer.Close()
		same(t, io.MultiReader(&got, hear), size)
		whole(t, tee.Wait(), size)
		wait(t, child)
	})
}

// Each byte reaches every branch before the next is written.
func TestTeeTrickle(t *testing.T) {
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		tee, w, rs := branches(t, 3, TeeOptions{}, newHead)
		want := make([]byte, 3000)
		io.ReadFull(noise(), want)
		for i, b := range want {
			if _, err := w.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
			for j, r := range rs {
				got := make([]byte, 10)
				if n, err := r.Read(got); n != 1 || got[0] != b || err != nil {
					t.Fatalf("byte %d of branch %d: %x, want %x (%v)", i, j, got[:n], b, err)
				}
			}
		}
		w.Close()
		for _, r := range rs {
			same(t, r, 0)
		}
		r := tee.Wait()
		whole(t, r, 3000)
		if r.Spilled != 0 {
			t.Errorf("%d bytes were kept", r.Spilled)
		}
	})
}

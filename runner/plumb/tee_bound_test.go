package plumb

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTeeWaitsAtItsBound(t *testing.T) {
	const size = 8 << 20
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		for _, bound := range []int64{0, 5000, 3 << 20} {
			waits := make(chan int, 10)
			tee, w, rs := branches(t, 3, TeeOptions{Spill: bound, Waits: func(branch int) { waits <- branch }}, newHead)
			fed := feed(w, size)
			others := make(chan bool)
			for _, i := range []int{0, 1} {
				var first bytes.Buffer
				if bound > 1<<20 { // so that the third is the slowest for sure
					if _, err := io.CopyN(&first, rs[i], 100_000); err != nil {
						t.Error(err)
					}
				}
				go func() { same(t, io.MultiReader(&first, rs[i]), size); others <- true }()
			}
			if branch := <-waits; bound > 1<<20 && branch != 2 {
				t.Errorf("they wait for branch %d", branch)
			}
			same(t, rs[2], size)
			<-others
			<-others
			if err := <-fed; err != nil {
				t.Error(err)
			}
			r := tee.Wait()
			whole(t, r, size)
			if r.Spilled > bound || len(waits) > 0 {
				t.Errorf("with a bound of %d, %d bytes were kept, and it waited %d times more", bound, r.Spilled, len(waits))
			}
		}
	})
}

// The disk is full, or what stands for it here: no file may become larger.
func TestTeeCannotKeep(t *testing.T) {
	r, w := readPipe(t)
	null, err := Null()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, null)
	child := inherit(t, command(t, "full"), null, w, os.Stderr)
	w.Close()
	said := ReadCapture(r, 10_000, func() {})
	said.Wait()
	wait(t, child)
	got := string(said.Bytes())
	if !strings.HasPrefix(got, "keep what branch 1 has not read: write ") || !strings.HasSuffix(got, ": file too large\n") {
		t.Errorf("the error is %q", got)
	}
}

// A process that holds the pipe does not hold the Tee, and what was written
// before the deadline reaches every branch.
func TestTeeInterrupt(t *testing.T) {
	const size = 50_000
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		for _, open := range []bool{true, false} {
			tee, w, rs := branches(t, 2, TeeOptions{Spill: size}, newHead)
			tee.Interrupt(time.Now().Add(time.Hour))
			if open {
				if _, err := io.CopyN(w, noise(), size); err != nil {
					t.Fatal(err)
				}
			} else if err := <-feed(w, size); err != nil {
				t.Fatal(err)
			}
			tee.Interrupt(time.Time{})
			tee.Interrupt(time.Now())
			same(t, rs[1], size)
			same(t, rs[0], size)
			r := tee.Wait()
			if r.Cut != open {
				t.Errorf("writer alive %t: cut %t", open, r.Cut)
			}
			r.Cut = false
			whole(t, r, size)
			tee.Interrupt(time.Now())
			w.Close()
		}
	})
}

// A writer that never stops does not keep a Tee whose time is over.
func TestTeeInterruptOfEndlessWriter(t *testing.T) {
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		tee, w, rs := branches(t, 2, TeeOptions{Spill: 1 << 30}, newHead)
		fed := feed(w, 1<<40)
		if _, err := io.CopyN(io.Discard, rs[0], 1<<20); err != nil {
			t.Fatal(err)
		}
		tee.Interrupt(time.Now())
		for len(tee.until) > 0 {
			runtime.Gosched()
		}
		tee.Interrupt(time.Time{}) // is too late
		if _, err := io.Copy(io.Discard, rs[0]); err != nil {
			t.Error(err)
		}
		if err := <-fed; !errors.Is(err, syscall.EPIPE) {
			t.Errorf("the writer gets %v", err)
		}
		r, _ := io.Copy(io.Discard, rs[1])
		got := tee.Wait()
		if !got.Cut || got.Err != nil || got.Bytes != r {
			t.Errorf("%d bytes came, and the result is %+v", r, got)
		}
	})
}

func TestTeesLeakNothing(t *testing.T) {
	ways := []func(newHead func(int) head){
		func(newHead func(int) head) { // all goes well
			tee, w, rs := branches(t, 2, TeeOptions{Spill: 2 << 20}, newHead)
			feed(w, 2<<20)
			same(t, rs[1], 2<<20)
			same(t, rs[0], 2<<20)
			tee.Wait()
			rs[0].Close()
			rs[1].Close()
		},
		func(newHead func(int) head) { // the bound
			waits := make(chan int, 1)
			tee, w, rs := branches(t, 2, TeeOptions{Spill: 2 << 20, Waits: func(branch int) { waits <- branch }}, newHead)
			feed(w, 8<<20)
			read := make(chan bool)
			go func() { same(t, rs[0], 8<<20); close(read) }()
			rs[<-waits].Close()
			<-read
			tee.Wait()
			rs[0].Close()
		},
		func(newHead func(int) head) { // nobody reads
			tee, w, rs := branches(t, 2, TeeOptions{}, newHead)
			rs[0].Close()
			rs[1].Close()
			tee.Wait()
			w.Close()
		},
		func(newHead func(int) head) { // one is not to be read any more while much is kept for it
			tee, w, rs := branches(t, 2, TeeOptions{Spill: 2 << 20}, newHead)
			feed(w, 2<<20)
			same(t, rs[0], 2<<20)
			rs[1].Close()
			tee.Wait()
			rs[0].Close()
		},
		func(newHead func(int) head) { // what it gets is closed
			for i := range 3 {
				in, w, err := Pipe()
				if err != nil {
					t.Fatal(err)
				}
				r, out := readPipe(t)
				r2, out2 := readPipe(t)
				[]*os.File{in, out, out2}[i].Close()
				if got := startTee(in, []*os.File{out, out2}, TeeOptions{}, newHead).Wait(); got.Err == nil || len(got.Branches) != 2 {
					t.Errorf("the result is %+v", got)
				}
				w.Close()
				r.Close()
				r2.Close()
			}
		},
		func(newHead func(int) head) { // time is over
			tee, w, rs := branches(t, 2, TeeOptions{}, newHead)
			tee.Interrupt(time.Now())
			tee.Wait()
			w.Close()
			rs[0].Close()
			rs[1].Close()
		},
	}
	readPipe(t) // the runtime opens its own descriptors for the first
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would close what nobody did
		before, goroutines := descriptors(t), runtime.NumGoroutine()
		for range 10 {
			for _, way := range ways {
				way(newHead)
			}
		}
		// Writers are still about to close their ends, and the last goroutines
		// to end.
		for runtime.NumGoroutine() > goroutines {
			runtime.Gosched()
		}
		if after := descriptors(t); after > before {
			t.Errorf("%d descriptors became %d", before, after)
		}
	})
}

package plumb

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// bothHeads calls test with the kernel copying, where it can, and with this
// process copying.
func bothHeads(t *testing.T, test func(t *testing.T, newHead func(int) head)) {
	t.Run("kernel", func(t *testing.T) { test(t, newHead) })
	t.Run("copying", func(t *testing.T) { test(t, newCopyHead) })
}

// branches starts a Tee of n branches. w is for what it copies, and rs are for
// what comes out.
func branches(t *testing.T, n int, o TeeOptions, newHead func(int) head) (tee *Tee, w *os.File, rs []*os.File) {
	t.Helper()
	in, w, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, w)
	var outs []*os.File
	for range n {
		r, out := readPipe(t)
		// Nothing here takes that long, unless it hangs.
		r.SetReadDeadline(time.Now().Add(30 * time.Second))
		outs, rs = append(outs, out), append(rs, r)
	}
	return startTee(in, outs, o, newHead), w, rs
}

// feed writes the first n bytes of noise to w and closes it. The channel tells
// how that ended.
func feed(w *os.File, n int64) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := io.CopyN(w, noise(), n)
		w.Close()
		done <- err
	}()
	return done
}

// same checks that r gives the first n bytes of noise and ends.
func same(t *testing.T, r io.Reader, n int64) {
	t.Helper()
	if got, want := sum(t, r, n), sum(t, io.LimitReader(noise(), n), n); got != want {
		t.Errorf("%d bytes are not what was written", n)
	}
}

func sum(t *testing.T, r io.Reader, n int64) string {
	t.Helper()
	h := sha256.New()
	if got, err := io.Copy(h, r); err != nil || got != n {
		t.Errorf("%d bytes came, want %d (%v)", got, n, err)
	}
	return fmt.Sprintf("%x\n", h.Sum(nil))
}

// whole checks a result where nothing went wrong.
func whole(t *testing.T, r TeeResult, n int64) {
	t.Helper()
	if r.Err != nil || r.Bytes != n || r.Early || r.Cut {
		t.Errorf("the result is %+v, want %d bytes", r, n)
	}
	for i, b := range r.Branches {
		if b.Bytes != n || b.Ended {
			t.Errorf("branch %d: %+v, want %d bytes", i, b, n)
		}
	}
}

func TestTeeBetweenChildren(t *testing.T) {
	const size = 64 << 20
	want := sum(t, io.LimitReader(noise(), size), size)
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		in, w, err := Pipe()
		if err != nil {
			t.Fatal(err)
		}
		null, err := Null()
		if err != nil {
			t.Fatal(err)
		}
		closing(t, null)
		children := []*os.Process{inherit(t, command(t, "noise", strconv.Itoa(size)), null, w, os.Stderr)}
		w.Close()
		var outs []*os.File
		var said []*Capture
		for range 3 {
			r, out, err := Pipe()
			if err != nil {
				t.Fatal(err)
			}
			hear, say := readPipe(t)
			children = append(children, inherit(t, command(t, "sum"), r, say, os.Stderr))
			r.Close()
			say.Close()
			outs, said = append(outs, out), append(said, ReadCapture(hear, 1000, func() {}))
		}
		r := startTee(in, outs, TeeOptions{Spill: size * 3}, newHead).Wait()
		whole(t, r, size)
		t.Logf("%d bytes were kept", r.Spilled)
		for i, c := range said {
			if c.Wait(); string(c.Bytes()) != want {
				t.Errorf("branch %d has %q, want %q", i, c.Bytes(), want)
			}
		}
		for _, p := range children {
			wait(t, p)
		}
	})
}

// A branch that is not read holds up nobody, and gets everything later.
func TestTeeBranchThatIsNotRead(t *testing.T) {
	const size = 5<<20 + 77
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		tee, w, rs := branches(t, 3, TeeOptions{Spill: 3 * size, Waits: func(int) { t.Error("it is full") }}, newHead)
		fed := feed(w, size)
		other := make(chan bool)
		go func() { same(t, rs[2], size); close(other) }()
		same(t, rs[0], size)
		<-other
		if err := <-fed; err != nil {
			t.Error(err)
		}
		same(t, rs[1], size)
		r := tee.Wait()
		whole(t, r, size)
		if r.Spilled < size-PipeSize {
			t.Errorf("%d bytes were kept", r.Spilled)
		}
	})
}

// One branch is to be read to its end before the next is begun: what hangs
// with tee(1).
func TestTeeOneAfterTheOther(t *testing.T) {
	size := int64(100_000_000)
	if testing.Short() {
		size = 10_000_000
	}
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		tee, w, rs := branches(t, 3, TeeOptions{Spill: 2 * size}, newHead)
		fed := feed(w, size)
		for _, r := range rs {
			same(t, r, size)
		}
		if err := <-fed; err != nil {
			t.Error(err)
		}
		whole(t, tee.Wait(), size)
	})
}

func TestTeeBranchEndsEarly(t *testing.T) {
	const size = 4 << 20
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		for _, read := range []int64{0, 10, 100_000} {
			tee, w, rs := branches(t, 3, TeeOptions{Spill: size}, newHead)
			fed := feed(w, size)
			if _, err := io.CopyN(io.Discard, rs[1], read); err != nil {
				t.Error(err)
			}
			rs[1].Close()
			other := make(chan bool)
			go func() { same(t, rs[2], size); close(other) }()
			same(t, rs[0], size)
			<-other
			if err := <-fed; err != nil {
				t.Error(err)
			}
			r := tee.Wait()
			if b := r.Branches[1]; !b.Ended || b.Bytes < read || b.Bytes == size {
				t.Errorf("the branch that ended: %+v", b)
			}
			r.Branches = append(r.Branches[:1], r.Branches[2])
			whole(t, r, size)
		}
	})
}

// When nobody reads any more the writer is told, even if it is silent.
func TestTeeAllEndEarly(t *testing.T) {
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		tee, w, rs := branches(t, 2, TeeOptions{Spill: 1 << 20}, newHead)
		rs[0].Close()
		rs[1].Close()
		r := tee.Wait()
		if !r.Early || r.Cut || r.Err != nil || !r.Branches[0].Ended || !r.Branches[1].Ended {
			t.Errorf("the result is %+v", r)
		}
		if _, err := w.WriteString("x"); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("the writer gets %v", err)
		}

		tee, w, rs = branches(t, 2, TeeOptions{Spill: 1 << 20}, newHead)
		c := command(t, "zeros", strconv.Itoa(1<<40))
		c.Stdout = w
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		for _, r := range rs {
			if _, err := io.CopyN(io.Discard, r, 1000); err != nil {
				t.Error(err)
			}
			r.Close()
		}
		if r := tee.Wait(); !r.Early || r.Err != nil || r.Bytes < 1000 {
			t.Errorf("the result is %+v", r)
		}
		var ended *exec.ExitError
		if err := c.Wait(); !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE {
			t.Errorf("the writer ended with %v", err)
		}
	})
}

// A stream that has ended is not ended early, even if nobody reads any more.
func TestTeeNothingForNobody(t *testing.T) {
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		in, w, err := Pipe()
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		r, out := readPipe(t)
		r.Close()
		whole(t, startTee(in, []*os.File{out}, TeeOptions{}, newHead).Wait(), 0)
	})
}

func TestTeeWithoutBranches(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a Tee without a branch was started")
		}
	}()
	StartTee(nil, nil, TeeOptions{})
}

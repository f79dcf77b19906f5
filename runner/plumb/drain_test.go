package plumb

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func readPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := ReadPipe()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, r, w)
	return r, w
}

func TestCapture(t *testing.T) {
	for _, c := range []struct {
		text     string
		max      int64
		want     string
		exceeded bool
	}{
		{"", 0, "", false},
		{"12345", 5, "12345", false},
		{"123456", 5, "12345", true},
		{"x", 0, "", true},
		{strings.Repeat("y", 1<<20), 1000, strings.Repeat("y", 1000), true},
	} {
		r, w := readPipe(t)
		calls := make(chan bool, 10)
		got := ReadCapture(r, c.max, func() { calls <- true })
		// More than a pipe holds gets through, so what is too much is read.
		if _, err := w.WriteString(c.text); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if got.Wait() {
			t.Error("the end is said to be cut")
		}
		if string(got.Bytes()) != c.want || got.Exceeded() != c.exceeded || len(calls) > 1 || (len(calls) == 1) != c.exceeded {
			t.Errorf("%d bytes with a limit of %d: kept %d, exceeded %t, %d calls", len(c.text), c.max, len(got.Bytes()), got.Exceeded(), len(calls))
		}
	}
}

func TestLog(t *testing.T) {
	r, w := readPipe(t)
	var all bytes.Buffer
	ends := 0
	l := ReadLog(r, func(p []byte) {
		if len(p) == 0 {
			ends++
		}
		if ends > 0 && len(p) > 0 {
			t.Error("a piece came after the end")
		}
		all.Write(p)
	}, 20)
	var want bytes.Buffer
	for i := range 50_000 {
		fmt.Fprintf(&want, "line %d\n", i)
	}
	if _, err := w.Write(want.Bytes()); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if l.Wait() || !bytes.Equal(all.Bytes(), want.Bytes()) || ends != 1 {
		t.Errorf("%d of %d bytes arrived, and %d ends", all.Len(), want.Len(), ends)
	}
	if got := l.Tail(); got != "line 49999\n" {
		t.Errorf("the tail is %q", got)
	}
}

func TestTail(t *testing.T) {
	for _, c := range []struct {
		max    int
		pieces []string
		want   string
	}{
		{10, nil, ""},
		{10, []string{"a\nb"}, "a\nb"},
		{4, []string{"aa\nbb\n"}, "bb\n"},
		{3, []string{"aa\nbb\n"}, "bb\n"},
		{3, []string{"aa\n", "b", "b\n"}, "bb\n"},
		{3, []string{"a", "a", "\n", "b", "b", "\n"}, "bb\n"},
		{3, []string{"aa\nbb"}, "bb"},
		{4, []string{"0123456789"}, "6789"},
		{4, []string{"0123456789\n"}, "789\n"},
		{4, []string{"üüüü"}, "üü"},
		{3, []string{"üüüü"}, "ü"},
		{0, []string{"aa\n"}, ""},
		{6, []string{"aa\nbb\ncc\ndd\n", "", "ee\n"}, "dd\nee\n"},
	} {
		tail := tail{max: c.max}
		for _, p := range c.pieces {
			tail.add([]byte(p))
		}
		if got := tail.String(); got != c.want {
			t.Errorf("the last %d bytes of %q are %q, want %q", c.max, c.pieces, got, c.want)
		}
	}
}

// A process that holds the pipe does not hold the reader, and what was written
// before the deadline arrives even if nobody had read it by then.
func TestInterrupt(t *testing.T) {
	in, hold, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, in, hold)
	r, w := readPipe(t)
	p := inherit(t, command(t, "hold"), in, w, os.Stderr)
	w.Close()
	heard := make(chan bool, 10)
	l := ReadLog(r, func([]byte) { heard <- true }, 100)
	<-heard
	l.Interrupt(time.Now())
	if !l.Wait() {
		t.Error("the cut is not told")
	}
	if got := l.Tail(); got != "held\n" {
		t.Errorf("the tail is %q", got)
	}
	l.Interrupt(time.Now())
	hold.Close()
	wait(t, p)
}

func TestInterruptReadsWhatIsThere(t *testing.T) {
	for _, open := range []bool{true, false} {
		r, w := readPipe(t)
		r.SetReadDeadline(time.Unix(1, 0))
		if _, err := w.WriteString(strings.Repeat("x", 50_000)); err != nil {
			t.Fatal(err)
		}
		if !open {
			w.Close()
		}
		c := ReadCapture(r, 1<<20, func() {})
		if cut := c.Wait(); cut != open || len(c.Bytes()) != 50_000 {
			t.Errorf("writer alive %t: cut %t, %d bytes", open, cut, len(c.Bytes()))
		}
	}
}

// A writer that never stops does not keep a reader whose time is over.
func TestInterruptOfEndlessWriter(t *testing.T) {
	r, w := readPipe(t)
	stopped := make(chan error, 1)
	go func() {
		for {
			if _, err := w.WriteString(strings.Repeat("x", 4096)); err != nil {
				stopped <- err
				return
			}
		}
	}()
	more := make(chan bool, 1)
	c := ReadCapture(r, 1000, func() { more <- true })
	<-more
	c.Interrupt(time.Now())
	if !c.Wait() {
		t.Error("the cut is not told")
	}
	if err := <-stopped; !errors.Is(err, os.ErrClosed) && err == nil {
		t.Error(err)
	}
}

func TestReadersLeakNothing(t *testing.T) {
	before, goroutines := descriptors(t), runtime.NumGoroutine()
	var logs []*Log
	var ends []*os.File
	for range 200 {
		r, w, err := ReadPipe()
		if err != nil {
			t.Fatal(err)
		}
		logs, ends = append(logs, ReadLog(r, func([]byte) {}, 10)), append(ends, w)
	}
	for i, l := range logs {
		if i%2 == 0 {
			ends[i].Close()
			l.Wait()
			continue
		}
		l.Interrupt(time.Now())
		l.Wait()
		ends[i].Close()
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors became %d", before, after)
	}
	// The last ones close their channel just before they end.
	for runtime.NumGoroutine() > goroutines {
		runtime.Gosched()
	}
}

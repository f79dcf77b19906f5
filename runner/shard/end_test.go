package shard

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/plumb"
)

// hears gives c's standard error, as lines.
func hears(t *testing.T, c interface{ Start() error }, set func(w *os.File)) *bufio.Scanner {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	set(w)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return bufio.NewScanner(r)
}

func expect(t *testing.T, s *bufio.Scanner, want string) {
	t.Helper()
	if !s.Scan() || s.Text() != want {
		t.Fatalf("it says %q, want %q", s.Text(), want)
	}
}

// A process group that is told to end has its time for that: the copies are
// waited for, and what they write is passed on.
func TestStopInPeace(t *testing.T) {
	for _, merge := range []Merge{Ordered, Any} {
		c, fifo := withFIFO(t, "tidy", Options{Workers: 1, Block: 5, Merge: merge}, "", "go on")
		var out bytes.Buffer
		c.Stdin, c.Stdout = strings.NewReader("good\n"), &out
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		says := hears(t, c, func(w *os.File) { c.Stderr = w })
		guard(t, c)
		wait(t, fifo)
		if err := unix.Kill(-c.Process.Pid, unix.SIGTERM); err != nil {
			t.Fatal(err)
		}
		expect(t, says, "asked")
		tell(fifo, "go on")
		expect(t, says, "tidied")
		if code := codeOf(t, c.Wait()); code != -int(unix.SIGTERM) || out.String() != "tidied\n" {
			t.Errorf("%s: exit code %d, %q", merge, code, &out)
		}
	}
}

// wait is told, for the test itself.
func wait(t *testing.T, fifo string) {
	t.Helper()
	f, err := os.Open(fifo)
	if err == nil {
		_, err = f.Read(make([]byte, 1))
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// When a copy fails, the others are told to end, and can leave nothing behind.
func TestFailInPeace(t *testing.T) {
	c, fifo := withFIFO(t, "tidy", Options{Workers: 2, Block: 5, Merge: Ordered}, "", "go on")
	c.Stdin = strings.NewReader("bad\ngood\n")
	says := hears(t, c, func(w *os.File) { c.Stderr = w })
	guard(t, c)
	expect(t, says, "asked")
	tell(fifo, "go on")
	expect(t, says, "tidied")
	if code := codeOf(t, c.Wait()); code != 3 {
		t.Errorf("exit code %d, want 3", code)
	}
}

// A copy whose output was read has no reason to end by SIGPIPE: that fails, and
// does not pass for a stage whose reader wanted no more.
func TestUnread(t *testing.T) {
	for _, merge := range []Merge{Ordered, Any} {
		for name, why := range map[string]string{"unread": "signal 13 PIPE", "141": "exit code 141"} {
			c := command(t, name, Options{Workers: 2, Block: 4, Merge: merge})
			c.Stdin = strings.NewReader("abc\nabc\n")
			var said strings.Builder
			c.Stderr = &said
			code := codeOf(t, c.Run())
			if want := "a copy of " + name + " ended as if nobody read what it writes: " + why + "\n"; code != 1 || said.String() != want {
				t.Errorf("%s: exit code %d, %q, want 1 and %q", merge, code, &said, want)
			}
		}
		if out, code := shared(t, "141", Options{Workers: 2, Block: 4, Merge: merge, OK: []int{0, 141}}, []byte("abc\n")); code != 141 || out != "" {
			t.Errorf("%s: exit code %d, which is success", merge, code)
		}
	}
}

// What a copy has left does not hold up the stage, though it holds what that
// reads.
func TestLeftBehind(t *testing.T) {
	for _, merge := range []Merge{Ordered, Any} {
		c, fifo := withFIFO(t, "leave", Options{Workers: 2, Block: 4, Merge: merge}, "")
		c.Stdin = strings.NewReader("abc\n")
		out, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		c.Stdout, c.Stderr = w, nil
		guard(t, c)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if code := codeOf(t, c.Wait()); code != 0 {
			t.Errorf("%s: exit code %d", merge, code)
		}
		if text, err := io.ReadAll(out); string(text) != "abc\n" || err != nil {
			t.Errorf("%s: %q, %v", merge, text, err)
		}
		tell(fifo, "")
	}
}

// All that a copy wrote is read, also where its time is over.
func TestOutputAfterItsTime(t *testing.T) {
	r, w, err := outputPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := io.WriteString(w, "text"); err != nil {
		t.Fatal(err)
	}
	r.until(time.Now())
	if text, err := io.ReadAll(oneByte{r}); string(text) != "text" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

type oneByte struct{ io.Reader }

func (r oneByte) Read(buf []byte) (int, error) { return r.Reader.Read(buf[:1]) }

// Copies that have all ended want no more of the stream, whenever that ends. It
// is one here, for of several one might get no block.
func TestEndedCopiesReadNoMore(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	c := command(t, "short", Options{Workers: 1, Block: 4, Merge: Any})
	c.Stdin = r
	guard(t, c)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := io.WriteString(w, "abc\n"); err != nil {
		t.Fatal(err)
	}
	if code := codeOf(t, c.Wait()); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// Who goes on to write when the copy's time is over is not read for ever.
func TestOutputWithoutEnd(t *testing.T) {
	r, w, err := outputPipe()
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	go func() {
		var err error
		for err == nil {
			_, err = w.Write(make([]byte, piece))
		}
		w.Close()
		written <- err
	}()
	r.until(time.Now())
	n, err := io.Copy(io.Discard, onlyReader{r})
	if err != nil || n > 2*plumb.PipeSize {
		t.Errorf("%d bytes are read, %v", n, err)
	}
	r.Close()
	<-written
}

type onlyReader struct{ io.Reader }

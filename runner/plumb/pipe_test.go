package plumb

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

func closing(t testing.TB, files ...*os.File) {
	t.Cleanup(func() {
		for _, f := range files {
			f.Close()
		}
	})
}

func TestChildrenGetBlockingFiles(t *testing.T) {
	r, w, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, r, w)
	rr, rw, err := ReadPipe()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, rr, rw)
	wr, ww, err := WritePipe(PipeSize)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, wr, ww)
	text, err := TextInput([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	closing(t, text)
	null, err := Null()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, null)
	path := filepath.Join(t.TempDir(), "out")
	out, err := OpenFile(path, Atomic)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	in, err := OpenInput(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, in)
	for _, files := range [][]*os.File{{r, w, rw}, {wr, null, null}, {text, null, out.OS()}, {in, null, null}} {
		wait(t, inherit(t, command(t, "flags"), files...))
	}
	if err := rr.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Errorf("a ReadPipe knows no deadline: %v", err)
	}
	if _, err := rr.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a ReadPipe with a deadline: %v", err)
	}
}

// What does not fit into a WritePipe is not waited for.
func TestWritePipe(t *testing.T) {
	for _, size := range []int{PipeSize, 1 << 20} {
		r, w, err := WritePipe(size)
		if err != nil {
			t.Fatal(err)
		}
		closing(t, r, w)
		text := bytes.Repeat([]byte("a"), 2<<20)
		n, err := w.Write(text)
		if !errors.Is(err, syscall.EAGAIN) || n == 0 {
			t.Fatalf("of a pipe of %d bytes: %d bytes fit, %v", size, n, err)
		}
		if runtime.GOOS == "linux" && n != size {
			t.Errorf("%d bytes fit into a pipe of %d", n, size)
		}
		if _, err := io.ReadFull(r, text[:n]); err != nil {
			t.Fatal(err)
		}
		if again, err := w.Write(text[:n]); again != n || err != nil {
			t.Errorf("%d bytes fit once, and then %d: %v", n, again, err)
		}
		r.Close()
		if _, err := w.Write(text); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("a write that nobody reads: %v", err)
		}
	}
}

func TestPipeJoinsChildren(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcde\n"), 200_000)
	in, err := TextInput(data)
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	rr, rw, err := ReadPipe()
	if err != nil {
		t.Fatal(err)
	}
	a := inherit(t, command(t, "copy"), in, w, os.Stderr)
	in.Close()
	w.Close()
	b := inherit(t, command(t, "copy"), r, rw, os.Stderr)
	r.Close()
	rw.Close()
	c := ReadCapture(rr, 1<<30, func() {})
	if c.Wait() || !bytes.Equal(c.Bytes(), data) {
		t.Errorf("%d of %d bytes arrived", len(c.Bytes()), len(data))
	}
	wait(t, a)
	wait(t, b)
}

func TestTextInput(t *testing.T) {
	for _, size := range []int{0, 5, 3 << 20} {
		data := bytes.Repeat([]byte("x"), size)
		f, err := TextInput(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d of %d bytes can be read (%v)", len(got), size, err)
		}
		f.Close()
	}
	f, err := TextInput([]byte("text;"))
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := ReadPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := inherit(t, command(t, "again"), f, w, os.Stderr)
	f.Close()
	w.Close()
	c := ReadCapture(r, 100, func() {})
	c.Wait()
	wait(t, p)
	// A file in memory is opened anew by its name, from its start.
	if got := string(c.Bytes()); got != "text;text;" && got != "text;" {
		t.Errorf("a child that opens /dev/stdin too reads %q", got)
	}
	if f, err := unlinked(); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
}

func TestOpenInput(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenInput(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, _ := io.ReadAll(f); string(got) != "data" {
		t.Errorf("got %q", got)
	}
	_, err = OpenInput(dir)
	contains(t, err, "it is a directory")
	if _, err = OpenInput(path + ".missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// A FIFO is opened when somebody writes to it, and never waited for.
func TestOpenInputFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	_, err := OpenInput(path)
	contains(t, err, "it is a FIFO")
	if !canSeeWriters {
		t.Skip("writers of a FIFO can't be seen here")
	}
	both, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer both.Close()
	for _, say := range []string{"", "words"} {
		if _, err := both.WriteString(say); err != nil {
			t.Fatal(err)
		}
		f, err := OpenInput(path)
		if err != nil {
			t.Fatalf("with %q in it: %v", say, err)
		}
		if say != "" {
			both.Close()
			if got, err := io.ReadAll(f); err != nil || string(got) != say {
				t.Errorf("read %q (%v), want %q", got, err, say)
			}
		}
		f.Close()
	}

	// What a caller hands over as /dev/fd/N may be at its end already.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w.Close()
	f, err := OpenInput("/dev/fd/" + number(t, r))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

package plumb

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// random is n bytes that no repetition shortens, always the same.
func random(n int64) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

// sizes are around what is moved at once.
var sizes = []int64{0, 1, 4095, 4096, 4097, PipeSize - 1, PipeSize, PipeSize + 1, 5<<20 + 3}

// fileOf is a file that holds data and stands at its start.
func fileOf(t *testing.T, data []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := open(path, unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// outputFile is a new file, opened with flags beside those for writing.
func outputFile(t *testing.T, flags int) *os.File {
	t.Helper()
	f, err := open(filepath.Join(t.TempDir(), "out"), unix.O_WRONLY|unix.O_CREAT|flags, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// join passes what a FeedPipe gives on to a DrainTo.
func join(t *testing.T, from, to *os.File) (read, written error) {
	t.Helper()
	r, feed, err := FeedPipe(from)
	if err != nil {
		t.Fatal(err)
	}
	w, drain, err := DrainTo(to)
	if err != nil {
		t.Fatal(err)
	}
	result := StartTee(r, []*os.File{w}, TeeOptions{}).Wait()
	if result.Err != nil {
		t.Error(result.Err)
	}
	return feed.Wait(), drain.Wait()
}

// A file comes through two pumps as it is, into a file in every mode.
func TestPumpFiles(t *testing.T) {
	before := descriptors(t)
	t.Run("copy", func(t *testing.T) {
		for _, size := range sizes {
			for _, flags := range []int{0, unix.O_APPEND} {
				data := random(size)
				out := outputFile(t, flags)
				if read, written := join(t, fileOf(t, data), out); read != nil || written != nil {
					t.Errorf("%d bytes: %v, %v", size, read, written)
				}
				if got, err := os.ReadFile(out.Name()); err != nil || !bytes.Equal(got, data) {
					t.Errorf("%d bytes with flags %#x: %d came, or others (%v)", size, flags, len(got), err)
				}
			}
		}
	})
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors became %d", before, after)
	}
}

// What is appended does not replace what others append meanwhile.
func TestPumpAppends(t *testing.T) {
	out := outputFile(t, unix.O_APPEND)
	for _, text := range []string{"one\n", "two\n"} {
		other, err := os.OpenFile(out.Name(), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		other.WriteString("other\n")
		other.Close()
		if _, err := join(t, fileOf(t, []byte(text)), out); err != nil {
			t.Error(err)
		}
	}
	if got, _ := os.ReadFile(out.Name()); string(got) != "other\none\nother\ntwo\n" {
		t.Errorf("got %q", got)
	}
}

// A child's pipe may be in any mode, and stays in it.
func TestPumpInheritedPipe(t *testing.T) {
	data := random(3<<20 + 1)
	for _, blocks := range []bool{true, false} {
		r, w, err := Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r2, w2, err := Pipe()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []*os.File{r, w2} {
			if n, err := descriptor(f); err != nil || unix.SetNonblock(n, !blocks) != nil {
				t.Fatal(err)
			}
		}
		child := command(t, "copy")
		child.Stdin, child.Stdout = fileOf(t, data), w
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		got := make(chan []byte)
		go func() {
			all, _ := io.ReadAll(r2)
			got <- all
		}()
		if read, written := join(t, r, w2); read != nil || written != nil {
			t.Error(read, written)
		}
		for _, f := range []*os.File{r, w2} {
			n, _ := descriptor(f)
			if flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 != blocks {
				t.Errorf("blocking %v: the flags became %#x (%v)", blocks, flags, err)
			}
		}
		r.Close()
		w2.Close()
		if all := <-got; !bytes.Equal(all, data) {
			t.Errorf("blocking %v: %d bytes came of %d", blocks, len(all), len(data))
		}
		r2.Close()
		if err := child.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// Sockets can't be written to without waiting, and so get little at once.
func TestPumpSocket(t *testing.T) {
	data := random(1<<20 + 1)
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	to, from := os.NewFile(uintptr(fds[0]), "to"), os.NewFile(uintptr(fds[1]), "from")
	out := outputFile(t, 0)
	done := make(chan error)
	go func() {
		_, err := join(t, from, out)
		done <- err
	}()
	if _, err := join(t, fileOf(t, data), to); err != nil {
		t.Error(err)
	}
	to.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	from.Close()
	if got, _ := os.ReadFile(out.Name()); !bytes.Equal(got, data) {
		t.Errorf("%d bytes came of %d", len(got), len(data))
	}
}

// Nobody reads a pipe any more that is fed: by what never ends, and by what
// never comes.
func TestFeedPipeWithoutReader(t *testing.T) {
	zero, err := os.Open("/dev/zero")
	if err != nil {
		t.Skip(err)
	}
	defer zero.Close()
	silent, w, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	defer w.Close()
	for _, from := range []*os.File{zero, silent} {
		r, p, err := FeedPipe(from)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		if err := p.Wait(); err != nil {
			t.Errorf("%s: %v", from.Name(), err)
		}
	}
}

func TestPumpErrors(t *testing.T) {
	t.Run("read", func(t *testing.T) {
		folder, err := os.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close()
		r, p, err := FeedPipe(folder)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := p.Wait(); !errors.Is(err, syscall.EISDIR) {
			t.Error(err)
		}
	})
	t.Run("full", func(t *testing.T) {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		defer full.Close()
		_, err = join(t, fileOf(t, random(1<<20)), full)
		if pe, ok := errors.AsType[*fs.PathError](err); !ok || pe.Path != "/dev/full" || pe.Op != "write" || pe.Err != syscall.ENOSPC {
			t.Errorf("%#v", err)
		}
	})
	t.Run("gone", func(t *testing.T) {
		r, w, err := Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		r.Close()
		if _, err := join(t, fileOf(t, random(1<<20)), w); !errors.Is(err, syscall.EPIPE) {
			t.Error(err)
		}
	})
}

// A Pump that can't write on ends when it is told to, and one that could when
// it has written all.
func TestPumpStop(t *testing.T) {
	before := descriptors(t)
	r, w, err := Pipe() // which nobody reads
	if err != nil {
		t.Fatal(err)
	}
	in, p, err := DrainTo(w)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{random(PipeSize), random(1)} { // the second has no room but in the first pipe
		if _, err := in.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	p.Stop()
	if err := p.Wait(); !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
	if _, err := in.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the writer has %v", err)
	}
	in.Close()
	in, p, err = DrainTo(outputFile(t, 0))
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	p.Stop()
	r.Close()
	w.Close()
	if after := descriptors(t); after != before+1 { // the file
		t.Errorf("%d descriptors became %d", before, after)
	}
}

package plumb

import (
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Where no branch is read nothing is kept: the writer waits.
func TestTeeHoldsItsWriterBack(t *testing.T) {
	const page = 4096
	bothHeads(t, func(t *testing.T, newHead func(int) head) {
		in, w, err := Pipe()
		if err != nil {
			t.Fatal(err)
		}
		closing(t, w)
		room := capacity(t, w)
		var outs, rs []*os.File
		for range 2 {
			r, out := readPipe(t)
			outs, rs = append(outs, out), append(rs, r)
		}
		room += capacity(t, outs[0])
		held := 0 // what a head may hold besides
		if c, ok := newHead(0).(*copyHead); ok {
			held = len(c.buf)
		}
		tee := startTee(in, outs, TeeOptions{Spill: 1 << 30, Waits: func(int) { t.Error("it is full") }}, newHead)
		// The second one's patience is used up, if anybody wanted to read.
		first := make(chan error)
		go func() {
			_, err := io.CopyN(w, noise(), 1<<20)
			first <- err
		}()
		same(t, io.LimitReader(rs[0], 1<<20), 1<<20)
		same(t, io.LimitReader(rs[1], 1<<20), 1<<20)
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		written, data := 0, make([]byte, 2<<20)
		io.ReadFull(noise(), data)
		for ; written < room; written += page {
			if _, err := w.Write(data[written : written+page]); err != nil {
				t.Fatal(err)
			}
		}
		if err := syscall.SetNonblock(int(fdOf(t, w)), true); err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			n, err := syscall.Write(int(fdOf(t, w)), data[written:written+page])
			if err == nil {
				written += n
			} else if !errors.Is(err, syscall.EAGAIN) {
				t.Fatal(err)
			}
		}
		if written > room+held {
			t.Errorf("%d bytes are in pipes of %d", written, room)
		}
		w.Close()
		other := make(chan bool)
		go func() { same(t, rs[1], int64(written)); close(other) }()
		same(t, rs[0], int64(written))
		<-other
		whole(t, tee.Wait(), int64(1<<20+written))
	})
}

func capacity(t *testing.T, f *os.File) int {
	t.Helper()
	n, err := unix.FcntlInt(fdOf(t, f), unix.F_GETPIPE_SZ, 0)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func fdOf(t *testing.T, f *os.File) (n uintptr) {
	t.Helper()
	conn, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	conn.Control(func(fd uintptr) { n = fd })
	return n
}

// A queue that is never empty takes no more of the disk than what is in it and
// two steps.
func TestSpoolFreesTheDisk(t *testing.T) {
	const behind = 3 << 20
	s := NewSpool(0)
	defer s.Close()
	piece := make([]byte, 1<<20)
	io.ReadFull(noise(), piece)
	for i := range 64 {
		if _, err := s.Write(piece); err != nil {
			t.Fatal(err)
		}
		for s.Len() > behind {
			p, err := s.next()
			if err != nil {
				t.Fatal(err)
			}
			s.leave(len(p))
		}
		if s.solid {
			t.Skip("the file system of temporary files makes no holes")
		}
		if room := onDisk(t, s.file); room > behind+int64(len(piece))+2*spoolStep {
			t.Fatalf("after %d MiB: %d bytes are on the disk for %d in the queue", i+1, room, s.Len())
		}
	}
	if _, err := s.WriteTo(io.Discard); err != nil {
		t.Fatal(err)
	}
	if room := onDisk(t, s.file); room != 0 {
		t.Errorf("%d bytes are on the disk for an empty queue", room)
	}
}

// onDisk is how much room f takes, in bytes.
func onDisk(t *testing.T, f *os.File) int64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(int(fdOf(t, f)), &st); err != nil {
		t.Fatal(err)
	}
	return st.Blocks * 512
}

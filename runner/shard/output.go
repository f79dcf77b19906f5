package shard

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/plumb"
)

// linger is how long a copy's output is read on after its end, where a process
// that it has left holds it.
const linger = time.Second

// output is the reading end of the pipe that a copy writes to.
type output struct{ *os.File }

// outputPipe makes such a pipe. The caller closes both ends.
func outputPipe() (r *output, w *os.File, err error) {
	f, w, err := plumb.ReadPipe()
	return &output{f}, w, err
}

// ended says that the copy has exited. All that it wrote is read, however late.
func (o *output) ended() { o.SetReadDeadline(time.Now().Add(linger)) }

// Read is io.Reader's. Any error is the end of the output.
func (o *output) Read(buf []byte) (int, error) {
	n, err := o.File.Read(buf)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return n, err
	}
	conn, err := o.SyscallConn()
	if err != nil {
		return 0, err
	}
	o.SetReadDeadline(time.Time{}) // for with the old one nothing is read any more
	failed := conn.Read(func(fd uintptr) bool { n, err = unix.Read(int(fd), buf); return true })
	o.SetReadDeadline(time.Now())
	if failed != nil || err != nil || n <= 0 {
		return 0, io.EOF
	}
	return n, nil
}

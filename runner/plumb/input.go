package plumb

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// OpenInput opens what a child is to read, in blocking mode. The caller closes
// it.
//
// It never waits. A directory and a socket are refused, and so is a FIFO that
// no process writes to: opening it would wait for a writer without end, and
// reading it without one would pass for an empty file. The end of a pipe under
// /dev/fd is fine.
func OpenInput(path string) (*os.File, error) {
	f, err := open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	if err := readable(f); err != nil {
		f.Close()
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return f, nil
}

func readable(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	switch {
	case info.IsDir():
		return fmt.Errorf("it is a directory, and a file is expected")
	case info.Mode()&fs.ModeNamedPipe != 0:
		ok, err := hasWriter(f)
		if err == nil && !ok {
			err = fmt.Errorf("it is a FIFO that no process writes to; start its writer first")
		}
		return err
	}
	return nil
}

// TextInput makes a file that holds data and stands at its start. It has no
// name, and a child may open it again as /dev/stdin. The caller closes it.
func TextInput(data []byte) (*os.File, error) {
	f, err := anonymous()
	if err != nil {
		return nil, err
	}
	if _, err = f.Write(data); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// unlinked makes a temporary file without a name.
func unlinked() (*os.File, error) {
	f, err := os.CreateTemp("", "sluice-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

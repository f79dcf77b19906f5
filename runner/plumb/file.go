package plumb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Mode says how an output file comes to be.
type Mode string

// The modes of an output file, as job files name them.
const (
	Atomic   Mode = "atomic"   // written beside its place, and put there by Commit
	Append   Mode = "append"   // written at its end; Abort cuts that off again
	Truncate Mode = "truncate" // emptied, then written in place, through links and to devices
	Create   Mode = "create"   // as Atomic, and an error where it exists
)

// File is an output file that a child writes. It ends with Commit or Abort.
type File struct {
	path string
	mode Mode
	os   *os.File
	dir  *os.File // of Atomic and Create: the file's folder, whatever its path leads to meanwhile; else nil
	temp string   // the name in dir that the bytes have before they get their own; empty while they have none
	size int64    // of a regular file before, for Append; -1: nothing to cut off
	over bool     // committed or aborted

	// NoSync leaves it to the system when what Commit puts in place reaches
	// the disk. It is set before Commit.
	NoSync bool
}

// OpenFile opens path, which must be absolute, for a child to write. Missing
// directories above it are made.
//
// Atomic and Create refuse what exists and is not a regular file, for it would
// be replaced by one. Atomic keeps the permissions of the file that it will
// replace, but neither its owner nor its further names. A FIFO without a
// reader is an error and not a wait. The folder of an Atomic or Create file is
// looked up once, so that the file appears where it was begun although the path
// may lead elsewhere by then. Where the file system has files without a name,
// nothing is left of one that is neither committed nor aborted.
func OpenFile(path string, mode Mode) (*File, error) { return openFile(path, mode, openUnnamed) }

// openFile is OpenFile. unnamed makes a file in a folder that has no name, or
// else the file gets a hidden one.
func openFile(path string, mode Mode, unnamed func(dir *os.File) (*os.File, error)) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	f := &File{path: path, mode: mode, size: -1}
	var err error
	switch mode {
	case Atomic, Create:
		err = f.openTemp(unnamed)
	case Append:
		err = f.openInPlace(syscall.O_APPEND)
	case Truncate:
		err = f.openInPlace(syscall.O_TRUNC)
	default:
		err = fmt.Errorf("open %s: there is no mode %q of an output file", path, mode)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// OS is what the child gets, in blocking mode. It belongs to f, which closes it.
func (f *File) OS() *os.File { return f.os }

// openInPlace opens the file itself.
func (f *File) openInPlace(flag int) error {
	var err error
	f.os, err = open(f.path, syscall.O_WRONLY|syscall.O_CREAT|flag, 0o666)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return &fs.PathError{Op: "open", Path: f.path, Err: errors.New("it is a FIFO that no process reads, or a socket; start its reader first")}
	case errors.Is(err, syscall.EISDIR):
		return &fs.PathError{Op: "open", Path: f.path, Err: errors.New("it is a directory, and a file is expected")}
	case err != nil:
		return err
	}
	info, err := f.os.Stat()
	if err != nil {
		f.os.Close()
		return err
	}
	if f.mode == Append && info.Mode().IsRegular() {
		f.size = info.Size()
	}
	return nil
}

// Commit makes what was written the content of the file and closes it. For
// Atomic and Create it is on the disk then, but for NoSync. Where Commit
// fails, Atomic and Create leave what was there before, unless it is the last
// step that fails, the sync of the directory.
func (f *File) Commit() error {
	if f.over {
		return os.ErrClosed
	}
	if f.dir == nil {
		f.over = true
		return f.os.Close()
	}
	if err := f.sync(f.os); err != nil {
		return errors.Join(err, f.Abort())
	}
	if err := f.place(); err != nil {
		return errors.Join(err, f.Abort())
	}
	f.over = true
	defer f.dir.Close()
	return errors.Join(f.os.Close(), f.sync(f.dir))
}

// sync flushes what belongs to f, unless that is left to the system.
func (f *File) sync(what *os.File) error {
	if f.NoSync {
		return nil
	}
	return flush(what)
}

// flush puts f on the disk. Some file systems have none or can't do that for a
// directory.
func flush(f *os.File) error {
	err := f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}

// Abort forgets what was written and closes the file. Atomic and Create leave
// everything as it was. Append cuts the file back to its length at OpenFile,
// which takes with it what others appended since. Truncate can't bring
// anything back. After Commit or Abort it does nothing.
func (f *File) Abort() error {
	if f.over {
		return nil
	}
	f.over = true
	var cut, removed error
	switch {
	case f.dir != nil:
		defer f.dir.Close()
		if f.temp != "" {
			removed = f.remove()
		}
	case f.size >= 0:
		if info, err := f.os.Stat(); err != nil {
			cut = err
		} else if info.Size() > f.size {
			cut = f.os.Truncate(f.size)
		}
	}
	return errors.Join(cut, removed, f.os.Close())
}

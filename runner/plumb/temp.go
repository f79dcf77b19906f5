package plumb

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// What Atomic and Create write until Commit.

// openTemp makes the file that Commit will put in place.
func (f *File) openTemp(unnamed func(dir *os.File) (*os.File, error)) error {
	old, err := os.Lstat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return err
	case f.mode == Create:
		return &fs.PathError{Op: "create", Path: f.path, Err: fs.ErrExist}
	case !old.Mode().IsRegular():
		return &fs.PathError{Op: "replace", Path: f.path, Err: fmt.Errorf(
			"it is %s, which a regular file would replace; mode: truncate writes through it", kind(old.Mode()))}
	}
	if f.dir, err = open(filepath.Dir(f.path), syscall.O_RDONLY|syscall.O_DIRECTORY, 0); err != nil {
		return err
	}
	if f.os, err = unnamed(f.dir); err != nil {
		f.temp = f.newTemp()
		f.os, err = openAt(f.dir, f.temp, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o666)
	}
	if err != nil {
		f.dir.Close()
		return err
	}
	if old == nil {
		return nil
	}
	if err := f.os.Chmod(old.Mode().Perm()); err != nil {
		return errors.Join(err, f.Abort())
	}
	return nil
}

// newTemp is a name that is never met twice, unless somebody guesses 40 bits.
func (f *File) newTemp() string { return tempName(filepath.Base(f.path), rand.Text()[:8]) }

// tempName is the name of a hidden file beside base, within the 255 bytes that
// a name may have.
func tempName(base, random string) string {
	suffix := ".sluice-" + strings.ToLower(random)
	if room := 255 - 1 - len(suffix); len(base) > room {
		for room > 0 && !utf8.RuneStart(base[room]) {
			room--
		}
		base = base[:room]
	}
	return "." + base + suffix
}

// place gives the file its name. A rename replaces what has the name, and a
// link never does (rename(2), link(2)).
func (f *File) place() error {
	base := filepath.Base(f.path)
	if f.mode == Create {
		err := f.link(base)
		if errors.Is(err, fs.ErrExist) {
			return &fs.PathError{Op: "create", Path: f.path, Err: fs.ErrExist}
		}
		if err != nil || f.temp == "" {
			return err
		}
		return f.remove()
	}
	if f.temp == "" {
		temp := f.newTemp()
		if err := f.link(temp); err != nil {
			return err
		}
		f.temp = temp
	}
	return f.at("rename", func(dir int) error { return unix.Renameat(dir, f.temp, dir, base) })
}

// link gives the file one name more in its folder.
func (f *File) link(name string) error {
	return f.at("link", func(dir int) error {
		if f.temp == "" {
			return linkUnnamed(f.os, dir, name)
		}
		return unix.Linkat(dir, f.temp, dir, name, 0)
	})
}

func (f *File) remove() error {
	return f.at("unlink", func(dir int) error { return unix.Unlinkat(dir, f.temp, 0) })
}

// at makes a system call on names in f's folder.
func (f *File) at(op string, call func(dir int) error) error {
	conn, err := f.dir.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = call(int(fd)) }); err != nil {
		return err
	}
	if inner != nil {
		return &os.LinkError{Op: op, Old: filepath.Join(filepath.Dir(f.path), f.temp), New: f.path, Err: inner}
	}
	return nil
}

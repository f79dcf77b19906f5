package state

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// folder is an open directory. What is in it is opened from there: that is
// cheaper than a walk along the whole path, and goes on to be the same folder
// when somebody renames it.
//
// Go's own os.Open would set up the runtime's poller for files that can't be
// polled, before the first child is started.
type folder struct {
	path string
	*os.File
}

func openFolder(path string) (folder, error) {
	f, err := openAt(unix.AT_FDCWD, path, path, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return folder{}, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return folder{path, f}, nil
}

// open opens the file called name, close-on-exec.
func (d folder) open(name string, flags int) (*os.File, error) {
	path := d.path + "/" + name
	f, err := openAt(int(d.Fd()), name, path, flags)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return f, nil
}

// openAt opens the file called name in a directory. Errors of the file call it
// path.
func openAt(dir int, name, path string, flags int) (*os.File, error) {
	for {
		fd, err := unix.Openat(dir, name, flags|unix.O_CLOEXEC, 0o666)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		return os.NewFile(uintptr(fd), path), nil
	}
}

// mkdir makes the folder called name unless it is there.
func (d folder) mkdir(name string) error {
	if err := unix.Mkdirat(int(d.Fd()), name, 0o777); err != nil && err != unix.EEXIST {
		return &fs.PathError{Op: "mkdir", Path: d.path + "/" + name, Err: err}
	}
	return nil
}

// write makes the file called name with data as its content, on the disk if
// sync. A crash may leave a part of it: that is for files which nobody counts
// on before another one says that they are there.
func (d folder) write(name string, data []byte, sync bool) error {
	f, err := d.open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && sync {
		err = flush(f)
	}
	return errors.Join(err, f.Close())
}

// replace gives the file called name data as its content: whoever opens it
// finds all of the old or all of the new. With sync the same holds after a
// crash; that it is the new takes a flush of the folder.
func (d folder) replace(name string, data []byte, sync bool) error {
	temp := name + ".new"
	if err := d.write(temp, data, sync); err != nil {
		return err
	}
	if err := unix.Renameat(int(d.Fd()), temp, int(d.Fd()), name); err != nil {
		return &fs.PathError{Op: "rename", Path: d.path + "/" + temp, Err: err}
	}
	return nil
}

// flush puts f on the disk. Some file systems have none or can't do that for a
// directory.
func flush(f *os.File) error {
	err := fdatasync(f)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	if err != nil {
		return &fs.PathError{Op: "sync", Path: f.Name(), Err: err}
	}
	return nil
}

// lock takes f's lock, and waits for who looks whether it is held. On a disk
// that has no locks it does nothing.
func lock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		switch {
		case err == unix.EINTR:
		case noLocks(err):
			return nil
		default:
			return err
		}
	}
}

// noLocks reports whether err says that a disk has no locks.
func noLocks(err error) bool {
	return err == unix.ENOLCK || err == unix.ENOSYS || err == unix.ENOTSUP || err == unix.EINVAL
}

// unlock frees f's lock for all processes that share it.
func unlock(f *os.File) error {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_UN); !noLocks(err) {
		return err
	}
	return nil
}

// held reports whether somebody else has f locked for good.
func held(f *os.File) (bool, error) {
	err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return true, nil
	}
	if err == nil {
		err = unlock(f)
	}
	return false, err
}

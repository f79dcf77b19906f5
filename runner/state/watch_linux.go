package state

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// watch tells when something may have changed in folders: a file was written,
// made or renamed there, or one that was open for writing was closed, as a
// run's journal is when its runner and its monitor have ended.
type watch struct {
	f     *os.File // inotify(7); nil where there is none
	pause time.Duration
}

// newWatch watches the folders at dirs. The kernel tells of no change that
// another machine makes on a network disk, and it tells of the end of a file
// just before its lock is free: so a watch also lets its owner look again by
// itself, ever more seldom while nothing happens.
func newWatch(dirs ...string) (*watch, error) {
	w := &watch{}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return w, nil // no more of them for this user; looking again does it too
	}
	w.f = os.NewFile(uintptr(fd), "inotify")
	for _, dir := range dirs {
		w.add(dir)
	}
	return w, nil
}

// add watches one more folder, which may be missing still.
func (w *watch) add(dir string) {
	if w.f != nil {
		unix.InotifyAddWatch(int(w.f.Fd()), dir, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_CLOSE_WRITE)
	}
}

// wait returns when it is time to look again, or with the error of ctx.
func (w *watch) wait(ctx context.Context) error {
	if w.f == nil {
		return sleep(ctx, w.next(false))
	}
	if err := w.f.SetReadDeadline(time.Now().Add(w.next(false))); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { w.f.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	events := make([]byte, 4096)
	_, err := w.f.Read(events)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		w.next(true)
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return err
	}
	return nil
}

func (w *watch) close() error {
	if w.f == nil {
		return nil
	}
	return w.f.Close()
}

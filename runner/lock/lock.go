// Package lock keeps one process at a time at something, over all programs
// that use the same folder. A lock is a file that flock(2) locks: the kernel
// frees it when the last process that has it open is gone, however that ended.
package lock

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Lock is a lock that this process holds or wants to hold. One goroutine uses
// it. Two of them of the same name exclude each other within a process too.
type Lock struct {
	f    *os.File
	held bool
}

// Holder is who holds a lock, as far as it said so. Its zero value is unknown.
type Holder struct {
	Run  string `json:"run"`
	PID  int    `json:"pid"`
	Job  string `json:"job,omitempty"`  // the instance
	File string `json:"file,omitempty"` // its job file
}

func (h Holder) String() string {
	if h.Run == "" {
		return "another run"
	}
	text := fmt.Sprintf("run %s (process %d", h.Run, h.PID)
	if h.Job != "" {
		text = "job " + h.Job + " of " + text
	}
	if h.File != "" {
		text += ", " + h.File
	}
	return text + ")"
}

// Open makes the lock of that name in the folder dir, which is made where it
// is missing, and does not lock it. The caller calls Close.
func Open(dir, name string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// The file stays for ever: one that is removed could be locked by a
	// process that opened it before, and made anew by one that comes after.
	path := filepath.Join(dir, fileName(name))
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return &Lock{f: os.NewFile(uintptr(fd), path)}, nil
}

// fileName is the name of the file of a lock. Different locks have different
// files, on a disk that tells capitals from small letters.
func fileName(name string) string {
	const most = 200 // bytes; a file name may have 255
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		plain := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.' && i > 0
		if plain {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	text := b.String()
	if len(text) > most {
		text = fmt.Sprintf("%s%%-%x", text[:most-66], sha256.Sum256([]byte(name)))
	}
	return text + ".lock"
}

// Try locks l for me if nobody holds it.
func (l *Lock) Try(me Holder) (bool, error) {
	err := l.flock(syscall.LOCK_EX | syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	l.held = true
	text, err := json.Marshal(me)
	if err == nil {
		err = l.f.Truncate(0)
	}
	if err == nil {
		_, err = l.f.WriteAt(text, 0)
	}
	return err == nil, err
}

// Wait locks l for me when nobody holds it any more. It returns ctx's cause
// when that comes before.
func (l *Lock) Wait(ctx context.Context, me Holder) error {
	// flock(2) can wait by itself, but nothing ends that wait.
	const first, last = 5 * time.Millisecond, 250 * time.Millisecond
	for pause := first; ; pause = min(2*pause, last) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if ok, err := l.Try(me); ok || err != nil {
			return err
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
		}
	}
}

// Holder is who holds l, for a person to read: it may change at any moment.
func (l *Lock) Holder() (h Holder) {
	buf := make([]byte, 32<<10) // room for the longest path, with every byte escaped
	n, _ := l.f.ReadAt(buf, 0)
	if json.Unmarshal(buf[:n], &h) != nil {
		return Holder{} // it was just written, or never
	}
	return h
}

// File is the open file, for another process to share: the lock is held until
// Close, or until no process has the file open. It belongs to l.
func (l *Lock) File() *os.File { return l.f }

// Close unlocks l, whoever shares its file.
func (l *Lock) Close() error {
	if l.held {
		_ = l.f.Truncate(0) // what it says would be about nobody
		if err := l.flock(syscall.LOCK_UN); err != nil {
			return errors.Join(err, l.f.Close())
		}
	}
	return l.f.Close()
}

func (l *Lock) flock(how int) error {
	conn, err := l.f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	err = conn.Control(func(fd uintptr) {
		for {
			if locked = syscall.Flock(int(fd), how); locked != syscall.EINTR {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	if locked != nil {
		return &fs.PathError{Op: "flock", Path: l.f.Name(), Err: locked}
	}
	return nil
}

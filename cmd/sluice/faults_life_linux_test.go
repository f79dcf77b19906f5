package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// life is a FIFO by which processes show that they live: those of tree, or
// whatever opens it for writing.
type life struct {
	f    *fault
	both *os.File // so that a writer need not wait for the reader
	path string
}

func (f *fault) life(name string) *life {
	f.Helper()
	l := &life{f: f, path: f.path(name)}
	if err := syscall.Mkfifo(l.path, 0o600); err != nil {
		f.Fatal(err)
	}
	var err error
	if l.both, err = os.OpenFile(l.path, os.O_RDWR, 0); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		l.both.Close()
		if f.Failed() {
			l.kill()
		}
	})
	return l
}

// here waits until n bytes came: for tree, four.
func (l *life) here(n int) {
	l.f.Helper()
	l.both.SetReadDeadline(time.Now().Add(guard))
	if _, err := io.ReadFull(l.both, make([]byte, n)); err != nil {
		l.f.Fatalf("the processes did not come to life: %v", err)
	}
}

// gone waits until no process has it open any more.
func (l *life) gone() {
	l.f.Helper()
	r, err := os.OpenFile(l.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		l.f.Fatal(err)
	}
	defer r.Close()
	l.both.Close()
	r.SetReadDeadline(time.Now().Add(guard))
	if _, err := io.Copy(io.Discard, r); err != nil {
		l.f.Errorf("something that sluice started is alive: %v", err)
	}
}

// kill ends what has the FIFO open, so that a failed test leaves nothing.
func (l *life) kill() {
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
		if target, err := os.Readlink(link); err == nil && target == l.path && pid != os.Getpid() {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

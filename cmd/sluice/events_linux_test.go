package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// eventsReader makes a FIFO for --events, with a reader of it.
func (f *fault) eventsReader() *os.File {
	f.Helper()
	if err := syscall.Mkfifo(f.path("events"), 0o600); err != nil {
		f.Fatal(err)
	}
	r, err := os.OpenFile(f.path("events"), os.O_RDONLY|syscall.O_NONBLOCK, 0) // waits for no writer
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { r.Close() })
	return r
}

// fill writes to a FIFO until nothing more fits.
func fill(t *testing.T, name string) {
	t.Helper()
	fd, err := syscall.Open(name, syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	for _, n := range []int{4096, 1} {
		for err = nil; err == nil; {
			_, err = syscall.Write(fd, make([]byte, n))
		}
		if err != syscall.EAGAIN {
			t.Fatal(err)
		}
	}
}

func TestF26EventsReaderGone(t *testing.T) {
	f := newFault(t, sayLater)
	l, say, r := f.life("life"), f.fifo("say"), f.eventsReader()
	p := f.command("sluice", "run", "-j", "4", "--events", "events", "job.yaml")
	f.start(p)
	l.here(4)
	r.Close()
	say("hello")
	f.wants(f.end(p), 128+int(syscall.SIGPIPE), "\nsluice: --events: write events: broken pipe\n")
	l.gone()
	f.exists("cleaned")
}

// A reader that reads nothing holds the run up, and is given up when the run
// is told for the second time to end.
func TestF26EventsReaderStuck(t *testing.T) {
	f := newFault(t, `jobs: {tree: {run: tree life, stop: {grace: 10ms}}}`)
	l := f.life("life")
	f.eventsReader()
	p := f.command("sluice", "run", "--events", "events", "job.yaml")
	f.start(p)
	l.here(4)
	fill(t, f.path("events"))
	f.signal(p, syscall.SIGTERM)
	l.gone() // nobody hears of it, and it is stopped all the same
	f.signal(p, syscall.SIGTERM)
	f.wants(f.end(p), 128+int(syscall.SIGTERM), "\nsluice: --events: the reader of events reads nothing\n")
}

// A FIFO that nobody reads yet is waited for, and the wait ends as it would in
// any program.
func TestEventsWithoutReader(t *testing.T) {
	f := newFault(t, `jobs: {touch: {run: touch here}}`)
	f.eventsReader().Close()
	p := f.command("sluice", "run", "--events", "events", "--report", "report", "job.yaml")
	f.start(p)
	f.hears(p, "sluice: --events: nobody reads events yet; the run begins when somebody does\n")
	f.signal(p, syscall.SIGTERM)
	f.wants(f.end(p), -int(syscall.SIGTERM))

	p = f.command("sluice", "run", "--events", "events", "job.yaml")
	f.start(p)
	f.hears(p, "nobody reads events yet")
	r, err := os.Open(f.path("events"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f.wants(f.end(p), exitOK)
	f.exists("here")
}

// A run that is to end has patience with a reader of its events, and not for
// ever.
func TestEventsPatience(t *testing.T) {
	f := newFault(t, "")
	r := f.eventsReader()
	killed, kill := context.WithCancel(context.Background())
	defer kill()
	s := &signals{kill: killed}
	s.ctx, s.stop = context.WithCancelCause(context.Background())
	e, err := (&cli{signals: s}).openEvents(f.path("events"))
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	e.patience = time.Millisecond
	fill(t, f.path("events"))
	s.stop(errors.New("told to stop"))
	if _, err = e.Write([]byte("{}\n")); err == nil || !strings.HasSuffix(err.Error(), "events reads nothing") {
		t.Error(err)
	}
	if _, err := r.Read(make([]byte, 1<<20)); err != nil { // who reads again is told again
		t.Fatal(err)
	}
	e.patience = guard
	for range 2 {
		if _, err := e.Write([]byte("{}\n")); err != nil {
			t.Error(err)
		}
		kill()
	}
}

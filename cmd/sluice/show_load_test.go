package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"sluice/runner/event"
	"sluice/runner/report"
)

// jobText is what job n of a load test prints on a stream: lines that name it,
// some of them long.
func jobText(n int, stream event.Stream) string {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "%s of %d, line %d %s\n", stream, n, i, strings.Repeat("x", i*i*(n%3)))
	}
	return b.String()
}

// load shows jobs that print at the same time, each stream from a goroutine of
// its own and cut at random.
func load(t *testing.T, mode string, jobs int) *transcript {
	t.Helper()
	tr := &transcript{}
	tr.stdout.t, tr.stder.t = tr, tr
	s := newShow(showOptions{Mode: mode, Stdout: &tr.stdout, Stderr: &tr.stder})
	s.Event(started(jobs))
	var wg sync.WaitGroup
	for n := range jobs {
		id := fmt.Sprint("job", n)
		s.Event(began(id))
		wg.Go(func() {
			var streams sync.WaitGroup
			for _, stream := range []event.Stream{event.Stdout, event.Stderr} {
				streams.Go(func() { emit(s, id, stream, jobText(n, stream)) })
			}
			streams.Wait()
			s.Event(event.RetryScheduled{ID: id, Attempt: 2, Of: 2})
			s.Event(ended(id, report.Failed))
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return tr
}

func emit(s *show, id string, stream event.Stream, text string) {
	buf := make([]byte, 100) // the runner's, used again for every event
	for len(text) > 0 {
		n := copy(buf[:1+rand.IntN(100)], text)
		s.Event(event.Output{ID: id, Attempt: 1, Stream: stream, Data: buf[:n]})
		text = text[n:]
	}
}

func TestManyJobsAtOnce(t *testing.T) {
	const jobs = 24
	for _, mode := range []string{"ordered", "group", "quiet"} {
		tr := load(t, mode, jobs)
		for stream, text := range map[event.Stream]string{event.Stdout: tr.stdout.text.String(), event.Stderr: tr.stder.text.String()} {
			for n := range jobs {
				// One piece, whatever the others printed meanwhile.
				if strings.Count(text, jobText(n, stream)) != 1 {
					t.Fatalf("%s: %s of job %d is not there in one piece", mode, stream, n)
				}
			}
		}
		if n := strings.Count(tr.stder.text.String(), "\n✗ job"); n != jobs {
			t.Errorf("%s: %d failure blocks, expected %d", mode, n, jobs)
		}
	}
}

func TestManyJobsAtOnceInOrder(t *testing.T) {
	tr := load(t, "ordered", 24)
	var want strings.Builder
	for n := range 24 {
		want.WriteString(jobText(n, event.Stdout))
	}
	if tr.stdout.text.String() != want.String() {
		t.Error("standard output is not the jobs' in the order of their beginning")
	}
}

func TestManyJobsAtOnceWithPrefix(t *testing.T) {
	const jobs = 24
	tr := load(t, "prefix", jobs)
	for stream, text := range map[event.Stream]string{event.Stdout: tr.stdout.text.String(), event.Stderr: tr.stder.text.String()} {
		byJob := map[string]string{}
		for line := range strings.Lines(text) {
			if id, rest, ok := strings.Cut(line, "│ "); ok {
				byJob[strings.TrimSpace(id)] += rest
			}
		}
		for n := range jobs {
			if byJob[fmt.Sprint("job", n)] != jobText(n, stream) {
				t.Fatalf("the lines of %s of job %d are not what it printed", stream, n)
			}
		}
	}
}

// A reader that is stuck holds up output, and nothing else.
func TestStuckScreenHoldsUpOnlyOutput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var stderr bytes.Buffer
	writing := make(chan struct{})
	s := newShow(showOptions{Stdout: signalling{w, sync.OnceFunc(func() { close(writing) })}, Stderr: &stderr})
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Event(out("a", strings.Repeat("x", 1<<20))) // more than a pipe holds
	}()
	<-writing
	s.Event(event.RunStopping{Reason: "interrupted", Kill: true}) // returns although nobody reads
	s.Event(event.Stopping{ID: "a", Attempt: 1, Reason: "interrupted", Signal: "KILL"})
	s.Event(ended("a", report.Cancelled))
	var got int64
	var readErr error
	read := make(chan struct{})
	go func() {
		defer close(read)
		got, readErr = io.Copy(io.Discard, r)
	}()
	<-done
	err = s.Close()
	w.Close()
	<-read
	if err != nil || readErr != nil || got != 1<<20 {
		t.Errorf("%d bytes came, %v, %v", got, err, readErr)
	}
	want := "sluice: interrupted; waiting for a; press Ctrl-C again to kill at once\na: interrupted: KILL sent to its process group\n"
	if stderr.String() != want {
		t.Errorf("got\n%s\nwant\n%s", stderr.String(), want)
	}
}

func TestStuckScreenDoesNotHoldUpWords(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := newShow(showOptions{Stdout: io.Discard, Stderr: w})
	s.Event(began("a"))
	long := strings.Repeat("x", 1<<20)
	for range 3 {
		s.Event(event.RunStopping{Reason: long}) // returns although nobody reads
	}
	var got int64
	read := make(chan struct{})
	go func() {
		defer close(read)
		got, _ = io.Copy(io.Discard, r)
	}()
	err = s.Close()
	w.Close()
	<-read
	if err != nil || got < 3<<20 {
		t.Errorf("%d bytes came, %v", got, err)
	}
}

// signalling calls writing before every Write.
type signalling struct {
	io.Writer
	writing func()
}

func (s signalling) Write(p []byte) (int, error) {
	s.writing()
	return s.Writer.Write(p)
}

// Frames of a record may be cut anywhere on their way out.
func TestRecordReaderAcrossCuts(t *testing.T) {
	var want heard
	r := newShowRecord(func(err error) { t.Fatal(err) })
	for _, pen := range []showPen{r, &want} {
		pen.text(showSource{0, event.Stdout}, []byte("a"))
		pen.text(showSource{300, event.Stderr}, []byte(strings.Repeat("b", 300)))
		pen.end(false)
		pen.say("words\n")
		pen.text(showSource{0, event.Stdout}, []byte("\x00s"))
		pen.end(true)
	}
	var frames bytes.Buffer
	if _, err := r.spool.WriteTo(&frames); err != nil {
		t.Fatal(err)
	}
	for size := 1; size < frames.Len(); size++ {
		var got heard
		to := &recordReader{pen: &got}
		for piece := range slices.Chunk(frames.Bytes(), size) {
			_, _ = to.Write(piece)
		}
		if got.String() != want.String() {
			t.Fatalf("in pieces of %d: got %q, want %q", size, got.String(), want.String())
		}
	}
}

// heard is a showPen that writes down what it hears; cuts leave no trace.
type heard struct {
	strings.Builder
	last showSource
}

func (h *heard) text(from showSource, data []byte) {
	if from != h.last {
		fmt.Fprintf(h, "<%v>", from)
	}
	h.last = from
	h.Write(data)
}

func (h *heard) say(lines string) { fmt.Fprintf(h, "<say %s>", lines) }
func (h *heard) end(job bool)     { fmt.Fprintf(h, "<end %v>", job) }

// A line has no bound, and memory has one.
func TestLongLineInBoundedMemory(t *testing.T) {
	const size, chunk = 64 << 20, 64 << 10
	for _, mode := range []string{"ordered", "group", "prefix"} {
		var stdout counter
		s := newShow(showOptions{Mode: mode, Stdout: &stdout, Stderr: io.Discard, StdoutTTY: true})
		s.Event(began("first"))
		s.Event(began("a"))
		data := bytes.Repeat([]byte("x"), chunk)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range size / chunk {
			s.Event(event.Output{ID: "a", Attempt: 1, Stream: event.Stdout, Data: data})
		}
		s.Event(ended("a", report.Succeeded))
		s.Event(ended("first", report.Succeeded))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if stdout.n < size {
			t.Errorf("%s: %d bytes came of %d", mode, stdout.n, size)
		}
		if grown := after.Sys - before.Sys; grown > 32<<20 {
			t.Errorf("%s: %d MiB more memory for %d MiB of output", mode, grown>>20, size>>20)
		}
	}
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

func TestNoDescriptorIsLeft(t *testing.T) {
	before := openFiles(t)
	for _, mode := range []string{"ordered", "group", "prefix", "quiet"} {
		s := newShow(showOptions{Mode: mode, Stdout: io.Discard, Stderr: io.Discard})
		big := strings.Repeat("x", 2*recordMemory)
		for n := range 10 {
			s.Event(began(fmt.Sprint(n)))
			s.Event(out(fmt.Sprint(n), big))
		}
		for n := range 7 { // the others never end
			s.Event(ended(fmt.Sprint(9-n), report.Succeeded))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if after := openFiles(t); after > before {
			t.Errorf("%s: %d descriptors are open, %d were before", mode, after, before)
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip("no /dev/fd on this machine")
	}
	return len(entries)
}

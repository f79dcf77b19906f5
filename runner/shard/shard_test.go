package shard

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What ordered copies write is what one copy would have written.
func TestOrdered(t *testing.T) {
	text := lines(500)
	for name, in := range map[string][]byte{
		"lines": text, "no newline at the end": text[:len(text)-1], "nothing": nil, "one byte": []byte("a"), "empty lines": []byte("\n\n\n"),
		"one line": bytes.Repeat([]byte("a"), 5000), "a NUL": []byte("a\x00b\nc"), "a whole block": append(bytes.Repeat([]byte("b"), 255), '\n'),
	} {
		for _, workers := range []int{1, 3} {
			if out, code := shared(t, "upper", Options{Workers: workers, Block: 256, Merge: Ordered}, in); out != strings.ToUpper(string(in)) || code != 0 {
				t.Errorf("%s with %d: exit code %d, %d bytes of %d: %.80q", name, workers, code, len(out), len(in), out)
			}
		}
	}
	if out, _ := shared(t, "double", Options{Workers: 4, Block: 64 << 10, Merge: Ordered}, bytes.Repeat([]byte("0123456789abcde\n"), 64<<10)); len(out) != 2<<20 {
		t.Errorf("%d bytes, want %d", len(out), 2<<20)
	}
}

// The copy for the next block is started before there is a slot for it, and gets
// its block when another one has exited.
func TestNextCopyWaits(t *testing.T) {
	const blocks, workers = 5, 2
	var in []string
	for i := range blocks {
		in = append(in, fmt.Sprintf("%03d", i))
	}
	c, fifo := withFIFO(t, "turns", Options{Workers: workers, Block: 4, Merge: Ordered}, in...)
	c.Stdin = strings.NewReader(strings.Join(in, "\n") + "\n")
	says, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer says.Close()
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	guard(t, c)
	w.Close()
	lines := make(chan string, 2*blocks)
	go func() { // ends with the copies
		defer close(lines)
		for s := bufio.NewScanner(says); s.Scan(); {
			lines <- s.Text()
		}
	}()
	started, got := 0, 0
	hear := func(ended int) {
		switch line, more := <-lines; {
		case line == "started":
			started++
		case line == "got its block":
			got++
		case more:
			t.Fatal(line)
		default:
			t.Fatalf("%d have started, %d got a block and %d have ended, and nothing more happens", started, got, ended)
		}
		if got > ended+workers || started > ended+workers+1 {
			t.Fatalf("%d have started and %d got a block when %d have ended", started, got, ended)
		}
	}
	for ended := range blocks {
		for want := min(blocks, ended+workers); got < want || started < min(blocks, want+1); {
			hear(ended)
		}
		// A copy that could go on would do so while another stage lives.
		shared(t, "cat", Options{Workers: 1, Block: 4, Merge: Ordered}, []byte("abc\n"))
		for len(lines) > 0 {
			hear(ended)
		}
		tell(fifo, in[ended]) // in order: an early one that lives holds up more than one
	}
	if code := codeOf(t, c.Wait()); code != 0 || out.String() != strings.Repeat("-", blocks) {
		t.Errorf("exit code %d, %q", code, &out)
	}
}

// What a copy writes before its turn is kept, as much as a block and more than
// a pipe holds, so that it can end.
func TestKept(t *testing.T) {
	const block = 1 << 20
	c, _ := withFIFO(t, "late", Options{Workers: 2, Block: block, Merge: Ordered}, "")
	var in []byte
	for _, word := range []string{"first", "second"} {
		in = append(in, word...)
		in = append(in, bytes.Repeat([]byte("a"), block-len(word)-1)...)
		in = append(in, '\n')
	}
	c.Stdin = bytes.NewReader(in)
	var out bytes.Buffer
	c.Stdout = &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	guard(t, c)
	if code := codeOf(t, c.Wait()); code != 0 || !bytes.Equal(out.Bytes(), in) {
		t.Errorf("exit code %d, %d bytes of %d", code, out.Len(), len(in))
	}
}

// withFIFO is a command whose copies can be told to go on, by FIFOs whose names
// begin with prefix and end so.
func withFIFO(t *testing.T, name string, o Options, ends ...string) (c *exec.Cmd, prefix string) {
	t.Helper()
	prefix = filepath.Join(t.TempDir(), "fifo")
	for _, end := range ends {
		if err := unix.Mkfifo(prefix+end, 0o600); err != nil {
			t.Fatal(err)
		}
		// What is written there stays while this end is open.
		f, err := os.OpenFile(prefix+end, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(30*time.Second, func() { f.Close() }) // ends copies that wait when the test is stuck
		t.Cleanup(func() { timer.Stop(); f.Close() })
	}
	c = command(t, name, o)
	c.Env = append(c.Env, fifo+"="+prefix)
	c.WaitDelay = time.Second // for what copies hold that are left when a test is stuck
	return c, prefix
}

// A copy gets all of its block, whether its pipe holds that or not.
func TestLongBlocks(t *testing.T) {
	in := bytes.Repeat([]byte("0123456789abcde\n"), 128<<10)
	for _, merge := range []Merge{Ordered, Any} {
		for _, block := range []int{200 << 10, 300 << 10, 1100 << 10} {
			if out, code := shared(t, "cat", Options{Workers: 2, Block: block, Merge: merge}, in); out != string(in) || code != 0 {
				t.Errorf("%s, blocks of %d bytes: exit code %d, %d bytes of %d", merge, block, code, len(out), len(in))
			}
		}
	}
}

// As does one process, a copy runs where the stream is empty.
func TestEmpty(t *testing.T) {
	for _, c := range []struct {
		merge Merge
		want  string
	}{{Ordered, "0\n"}, {Any, "0\n0\n"}} {
		if out, code := shared(t, "count", Options{Workers: 2, Block: 64, Merge: c.merge}, nil); out != c.want || code != 0 {
			t.Errorf("%s: %q, exit code %d", c.merge, out, code)
		}
	}
}

func TestBytes(t *testing.T) {
	in := lines(300)
	out, code := shared(t, "count", Options{Workers: 2, ByBytes: true, Block: 1000, Merge: Ordered}, in[:3500])
	if out != "1000\n1000\n1000\n500\n" || code != 0 {
		t.Errorf("the blocks have %q bytes, exit code %d", out, code)
	}
	if out, _ := shared(t, "cat", Options{Workers: 3, ByBytes: true, Block: 77, Merge: Ordered}, in); out != string(in) {
		t.Errorf("%d bytes of %d came through", len(out), len(in))
	}
}

// Lines come whole, each once.
func TestAny(t *testing.T) {
	in := lines(2000)
	out, code := shared(t, "cat", Options{Workers: 3, Block: 300, Merge: Any}, in)
	got, want := strings.Split(out, "\n"), strings.Split(string(in), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if code != 0 || !slices.Equal(got, want) {
		t.Errorf("exit code %d, %d lines of %d", code, len(got), len(want))
	}
}

// A line that does not end is the last one, whichever copy wrote it.
func TestAnyWithoutNewline(t *testing.T) {
	in := append(bytes.Repeat([]byte("0123456789\n"), 5000), "LAST"...)
	for range 10 {
		out, code := shared(t, "cat", Options{Workers: 3, Block: 500, Merge: Any}, in)
		if code != 0 || len(out) != len(in) || !strings.HasSuffix(out, "\nLAST") {
			t.Fatalf("exit code %d, %d bytes of %d, the end is %q", code, len(out), len(in), out[max(0, len(out)-30):])
		}
	}
	// Each copy writes one without an end.
	out, _ := shared(t, "size", Options{Workers: 2, Block: 500, Merge: Any}, in)
	if strings.Count(out, "\n") != 1 {
		t.Errorf("%q", out)
	}
}

func TestSorted(t *testing.T) {
	path, err := exec.LookPath("sort")
	if err != nil {
		t.Skip(err)
	}
	in := lines(3000)
	for _, argv := range [][]string{{"sort"}, {"sort", "-rn"}, {"sort", "-u"}, {"sort", "-k", "1.2"}} {
		c := exec.Command(path, argv[1:]...)
		c.Env, c.Stdin = []string{"LC_ALL=C"}, bytes.NewReader(in)
		want, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range [][]byte{in, nil} {
			if in == nil {
				want = nil
			}
			if out, code := shared(t, "sort", Options{Workers: 3, Block: 1000, Merge: Sorted, Path: path, Argv: argv}, in); out != string(want) || code != 0 {
				t.Errorf("%v: exit code %d, %d bytes, want %d", argv, code, len(out), len(want))
			}
		}
	}
}

// The exit code is that of one copy: the least of those that are success, or
// what the first failure was.
func TestVerdict(t *testing.T) {
	filler := strings.Repeat("-\n", 100)
	for _, merge := range []Merge{Ordered, Any} {
		for _, c := range []struct {
			name, in string
			ok       []int
			want     int
		}{
			{"grep", filler + "x\n" + filler, []int{0, 1}, 0},
			{"grep", filler, []int{0, 1}, 1},
			{"grep", filler, nil, 1},
			{"grep", filler + "!\n" + filler, []int{0, 1}, 3},
			{"dies", filler, nil, -int(syscall.SIGKILL)},
		} {
			if _, code := shared(t, c.name, Options{Workers: 2, Block: 20, Merge: merge, OK: c.ok}, []byte(c.in)); code != c.want {
				t.Errorf("%s %s with %v: %d, want %d", merge, c.name, c.ok, code, c.want)
			}
		}
		if _, code := shared(t, "cat", Options{Workers: 2, Block: 20, Merge: merge, Path: "/nowhere/prog", Argv: []string{"prog"}}, []byte("a\n")); code != 127 {
			t.Errorf("%s: a program that does not exist gives %d", merge, code)
		}
	}
}

// Whoever writes the stream is told that nobody reads on when no copy does, and
// when the next stage does not; and what ended gives no failure but SIGPIPE's.
func TestClosedEarly(t *testing.T) {
	for _, merge := range []Merge{Ordered, Any} {
		c := command(t, "cat", Options{Workers: 2, Block: 1000, Merge: merge})
		in, out := pipes(t, c)
		if _, err := io.ReadFull(out, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		out.Close()
		if code := codeOf(t, c.Wait()); code != 128+int(syscall.SIGPIPE) && code != -int(syscall.SIGPIPE) {
			t.Errorf("%s: it ended with %d", merge, code)
		}
		<-in
	}
	c := command(t, "short", Options{Workers: 2, Block: 1000, Merge: Any})
	in, _ := pipes(t, c)
	if code := codeOf(t, c.Wait()); code != 0 {
		t.Errorf("copies that read no more: %d", code)
	}
	<-in
}

// streams are pipes to and from c, which is not started.
func streams(t *testing.T, c *exec.Cmd) (in io.WriteCloser, out io.ReadCloser) {
	t.Helper()
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if out, err = c.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	return in, out
}

// pipes starts c, which is written to until that fails: then in is closed.
func pipes(t *testing.T, c *exec.Cmd) (in <-chan struct{}, out io.ReadCloser) {
	t.Helper()
	w, out := streams(t, c)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	guard(t, c)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for line := []byte(strings.Repeat("a", 99) + "\n"); ; {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	}()
	return over, out
}

// A failure ends the stage although nothing more comes.
func TestFailureWhileIdle(t *testing.T) {
	for _, merge := range []Merge{Ordered, Any} {
		c := command(t, "dies", Options{Workers: 2, Block: 4, Merge: merge})
		w, err := c.StdinPipe() // is left open
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		guard(t, c)
		io.WriteString(w, "abc\n")
		if _, err := c.Process.Wait(); err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
}

// Memory is bounded by the copies and the size of a block, and not by the
// stream.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it passes on 256 MB")
	}
	for _, o := range []Options{{Workers: 2, Block: 1 << 20, Merge: Ordered}, {Workers: 2, Block: 1 << 20, Merge: Any}} {
		c := command(t, "cat", o)
		c.Stdin = io.LimitReader(repeat(lines(1000)), 256<<20)
		c.Stdout = io.Discard
		const most = 100 << 10
		if used := peak(t, c); used > most {
			t.Errorf("%s: %d KiB", o.Merge, used)
		}
	}
}

// repeat is text without an end.
type repeating struct{ text, rest []byte }

func repeat(text []byte) io.Reader { return &repeating{text, text} }

func (r *repeating) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		r.rest = r.text
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func TestRefusesOthers(t *testing.T) {
	for _, args := range [][]string{nil, {"2"}, {"two", "lines", "1", "any", "0", "/bin/cat", "cat"}, {"2", "lines", "1", "any", "", "/bin/cat", "cat"}} {
		if code, err := Main(args, nil, nil, nil); err == nil || code != 2 {
			t.Errorf("%q: %d, %v", args, code, err)
		}
	}
	o := Options{Workers: 2, ByBytes: true, Block: 3, Merge: Any, OK: []int{0, 1}, Path: "/bin/cat", Argv: []string{"cat", "-", ""}}
	if got, err := parse(o.Args()); err != nil || fmt.Sprint(got) != fmt.Sprint(o) {
		t.Errorf("%v, %v", got, err)
	}
}

// FuzzSplit holds that the blocks are the stream, and end with lines.
func FuzzSplit(f *testing.F) {
	f.Add([]byte("a\nbb\nccccccccccc\n\nd"), 4, 3, true)
	f.Add([]byte("abcdefgh"), 3, 1, false)
	f.Fuzz(func(t *testing.T, in []byte, size, read int, byLines bool) {
		size, read = 1+abs(size)%64, 1+abs(read)%64
		s := &splitter{r: &slowly{in, read}, size: size, lines: byLines}
		var all, block []byte
		for {
			piece, end, err := s.next(func() []byte { return make([]byte, size) })
			if err != nil {
				t.Fatal(err)
			}
			if len(piece) == 0 {
				break
			}
			all, block = append(all, piece...), append(block, piece...)
			if !end {
				continue
			}
			last := len(all) == len(in)
			switch {
			case !byLines && len(block) != size && !last:
				t.Fatalf("a block of %d bytes, want %d", len(block), size)
			case byLines && block[len(block)-1] != '\n' && !last:
				t.Fatalf("a block ends within a line: %q", block)
			case byLines && len(block) > size && !last && bytes.Count(block, []byte("\n")) > 1:
				t.Fatalf("a block of several lines is longer than %d: %q", size, block)
			}
			block = nil
		}
		// A line that is longer than a block may end with the stream.
		if !bytes.Equal(all, in) || byLines && len(block) > 0 && len(block) < size {
			t.Fatalf("%q became %q, with %q in no block", in, all, block)
		}
	})
}

func abs(n int) int { return max(n, -(n + 1)) }

// slowly gives a few bytes at once.
type slowly struct {
	rest []byte
	n    int
}

func (s *slowly) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.rest[:min(s.n, len(s.rest))])
	s.rest = s.rest[n:]
	return n, nil
}

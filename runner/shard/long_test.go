package shard

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A line that is longer than memory is passed on as it comes.
func TestLineLongerThanMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it passes on 512 MiB")
	}
	const size = 256 << 20
	for _, merge := range []Merge{Ordered, Any} {
		c := command(t, "cat", Options{Workers: 2, Block: 64 << 10, Merge: merge})
		c.Stdin = io.MultiReader(io.LimitReader(repeat(bytes.Repeat([]byte("a"), 64<<10)), size), strings.NewReader("\nb"))
		out := &counted{}
		c.Stdout = out
		const most = 100 << 10
		if used := peak(t, c); used > most {
			t.Errorf("%s: %d KiB", merge, used)
		}
		if out.as != size || out.rest != "\nb" {
			t.Errorf("%s: %d bytes, then %.20q", merge, out.as, out.rest)
		}
	}
}

// counted counts the a's that are written to it, and keeps what comes behind.
type counted struct {
	as   int
	rest string
}

func (c *counted) Write(p []byte) (int, error) {
	text := p
	if c.rest == "" {
		text = bytes.TrimLeft(p, "a")
		c.as += len(p) - len(text)
	}
	if len(c.rest) < 100 {
		c.rest += string(text)
	}
	return len(p), nil
}

// longLines are lines of which most are longer than a block of 64 KiB.
func longLines() []byte {
	var b bytes.Buffer
	for i := range 30 {
		b.WriteString(strings.Repeat(string(rune('a'+i%26)), i*20000))
		b.WriteByte('\n')
		b.WriteString(strings.Repeat(strings.Repeat("short", 20)+"\n", 500*(i%5)))
	}
	return b.Bytes()
}

// Several copies that have long lines at once wait for each other, and never
// for ever, wherever the ends of the lines are kept.
func TestLongLinesOfSeveral(t *testing.T) {
	in := longLines()
	want := strings.SplitAfter(string(in), "\n")
	slices.Sort(want)
	for _, name := range []string{"cat", "buffered"} {
		for _, workers := range []int{2, 5} {
			out, code := shared(t, name, Options{Workers: workers, Block: 64 << 10, Merge: Any}, in)
			got := strings.SplitAfter(out, "\n")
			slices.Sort(got)
			if code != 0 || !slices.Equal(got, want) {
				t.Errorf("%d of %s: exit code %d, %d lines of %d, %d bytes of %d", workers, name, code, len(got), len(want), len(out), len(in))
			}
		}
	}
}

// As do copies of which each makes one line.
func TestLongLinesMade(t *testing.T) {
	in := longLines()
	for _, workers := range []int{2, 5} {
		out, code := shared(t, "join", Options{Workers: workers, Block: 64 << 10, Merge: Any}, in)
		if n := strings.Count(out, "\n"); code != 0 || n >= workers || letters(out) != letters(string(in)) {
			t.Errorf("%d: exit code %d, %d ends of lines, %d bytes of %d", workers, code, n, len(out), len(in))
		}
	}
}

// letters counts each.
func letters(text string) string {
	var counts [256]int
	for i := range len(text) {
		counts[text[i]]++
	}
	counts['\n'] = 0
	return fmt.Sprint(counts)
}

// A long line without its end stands where it began, and gets a newline only
// where something comes behind it.
func TestLongLineWithoutNewline(t *testing.T) {
	for workers, rest := range map[int]string{1: "", 2: "\nwhole\npart", 3: "\nwhole\nwhole\npart\npart"} {
		c, fifo := withFIFO(t, "part", Options{Workers: workers, Block: 1000, Merge: Any}, "")
		in, out, _ := connected(t, c)
		in.Close()
		if text, err := readString(out, len(long)); text != long || err != nil {
			t.Fatalf("%d: %.20q, %v", workers, text, err)
		}
		for range workers - 1 {
			tell(fifo, "")
		}
		if text, err := io.ReadAll(out); string(text) != rest || err != nil {
			t.Errorf("%d: the long line is followed by %.40q, want %q", workers, text, rest)
		}
		if code := codeOf(t, c.Wait()); code != 0 {
			t.Errorf("%d: exit code %d", workers, code)
		}
	}
}

// A copy whose long line is passed on may read no more. Then another one gets
// what is longer than a block.
func TestLongLineOfOneThatReadsNoMore(t *testing.T) {
	c, fifo := withFIFO(t, "shut", Options{Workers: 2, Block: 1000, Merge: Any}, "")
	in, out, says := connected(t, c)
	io.WriteString(in, strings.Repeat("a", 999)+"\n")
	if text, err := readString(out, len(long)); text != long || err != nil {
		t.Fatalf("%.20q, %v", text, err)
	}
	line := strings.Repeat("b", 3000) + "\n"
	io.WriteString(in, line+line+line) // one of them at most is lost, as the copy is found to read no more
	expect(t, says, "got a line")
	tell(fifo, "")
	in.Close()
	text, err := io.ReadAll(out)
	if rest, ended := strings.CutPrefix(string(text), "\n"); !ended || strings.Trim(rest, "b\n") != "" || strings.Count(rest, line) < 2 || err != nil {
		t.Errorf("%d bytes of the others: %.20q, %v", len(text), text, err)
	}
	if code := codeOf(t, c.Wait()); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A copy that gets a long line holds up the others until it has that, and not
// until there is more of the stream.
func TestLongLinesOfSilentCopy(t *testing.T) {
	const block = 512 << 10 // more than a pipe holds: the first copy can't get another one
	c, fifo := withFIFO(t, "silent", Options{Workers: 2, Block: block, Merge: Any}, "")
	in, out, says := connected(t, c)
	io.WriteString(in, strings.Repeat("a", block-1)+"\n")
	io.WriteString(in, strings.Repeat("b", block+1))
	expect(t, says, "got a line")
	tell(fifo, "")
	// Meanwhile the first copy writes as much as it can.
	shared(t, "cat", Options{Workers: 1, Block: 4, Merge: Ordered}, []byte("abc\n"))
	io.WriteString(in, "\n")
	if text, err := readString(out, len(long)+1); text != long+"\n" || err != nil {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	in.Close()
	if code := codeOf(t, c.Wait()); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// connected starts c with all its streams in the hands of the test.
func connected(t *testing.T, c *exec.Cmd) (in io.WriteCloser, out io.Reader, says *bufio.Scanner) {
	t.Helper()
	in, out = streams(t, c)
	guard(t, c)
	return in, out, hears(t, c, func(w *os.File) { c.Stderr = w })
}

func readString(r io.Reader, n int) (string, error) {
	buf := make([]byte, n)
	n, err := io.ReadFull(r, buf)
	return string(buf[:n]), err
}

package shard

import (
	"bytes"
	"fmt"
	"io"
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
	for i := range 60 {
		b.WriteString(strings.Repeat(string(rune('a'+i%26)), i*10000))
		b.WriteByte('\n')
		b.WriteString(strings.Repeat("short\n", 5000*(i%5)))
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
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		guard(t, c)
		first := make([]byte, len(long))
		if _, err := io.ReadFull(out, first); string(first) != long || err != nil {
			t.Fatalf("%d: %.20q, %v", workers, first, err)
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

package plumb

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// copiers are the ways to copy a pipe to several.
var copiers = []struct {
	name string
	copy func(in *os.File, outs []*os.File) (spilled int64, err error)
}{
	{"kernel", teeWith(newHead)},
	{"copying", teeWith(newCopyHead)},
	{"MultiWriter", func(in *os.File, outs []*os.File) (int64, error) {
		var all []io.Writer
		for _, out := range outs {
			all = append(all, out)
			defer out.Close()
		}
		defer in.Close()
		_, err := io.CopyBuffer(io.MultiWriter(all...), in, make([]byte, largeBuffer))
		return 0, err
	}},
}

func teeWith(newHead func(int) head) func(*os.File, []*os.File) (int64, error) {
	return func(in *os.File, outs []*os.File) (int64, error) {
		r := startTee(in, outs, TeeOptions{Spill: 1 << 30}, newHead).Wait()
		return r.Spilled, r.Err
	}
}

// BenchmarkTee copies 1 GiB from a child to three that count it.
func BenchmarkTee(b *testing.B) {
	const size = 1 << 30
	for _, c := range copiers {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(size)
			var most int64
			for b.Loop() {
				most = max(most, throughTee(b, command(b, "zeros", strconv.Itoa(size)), func() *exec.Cmd { return command(b, "count") }, fmt.Sprintln(size), c.copy))
			}
			b.ReportMetric(float64(most), "spilled")
		})
	}
}

// BenchmarkTeeCommands does the same with programs as they are installed, and
// as bash does it.
func BenchmarkTeeCommands(b *testing.B) {
	const line = "head -c 1G /dev/zero | tee >(wc -c) >(wc -c) | wc -c"
	b.Run("bash", func(b *testing.B) {
		bash, err := exec.LookPath("bash")
		if err != nil {
			b.Skip(err)
		}
		for b.Loop() {
			// The last one counts what the other two say, too.
			out, err := exec.Command(bash, "-c", line).Output()
			if want := fmt.Sprintln(1<<30 + 2*len("1073741824\n")); err != nil || string(out) != want {
				b.Fatalf("bash says %q, want %q (%v)", out, want, err)
			}
		}
	})
	for _, c := range copiers {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				throughTee(b, exec.Command("head", "-c", "1G", "/dev/zero"), func() *exec.Cmd { return exec.Command("wc", "-c") }, "1073741824\n", c.copy)
			}
		})
	}
}

// throughTee runs writer and three readers, which all say want.
func throughTee(b *testing.B, writer *exec.Cmd, reader func() *exec.Cmd, want string, copy func(*os.File, []*os.File) (int64, error)) int64 {
	b.Helper()
	in, w, err := Pipe()
	if err != nil {
		b.Fatal(err)
	}
	writer.Stdout = w
	if err := writer.Start(); err != nil {
		b.Fatal(err)
	}
	w.Close()
	var outs []*os.File
	var readers []*exec.Cmd
	said := make([]strings.Builder, 3)
	for i := range said {
		r, out, err := Pipe()
		if err != nil {
			b.Fatal(err)
		}
		c := reader()
		c.Stdin, c.Stdout = r, &said[i]
		if err := c.Start(); err != nil {
			b.Fatal(err)
		}
		r.Close()
		outs, readers = append(outs, out), append(readers, c)
	}
	spilled, err := copy(in, outs)
	if err != nil {
		b.Fatal(err)
	}
	for i, c := range append(readers, writer) {
		if err := c.Wait(); err != nil {
			b.Fatal(err)
		}
		if i < len(said) && said[i].String() != want {
			b.Errorf("reader %d says %q, want %q", i, said[i].String(), want)
		}
	}
	return spilled
}

package shard

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// play is the variable that makes the test binary play a small program.
const play = "SHARD_TEST_PLAY"

// fifo is the variable with which the names of FIFOs begin, by which programs
// are told to go on.
const fifo = "SHARD_TEST_FIFO"

// long is longer than what a pipe holds, and than the blocks of tests that use
// it.
var long = strings.Repeat("long", 200<<10)

// programs are the copies. Each returns its exit code.
func programs() map[string]func(in io.Reader, out io.Writer) int {
	read := func(in io.Reader) string { text, _ := io.ReadAll(in); return string(text) }
	return map[string]func(in io.Reader, out io.Writer) int{
		// upper looks at each line by itself.
		"upper": func(in io.Reader, out io.Writer) int { io.WriteString(out, strings.ToUpper(read(in))); return 0 },
		"cat":   func(in io.Reader, out io.Writer) int { io.Copy(out, in); return 0 },
		// buffered writes as most programs do: the end of a line comes with more.
		"buffered": func(in io.Reader, out io.Writer) int {
			w := bufio.NewWriterSize(struct{ io.Writer }{out}, 4<<10)
			io.Copy(w, struct{ io.Reader }{in})
			w.Flush()
			return 0
		},
		// join makes one line of all, which ends with its input.
		"join": func(in io.Reader, out io.Writer) int {
			buf := make([]byte, 4<<10)
			for {
				n, err := in.Read(buf)
				out.Write(bytes.ReplaceAll(buf[:n], []byte("\n"), nil))
				if err != nil {
					return 0
				}
			}
		},
		// part writes a long line without its end, if it is the first. The others
		// write when they are told to, and the last line without its end.
		"part": func(in io.Reader, out io.Writer) int {
			if os.Mkdir(os.Getenv(fifo)+"first", 0o700) == nil {
				io.WriteString(out, long)
				return 0
			}
			told("")
			io.WriteString(out, "whole\npart")
			return 0
		},
		// shut reads no more than an a, and ends a long line when it is told to.
		"shut": func(in io.Reader, out io.Writer) int {
			b := make([]byte, 1)
			if in.Read(b); b[0] != 'a' {
				fmt.Fprintln(os.Stderr, "got a line")
				out.Write(b)
				io.Copy(out, in)
				return 0
			}
			os.Stdin.Close()
			io.WriteString(out, long)
			told("")
			io.WriteString(out, "\n")
			return 0
		},
		// silent writes a long line when it is told to, if its block begins with a.
		"silent": func(in io.Reader, out io.Writer) int {
			b := make([]byte, 1)
			if in.Read(b); b[0] == 'a' {
				told("")
				io.WriteString(out, long+"\n")
			} else {
				fmt.Fprintln(os.Stderr, "got a line")
			}
			io.Copy(io.Discard, in)
			return 0
		},
		// double writes more than it reads.
		"double": func(in io.Reader, out io.Writer) int { text := read(in); io.WriteString(out, text+text); return 0 },
		// count tells how much it got.
		"count": func(in io.Reader, out io.Writer) int { fmt.Fprintln(out, len(read(in))); return 0 },
		// size does so without a newline.
		"size": func(in io.Reader, out io.Writer) int { fmt.Fprint(out, len(read(in))); return 0 },
		// grep is 1 unless it finds x, and 3 where it finds !.
		"grep": func(in io.Reader, out io.Writer) int {
			switch text := read(in); {
			case strings.Contains(text, "!"):
				return 3
			case strings.Contains(text, "x"):
				return 0
			}
			return 1
		},
		// short reads one byte.
		"short": func(in io.Reader, out io.Writer) int { in.Read(make([]byte, 1)); return 0 },
		// turns tells what it does, and ends when it is told to by the FIFO that
		// its block names.
		"turns": func(in io.Reader, out io.Writer) int {
			io.WriteString(out, "-")
			fmt.Fprintln(os.Stderr, "started")
			text := read(in)
			fmt.Fprintln(os.Stderr, "got its block")
			told(strings.TrimSuffix(text, "\n"))
			return 0
		},
		// late ends after another one has ended that did not get the first line.
		"late": func(in io.Reader, out io.Writer) int {
			text := read(in)
			if strings.HasPrefix(text, "first") {
				told("")
			}
			io.WriteString(out, text)
			if !strings.HasPrefix(text, "first") {
				tell(os.Getenv(fifo), "")
			}
			return 0
		},
		// tidy leaves nothing behind, and takes its time for that. Where its block
		// is bad it fails as soon as another copy can be told to end.
		"tidy": func(in io.Reader, out io.Writer) int {
			come := make(chan os.Signal, 1)
			signal.Notify(come, syscall.SIGTERM)
			switch read(in) {
			case "bad\n":
				told("")
				return 3
			case "": // the one that waited for a block
				return 0
			}
			tell(os.Getenv(fifo), "")
			<-come
			fmt.Fprintln(os.Stderr, "asked")
			told("go on")
			fmt.Fprintln(out, "tidied")
			fmt.Fprintln(os.Stderr, "tidied")
			return 0
		},
		// unread ends as if nobody read what it writes.
		"unread": func(io.Reader, io.Writer) int { die(unix.SIGPIPE); return 1 },
		"141":    func(io.Reader, io.Writer) int { return 141 },
		// leave leaves a process that holds what it writes to.
		"leave": func(in io.Reader, out io.Writer) int {
			io.Copy(out, in)
			self, _ := os.Executable()
			c := exec.Command(self)
			c.Env = append(os.Environ(), play+"=hold")
			c.Stdout = os.Stdout
			if err := c.Start(); err != nil {
				panic(err)
			}
			return 0
		},
		"hold": func(io.Reader, io.Writer) int { told(""); return 0 },
		"dies": func(in io.Reader, out io.Writer) int {
			in.Read(make([]byte, 1))
			unix.Kill(os.Getpid(), unix.SIGKILL)
			select {}
		},
	}
}

// told waits until somebody tells by the FIFO whose name ends so. It fails when
// the test is over.
func told(name string) {
	f, err := os.Open(os.Getenv(fifo) + name)
	if err == nil {
		_, err = f.Read(make([]byte, 1))
	}
	if err != nil {
		panic(err)
	}
}

func tell(prefix, name string) {
	f, err := os.OpenFile(prefix+name, os.O_RDWR, 0)
	if err == nil {
		_, err = f.Write([]byte{0})
		f.Close()
	}
	if err != nil {
		panic(err)
	}
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "__shard" {
		out, err := unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			os.Exit(1)
		}
		code, err := Main(os.Args[2:], os.Stdin, os.NewFile(uintptr(out), "stdout"), os.Stderr)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}
	if len(os.Args) > 1 && os.Args[1] == "__peak" {
		os.Exit(playPeak(os.Args[2:]))
	}
	if name := os.Getenv(play); name != "" {
		os.Exit(programs()[name](os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// command is the stage that shares its stream among copies of the program that
// the test binary plays.
func command(t *testing.T, name string, o Options) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if o.Path == "" {
		o.Path, o.Argv = self, []string{name}
		if programs()[name] == nil {
			t.Fatalf("nobody plays %q", name)
		}
	}
	if o.OK == nil {
		o.OK = []int{0}
	}
	c := exec.Command(self, append([]string{"__shard"}, o.Args()...)...)
	// The race detector would sleep a second before each exit.
	c.Env = append(os.Environ(), play+"="+name, "GORACE=atexit_sleep_ms=0", "LC_ALL=C")
	c.Stderr = t.Output()
	return c
}

// shared is what comes of in, and how the stage ended.
func shared(t *testing.T, name string, o Options, in []byte) (out string, code int) {
	t.Helper()
	c := command(t, name, o)
	guard(t, c)
	c.Stdin = bytes.NewReader(in)
	text, err := c.Output()
	return string(text), codeOf(t, err)
}

// codeOf is the exit code, or minus the signal.
func codeOf(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		t.Fatal(err)
	}
	if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
		return -int(status.Signal())
	}
	return exit.ExitCode()
}

// peak runs c and returns the most memory that the shard had, in KiB. It has a
// process of its own to start it from: Maxrss counts what the parent had at the
// fork too, and here that is what earlier tests left.
func peak(t *testing.T, c *exec.Cmd) (kib int) {
	t.Helper()
	var said strings.Builder
	c.Args[1], c.Stderr = "__peak", &said
	guard(t, c)
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %s", err, &said)
	}
	if _, err := fmt.Sscan(said.String(), &kib); err != nil {
		t.Fatal(said.String())
	}
	return kib
}

func playPeak(args []string) int {
	self, _ := os.Executable()
	c := exec.Command(self, append([]string{"__shard"}, args...)...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stderr, c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) // KiB on Linux
	return 0
}

// guard kills c when a test is stuck.
func guard(t *testing.T, c *exec.Cmd) {
	timer := time.AfterFunc(30*time.Second, func() { c.Process.Kill() })
	t.Cleanup(func() { timer.Stop() })
}

// lines makes n lines of different lengths, some longer than any block.
func lines(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		b.WriteString(strconv.Itoa(i))
		b.WriteString(strings.Repeat("ab", i*i%97))
		if i%50 == 7 {
			b.WriteString(strings.Repeat("long", 400))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

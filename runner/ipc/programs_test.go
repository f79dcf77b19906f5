package ipc

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// programs are the children that the test binary plays.
func programs() map[string]func(args []string) int {
	return map[string]func([]string) int{
		"say":         playSay,
		"bytes":       playBytes,
		"flood":       playFlood,
		"big":         playBig,
		"echo":        playEcho,
		"deaf":        playDeaf,
		"leave":       playLeave,
		"half":        playHalf,
		"daemon":      playDaemon,
		"descriptors": playDescriptors,
		"handle":      playHandle,
	}
}

// channel is what a child in Go does with its end: a file is all it takes.
func channel() *os.File {
	fd, err := strconv.Atoi(os.Getenv(FDVar))
	if err != nil || os.Getenv(ModeVar) != "json" {
		panic("there is no channel")
	}
	return os.NewFile(uintptr(fd), "channel")
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
}

// playSay writes its arguments, which bring their newlines.
func playSay(args []string) int {
	_, err := io.WriteString(channel(), strings.Join(args, ""))
	check(err)
	return 0
}

// playBytes writes its arguments byte by byte.
func playBytes(args []string) int {
	c := channel()
	for _, b := range []byte(strings.Join(args, "")) {
		_, err := c.Write([]byte{b})
		check(err)
	}
	return 0
}

// playFlood writes N messages of about 50 bytes, in writes of up to SIZE bytes.
func playFlood(args []string) int {
	n, err := strconv.Atoi(args[0])
	check(err)
	size, err := strconv.Atoi(args[1])
	check(err)
	w := bufio.NewWriterSize(channel(), max(size, 16))
	for i := range n {
		fmt.Fprintf(w, `{"type":"row","number":%d,"text":"naïve","ok":true}`+"\n", i)
		if size == 0 {
			w.Flush()
		}
		if i%1000 == 0 && w.Flush() != nil {
			return 0 // nobody reads
		}
	}
	check(w.Flush())
	return 0
}

// playBig writes a string of N bytes.
func playBig(args []string) int {
	n, err := strconv.Atoi(args[0])
	check(err)
	_, err = io.WriteString(channel(), `"`+strings.Repeat("x", n-2)+"\"\n\"after\"\n")
	check(err)
	return 0
}

// playEcho writes back what it reads, line by line, until the end.
func playEcho([]string) int {
	c := channel()
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return 0
		}
		check(err)
		_, err = c.Write(line)
		check(err)
	}
}

// playDeaf says so if anybody hears it, and never reads.
func playDeaf([]string) int {
	io.WriteString(channel(), "\"deaf\"\n")
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// playLeave closes its end and lives on.
func playLeave([]string) int {
	c := channel()
	_, err := io.WriteString(c, "\"bye\"\n")
	check(err)
	check(c.Close())
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// playHalf will write no more, but reads to the end.
func playHalf([]string) int {
	c := channel()
	check(unix.Shutdown(int(c.Fd()), unix.SHUT_WR))
	_, err := io.Copy(io.Discard, c)
	check(err)
	return 0
}

// playDaemon has another process hold the channel, and ends.
func playDaemon(args []string) int {
	c := channel()
	if len(args) > 0 {
		_, err := io.WriteString(c, "\"sent before\"\n\"cut")
		check(err)
		io.Copy(io.Discard, os.Stdin)
		return 0
	}
	path, err := os.Executable()
	check(err)
	_, err = os.StartProcess(path, []string{path, "hold"}, &os.ProcAttr{
		Env: os.Environ(), Files: []*os.File{os.Stdin, os.Stdout, os.Stderr, c},
	})
	check(err)
	return 0
}

// playDescriptors sends three descriptors with a message, one with half of one,
// the most that a call can have, and one with a message that does not end.
func playDescriptors([]string) int {
	c := channel()
	send := func(text string, count int) {
		var fds []int
		for range count {
			fds = append(fds, 0)
		}
		check(unix.Sendmsg(int(c.Fd()), []byte(text), unix.UnixRights(fds...), nil, 0))
	}
	send("1\n", 3)
	_, err := io.WriteString(c, "2\n")
	check(err)
	send("[3", 1)
	_, err = io.WriteString(c, "]\n")
	check(err)
	send("4\n", 253) // SCM_MAX_FD
	send("5", 1)
	return 0
}

// playHandle sends handles as Node does, with the next one when the last one was
// acknowledged.
func playHandle(args []string) int {
	c := channel()
	r := bufio.NewReader(c)
	for _, text := range args {
		check(unix.Sendmsg(int(c.Fd()), []byte(text), unix.UnixRights(0), nil, 0))
		answer, err := r.ReadString('\n')
		check(err)
		if answer != `{"cmd":"NODE_HANDLE_ACK"}`+"\n" {
			fmt.Printf("the answer is %q\n", answer)
			return 3
		}
	}
	return 0
}

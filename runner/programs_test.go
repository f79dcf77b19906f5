package runner

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/plan"
)

// programs are what the test binary plays. Each returns its exit code.
func programs() map[string]func(args []string) int {
	all := map[string]func([]string) int{
		"emit":    playEmit,
		"say":     playSay,
		"turns":   playTurns,
		"copy":    playCopy,
		"cat":     playCat,
		"soak":    playSoak,
		"same":    playSame,
		"tag":     playTag,
		"sum":     playSum,
		"flood":   playFlood,
		"first":   playFirst,
		"exit":    playExit,
		"die":     playDie,
		"flaky":   playFlaky,
		"retake":  playRetake,
		"revive":  playRevive,
		"serve":   playServe,
		"hang":    playHang,
		"away":    playAway,
		"ignore":  playIgnore,
		"handle":  playHandle,
		"doze":    playDoze,
		"fork":    playFork,
		"linger":  playLinger,
		"deputy":  playDeputy,
		"sweep":   playSweep,
		"place":   playPlace,
		"inspect": playInspect,
		"sluice":  playSluice,
		"ids":     playIDs,
		"few":     playFew,
		"talk":    playTalk,
	}
	maps.Copy(all, platformPrograms())
	return all
}

// noise is n bytes that no compression and no repetition shortens, always the
// same.
func noise(n int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{1}), n)
}

// emit N writes N bytes of noise.
func playEmit(args []string) int {
	n, _ := strconv.ParseInt(args[0], 10, 64)
	if _, err := io.Copy(os.Stdout, noise(n)); err != nil {
		return 1
	}
	return 0
}

// say [-e] TEXT… writes each text as a line; -e to standard error.
func playSay(args []string) int {
	out := os.Stdout
	if len(args) > 0 && args[0] == "-e" {
		out, args = os.Stderr, args[1:]
	}
	for _, text := range args {
		fmt.Fprintln(out, text)
	}
	return 0
}

// turns N writes N lines, to standard output and standard error in turns.
func playTurns(args []string) int {
	n, _ := strconv.Atoi(args[0])
	for i := range n {
		fmt.Fprintln([]*os.File{os.Stdout, os.Stderr}[i%2], i)
	}
	return 0
}

// copy is cat.
func playCopy([]string) int {
	if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
		return 1
	}
	return 0
}

// cat FILE… writes what is in the files, of which - is its input.
func playCat(args []string) int {
	for _, path := range args {
		f := os.Stdin
		if path != "-" {
			var err error
			if f, err = os.Open(path); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 2
			}
		}
		if _, err := io.Copy(os.Stdout, f); err != nil {
			return 1
		}
	}
	return 0
}

// soak reads all before it writes it, as sort does.
func playSoak([]string) int {
	all, err := io.ReadAll(os.Stdin)
	if err != nil {
		return 1
	}
	if _, err := os.Stdout.Write(all); err != nil {
		return 1
	}
	return 0
}

// same FILE reads its input and the file by turns, and prints how many bytes
// there are. It fails where they differ.
func playSame(args []string) int {
	f, err := os.Open(args[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	a, b := make([]byte, 1<<15), make([]byte, 1<<15)
	for total := 0; ; {
		n, end := io.ReadFull(os.Stdin, a)
		m, _ := io.ReadFull(f, b)
		if !bytes.Equal(a[:n], b[:m]) {
			return 1
		}
		if total += n; end != nil {
			fmt.Print(total)
			return 0
		}
	}
}

// tag TEXT writes the text, then what it reads.
func playTag(args []string) int {
	os.Stdout.WriteString(args[0])
	return playCopy(nil)
}

// sum prints the number and the SHA-256 of the bytes that it reads.
func playSum([]string) int {
	h := sha256.New()
	n, err := io.Copy(h, os.Stdin)
	if err != nil {
		return 1
	}
	fmt.Printf("%d %x", n, h.Sum(nil))
	return 0
}

// flood [-e] writes without end, to standard error with -e. It ends as Go
// programs do whose reader has gone: by SIGPIPE.
func playFlood(args []string) int {
	out := os.Stdout
	if len(args) > 0 {
		out = os.Stderr
	}
	for line := bytes.Repeat([]byte("flood\n"), 1000); ; {
		if _, err := out.Write(line); err != nil {
			return 1
		}
	}
}

// first N copies N bytes and ends.
func playFirst(args []string) int {
	n, _ := strconv.ParseInt(args[0], 10, 64)
	if _, err := io.CopyN(os.Stdout, os.Stdin, n); err != nil {
		return 1
	}
	return 0
}

// exit CODE reads nothing and exits.
func playExit(args []string) int {
	code, err := strconv.Atoi(args[0])
	if err != nil {
		return 99
	}
	return code
}

// die SIGNAL ends itself by that signal's number.
func playDie(args []string) int {
	n, _ := strconv.Atoi(args[0])
	if n == int(syscall.SIGPIPE) {
		return dieOfPipe()
	}
	signal.Reset(syscall.Signal(n))
	syscall.Kill(os.Getpid(), syscall.Signal(n))
	select {}
}

// dieOfPipe writes to a standard output without a reader: a SIGPIPE that a
// process sends itself is nothing to Go's runtime.
func dieOfPipe() int {
	os.Stdin.Close()
	os.Stdout.Close()
	r, w, err := os.Pipe() // they have the numbers 0 and 1 now
	if err != nil {
		return 99
	}
	r.Close()
	w.WriteString("x")
	return 98
}

// flaky N ATTEMPT writes which attempt it is, and succeeds from attempt N on.
func playFlaky(args []string) int {
	n, _ := strconv.Atoi(args[0])
	at, _ := strconv.Atoi(args[1])
	fmt.Println("attempt", at)
	if at < n {
		return 75
	}
	return 0
}

// retake N ATTEMPT copies what it reads, and succeeds from attempt N on.
func playRetake(args []string) int {
	if code := playCopy(nil); code != 0 {
		return code
	}
	n, _ := strconv.Atoi(args[0])
	if at, _ := strconv.Atoi(args[1]); at < n {
		return 75
	}
	return 0
}

// revive N ATTEMPT hangs from attempt N on, and until then exits with 75.
func playRevive(args []string) int {
	n, _ := strconv.Atoi(args[0])
	if at, _ := strconv.Atoi(args[1]); at < n {
		return 75
	}
	return playHang(nil)
}

// serve HOW WHERE becomes ready in a way that is to be noticed, and hangs: out
// and err print a line, port listens, file writes.
func playServe(args []string) int {
	var err error
	switch args[0] {
	case "out":
		fmt.Print("first\r\nnow listening on ", args[1], "\r\nlast")
	case "err":
		fmt.Fprintln(os.Stderr, "now listening on", args[1])
	case "port":
		_, err = net.Listen("tcp", args[1])
	case "file":
		err = os.WriteFile(args[1], []byte("changed"), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	wait()
	return 0
}

// hang says that it runs and stays until a signal ends it.
func playHang([]string) int {
	fmt.Fprintln(os.Stderr, "ready")
	wait()
	return 0
}

// away leaves its process group for a session of its own, and is hang.
func playAway([]string) int {
	if _, err := syscall.Setsid(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	return playHang(nil)
}

// wait lets the runtime see no deadlock.
func wait() {
	r, _, _ := os.Pipe()
	r.Read(make([]byte, 1))
}

// ignore ignores TERM, says that it runs and stays.
func playIgnore([]string) int {
	signal.Ignore(syscall.SIGTERM)
	return playHang(nil)
}

// handle CODE exits with the code at TERM.
func playHandle(args []string) int {
	untilTERM()
	return playExit(args)
}

func untilTERM() {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGTERM)
	fmt.Fprintln(os.Stderr, "ready")
	<-ch
}

// doze says that it runs and stops itself, as Ctrl-Z would.
func playDoze([]string) int {
	fmt.Fprintln(os.Stderr, "ready")
	syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	wait()
	return 0
}

// fork LIFELINE MODE starts linger, and when that runs ends, or stays: MODE is
// stay (in the group), end (in the group), or leave (with a session of its
// own). Its child holds all its streams, and its channel.
func playFork(args []string) int {
	path, _ := os.Executable()
	r, w, _ := os.Pipe()
	c := exec.Cmd{
		Path: path, Args: []string{"linger", args[0]}, Env: []string{play + "=linger", "GORACE=atexit_sleep_ms=0"},
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, ExtraFiles: []*os.File{w},
		SysProcAttr: &syscall.SysProcAttr{Setsid: args[1] == "leave"},
	}
	if fd, err := strconv.Atoi(os.Getenv("NODE_CHANNEL_FD")); err == nil {
		c.ExtraFiles = append(c.ExtraFiles, os.NewFile(uintptr(fd), "channel"))
	}
	if err := c.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	w.Close()
	if line, _ := io.ReadAll(r); string(line) != "ready" {
		return 98
	}
	if args[1] == "stay" {
		return playHang(nil)
	}
	fmt.Println("ended")
	return 0
}

// linger LIFELINE shows by LIFELINE that it lives, and ends when LIFELINE.go is
// closed.
func playLinger(args []string) int {
	ready := os.NewFile(3, "ready")
	if _, err := os.OpenFile(args[0], os.O_WRONLY, 0); err != nil {
		return 99
	}
	hold, err := os.OpenFile(args[0]+".go", os.O_RDONLY, 0)
	if err != nil {
		return 99
	}
	ready.WriteString("ready")
	ready.Close()
	io.Copy(io.Discard, hold)
	return 0
}

// deputy PROGRAM… starts a program of these in its group, says that it runs when
// that says so, and ends by TERM before it.
func playDeputy(args []string) int {
	path, _ := os.Executable()
	r, w, _ := os.Pipe()
	c := exec.Cmd{Path: path, Args: args, Env: []string{play + "=" + args[0], "GORACE=atexit_sleep_ms=0"}, Stderr: w}
	if err := c.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	if line, _ := bufio.NewReader(r).ReadString('\n'); line != "ready\n" {
		return 98
	}
	return playHang(nil)
}

// sweep FILE takes its time to end at TERM, and makes the file then.
func playSweep(args []string) int {
	untilTERM()
	time.Sleep(100 * time.Millisecond) // not to wait for something: this is the time that it takes
	os.WriteFile(args[0], []byte("swept"), 0o600)
	return 0
}

// place DIR N takes one of N places in DIR, says so in the FIFO DIR/here, and
// gives it back after it could read a byte from the FIFO DIR/go. Where every
// place is taken it fails.
func playPlace(args []string) int {
	dir := args[0]
	n, _ := strconv.Atoi(args[1])
	for i := range n {
		path := filepath.Join(dir, strconv.Itoa(i))
		if os.Mkdir(path, 0o700) != nil {
			continue
		}
		defer os.Remove(path)
		here, err := os.OpenFile(filepath.Join(dir, "here"), os.O_WRONLY, 0)
		if err != nil {
			return 99
		}
		here.WriteString("x")
		hold, err := os.OpenFile(filepath.Join(dir, "go"), os.O_RDONLY, 0)
		if err != nil {
			return 99
		}
		if _, err := hold.Read(make([]byte, 1)); err != nil {
			return 99
		}
		return 0
	}
	return 1
}

// inspect prints its argv, environment, directory and umask, and where /proc
// tells which descriptors it was given.
func playInspect(args []string) int {
	var fds []string
	for fd := range 64 {
		target, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
		own := strings.HasPrefix(target, "anon_inode:") || strings.HasPrefix(target, "/sys/fs/cgroup/") // Go's runtime's
		if err == nil && !own {
			fds = append(fds, strconv.Itoa(fd))
		}
	}
	dir, _ := os.Getwd()
	mask := syscall.Umask(0)
	fmt.Printf("argv %q\nenv %q\ndir %s\numask %03o\nfds %s\n", append(os.Args[:1:1], args...), os.Environ(), dir, mask, strings.Join(fds, " "))
	return 0
}

// few N PLAN is sluice with N descriptors and a hundred jobs at once.
func playFew(args []string) int {
	n, _ := strconv.ParseUint(args[0], 10, 64)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return runPlan(args[1], Options{Parallel: 100})
}

// ids prints its process, its group and its session.
func playIDs([]string) int {
	sid, _ := unix.Getsid(0)
	fmt.Println(os.Getpid(), unix.Getpgrp(), sid)
	return 0
}

// sluice PLAN runs a plan that was written down, and prints the report.
func playSluice(args []string) int { return runPlan(args[0], Options{}) }

func runPlan(path string, o Options) int {
	data, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var p plan.Plan
	if err := json.Unmarshal(data, &p); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	rep, err := Run(context.Background(), &p, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := rep.WriteJSON(os.Stdout); err != nil {
		return 1
	}
	return 0
}

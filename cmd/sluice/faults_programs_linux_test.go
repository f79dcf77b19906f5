package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// faultPrograms are what the tests of faults run, and what they run sluice
// with: each of these does something to itself, and then becomes the command
// that its last arguments are.
func faultPrograms() map[string]func() {
	return map[string]func(){
		"tree":    playTree,
		"leaf":    playLeaf,
		"deny":    playDeny,
		"limit":   playLimit,
		"small":   playSmall,
		"alone":   playAlone,
		"escape":  playEscape,
		"nowhere": playNowhere,
		"junk":    playJunk,
		"flood":   playFlood,
		"joined":  playJoined,
	}
}

// tree FIFO becomes four processes that show by FIFO that they live, a byte
// for each: itself, a child, a child that ignores TERM, INT and HUP, and a
// daemon, in a session of its own with no parent, that ignores them too.
func playTree() {
	fifo := os.Args[1]
	start := func(setsid bool, args ...string) {
		cmd := exec.Command("leaf", append(args, fifo)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: setsid}
		if err := cmd.Start(); err != nil {
			fatal(err)
		}
		if setsid {
			cmd.Wait() // it has forked once more
		}
	}
	start(false)
	start(false, "deaf")
	start(true, "fork")
	becomeLeaf(fifo)
}

// leaf [deaf|fork] FIFO says in FIFO that it lives, and lives. fork does so as
// another process, deaf, and ends.
func playLeaf() {
	fifo := os.Args[len(os.Args)-1]
	switch os.Args[1] {
	case "fork":
		if err := exec.Command("leaf", "deaf", fifo).Start(); err != nil {
			fatal(err)
		}
		return
	case "deaf":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	}
	becomeLeaf(fifo)
}

func becomeLeaf(fifo string) {
	f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		fatal(err)
	}
	f.WriteString("x")
	waitForever()
}

// deny ERRNO CALL,… COMMAND… makes system calls fail, by seccomp, for COMMAND
// and what it starts. The call fork is every way to make a process, while
// threads can still be made.
func playDeny() {
	errno := unix.EPERM
	for n := range syscall.Errno(200) {
		if unix.ErrnoName(n) == os.Args[1] {
			errno = n
		}
	}
	program := seccomp(uint32(errno), strings.Split(os.Args[2], ","))
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		fatal(err)
	}
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	const modeFilter = 1 // SECCOMP_SET_MODE_FILTER
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, modeFilter, 0, uintptr(unsafe.Pointer(&prog))); errno != 0 {
		fatal(errno)
	}
	become(os.Args[3:])
}

// deniable are the calls that deny knows.
var deniable = map[string]uint32{
	"clone3": unix.SYS_CLONE3, "pidfd_open": unix.SYS_PIDFD_OPEN, "pidfd_send_signal": unix.SYS_PIDFD_SEND_SIGNAL,
	"close_range": unix.SYS_CLOSE_RANGE, "memfd_create": unix.SYS_MEMFD_CREATE, "wait4": unix.SYS_WAIT4, "waitid": unix.SYS_WAITID,
}

// seccomp is a program of classic BPF over struct seccomp_data (seccomp(2)).
func seccomp(errno uint32, calls []string) []unix.SockFilter {
	const number, firstArg = 0, 16 // offsets; of the first argument the low half, on a little-endian machine
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	jump := func(how uint16, value uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | how, K: value, Jt: yes, Jf: no}
	}
	ret := func(action uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
	}
	const allow, fail = unix.SECCOMP_RET_ALLOW, unix.SECCOMP_RET_ERRNO
	list := []unix.SockFilter{load(number)}
	for _, call := range calls {
		if call == "fork" {
			list = append(list,
				jump(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1), ret(fail|uint32(unix.ENOSYS)), // its flags are out of sight
				jump(unix.BPF_JEQ, unix.SYS_CLONE, 0, 4),
				load(firstArg), jump(unix.BPF_JSET, unix.CLONE_THREAD, 1, 0), ret(fail|errno), ret(allow))
			continue
		}
		number, ok := deniable[call]
		if !ok {
			fatal(fmt.Errorf("no call %s", call))
		}
		list = append(list, jump(unix.BPF_JEQ, number, 0, 1), ret(fail|errno))
	}
	return append(list, ret(allow))
}

// limit NAME=N COMMAND… sets a resource limit of COMMAND, hard and soft.
func playLimit() {
	name, value, _ := strings.Cut(os.Args[1], "=")
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		fatal(err)
	}
	resource := map[string]int{"nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC, "fsize": unix.RLIMIT_FSIZE}[name]
	if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		fatal(err)
	}
	become(os.Args[2:])
}

// small SIZE FOLDER COMMAND… gives COMMAND a file system of that size at
// FOLDER, which only it and its children see. Its mounts must be its own. The
// size "full" leaves no room at all, and "read-only" no right to write.
func playSmall() {
	size, flags := os.Args[1], uintptr(0)
	switch size {
	case "full":
		size = "nr_inodes=1"
	case "read-only":
		size, flags = "size=64k", unix.MS_RDONLY
	default:
		size = "size=" + size
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		fatal(err)
	}
	if err := unix.Mount("none", os.Args[2], "tmpfs", flags, size); err != nil {
		fatal(err)
	}
	os.WriteFile(filepath.Join(os.Args[2], "out.txt"), []byte("old\n"), 0o666) // where that can be
	become(os.Args[3:])
}

// joined FILE COMMAND… makes COMMAND a member of the control group whose list of
// processes FILE is.
func playJoined() {
	if err := os.WriteFile(os.Args[1], []byte("0"), 0); err != nil {
		fatal(err)
	}
	become(os.Args[2:])
}

// flood N writes N bytes and no newline.
func playFlood() {
	n, _ := strconv.ParseInt(os.Args[1], 10, 64)
	piece := bytes.Repeat([]byte("x"), 1<<20)
	for ; n > 0; n -= int64(len(piece)) {
		piece = piece[:min(n, int64(len(piece)))]
		if _, err := os.Stdout.Write(piece); err != nil {
			fatal(err)
		}
	}
}

// nowhere COMMAND… is COMMAND in a directory that is no more.
func playNowhere() {
	dir, err := os.MkdirTemp("", "nowhere")
	if err := errors.Join(err, os.Chdir(dir), os.Remove(dir)); err != nil {
		fatal(err)
	}
	become(os.Args[1:])
}

// escape COMMAND… starts the command in a session of its own, with this one's
// streams, and ends.
func playEscape() {
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		fatal(err)
	}
}

// alone FILE fails where another one is at it.
func playAlone() {
	f, err := os.OpenFile(os.Args[1], os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		fatal(err)
	}
	f.Close()
	os.Remove(os.Args[1])
}

// junk COMMAND… is a careless caller: it leaves descriptor 7 open, ignores PIPE
// and HUP, and INT and QUIT as a shell does for what runs in its background,
// and blocks TERM and USR1.
func playJunk() {
	runtime.LockOSThread()
	f, err := os.Open("/etc/passwd")
	if err == nil {
		err = unix.Dup2(int(f.Fd()), 7)
	}
	if err != nil {
		fatal(err)
	}
	signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT)
	var set unix.Sigset_t
	set.Val[0] = 1<<(syscall.SIGTERM-1) | 1<<(syscall.SIGUSR1-1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil); err != nil {
		fatal(err)
	}
	become(os.Args[1:])
}

// become executes argv in this process.
func become(argv []string) {
	path, err := exec.LookPath(argv[0])
	if err == nil {
		err = syscall.Exec(path, argv, os.Environ())
	}
	fatal(err)
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
	os.Exit(120)
}

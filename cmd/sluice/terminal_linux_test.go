package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// pty makes a terminal: what types and shows, and what programs have.
func pty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	conn, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	conn.Control(func(fd uintptr) {
		if n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN); err == nil {
			err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		}
	})
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	return master, slave
}

// Ctrl-C is one signal to a job, whichever group it is in: from sluice, or from
// the terminal.
func TestCtrlCIsOneSignal(t *testing.T) {
	for group, want := range map[string]string{"own": "here SIGTERM", "inherit": "here SIGINT"} {
		t.Run(group, func(t *testing.T) {
			dir := t.TempDir()
			text := "version: 1\njobs:\n  deaf: {run: hang -i said, group: " + group + ", stdout: discard, stderr: discard, stop: {grace: 300ms}}\n"
			if err := os.WriteFile(filepath.Join(dir, "job.yaml"), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			fifo := filepath.Join(dir, "said")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			master, slave := pty(t)
			cmd := exec.Command("sluice", "run", "job.yaml")
			cmd.Dir = dir
			cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			slave.Close()
			said, err := os.Open(fifo)
			if err != nil {
				t.Fatal(err)
			}
			defer said.Close()
			var screen bytes.Buffer
			shown := make(chan struct{})
			go func() {
				defer close(shown)
				io.Copy(&screen, master) // ends with an error when nobody has the other side
			}()
			var got []string
			line := make([]byte, 100)
			for {
				n, err := said.Read(line)
				if err != nil {
					break // the job has ended
				}
				got = append(got, strings.Fields(string(line[:n]))...)
				if len(got) == 1 {
					master.WriteString("\x03")
				}
			}
			err = cmd.Wait()
			<-shown
			if strings.Join(got, " ") != want || cmd.ProcessState.ExitCode() != 130 {
				t.Errorf("it said %q, want %q; sluice: %v\n%s", got, want, err, screen.String())
			}
		})
	}
}

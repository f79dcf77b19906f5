package proc

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func null(b *testing.B) *os.File {
	b.Helper()
	fd, err := syscall.Open(os.DevNull, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), os.DevNull)
	b.Cleanup(func() { f.Close() })
	return f
}

func BenchmarkStartTrue(b *testing.B) {
	f, path := null(b), tool(b, "true")
	c := Command{Path: path, Argv: []string{"true"}, Dir: "/", Umask: -1, Files: []*os.File{f, f, f}}
	for b.Loop() {
		p, err := Start(c)
		if err != nil {
			b.Fatal(err)
		}
		p.WaitExit()
		p.Reap()
	}
}

func BenchmarkStartTrueUmask(b *testing.B) {
	f, path := null(b), tool(b, "true")
	c := Command{Path: path, Argv: []string{"true"}, Dir: "/", Umask: umaskOfTest, Files: []*os.File{f, f, f}}
	for b.Loop() {
		p, err := Start(c)
		if err != nil {
			b.Fatal(err)
		}
		p.WaitExit()
		p.Reap()
	}
}

func BenchmarkOSExecTrue(b *testing.B) {
	f, path := null(b), tool(b, "true")
	for b.Loop() {
		c := &exec.Cmd{Path: path, Args: []string{"true"}, Dir: "/", Env: []string{}, Stdin: f, Stdout: f, Stderr: f}
		if err := c.Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStartProcess(b *testing.B) {
	f, path := null(b), tool(b, "true")
	attr := &os.ProcAttr{Dir: "/", Env: []string{}, Files: []*os.File{f, f, f}, Sys: &syscall.SysProcAttr{Setpgid: true}}
	for b.Loop() {
		p, err := os.StartProcess(path, []string{"true"}, attr)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

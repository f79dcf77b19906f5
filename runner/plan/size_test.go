package plan

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// fillArgs is argv of a program with as many bytes as CheckSize allows beside
// path, and more others.
func fillArgs(path string, more int) []string {
	const piece = 100_000
	argv := []string{"x"}
	left := argSpace() - (len(path) + 1) - (1 + 1 + pointer) + more
	for left > piece+pointer+1 {
		argv = append(argv, strings.Repeat("y", piece))
		left -= piece + 1 + pointer
	}
	return append(argv, strings.Repeat("z", left-1-pointer))
}

// The kernel is asked: what CheckSize allows starts, and one byte more does
// not, whatever the limit of the stack.
func TestCheckSizeIsTheKernels(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not tell how they count")
	}
	if os.Getenv("PLAN_TEST_STACK") == "" {
		sizeUnderStacks(t)
		return
	}
	path, err := exec.LookPath("true")
	if err != nil {
		t.Skip("this machine has no true")
	}
	for more, want := range []error{nil, syscall.E2BIG} {
		argv := fillArgs(path, more)
		if err := CheckSize(path, argv, nil); (err != nil) != (want != nil) {
			t.Errorf("%d more: CheckSize says %v", more, err)
		}
		pid, _, err := syscall.StartProcess(path, argv, &syscall.ProcAttr{})
		if err == nil {
			syscall.Wait4(pid, nil, 0, nil)
		}
		if err != want {
			t.Errorf("%d more: the kernel says %v, want %v", more, err, want)
		}
	}
	if err := CheckSize(path, []string{strings.Repeat("x", maxArg+1)}, nil); err == nil {
		t.Error("one argument may be too long")
	}
}

// sizeUnderStacks runs the test again in processes with other limits.
func sizeUnderStacks(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_STACK, &old); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_STACK, &old)
	for _, size := range []uint64{256 << 10, 8 << 20, 64 << 20} {
		if size > old.Max {
			continue
		}
		if err := unix.Setrlimit(unix.RLIMIT_STACK, &unix.Rlimit{Cur: size, Max: old.Max}); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), "PLAN_TEST_STACK=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("with a stack of %d bytes: %v\n%s", size, err, out)
		}
	}
}

package contain

import (
	"fmt"
	"math/bits"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// unable starts a runner whose monitor can't become a program.
func unable(t *testing.T) *person {
	return start(t, newLifeline(t), nil, "runner", string(Subreaper), strconv.Itoa(unix.SYS_EXECVE))
}

// A monitor that can't become a program ends, and the runner is told.
func TestNoExec(t *testing.T) {
	wantTold(t, unable(t))
}

func wantTold(t *testing.T, r *person) {
	t.Helper()
	defer time.AfterFunc(guardTime, func() { r.cmd.Process.Kill() }).Stop()
	r.cmd.Wait()
	if code := r.cmd.ProcessState.ExitCode(); code != 4 {
		t.Errorf("the runner ended with %d and was not told", code)
	}
}

// It ends too where the runner is gone, for else something would stay that
// ignores all signals.
func TestNoExecAlone(t *testing.T) {
	r := unable(t)
	fmt.Fprintln(r.in, "monitor")
	line, err := r.out.ReadString('\n')
	if err != nil { // on a slow machine it is over already
		wantTold(t, r)
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(line)
	}
	monitor, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		wantTold(t, r)
		return
	} else if err != nil {
		t.Skip("no pidfd: ", err)
	}
	defer unix.Close(monitor)
	r.kill()
	ended := []unix.PollFd{{Fd: int32(monitor), Events: unix.POLLIN}}
	if n, err := unix.Poll(ended, int(guardTime.Milliseconds())); n != 1 || err != nil {
		unix.PidfdSendSignal(monitor, unix.SIGKILL, nil, 0)
		t.Errorf("the monitor %d does not end: %v", pid, err)
	}
}

// A monitor ignores signals before it is a program, too. Nothing is executed
// here before that is known, so an emulator such as qemu-mips64el can tell it
// of a machine that is not at hand.
func TestForkIgnores(t *testing.T) {
	g, err := startGuard(&Keeper{run: newRun()}, []string{"sluice", "__monitor"})
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	awaitName(t, g.pid)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.pid))
	if err != nil {
		t.Fatal(err)
	}
	// How many, for an emulator gives them other numbers, and keeps a few.
	ignored, _ := strconv.ParseUint(statusField(status, "SigIgn"), 16, 64)
	blocked, _ := strconv.ParseUint(statusField(status, "SigBlk"), 16, 64)
	if n := bits.OnesCount64(ignored); n < 32 || blocked != 0 {
		t.Errorf("it ignores %d signals, %b, and holds back %b", n, ignored, blocked)
	}
}

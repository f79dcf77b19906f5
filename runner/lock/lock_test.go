package lock

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// play makes the test binary hold a lock: its value is the folder.
const play = "LOCK_TEST_PLAY"

func TestMain(m *testing.M) {
	if dir := os.Getenv(play); dir != "" {
		os.Exit(hold(dir))
	}
	os.Exit(m.Run())
}

// hold takes the lock x, says so, and keeps it until its standard input ends.
func hold(dir string) int {
	l, err := Open(dir, "x")
	if err != nil {
		return 1
	}
	if ok, err := l.Try(Holder{Run: "theirs", PID: os.Getpid()}); !ok || err != nil {
		return 2
	}
	fmt.Println("held")
	bufio.NewReader(os.Stdin).ReadByte()
	return 0
}

func open(t *testing.T, dir, name string) *Lock {
	t.Helper()
	l, err := Open(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOneHolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "locks")
	a, b, other := open(t, dir, "x"), open(t, dir, "x"), open(t, dir, "y")
	defer b.Close()
	defer other.Close()
	if got := a.Holder().String(); got != "another run" {
		t.Errorf("nobody holds it, and the holder is %q", got)
	}
	if ok, err := a.Try(Holder{Run: "r1", PID: 11, Job: "a", File: "/x.yaml"}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := b.Try(Holder{Run: "r2", PID: 22}); ok || err != nil {
		t.Fatal(ok, err)
	}
	if got, want := b.Holder().String(), "job a of run r1 (process 11, /x.yaml)"; got != want {
		t.Errorf("the holder is %q, want %q", got, want)
	}
	if ok, err := other.Try(Holder{Run: "r2", PID: 22}); !ok || err != nil {
		t.Errorf("another name: %v, %v", ok, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if ok, err := b.Try(Holder{Run: "r2", PID: 22}); !ok || err != nil {
		t.Errorf("after the end of its holder: %v, %v", ok, err)
	}
}

// Close ends the lock although the file is open elsewhere, as in a monitor.
func TestCloseUnlocksWhatIsShared(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir, "x"), open(t, dir, "x")
	defer b.Close()
	if ok, err := a.Try(Holder{Run: "r1", PID: 1}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	cmd := exec.Command("sleep", "3600")
	cmd.ExtraFiles = []*os.File{a.File()}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if ok, err := b.Try(Holder{Run: "r2", PID: 2}); !ok || err != nil {
		t.Errorf("still held: %v, %v", ok, err)
	}
}

// Wait gets the lock when its holder is gone, though that was killed.
func TestWait(t *testing.T) {
	dir := t.TempDir()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	cmd.Env = []string{play + "=" + dir}
	in, _ := cmd.StdinPipe()
	defer in.Close()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatal(line, err)
	}
	l := open(t, dir, "x")
	defer l.Close()
	if ok, err := l.Try(Holder{Run: "mine", PID: 1}); ok || err != nil {
		t.Fatal(ok, err)
	}
	if got, want := l.Holder().String(), fmt.Sprintf("run theirs (process %d)", cmd.Process.Pid); got != want {
		t.Errorf("the holder is %q, want %q", got, want)
	}
	over := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() { done <- l.Wait(ctx, Holder{Run: "mine", PID: 1}) }()
	cancel(over)
	if err := <-done; err != over {
		t.Fatalf("a cancelled wait ends with %v", err)
	}
	go func() { done <- l.Wait(t.Context(), Holder{Run: "mine", PID: 1}) }()
	cmd.Process.Kill()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if got := l.Holder().Run; got != "mine" {
		t.Errorf("the holder is %q", got)
	}
}

func TestFileName(t *testing.T) {
	seen := map[string]string{}
	long := strings.Repeat("ü", 200)
	for _, name := range []string{"deploy", "a/b", "a%2fb", "..", ".hidden", "a b", "", long, long + "x"} {
		got := fileName(name)
		if strings.ContainsAny(got, "/ ") || strings.HasPrefix(got, ".") && got != ".lock" || len(got) > 255 {
			t.Errorf("%q has the file %q", name, got)
		}
		if before, ok := seen[got]; ok {
			t.Errorf("%q and %q have the file %q", before, name, got)
		}
		seen[got] = name
	}
	if got := fileName("db-1.x_Y"); got != "db-1.x_Y.lock" {
		t.Errorf("a plain name has the file %q", got)
	}
}

func TestOpenFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "locks"), "x"); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v", err)
	}
}

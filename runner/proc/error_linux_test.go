package proc

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// withoutRights lets the test go on as a user who may not do everything: its
// thread looks at files as nobody does, where it is root's (setfsuid(2)). The
// thread ends with the test.
func withoutRights(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	runtime.LockOSThread() // and never unlocked
	const nobody = 65534
	unix.SetfsuidRetUid(nobody)
	t.Cleanup(func() { unix.SetfsuidRetUid(0) }) // what comes later removes the test's folders
	if now, err := unix.SetfsuidRetUid(nobody); err != nil || now != nobody {
		t.Skipf("can't act as another user: %d, %v", now, err)
	}
}

// openFolder is a temporary directory that every user may search.
func openFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestStartErrorsOfRights(t *testing.T) {
	dir := openFolder(t)
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(locked, 0o700)
	program := filepath.Join(dir, "program")
	if err := os.WriteFile(program, []byte("#!"+tool(t, "true")+"\n"), 0o001); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 { // others may execute it, its owner may not
		if err := os.Chmod(program, 0o011); err != nil {
			t.Fatal(err)
		}
	} else if err := os.Chmod(program, 0o100); err != nil {
		t.Fatal(err)
	}
	withoutRights(t)
	start := func(path, dir string) error {
		p, err := Start(Command{Path: path, Argv: []string{"x"}, Dir: dir, Umask: -1})
		if err == nil {
			p.Reap()
		}
		return err
	}
	wantStartError(t, start(tool(t, "true"), locked), OpDir, 126, "can't be entered: permission denied")
	wantStartError(t, start(locked+"/x", "/"), OpExec, 126, "a directory above it can't be searched")
	wantStartError(t, start(program, "/"), OpExec, 126, "permission denied: this user may not execute it")
}

// Programs on a file system that is mounted noexec lack no permission.
func TestStartErrorOfNoExec(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may mount")
	}
	dir := t.TempDir()
	runtime.LockOSThread() // and never unlocked: the thread ends with the test, and its mounts with it
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Skipf("no mounts of its own: %v", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_NOEXEC, "size=64k"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	path := filepath.Join(dir, "program")
	if err := os.WriteFile(path, []byte("#!"+tool(t, "true")+"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := Start(Command{Path: path, Argv: []string{"x"}, Dir: "/", Umask: -1})
	wantStartError(t, err, OpExec, 126, "mounted noexec")
}

package plan

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A program on a file system that is mounted noexec is told from one without
// permission: chmod would not help.
func TestNoExec(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may mount")
	}
	dir := folder(t, "mnt/")
	runtime.LockOSThread() // and never unlocked: the thread ends with the test, and its mounts with it
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Skipf("no mounts of its own: %v", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", filepath.Join(dir, "mnt"), "tmpfs", unix.MS_NOEXEC, "size=64k"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(filepath.Join(dir, "mnt"), unix.MNT_DETACH)
	path := filepath.Join(dir, "mnt/program")
	if err := os.WriteFile(path, []byte("#!/bin/cat\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := isExecutable(path); err == nil || !strings.Contains(err.Error(), "mounted noexec") {
		t.Errorf("%v, want noexec", err)
	}
}

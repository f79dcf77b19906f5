package plumb

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
)

func number(t *testing.T, f *os.File) (n string) {
	t.Helper()
	conn, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	conn.Control(func(fd uintptr) { n = strconv.Itoa(int(fd)) })
	return n
}

// write opens path in mode and writes text.
func write(t *testing.T, path string, mode Mode, text string) *File {
	t.Helper()
	return writeAs(t, openUnnamed, path, mode, text)
}

// unnamed makes files without a name, or can't.
type unnamed func(dir *os.File) (*os.File, error)

// bothWays calls test with files that have no name until they are committed,
// and as it is where there are no such files.
func bothWays(t *testing.T, test func(t *testing.T, how unnamed)) {
	t.Run("unnamed", func(t *testing.T) { test(t, openUnnamed) })
	t.Run("named", func(t *testing.T) {
		test(t, func(*os.File) (*os.File, error) { return nil, errors.ErrUnsupported })
	})
}

func writeAs(t *testing.T, how unnamed, path string, mode Mode, text string) *File {
	t.Helper()
	f, err := openFile(path, mode, how)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.OS().WriteString(text); err != nil {
		t.Fatal(err)
	}
	return f
}

// put makes a file with old in it.
func put(t *testing.T, path, old string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(old), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// holds checks the content of the file at path, and that nothing but the named
// files is in its directory.
func holds(t *testing.T, path, want string, names ...string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", filepath.Base(path), got, err, want)
	}
	only(t, filepath.Dir(path), names...)
}

func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if slices.Sort(names); !slices.Equal(got, names) {
		t.Errorf("the directory holds %q, want %q", got, names)
	}
}

func TestAtomic(t *testing.T) { bothWays(t, testAtomic) }

func testAtomic(t *testing.T, how unnamed) {
	path := filepath.Join(t.TempDir(), "a", "b", "out")
	f := writeAs(t, how, path, Atomic, "one")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before Commit: %v", err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "one", "out")
	umask := syscall.Umask(0)
	syscall.Umask(umask)
	if info, _ := os.Stat(path); info.Mode() != 0o666&^os.FileMode(umask) {
		t.Errorf("a new file has mode %v", info.Mode())
	}

	put(t, path, "two", 0o640)
	f = writeAs(t, how, path, Atomic, "three")
	if err := f.Abort(); err != nil {
		t.Error(err)
	}
	holds(t, path, "two", "out")
	f = writeAs(t, how, path, Atomic, "three")
	if f.temp == "" {
		holds(t, path, "two", "out")
	} else {
		holds(t, path, "two", "out", f.temp)
	}
	if err := errors.Join(f.Commit(), f.Abort()); err != nil {
		t.Error(err)
	}
	holds(t, path, "three", "out")
	if info, _ := os.Stat(path); info.Mode() != 0o640 {
		t.Errorf("the mode of the old file became %v", info.Mode())
	}
	if err := f.Commit(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a second Commit: %v", err)
	}
}

// A Commit that can't put everything on the disk replaces nothing.
func TestCommitFails(t *testing.T) { bothWays(t, testCommitFails) }

func testCommitFails(t *testing.T, how unnamed) {
	path := filepath.Join(t.TempDir(), "out")
	put(t, path, "old", 0o600)
	for _, mode := range []Mode{Atomic, Append, Truncate} {
		f := writeAs(t, how, path, mode, "")
		f.OS().Close()
		if err := f.Commit(); err == nil {
			t.Errorf("%s: Commit of a file that can't be synced or closed succeeded", mode)
		}
	}
	f := writeAs(t, how, path, Atomic, "new")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err == nil {
		t.Error("Commit replaced a directory")
	}
	only(t, filepath.Dir(path), "out")
}

func TestKilledInTheMiddle(t *testing.T) {
	for _, mode := range []Mode{Atomic, Create} {
		path := filepath.Join(t.TempDir(), "out")
		if mode == Atomic {
			put(t, path, "old", 0o600)
		}
		c := command(t, "die", path, string(mode))
		if err := c.Run(); err == nil || c.ProcessState.Exited() {
			t.Fatalf("the child ended with %v", c.ProcessState)
		}
		got, err := os.ReadFile(path)
		switch {
		case mode == Atomic && string(got) != "old":
			t.Errorf("the file holds %q (%v)", got, err)
		case mode == Create && !errors.Is(err, fs.ErrNotExist):
			t.Errorf("the file came to be: %q (%v)", got, err)
		}
		if f, err := openUnnamed(dirOf(t, path)); err != nil {
			t.Logf("there are no files without a name here (%v), so a hidden one is left", err)
		} else if f.Close(); mode == Atomic {
			only(t, filepath.Dir(path), "out")
		} else {
			only(t, filepath.Dir(path))
		}
	}
}

// dirOf opens the folder that path is in.
func dirOf(t *testing.T, path string) *os.File {
	t.Helper()
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir
}

func TestCreate(t *testing.T) { bothWays(t, testCreate) }

func testCreate(t *testing.T, how unnamed) {
	path := filepath.Join(t.TempDir(), "out")
	f := writeAs(t, how, path, Create, "one")
	g := writeAs(t, how, path, Create, "two")
	h := writeAs(t, how, path, Create, "three")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := g.Commit(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Commit over another's file: %v", err)
	}
	if err := errors.Join(h.Abort(), h.Abort(), g.Abort(), f.Abort()); err != nil {
		t.Error(err)
	}
	holds(t, path, "one", "out")
	if _, err := OpenFile(path, Create); !errors.Is(err, fs.ErrExist) {
		t.Errorf("OpenFile of a file that exists: %v", err)
	}
}

func TestAppend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for _, step := range []struct {
		text   string
		commit bool
		want   string
	}{{"a\n", true, "a\n"}, {"b\n", false, "a\n"}, {"", false, "a\n"}, {"c\n", true, "a\nc\n"}} {
		f := write(t, path, Append, step.text)
		end := f.Abort
		if step.commit {
			end = f.Commit
		}
		if err := errors.Join(end(), f.Abort()); err != nil {
			t.Error(err)
		}
		holds(t, path, step.want, "log")
	}
	// A child that shortens the file itself gets no zeros from us.
	f := write(t, path, Append, "d\n")
	if err := errors.Join(os.Truncate(path, 1), f.Abort()); err != nil {
		t.Error(err)
	}
	holds(t, path, "a", "log")
}

func TestTruncate(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "out"), filepath.Join(dir, "link")
	put(t, path, "long old content", 0o600)
	if err := os.Symlink("out", link); err != nil {
		t.Fatal(err)
	}
	if err := write(t, link, Truncate, "new").Commit(); err != nil {
		t.Error(err)
	}
	holds(t, path, "new", "out", "link")
	if err := write(t, path, Truncate, "half").Abort(); err != nil {
		t.Error(err)
	}
	holds(t, path, "half", "out", "link")
}

func TestDevices(t *testing.T) {
	for _, mode := range []Mode{Truncate, Append} {
		f := write(t, os.DevNull, mode, "gone")
		if err := errors.Join(f.Abort(), write(t, os.DevNull, mode, "gone").Commit()); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		if _, err := os.Stat("/dev/full"); err != nil {
			continue
		}
		f, err := OpenFile("/dev/full", mode)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.OS().WriteString("x"); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s to /dev/full: %v", mode, err)
		}
		f.Abort()
	}
}

func TestRefusedTargets(t *testing.T) {
	dir := t.TempDir()
	link, fifo := filepath.Join(dir, "link"), filepath.Join(dir, "fifo")
	if err := errors.Join(os.Symlink("nowhere", link), syscall.Mkfifo(fifo, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, words := range map[string]string{dir: "it is a directory", link: "it is a symbolic link", fifo: "it is a FIFO", os.DevNull: "it is a device"} {
		_, err := OpenFile(path, Atomic)
		contains(t, err, words+", which a regular file would replace; mode: truncate writes through it")
		if _, err := OpenFile(path, Create); !errors.Is(err, fs.ErrExist) {
			t.Errorf("create of %s: %v", path, err)
		}
	}
	for _, mode := range []Mode{Truncate, Append} {
		_, err := OpenFile(fifo, mode)
		contains(t, err, "it is a FIFO that no process reads")
		_, err = OpenFile(dir, mode)
		contains(t, err, "it is a directory")
	}
	_, err := OpenFile(filepath.Join(dir, "x"), "atomical")
	contains(t, err, `no mode "atomical"`)
	_, err = OpenFile(filepath.Join(fifo, "x"), Atomic)
	contains(t, err, "not a directory")
	only(t, dir, "fifo", "link")
}

func TestFIFOWithReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	r, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := write(t, path, Append, "word").Abort(); err != nil {
		t.Error(err)
	}
	buf := make([]byte, 8)
	if n, err := r.Read(buf); string(buf[:n]) != "word" {
		t.Errorf("read %q (%v)", buf[:n], err)
	}
}

func TestTempName(t *testing.T) {
	for _, base := range []string{"x", strings.Repeat("y", 255), strings.Repeat("ü", 127)} {
		name := tempName(base, "ABCDEFGH")
		if len(name) > 255 || !utf8.ValidString(name) || !strings.HasPrefix(name, "."+base[:1]) || !strings.HasSuffix(name, ".sluice-abcdefgh") {
			t.Errorf("%q gives %q", base, name)
		}
	}
	path := filepath.Join(t.TempDir(), strings.Repeat("n", 255))
	if err := write(t, path, Atomic, "x").Commit(); err != nil {
		t.Error(err)
	}
}

func TestFilesLeakNothing(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "here"), "", 0o600)
	before := descriptors(t)
	for range 20 {
		for _, mode := range []Mode{Atomic, Append, Truncate, Create} {
			for _, name := range []string{"new", "here", "", "fifo"} {
				if f, err := OpenFile(filepath.Join(dir, name), mode); err == nil {
					f.Abort()
				}
			}
			os.Remove(filepath.Join(dir, "new"))
		}
		OpenInput(dir)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors became %d", before, after)
	}
}

// The folder of a file is looked up once: a file appears where it was begun,
// whatever its path leads to by then, and leaves nothing elsewhere.
func TestFolderIsSwapped(t *testing.T) {
	for _, mode := range []Mode{Atomic, Create} {
		for _, end := range []string{"commit", "abort"} {
			dir := t.TempDir()
			folder, moved, other := filepath.Join(dir, "folder"), filepath.Join(dir, "moved"), filepath.Join(dir, "other")
			for _, d := range []string{folder, other} {
				if err := os.Mkdir(d, 0o777); err != nil {
					t.Fatal(err)
				}
			}
			f := write(t, filepath.Join(folder, "out"), mode, "new")
			if err := errors.Join(os.Rename(folder, moved), os.Symlink(other, folder)); err != nil {
				t.Fatal(err)
			}
			if end == "abort" {
				if err := f.Abort(); err != nil {
					t.Error(err)
				}
				only(t, moved)
			} else {
				if err := f.Commit(); err != nil {
					t.Error(err)
				}
				holds(t, filepath.Join(moved, "out"), "new", "out")
			}
			only(t, other)
		}
	}
}

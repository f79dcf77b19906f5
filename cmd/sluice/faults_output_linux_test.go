package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Where things are written, and from where they are read.

// ownMounts lets p mount without anybody else seeing it.
func (f *fault) ownMounts(p *process) {
	p.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		p.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
	}
}

// onSmall runs sluice with a small file system of its own at the folder small,
// in which out.txt is an old file where there is room for one.
func (f *fault) onSmall(size string, args ...string) output {
	f.Helper()
	if err := os.Mkdir(f.path("small"), 0o777); err != nil {
		f.Fatal(err)
	}
	try := f.command("small", "64k", "small", "true")
	f.ownMounts(try)
	if err := try.Run(); err != nil {
		f.Skipf("nothing can be mounted here: %v %s", err, try.stderr.String())
	}
	p := f.command(append([]string{"small", size, "small", "sluice"}, args...)...)
	f.ownMounts(p)
	f.start(p)
	return f.end(p)
}

func TestF17DiskFull(t *testing.T) {
	f := newFault(t, `jobs:
  big: {run: flood 1000000, stdout: {file: small/out.txt}}
  look: {after: [big], run: copy small/out.txt, stdout: {file: seen.txt}}
  list: {after: [big], run: ls -A small, stdout: {file: names.txt}}
`)
	f.wants(f.onSmall("256k", "run", "job.yaml"), exitFailed, "no space left on device")
	f.oldOrNew("seen.txt", "old\n")
	f.oldOrNew("names.txt", "out.txt\n")
}

// What sluice writes itself meets the same.
func TestF17DiskFullForTheReport(t *testing.T) {
	for _, flag := range []string{"--report", "--events"} {
		t.Run(flag, func(t *testing.T) {
			f := newFault(t, `jobs: {many: {matrix: {n: {range: [1, 40]}}, run: emit "`+strings.Repeat("x", 5000)+`"}}`)
			f.wants(f.onSmall("64k", "run", "-o", "quiet", flag, "small/file", "job.yaml"), exitError, flag, "no space left on device")
		})
	}
}

// A limit of file sizes is a signal first, which would end sluice.
func TestF17FileSizeLimit(t *testing.T) {
	f := newFault(t, twoJobs)
	f.wants(f.run("limit", "fsize=100", "sluice", "run", "job.yaml"), exitError, "file too large")
	f.oldOrNew("out.txt", "new\n", "")
}

// Where the history can't be kept, a run goes on without one and says so. What
// ceases to be kept halfway is an error.
func TestF19StateDirectory(t *testing.T) {
	for _, c := range []struct {
		size, words string
		code        int
	}{
		{"read-only", "read-only file system", exitOK},
		{"full", "no space left on device", exitOK},
		{"16k", "no space left on device", exitError},
	} {
		t.Run(c.size, func(t *testing.T) {
			f := newFault(t, `jobs: {write: {matrix: {n: {range: [1, 100]}}, run: emit new, stdout: {file: "${matrix.n}"}}}`)
			f.state = "small/state"
			f.wants(f.onSmall(c.size, "run", "-o", "quiet", "job.yaml"), c.code, c.words)
			for n := range 100 {
				f.oldOrNew(strconv.Itoa(n+1), "new\n", "")
			}
			f.noLitter()
		})
	}
}

// It ends the run, whatever of it goes on without another record.
func TestF19StateDirectoryFills(t *testing.T) {
	for name, fills := range map[string]string{
		"logs":    `{run: flood 1000000}`,
		"journal": `{command: talk, args: [` + strings.Repeat("{literal: '\""+strings.Repeat("x", 40_000)+"\"'}, ", 10) + `'1'], channel: true}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFault(t, "jobs:\n  tree: {run: tree life, stop: {grace: 10ms}}\n  fills: "+fills+"\n  clean-up: {after: [tree], run: touch cleaned}\n")
			f.state = "small/state"
			l := f.life("life")
			f.wants(f.onSmall("256k", "run", "-j", "4", "job.yaml"), exitError, "what happens can't be kept: ", "no space left on device")
			l.gone()
			f.exists("cleaned")
		})
	}
}

// So it does where the run has left its terminal.
func TestF19StateDirectoryFillsDetached(t *testing.T) {
	f := newFault(t, "jobs:\n  tree: {run: tree life, stop: {grace: 10ms}}\n  fills: {run: copy say}\n")
	f.state = "small/state"
	l, say := f.life("life"), f.fifo("say")
	f.wants(f.onSmall("64k", "run", "--detach", "-j", "4", "job.yaml"), exitOK)
	l.here(4)
	say(strings.Repeat("no more than a pipe holds\n", 2000))
	l.gone()
}

func TestF18StdoutFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	f := newFault(t, sayLater)
	p := f.command("sluice", "run", "-j", "4", "-o", "prefix", "job.yaml")
	p.Stdout = full
	l, say := f.life("life"), f.fifo("say")
	f.start(p)
	l.here(4)
	say("hello")
	f.wants(f.end(p), exitError, "no space left on device")
	l.gone()
	f.exists("cleaned")
}

// sayLater has a job whose words come when the others live.
const sayLater = `jobs:
  tree: {run: tree life, stop: {grace: 10ms}}
  say: {run: copy say}
  clean-up: {after: [tree], run: touch cleaned}
`

// fifo makes a FIFO that a child reads, and returns what says something in it.
func (f *fault) fifo(name string) (say func(text string)) {
	f.Helper()
	if err := syscall.Mkfifo(f.path(name), 0o600); err != nil {
		f.Fatal(err)
	}
	return func(text string) {
		f.Helper()
		w, err := os.OpenFile(f.path(name), os.O_WRONLY, 0) // waits for the reader
		if err != nil {
			f.Fatal(err)
		}
		defer w.Close()
		if _, err := w.WriteString(text + "\n"); err != nil {
			f.Fatal(err)
		}
	}
}

func (f *fault) exists(name string) {
	f.Helper()
	if _, err := os.Stat(f.path(name)); err != nil {
		f.Error(err)
	}
}

// The reader of sluice's output goes away, as head does.
func TestF26ReaderGone(t *testing.T) {
	f := newFault(t, sayLater)
	l, say := f.life("life"), f.fifo("say")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := f.command("sluice", "run", "-j", "4", "-o", "prefix", "job.yaml")
	p.Stdout = w
	f.start(p)
	w.Close()
	l.here(4)
	r.Close()
	say("hello")
	f.wants(f.end(p), 128+int(syscall.SIGPIPE))
	l.gone()
	f.exists("cleaned")
}

// `sluice run 2>&1 | cat` and Ctrl-C: both get it, cat dies of it, and all that
// sluice has to say has no reader. It still cleans up.
func TestF27InterruptWithoutReader(t *testing.T) {
	f := newFault(t, strings.Replace(treeJob, "GRACE", "10ms", 1))
	l := f.life("life")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := f.command("sluice", "run", "job.yaml")
	p.Stdout, p.Stderr = w, w
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	f.start(p)
	w.Close()
	l.here(4)
	r.Close()
	if err := syscall.Kill(-p.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	f.wants(f.end(p), 130)
	l.gone()
	f.noLitter()
	f.exists("cleaned")
}

// The directory where sluice and its jobs are is removed.
func TestF38DirectoryDeleted(t *testing.T) {
	f := newFault(t, `jobs:
  remove: {run: rmdir here}
  inside: {needs: [remove], dir: here, run: emit x}
  outside: {needs: [remove], run: emit new, stdout: {file: out.txt}}
`)
	if err := os.Mkdir(f.path("here"), 0o777); err != nil {
		t.Fatal(err)
	}
	p := f.command("sluice", "run", "-k", "../job.yaml")
	p.Dir = f.path("here")
	f.start(p)
	f.wants(f.end(p), exitFailed, `its directory "`+f.path("here")+`" does not exist`)
	f.oldOrNew("out.txt", "new\n")

	f.wants(f.run("nowhere", "sluice", "run", f.path("job.yaml")), exitError, "getwd: no such file or directory")
}

// The folder of the outputs leads elsewhere when the files in it are begun.
// Each appears where it was begun, or is gone from there.
func TestF39FolderTurned(t *testing.T) {
	for name, c := range map[string]struct {
		job  string
		code int
		want string
	}{
		"replaced": {"{run: copy say, stdout: {file: out/file}}", exitOK, "new\n"},
		"created":  {"{run: copy say, stdout: {file: out/file, mode: create}}", exitOK, "new\n"},
		"failed":   {"{pipe: [copy say, leave 1], stdout: {file: out/file}}", exitFailed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFault(t, "jobs: {write: "+c.job+"}")
			turn := f.turnable()
			turn("a")
			if err := syscall.Mkfifo(f.path("say"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := f.command("sluice", "run", "job.yaml")
			f.start(p)
			w, err := os.OpenFile(f.path("say"), os.O_WRONLY, 0) // waits for the reader, which has its output then
			if err != nil {
				t.Fatal(err)
			}
			turn("b")
			if _, err := w.WriteString("new\n"); err != nil {
				t.Error(err)
			}
			w.Close()
			f.wants(f.end(p), c.code)
			f.oldOrNew("a/file", c.want)
			for dir, files := range map[string]int{"a": strings.Count(c.want, "\n"), "b": 0} {
				if entries, err := os.ReadDir(f.path(dir)); err != nil || len(entries) != files {
					t.Errorf("%s has %v, %v, want %d files", dir, entries, err, files)
				}
			}
		})
	}
}

// turnable makes two folders, a and b, and returns what makes the link out lead
// to one of them.
func (f *fault) turnable() (turn func(to string)) {
	f.Helper()
	for _, dir := range []string{"a", "b"} {
		if err := os.Mkdir(f.path(dir), 0o777); err != nil {
			f.Fatal(err)
		}
	}
	return func(to string) {
		if err := errors.Join(os.Symlink(to, f.path("next")), os.Rename(f.path("next"), f.path("out"))); err != nil {
			f.Error(err)
		}
	}
}

// The folder of the outputs leads now here and now there. Each file is whole
// where it was begun, and none is half anywhere.
func TestF39FolderSwapped(t *testing.T) {
	const files = 40
	f := newFault(t, fmt.Sprintf(`jobs: {write: {matrix: {n: {range: [1, %d]}}, pipe: [flood 100000, copy], stdout: {file: "out/${matrix.n}"}}}`, files))
	turn := f.turnable()
	turn("a")
	p := f.command("sluice", "run", "-j", "4", "job.yaml")
	f.start(p)
	over, swapped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(swapped)
		for {
			select {
			case <-over:
				return
			default:
				turn("b")
				turn("a")
			}
		}
	}()
	o := f.end(p)
	close(over)
	<-swapped
	f.wants(o, exitOK)
	found := 0
	for _, dir := range []string{"a", "b"} {
		entries, err := os.ReadDir(f.path(dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			found++
			if info, err := e.Info(); err != nil || info.Size() != 100_000 || strings.HasPrefix(e.Name(), ".") {
				t.Errorf("%s: %v, %v", e.Name(), info, err)
			}
		}
	}
	if found != files {
		t.Errorf("%d files, want %d", found, files)
	}
}

// What runs is the file as it was read, once; a plan tells of which file it is.
func TestF40FileEdited(t *testing.T) {
	f := newFault(t, `jobs:
  first: {run: await begin 0}
  then: {needs: [first], run: await go 0}
  second: {needs: [then], run: emit old, stdout: {file: out.txt}}
`)
	begin, goOn := f.fifo("begin"), f.fifo("go")
	p := f.command("sluice", "run", "job.yaml")
	f.start(p)
	begin("x") // the first job runs, so the file was read
	f.write("job.yaml", strings.Replace(f.read("job.yaml"), "emit old", "emit edited", 1))
	goOn("x")
	f.wants(f.end(p), exitOK)
	f.oldOrNew("out.txt", "old\n")

	// Who reads a FIFO twice waits for ever.
	once := f.path("once.yaml")
	if err := syscall.Mkfifo(once, 0o600); err != nil {
		t.Fatal(err)
	}
	p = f.command("sluice", "run", once)
	f.start(p)
	if err := os.WriteFile(once, []byte("version: 1\njobs: {one: {run: emit x}}\n"), 0); err != nil {
		t.Fatal(err)
	}
	if o := f.end(p); o.stdout != "x\n" {
		t.Errorf("%+v", o)
	}
}

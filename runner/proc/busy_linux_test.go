package proc

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// busy is a Within that counts the forks, and lets go of the file after the
// first.
type busy struct {
	t     *testing.T
	file  *os.File
	forks int
}

func (b *busy) Fork(_ *syscall.SysProcAttr, fork func() (int, error)) error {
	_, err := fork()
	if b.forks++; b.forks == 1 {
		if !errors.Is(err, syscall.ETXTBSY) {
			b.t.Errorf("the first fork gives %v", err)
		}
		b.file.Close()
	}
	return err
}

// A program that is open for writing is tried again, for mostly that is over
// soon.
func TestBusyAtFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prog")
	text, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := command(t, "exit", "0")
	c.Path = path
	b := &busy{t: t, file: f}
	c.Within = b
	p, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	p.WaitExit()
	if exit := p.Reap(); exit.Code != 0 || b.forks < 2 {
		t.Errorf("%+v after %d forks", exit, b.forks)
	}
}

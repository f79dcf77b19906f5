package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Try does what a run does first: it makes a folder for itself, and in it a
// file that it locks and syncs. All that it made is gone when it returns.
func (s *Store) Try() error {
	made := missing(s.runs())
	err := os.MkdirAll(s.runs(), 0o777)
	if err == nil {
		err = s.tryFolder()
	}
	for _, dir := range made {
		os.Remove(dir) // it stays where a run has begun in it meanwhile
	}
	return err
}

// missing are dir and those above it that are not there, the lowest first.
func missing(dir string) (list []string) {
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		list = append(list, dir)
	}
	return list
}

// tryFolder makes a folder that no reader takes for a run's.
func (s *Store) tryFolder() error {
	dir, err := os.MkdirTemp(s.runs(), ".try-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	f, err := openFolder(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	journal, err := f.open(journalName, unix.O_WRONLY|unix.O_APPEND|unix.O_CREAT|unix.O_EXCL)
	if err != nil {
		return err
	}
	defer journal.Close()
	if _, err = journal.WriteString("\n"); err == nil {
		err = lock(journal)
	}
	return errors.Join(err, flush(journal), f.replace(metaName, []byte("\n"), true))
}

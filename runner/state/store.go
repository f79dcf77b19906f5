package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Store is a state directory. It is made when the first run is created.
type Store struct {
	dir string // absolute
}

// Locate is the store that the environment names: SLUICE_STATE_DIR, else
// XDG_STATE_HOME/sluice, else HOME/.local/state/sluice, the first that is not
// empty. A relative one is an error, for it would mean another folder in each
// directory (https://specifications.freedesktop.org/basedir-spec).
func Locate(getenv func(string) string) (*Store, error) {
	for _, place := range []struct{ name, below string }{
		{"SLUICE_STATE_DIR", ""}, {"XDG_STATE_HOME", "sluice"}, {"HOME", ".local/state/sluice"},
	} {
		switch dir := getenv(place.name); {
		case dir == "":
		case !filepath.IsAbs(dir):
			return nil, fmt.Errorf("%s is %q, and an absolute path is expected", place.name, dir)
		default:
			return At(filepath.Join(dir, place.below)), nil
		}
	}
	return nil, errors.New("HOME is not set; set SLUICE_STATE_DIR to a folder for what is kept of runs")
}

// At is the store in dir, which must be absolute.
func At(dir string) *Store { return &Store{dir: filepath.Clean(dir)} }

// Dir is the state directory.
func (s *Store) Dir() string { return s.dir }

// Locks is the folder of the locks of `exclusive`, which may be missing.
func (s *Store) Locks() string { return filepath.Join(s.dir, "locks") }

// runs is the folder of the runs.
func (s *Store) runs() string { return filepath.Join(s.dir, "runs") }

// Open finds a run by its id, by the beginning of an id that no other run has,
// or as "last": the newest.
func (s *Store) Open(ref string) (*Folder, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("there is no run in %s", s.runs())
	}
	if ref == "last" {
		return s.folder(ids[0]), nil
	}
	var found []string
	for _, id := range ids {
		if id == ref {
			return s.folder(id), nil
		}
		if ref != "" && strings.HasPrefix(id, ref) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("there is no run %q; the newest is %s", ref, ids[0])
	case 1:
		return s.folder(found[0]), nil
	}
	return nil, fmt.Errorf("%d runs begin with %q: the newest are %s and %s", len(found), ref, found[0], found[1])
}

// List are the runs, the newest first. What is no folder of a run is left out.
// A missing state directory has none.
func (s *Store) List() ([]*Folder, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	list := make([]*Folder, len(ids))
	for i, id := range ids {
		list[i] = s.folder(id)
	}
	return list, nil
}

func (s *Store) folder(id string) *Folder { return FolderAt(filepath.Join(s.runs(), id)) }

// ids are the names of the runs' folders, the newest first.
func (s *Store) ids() (ids []string, err error) {
	entries, err := os.ReadDir(s.runs())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if e.IsDir() && isID(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids, err
}

// isID reports whether report.NewRunID may have made name.
func isID(name string) bool {
	const form = "20060102-150405-xxxx"
	if len(name) != len(form) {
		return false
	}
	_, err := time.Parse(form[:16], name[:16])
	return err == nil && strings.Trim(name[16:], "0123456789abcdef") == ""
}

// Made is when the folder was made, as its ID tells it, to the second: all that
// is known of when a run began which was lost before it had told.
func (f *Folder) Made() time.Time {
	const form = "20060102-150405"
	at, err := time.Parse(form, f.ID[:min(len(form), len(f.ID))])
	if err != nil {
		return time.Time{} // it is no id
	}
	return at
}

// keep is how many runs stay that have ended.
const keep = 200

// prune removes the oldest runs, but for those that go on, when there are some
// more than keep. It goes by their names alone, and what it can't remove the
// next run will try again.
func (s *Store) prune() {
	const tolerated = keep + keep/10
	// On most file systems a folder has a link for each folder in it: its own
	// name, its "." and their ".."; where it has not, there is 1.
	var info unix.Stat_t
	if err := unix.Stat(s.runs(), &info); err != nil || info.Nlink > 1 && info.Nlink-2 <= tolerated {
		return
	}
	ids, err := s.ids()
	if err != nil || len(ids) <= tolerated {
		return
	}
	for _, id := range ids[keep:] {
		f := s.folder(id)
		if over, err := f.over(); err == nil && over {
			os.RemoveAll(f.dir)
		}
	}
}

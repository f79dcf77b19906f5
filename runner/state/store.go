package state

import (
	"errors"
	"fmt"
	"path/filepath"
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

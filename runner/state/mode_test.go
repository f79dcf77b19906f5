package state

import (
	"os"
	"path/filepath"
	"testing"
)

// A plan holds what its processes find in their environment, and a log what
// they print: that is nobody's but the owner's.
func TestOthersCantRead(t *testing.T) {
	s := At(filepath.Join(t.TempDir(), "state"))
	r := create(t, s, planOf("/bin/true", "j"), Meta{})
	for _, dir := range []string{s.Dir(), s.runs(), r.Dir()} {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has the mode %o", dir, mode)
		}
	}
}

package state

import (
	"io/fs"
	"os"
	"slices"
	"time"

	"sluice/runner/plan"
)

// Input is a file that a plan reads, as it was at some moment.
type Input struct {
	Path  string    `json:"path"` // absolute
	Size  int64     `json:"size"` // bytes; -1: it was missing, or could not be looked at
	Mtime time.Time `json:"mtime,omitzero"`
	Inode uint64    `json:"inode,omitempty"`
	Dir   bool      `json:"dir,omitempty"` // a directory: only that it is one is known
}

// statInputs looks at the files that p reads and that no job of it writes,
// sorted by path.
func statInputs(p *plan.Plan) []Input { return nil }

func statInput(path string) Input {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return Input{Path: path, Size: -1}
	case info.IsDir():
		return Input{Path: path, Dir: true}
	}
	return Input{Path: path, Size: info.Size(), Mtime: info.ModTime(), Inode: inode(info)}
}

var _ = slices.Sort[[]string]
var _ fs.FileInfo

func inode(fs.FileInfo) uint64 { return 0 }

//go:build unix && !linux

package plumb

import (
	"errors"
	"os"
)

func anonymous() (*os.File, error) { return unlinked() }

// hasWriter refuses: whether a FIFO has a writer can't be told without reading
// from it here.
func hasWriter(*os.File) (bool, error) {
	return false, errors.New("it is a FIFO, which only Linux can open without waiting for its writer")
}

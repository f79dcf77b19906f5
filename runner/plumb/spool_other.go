//go:build unix && !linux

package plumb

import (
	"errors"
	"os"
)

// punch can't free a part of a file here.
func punch(*os.File, int64, int64) error { return errors.ErrUnsupported }

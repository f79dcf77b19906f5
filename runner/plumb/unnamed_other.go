//go:build !linux

package plumb

import (
	"errors"
	"os"
)

// openUnnamed is for Linux alone.
func openUnnamed(*os.File) (*os.File, error) { return nil, errors.ErrUnsupported }

// linkUnnamed is for what openUnnamed has opened.
func linkUnnamed(*os.File, int, string) error { return errors.ErrUnsupported }

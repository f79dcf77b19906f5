//go:build !linux

package plumb

import "golang.org/x/sys/unix"

const canSplice = false

func splice(int, int) (int, error) { return 0, unix.EINVAL }

package plumb

import "golang.org/x/sys/unix"

const canSplice = true

// splice moves pages from in to out, of which one is a pipe. It does not wait
// for that, whatever its mode (splice(2)).
func splice(in, out int) (n int, err error) {
	err = again(func() error {
		var moved int64
		moved, err = unix.Splice(in, nil, out, nil, 1<<20, unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		n = int(moved)
		return err
	})
	return n, err
}

package plumb

import "golang.org/x/sys/unix"

// mover copies a piece with splice(2), which moves pages, where the two files
// can do that; else with read and write.
func mover() func(in, out int) (int, error) {
	byHand := false
	copy := copier()
	return func(in, out int) (int, error) {
		if !byHand {
			n, err := again2(func() (int, error) {
				n, err := unix.Splice(in, nil, out, nil, 1<<20, unix.SPLICE_F_MOVE)
				return int(n), err
			})
			if err != unix.EINVAL && err != unix.EAGAIN { // a terminal, a file that is appended to, …
				return n, err
			}
			byHand = true
		}
		return copy(in, out)
	}
}

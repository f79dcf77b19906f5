//go:build !mips && !mipsle && !mips64 && !mips64le

package contain

// signals is how many there are (_NSIG).
const signals = 64

// sigaction is the kernel's struct sigaction (rt_sigaction(2)). Some
// architectures have no restorer, which is one word less of zeros.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     [setSize]byte
}

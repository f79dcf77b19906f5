//go:build mips || mipsle || mips64 || mips64le

package contain

// signals is how many there are (_NSIG in arch/mips/include/uapi/asm/signal.h,
// which has the struct below, too).
const signals = 128

// sigaction is the kernel's struct sigaction.
type sigaction struct {
	flags   uint32
	handler uintptr
	mask    [setSize]byte
}

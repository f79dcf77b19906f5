package ipc

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// Channel is the parent's end. Its methods may be called from any goroutine, at
// any time; Receive by one at a time.
type Channel struct {
	file   *os.File
	conn   syscall.RawConn
	limits Limits
	closed atomic.Bool
	queue  queue
}

// Pair makes a channel. child is for the process to be started: in blocking
// mode, close-on-exec, to be handed on by number. The caller closes it when the
// process has started, or has not, and closes the channel at the end.
func Pair(limits Limits) (c *Channel, child *os.File, err error) {
	ends, err := socketpair()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	child = os.NewFile(uintptr(ends[1]), "channel")
	// O_NONBLOCK belongs to an end, so that the child's is not touched by this.
	if err := syscall.SetNonblock(ends[0], true); err != nil {
		syscall.Close(ends[0])
		child.Close()
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	c = &Channel{file: os.NewFile(uintptr(ends[0]), "channel"), limits: limits.orDefault()}
	c.queue.wake = make(chan struct{}, 1)
	if c.conn, err = c.file.SyscallConn(); err != nil {
		c.file.Close()
		child.Close()
		return nil, nil, err
	}
	return c, child, nil
}

// Interrupt bounds Receive, for a process that outlives the child may hold its
// end for ever. What was sent by the deadline is still taken.
func (c *Channel) Interrupt(deadline time.Time) {
	// An error says that the reading is over.
	_ = c.file.SetReadDeadline(deadline)
}

// Close frees everything. What was sent and not yet written is lost, and so is
// what came and was not yet taken. A Receive that runs ends soon; it is not
// waited for, so that take may call this. Further calls do nothing.
func (c *Channel) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.queue.end()
	return c.file.Close()
}

package plumb

import (
	"fmt"
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Tee copies what comes through one pipe to every one of several, each at its
// own pace. Whoever made it calls Wait.
//
// While its branches are read equally fast the kernel copies: the pipes share
// pages (tee(2), splice(2); Linux), and no byte passes through this process. A
// branch that is read more slowly than another holds that one up for 10 ms and a
// fiftieth of the time, at most. Then what it lacks is kept for it, in memory up
// to 1 MiB, beyond that in an unlinked file in the folder for temporary files.
// Where no branch is read the pipes fill, and the writer waits.
type Tee struct {
	o        TeeOptions
	in       *os.File
	fd       int // in's
	head     head
	branches []*branch
	wake     [2]*os.File    // a pipe that Interrupt writes to
	wakeFD   int            // wake[0]'s
	until    chan time.Time // holds the last deadline that has not been looked at
	done     chan struct{}

	// The rest is the goroutine's until done.
	pos      int64 // what every branch has or has in its spool, and in does not
	end      int64 // the most that pos may become
	deadline time.Time
	stopped  bool // nothing is read any more, and in is closed
	held     bool // a branch waits for another whose patience is not at its end
	waited   bool // the branches are told of the bound
	fds      []unix.PollFd
	sinks    []*branch
	result   TeeResult
}

// TeeOptions say what is done for branches that are read slowly.
type TeeOptions struct {
	// Spill is the most bytes that are kept, for all branches together. With 0
	// every branch is as fast as the slowest; beyond it the others wait until
	// the slow one is read.
	Spill int64

	// Names are what errors call the branches, in the order of outs. Where they
	// are nil, that is "branch" and the index.
	Names []string

	// Waits is called once, when the others begin to wait at the bound for
	// branch, an index of outs. It is called from the Tee's goroutine, which
	// copies nothing meanwhile. It may be nil.
	Waits func(branch int)
}

// TeeResult says how the copying went.
type TeeResult struct {
	Bytes    int64       // that were read
	Spilled  int64       // the most bytes that were kept at one time
	Early    bool        // every branch ended before the stream did: its writer gets SIGPIPE
	Cut      bool        // Interrupt ended it before its writers did
	End      time.Time   // when nothing was left to copy, or it could not go on
	Branches []TeeBranch // in the order of outs
	Err      error       // of reading or keeping; the branches have less than all then
}

// TeeBranch says what became of a branch.
type TeeBranch struct {
	Bytes int64 // written to its pipe, which need not mean that they were read
	Ended bool  // its readers closed it before all was written
}

// StartTee begins to copy what comes through in, the reading end of a Pipe, to
// outs, the writing ends of at least one. This process has the only copies of
// all of them. They are the Tee's, which makes them non-blocking and closes
// them: each branch when it has all, in and everything else before Wait returns.
// It uses one goroutine, which waits in poll(2) and so keeps a thread, and two
// descriptors; a branch that is far behind has one more. Errors are in the
// result.
func StartTee(in *os.File, outs []*os.File, o TeeOptions) *Tee {
	return startTee(in, outs, o, newHead)
}

// startTee is StartTee with a head of the caller's choice.
func startTee(in *os.File, outs []*os.File, o TeeOptions, newHead func(in int) head) *Tee {
	if len(outs) == 0 {
		panic("plumb: a Tee without a branch")
	}
	t := &Tee{o: o, in: in, end: math.MaxInt64, until: make(chan time.Time, 1), done: make(chan struct{})}
	for i, out := range outs {
		name := fmt.Sprintf("branch %d", i)
		if o.Names != nil {
			name = o.Names[i]
		}
		t.branches = append(t.branches, &branch{index: i, name: name, file: out, spool: NewSpool(spoolMemory), room: true})
	}
	err := t.open()
	if err == nil {
		t.head = newHead(t.fd)
	}
	go func() {
		defer close(t.done)
		if err == nil {
			err = t.run()
		}
		t.close(err)
	}()
	return t
}

// Interrupt bounds the reading, for a process outside may hold the pipe for
// ever. What is in the pipe at the deadline is still copied, up to its
// capacity, and then it ends. Before that a later call replaces the deadline, and
// the zero Time takes it back. The readers of the branches have no deadline: whoever started
// them ends them.
func (t *Tee) Interrupt(deadline time.Time) {
	select { // the goroutine has not looked at the last one
	case <-t.until:
	default:
	}
	select {
	case t.until <- deadline:
	default: // another caller was faster
	}
	// An error says that the copying is over.
	if t.wake[1] != nil {
		_, _ = t.wake[1].Write([]byte{0})
	}
}

// Wait returns when every branch has all that it will get, and everything is
// closed.
func (t *Tee) Wait() TeeResult {
	<-t.done
	return t.result
}

// open prepares the descriptors.
func (t *Tee) open() error {
	fds, err := pipe()
	if err != nil {
		return os.NewSyscallError("pipe", err)
	}
	t.wake = [2]*os.File{os.NewFile(uintptr(fds[0]), "|0"), os.NewFile(uintptr(fds[1]), "|1")}
	if t.fd, err = nonblocking(t.in); err != nil {
		return err
	}
	for _, b := range t.branches {
		if b.fd, err = nonblocking(b.file); err != nil {
			return err
		}
	}
	t.wakeFD, err = nonblocking(t.wake[0])
	return err
}

// nonblocking is the number of f, whose owner keeps it open, and which does not
// block from now on.
func nonblocking(f *os.File) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		n, failed = int(fd), unix.SetNonblock(int(fd), true)
	})
	if err != nil {
		return -1, err
	}
	return n, os.NewSyscallError("fcntl", failed)
}

// close closes what is left, and completes the result.
func (t *Tee) close(err error) {
	r := &t.result
	r.Err, r.End = err, time.Now()
	t.stop()
	for _, b := range t.branches {
		b.close()
		// One that ended with the last byte has all.
		b.ended = b.ended && (r.Early || b.bytes < r.Bytes)
		r.Branches = append(r.Branches, TeeBranch{Bytes: b.bytes, Ended: b.ended})
	}
	for _, f := range t.wake {
		if f != nil {
			f.Close()
		}
	}
}

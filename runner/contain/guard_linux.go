package contain

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// guard is the runner's side of its monitor.
type guard struct {
	conn *os.File // the monitor has the other end; it sends nothing, and its end is the monitor's
	peer int      // the other end where there is no monitor; else -1
	pid  int      // of the monitor; 0: there is none

	lost context.Context
	over atomic.Bool   // the monitor may go
	done chan struct{} // closed when watch has ended

	mu   sync.Mutex // guards these
	held uint32     // how many locks were handed over
}

// linger is how long a monitor remains what it was made as. A run that is over
// before has not paid for a second program.
const linger = 100 * time.Millisecond

// startGuard starts the monitor of k's run, and the goroutine that listens to
// it and lets k sweep.
func startGuard(k *Keeper, argv []string) (*guard, error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	g := &guard{peer: ends[1], done: make(chan struct{})}
	if argv != nil {
		if g.pid, err = forkMonitor(ends[1], ends[0], append(argv[:len(argv):len(argv)], monitorArgs(k)...)); err != nil {
			unix.Close(ends[0])
			unix.Close(ends[1])
			return nil, err
		}
		unix.Close(ends[1])
		g.peer = -1
	}
	unix.SetNonblock(ends[0], true) // it can't fail: the descriptor is open
	g.conn = os.NewFile(uintptr(ends[0]), "monitor")
	lost, lose := context.WithCancelCause(context.Background())
	g.lost = lost
	go g.watch(k, lose)
	return g, nil
}

// watch waits for the end of the monitor, and lets k sweep meanwhile.
func (g *guard) watch(k *Keeper, lose context.CancelCauseFunc) {
	defer close(g.done)
	for {
		g.conn.SetReadDeadline(time.Now().Add(time.Second)) // an error is one of Read, too
		_, err := g.conn.Read(make([]byte, 1))
		switch {
		case g.over.Load():
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			k.sweep()
		default:
			lose(ErrLost)
			return
		}
	}
}

// hold hands f over to the monitor.
func (g *guard) hold(f *os.File) (release func(), err error) {
	g.mu.Lock()
	g.held++
	id := g.held
	g.mu.Unlock()
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var sent error
	if err := conn.Control(func(fd uintptr) { sent = g.send(message{opHold, id}, int(fd)) }); err != nil {
		return nil, err
	}
	if sent != nil {
		return nil, sent
	}
	return func() { g.send(message{opRelease, id}) }, nil // an error is that the monitor is gone, and its copy with it
}

// send sends m to the monitor, with copies of the descriptors.
func (g *guard) send(m message, fds ...int) error {
	if g.pid == 0 {
		return nil
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	conn, err := g.conn.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = conn.Write(func(fd uintptr) bool {
		sent = unix.Sendmsg(int(fd), m.bytes(), rights, nil, unix.MSG_NOSIGNAL)
		return sent != unix.EAGAIN && sent != unix.EINTR
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("sendmsg", sent)
}

// dismiss lets the monitor go, and does not wait for it.
func (g *guard) dismiss() {
	g.over.Store(true)
	if g.pid > 0 {
		// Not by a message: there is nothing that it could still do. It is
		// this process's child and not reaped.
		unix.Kill(g.pid, unix.SIGKILL)
	}
}

// close dismisses the monitor, reaps it and ends watch.
func (g *guard) close() {
	g.dismiss()
	if g.pid > 0 {
		for {
			if _, err := unix.Wait4(g.pid, nil, 0, nil); err != unix.EINTR {
				break
			}
		}
	}
	g.conn.Close()
	<-g.done
	if g.peer >= 0 {
		unix.Close(g.peer)
	}
}

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
	k      *Keeper
	socket int // the monitor has the other end. It sends nothing, and its end is the monitor's
	peer   int // the other end where there is no monitor; else -1
	pid    int // of the monitor; 0: there is none

	lost context.Context
	lose context.CancelCauseFunc
	over atomic.Bool   // the monitor may go
	held atomic.Uint32 // how many locks were handed over

	// To listen takes a goroutine and the runtime's poller, so it begins when
	// the run has lasted for a moment.
	begin sync.Once
	timer *time.Timer   // begins
	conn  *os.File      // socket, once it has begun
	done  chan struct{} // closed when watch has ended
}

// soon is when the runner begins to listen to its monitor.
const soon = 50 * time.Millisecond

// startGuard starts the monitor of k's run. Without argv there is none.
func startGuard(k *Keeper, argv []string) (*guard, error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	g := &guard{k: k, socket: ends[0], peer: ends[1], done: make(chan struct{})}
	if argv != nil {
		if g.pid, err = forkMonitor(ends[1], ends[0], append(argv[:len(argv):len(argv)], monitorArgs(k)...)); err != nil {
			unix.Close(ends[0])
			unix.Close(ends[1])
			return nil, err
		}
		unix.Close(ends[1])
		g.peer = -1
	}
	g.lost, g.lose = context.WithCancelCause(context.Background())
	g.timer = time.AfterFunc(soon, g.listen)
	return g, nil
}

// listen begins to watch, if close was not called before.
func (g *guard) listen() {
	g.begin.Do(func() {
		unix.SetNonblock(g.socket, true) // it can't fail: the descriptor is open
		g.conn = os.NewFile(uintptr(g.socket), "monitor")
		go g.watch()
	})
}

// watch waits for the end of the monitor, and has orphans reaped meanwhile.
// They are zombies until then, and a job that makes daemons without pause could
// fill the process table: so the next look comes soon where there were some.
// SIGCHLD would tell of each, but of the stages too, which costs a run of many
// short jobs a tenth of its time.
func (g *guard) watch() {
	defer close(g.done)
	const shortest, longest = 10 * time.Millisecond, time.Second
	for wait := soon; ; {
		g.conn.SetReadDeadline(time.Now().Add(wait)) // an error is one of Read, too
		_, err := g.conn.Read(make([]byte, 1))
		switch {
		case g.over.Load():
			return
		case !errors.Is(err, os.ErrDeadlineExceeded):
			g.lose(ErrLost)
			return
		}
		if g.k.sweep() > 0 {
			wait = max(wait/8, shortest)
		} else {
			wait = min(2*wait, longest)
		}
	}
}

// hold hands f over to the monitor.
func (g *guard) hold(f *os.File) (release func(), err error) {
	if g.pid == 0 {
		return func() {}, nil
	}
	id := g.held.Add(1)
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var sent error
	if err := conn.Control(func(fd uintptr) { sent = g.send(message{opHold, id}, unix.UnixRights(int(fd))) }); err != nil {
		return nil, err
	}
	if sent != nil {
		return nil, sent
	}
	return func() { g.send(message{opRelease, id}, nil) }, nil // an error is that the monitor is gone, and its copy with it
}

// send sends m to the monitor, with a copy of the descriptor in rights.
func (g *guard) send(m message, rights []byte) error {
	var err error
	send := func() bool {
		for {
			err = unix.Sendmsg(g.socket, m.bytes(), rights, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
			if err != unix.EINTR {
				return err != unix.EAGAIN
			}
		}
	}
	if send() {
		return os.NewSyscallError("sendmsg", err)
	}
	// The monitor has much to read.
	g.listen()
	conn, connErr := g.conn.SyscallConn()
	if connErr != nil {
		return connErr
	}
	if connErr := conn.Write(func(uintptr) bool { return send() }); connErr != nil {
		return connErr
	}
	return os.NewSyscallError("sendmsg", err)
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

// close dismisses the monitor, reaps it, and ends watch.
func (g *guard) close() {
	g.dismiss()
	if g.pid > 0 {
		for {
			if _, err := unix.Wait4(g.pid, nil, 0, nil); err != unix.EINTR {
				break
			}
		}
	}
	g.timer.Stop()
	g.begin.Do(func() { close(g.done) })
	if g.conn != nil {
		g.conn.Close()
	} else {
		unix.Close(g.socket)
	}
	<-g.done
	g.lose(nil)
	if g.peer >= 0 {
		unix.Close(g.peer)
	}
}

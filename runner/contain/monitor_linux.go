package contain

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	monitorFD   = 3                // what the monitor listens to
	monitorName = "sluice-monitor" // so that `killall sluice` leaves it alone
	// stubborn is how long the monitor goes on killing. Nobody waits for it.
	stubborn = 5 * time.Second
)

// message is what the runner tells its monitor.
type message struct {
	op byte
	id uint32 // of a held descriptor
}

const (
	opHold    = 'h' // keep the descriptor that comes with it
	opRelease = 'r' // close it
	sizeOf    = 5
)

func (m message) bytes() []byte { return binary.BigEndian.AppendUint32([]byte{m.op}, m.id) }

// monitorArgs are what a monitor has to know of k's run.
func monitorArgs(k *Keeper) []string {
	marks := k.run
	if !k.marks {
		marks = noMark
	}
	return []string{strconv.Itoa(os.Getpid()), strconv.FormatUint(uint64(marks), 16), groupName(k.parent, k.run)}
}

// Monitor is the whole life of the process that watches over a runner: args are
// those that follow Options.Monitor. It returns when the runner has ended and
// nothing of the run is left, or nothing more could be done. An error is that
// it was not started by Open.
func Monitor(args []string) error {
	if !listening() || len(args) != 3 {
		return errors.New("this is started by sluice itself, to watch over a run")
	}
	runner, err := strconv.Atoi(args[0])
	run, err2 := strconv.ParseUint(args[1], 16, 64)
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("the runner and the mark of a run: %w", err)
	}
	// Go's runtime has caught again what was ignored, but HUP and INT. If a
	// signal ended this process between its exec and here, the runner would
	// be told. What is ignored here no child inherits: there is none.
	signal.Ignore()
	// It holds no directory, has a name of its own, and lives in one thread
	// that waits in the kernel.
	unix.Chdir("/")
	os.WriteFile("/proc/self/comm", []byte(monitorName), 0) // which is of the process, not of this thread
	listen()
	awaitEnd(runner)
	end(mark(run), args[2])
	return nil
}

// listening reports whether the runner's socket is there.
func listening() bool {
	kind, err := unix.GetsockoptInt(monitorFD, unix.SOL_SOCKET, unix.SO_TYPE)
	domain, err2 := unix.GetsockoptInt(monitorFD, unix.SOL_SOCKET, unix.SO_DOMAIN)
	return err == nil && err2 == nil && kind == unix.SOCK_SEQPACKET && domain == unix.AF_UNIX
}

// listen does what the runner says until the runner has ended. Locks that it
// handed over are held until this process ends.
func listen() {
	unix.CloseOnExec(monitorFD)
	held := map[uint32]int{}
	buf, rights := make([]byte, sizeOf), make([]byte, unix.CmsgSpace(4))
	for {
		n, nrights, _, _, err := unix.Recvmsg(monitorFD, buf, rights, unix.MSG_CMSG_CLOEXEC)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil || n == 0:
			return
		case n != sizeOf:
			continue
		}
		id := binary.BigEndian.Uint32(buf[1:])
		switch buf[0] {
		case opHold:
			for _, fd := range received(rights[:nrights]) {
				held[id] = fd
			}
		case opRelease:
			if fd, ok := held[id]; ok {
				unix.Close(fd)
				delete(held, id)
			}
		}
	}
}

// received are the descriptors that came with a message.
func received(rights []byte) (fds []int) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil
	}
	for _, m := range messages {
		if list, err := unix.ParseUnixRights(&m); err == nil {
			fds = append(fds, list...)
		}
	}
	return fds
}

// awaitEnd waits until nothing is left of the runner. Its socket is closed a
// moment before, and if it was killed at a fork, it has a mark itself: then all
// that it ever started would seem to be of the run.
func awaitEnd(runner int) {
	for more := pauses(500 * time.Millisecond); ; {
		if p, ok := look(runner); !ok || p.dead() || !more() {
			return
		}
	}
}

// end ends what is left of a run, whose control groups begin with the path
// groups where there are any. It looks twice: a process that forks and ends
// while /proc is read may leave a child which is not seen.
func end(run mark, groups string) {
	kin := newFamily(run, noMark)
	empty := 0
	for more := pauses(stubborn); empty < 2; {
		left := 0
		if groups != "" {
			parent, prefix := filepath.Split(groups)
			for _, path := range groupsIn(parent, prefix) {
				if !endGroup(path) {
					left++
				}
			}
		}
		if run != noMark {
			left += kin.kill()
		}
		switch {
		case left == 0:
			empty++
		case !more():
			return
		default:
			empty = 0
		}
	}
}

package state

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// A run that has channels takes messages from other processes of its user, by a
// socket in its folder. Who sends one writes a line with the address as a JSON
// string, then the message, and closes that way. The answer is a line: ok, or
// why the message was not sent.

const (
	mostPost    = 64<<20 + 1<<16 // bytes that are read of one message, its address included
	postTimeout = 30 * time.Second
)

// ErrNoPost says that a run takes no messages from others.
var ErrNoPost = errors.New("the run has no channels, so it takes no messages")

// Refused is why the runner did not send a message.
type Refused struct{ Why string }

func (r *Refused) Error() string { return r.Why }

// post is the socket of a run.
type post struct {
	socket  *net.UnixListener
	deliver func(to string, message []byte) error
	serving sync.WaitGroup

	mu     sync.Mutex
	closed bool
	open   map[net.Conn]bool
}

// TakeMessages lets other processes of this user send messages to the run, until
// it is finished or closed. deliver is called from several goroutines; message
// is its to keep.
func (r *Run) TakeMessages(deliver func(to string, message []byte) error) error {
	socket, err := listenIn(r.folder, postName)
	if err != nil {
		return fmt.Errorf("listen for messages: %w", err)
	}
	p := &post{socket: socket, deliver: deliver, open: map[net.Conn]bool{}}
	r.post = p
	p.serving.Go(p.accept)
	return nil
}

func (p *post) accept() {
	for {
		conn, err := p.socket.Accept()
		if err != nil {
			return // closed
		}
		p.mu.Lock()
		if p.closed {
			conn.Close()
		} else {
			p.open[conn] = true
			p.serving.Go(func() { p.serve(conn) })
		}
		p.mu.Unlock()
	}
}

// serve takes one message.
func (p *post) serve(conn net.Conn) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.open, conn)
		conn.Close()
	}()
	conn.SetDeadline(time.Now().Add(postTimeout))
	answer := "ok"
	if err := p.take(conn); err != nil {
		answer = err.Error()
	}
	io.WriteString(conn, answer+"\n") // who has gone does not hear it
}

func (p *post) take(conn net.Conn) error {
	text, err := io.ReadAll(io.LimitReader(conn, mostPost+1))
	if err != nil {
		return err
	}
	if len(text) > mostPost {
		io.Copy(io.Discard, conn) // else the answer would be lost with what is not read (unix(7))
		return fmt.Errorf("the message has more than %d bytes", 64<<20)
	}
	line, message, _ := bytes.Cut(text, []byte{'\n'})
	var to string
	if err := json.Unmarshal(line, &to); err != nil {
		return fmt.Errorf("the address is no JSON string: %w", err)
	}
	return p.deliver(to, message)
}

// close ends the socket and takes it out of the folder. Who is sending is not
// waited for.
func (p *post) close() {
	if p == nil {
		return
	}
	p.socket.Close()
	p.mu.Lock()
	p.closed = true
	for conn := range p.open {
		conn.Close()
	}
	p.mu.Unlock()
	p.serving.Wait()
}

// Send has the runner of f send a message to a process of it, and returns when
// the message is on its way. The error is ErrNoPost, a *Refused, or one of this
// process. A run that has ended has no socket either: ask for its Status first.
func (f *Folder) Send(to string, message []byte) error {
	dir, err := openFolder(f.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	conn, err := dialIn(dir, postName)
	if errors.Is(err, os.ErrNotExist) {
		return ErrNoPost
	} else if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * postTimeout)) // a runner that was stopped does not answer
	address, err := json.Marshal(to)
	if err != nil {
		return err
	}
	_, failed := (&net.Buffers{append(address, '\n'), message}).WriteTo(conn)
	if failed == nil {
		failed = conn.CloseWrite()
	}
	// An answer says better what was wrong than that the other side read no more.
	answer, err := bufio.NewReader(conn).ReadString('\n')
	switch {
	case err == io.EOF && failed == nil:
		return &Refused{"the run has ended"}
	case err != nil:
		return errors.Join(failed, err)
	case answer == "ok\n":
		return nil
	}
	return &Refused{answer[:len(answer)-1]}
}

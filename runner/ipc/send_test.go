package ipc

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSend(t *testing.T) {
	p := self(t, Limits{}, "echo")
	for _, text := range []string{"1", " { \"a b\" :\n[ 1 ,\t2 ], \"\\\" \" : \" \\n\" }\r\n", `"ü"`} {
		if err := p.Send([]byte(text)); err != nil {
			t.Error(err)
		}
	}
	p.Disconnect()
	if err := p.Send([]byte("1")); err != ErrClosed {
		t.Errorf("after Disconnect: %v", err)
	}
	p.Disconnect()
	p.expect("user 1", `user {"a b":[1,2],"\" ":" \n"}`, `user "ü"`)
	if err := p.Send([]byte("1")); err != ErrClosed {
		t.Errorf("after the end: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("closing what is closed: %v", err)
	}
}

func TestSendLarge(t *testing.T) {
	p := self(t, Limits{}, "echo")
	big := []byte(`"` + strings.Repeat("x", 5<<20) + `"`)
	for range 3 {
		if err := p.Send(big); err != nil {
			t.Fatal(err)
		}
	}
	p.Disconnect()
	n := 0
	ended := p.Receive(func(m Message) {
		if string(m.JSON) == string(big) {
			n++
		}
	})
	if n != 3 || ended != (Ended{Child: true}) {
		t.Errorf("%d messages, ended by %+v", n, ended)
	}
}

func TestSendRefuses(t *testing.T) {
	c, child, err := Pair(Limits{Message: 1, Queue: 40})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	defer child.Close()
	for text, want := range map[string]string{
		"":                                    "the message is not JSON: behind byte 0, a value is expected",
		"{\"a\" 1}":                           "the message is not JSON: behind byte 5, a colon is expected",
		"\"a\xff\"":                           "the message is not UTF-8 behind byte 2",
		`{"cmd":"NODE_HANDLE_ACK"}`:           `a message with a "cmd" that begins with NODE_ is for Node itself; use another word`,
		`"` + strings.Repeat("x", 79) + `"`:   "the message has 81 bytes, and 80 are the most",
		"1" + strings.Repeat(" ", 60) + " 2 ": "the message is not JSON: behind byte 62, nothing behind the value is expected",
	} {
		err := c.Send([]byte(text))
		var known *MessageError
		if !errors.As(err, &known) || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{`{"cmd":"NODE_"}`, `["NODE_X"]`, "[1" + strings.Repeat(" ", 60) + "]"} {
		if err := c.Send([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := c.Send([]byte(`"0123456"`)); err != ErrFull {
		t.Errorf("more than may wait: %v", err)
	}
	if err := c.Send([]byte(`"012345"`)); err != nil {
		t.Errorf("as much as may wait: %v", err)
	}
}

func TestDeafChild(t *testing.T) {
	p := self(t, Limits{Queue: 1 << 20}, "deaf")
	text := []byte(`"` + strings.Repeat("x", 1000) + `"`)
	var list []string
	ended := p.Receive(func(m Message) {
		list = append(list, describe(m))
		err := error(nil)
		for n := 0; err == nil && n < 10_000; n++ {
			err = p.Send(text)
		}
		if err != ErrFull {
			t.Errorf("10 MB for a child that does not read: %v", err)
		}
		p.stdin.Close()
	})
	compare(t, list, []string{`user "deaf"`})
	if ended != (Ended{Child: true, Unread: true}) {
		t.Errorf("ended by %+v", ended)
	}
}

func TestChildThatLeaves(t *testing.T) {
	p := self(t, Limits{}, "leave")
	p.expect(`user "bye"`) // and it lives still
	if err := p.Send([]byte("1")); err != ErrClosed {
		t.Error(err)
	}
}

func TestChildThatWritesNoMore(t *testing.T) { self(t, Limits{}, "half").expect() }

// What was written and not read is known to be.
func TestUnread(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells that a socket was closed with something in it")
	}
	c, child, err := Pair(Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send([]byte("1")); err != nil {
		t.Error(err)
	}
	done := make(chan Ended)
	go func() { done <- c.Receive(func(Message) {}) }()
	if _, _, err := unix.Recvfrom(int(child.Fd()), make([]byte, 1), unix.MSG_PEEK); err != nil {
		t.Error(err)
	}
	child.Close()
	if ended := <-done; ended != (Ended{Child: true, Unread: true}) {
		t.Errorf("ended by %+v", ended)
	}
}

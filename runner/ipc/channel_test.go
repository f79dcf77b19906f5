package ipc

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func TestMessages(t *testing.T) {
	stream := []string{
		"{\"hello\": \"wörld 🙂\"}\n", "[1, 2]\r\n", " \"\\ud800\" \n", "null\n-0.5e3\n",
		`{"sluice":{"progress":0.5,"output":{"k":[1],"\u00e9\ud83d\ude42":null},"ready":true}}` + "\n",
	}
	want := []string{
		`user {"hello": "wörld 🙂"}`, "user [1, 2]", `user "\ud800"`, "user null", "user -0.5e3",
		`sluice {"sluice":{"progress":0.5,"output":{"k":[1],"\u00e9\ud83d\ude42":null},"ready":true}}  progress=0.5 ready "k"=[1] "é🙂"=null`,
	}
	t.Run("whole", func(t *testing.T) { self(t, Limits{}, "say", stream...).expect(want...) })
	t.Run("bytes", func(t *testing.T) { self(t, Limits{}, "bytes", stream...).expect(want...) })
}

// What is wrong is told, and the channel goes on.
func TestFaults(t *testing.T) {
	p := self(t, Limits{Message: 100}, "say",
		"\n", "garbage\n", "{\"a\":\n", "1}\n", "\xff\n", "\"\xef\xbb\xbf\"\n", "\xef\xbb\xbf{}\n",
		`{"cmd":"NODE_X","a":1}`+"\n", `{"cmd":"\u004eODE_X"}`+"\n", `{"cmd":"NODE_"}`+"\n", `{"cmd":"NODE_X","cmd":1}`+"\n",
		`{"sluice":{"progress":2}}`+"\n", `{"sluice":1}`+"\n",
		`"`+strings.Repeat("x", 98)+`"`+"\n", `"`+strings.Repeat("x", 99)+`"`+"\n", `"`+strings.Repeat("x", 100_000)+`"`+"\n",
		"\"fine\"\n", "\"cut")
	x := strings.Repeat("x", 79)
	p.expect(
		"line 1 of the channel is empty; a message is one JSON value and a newline",
		`line 2 of the channel is not JSON: behind byte 0 of "garbage", a value is expected; a message is one JSON value in one line`,
		`line 3 of the channel is not JSON: behind byte 5 of "{\"a\":", a value is expected; a message is one JSON value in one line`,
		`line 4 of the channel is not JSON: behind byte 1 of "1}", nothing behind the value is expected; a message is one JSON value in one line`,
		`line 5 of the channel is not UTF-8 behind byte 0: "\xff"; write JSON in UTF-8`,
		"user \"\ufeff\"",
		`line 7 of the channel is not JSON: behind byte 0 of "\ufeff{}", a value without a byte order mark before it is expected; a message is one JSON value in one line`,
		`line 8 of the channel is kept back: "{\"cmd\":\"NODE_X\",\"a\":1}"; a "cmd" that begins with NODE_ is for Node itself`,
		`line 9 of the channel is kept back: "{\"cmd\":\"\\u004eODE_X\"}"; a "cmd" that begins with NODE_ is for Node itself`,
		`user {"cmd":"NODE_"}`, `user {"cmd":"NODE_X","cmd":1}`,
		`line 12 of the channel is not understood: behind byte 22 of "{\"sluice\":{\"progress\":2}}", a number from 0 to 1 is expected`,
		`line 13 of the channel is not understood: behind byte 10 of "{\"sluice\":1}", an object with "progress", "output" or "ready" is expected`,
		`user "`+strings.Repeat("x", 98)+`"`,
		`line 15 of the channel is longer than the 100 bytes that a message can have: "\"`+x+`"; send it in parts, or the name of a file`,
		`line 16 of the channel is longer than the 100 bytes that a message can have: "\"`+x+`"; send it in parts, or the name of a file`,
		`user "fine"`,
		`line 18 of the channel was cut off after 4 bytes, as the channel ended before its newline: "\"cut"; in Node, end by itself instead of process.exit() or disconnect() after a large message`,
	)
}

func TestFloodIsReceived(t *testing.T) {
	for _, size := range []int{0, 7, 4096, 1 << 17} {
		n := 0
		ended := self(t, Limits{}, "flood", "20000", fmt.Sprint(size)).Receive(func(m Message) {
			if want := fmt.Sprintf(`user {"type":"row","number":%d,"text":"naïve","ok":true}`, n); describe(m) != want {
				t.Errorf("got %s, want %s", describe(m), want)
			}
			n++
		})
		if n != 20_000 || ended != (Ended{Child: true}) {
			t.Errorf("%d messages, ended by %+v", n, ended)
		}
	}
}

func TestLargeMessages(t *testing.T) {
	const size = 5 << 20
	p := self(t, Limits{}, "big", fmt.Sprint(size))
	var sizes []int
	p.Receive(func(m Message) { sizes = append(sizes, len(m.JSON)) })
	if fmt.Sprint(sizes) != fmt.Sprint([]int{size, 7}) {
		t.Errorf("messages of %d bytes", sizes)
	}

	// What is too long is not kept.
	p = self(t, Limits{Message: 1000}, "big", "200000000")
	var largest int
	r := &reader{c: p.Channel}
	var kinds []string
	r.decoder = newDecoder(1000, func(m Message) bool { kinds = append(kinds, fmt.Sprint(m.Kind, m.Fault.Kind)); return true }, func() {})
	for {
		if p.conn.Read(r.receive) != nil || r.take() != nil {
			break
		}
		largest = max(largest, len(r.decoder.buf))
	}
	if fmt.Sprint(kinds) != fmt.Sprint([]string{fmt.Sprint(Bad, TooLong), fmt.Sprint(User, Empty)}) || largest > 200_000 {
		t.Errorf("%q, with a buffer of %d bytes", kinds, largest)
	}
}

// As much goes out and comes back as fits nowhere.
// A child that never reads holds up nobody.
// Whoever says that it will write no more has disconnected, and reads the end.
// What a process sent that holds the channel for ever is taken, and it is not
// waited for.
func TestInterrupt(t *testing.T) {
	p := self(t, Limits{}, "daemon")
	var list []string
	ended := p.Receive(func(m Message) {
		list = append(list, describe(m))
		p.Interrupt(time.Now())
	})
	if len(list) == 0 || list[0] != `user "sent before"` {
		t.Errorf("got %q", list)
	}
	if ended != (Ended{}) {
		t.Errorf("ended by %+v", ended)
	}
}

// After the deadline, what waits is read, and the end behind it is seen.
func TestInterruptReadsWhatWaits(t *testing.T) {
	for _, open := range []bool{true, false} {
		c, child, err := Pair(Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(child, strings.Repeat("1\n", 50_000)); err != nil {
			t.Fatal(err)
		}
		if !open {
			child.Close()
		}
		c.Interrupt(time.Unix(1, 0))
		n := 0
		ended := c.Receive(func(m Message) { n++ })
		if n != 50_000 || ended != (Ended{Child: !open}) {
			t.Errorf("open %v: %d messages, ended by %+v", open, n, ended)
		}
		child.Close()
	}
}

// Somebody who writes on whenever something is read does not keep a Receive that
// was interrupted.
func TestInterruptEndsAFlood(t *testing.T) {
	c, child, err := Pair(Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	more := func() {
		if _, err := io.WriteString(child, "1\n"); err != nil {
			t.Error(err)
		}
	}
	more()
	c.Interrupt(time.Unix(1, 0))
	n := 0
	ended := c.Receive(func(m Message) {
		if n++; n == 100 {
			t.Error("it reads on")
			c.Close()
			return
		}
		more()
	})
	if n < 1 || ended != (Ended{}) {
		t.Errorf("%d messages, ended by %+v", n, ended)
	}
}

func TestClose(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		p := self(t, Limits{}, "deaf")
		p.Send([]byte("1"))
		p.Close()
		if list, ended := p.all(); len(list) > 0 || ended != (Ended{}) {
			t.Errorf("got %q, ended by %+v", list, ended)
		}
	})
	t.Run("within", func(t *testing.T) {
		p := self(t, Limits{}, "say", "1\n2\n3\n")
		n := 0
		ended := p.Receive(func(Message) { n++; p.Close() })
		if n != 1 || ended != (Ended{}) {
			t.Errorf("%d messages, ended by %+v", n, ended)
		}
	})
	t.Run("beside", func(t *testing.T) {
		p := self(t, Limits{}, "deaf")
		received, done := make(chan bool), make(chan Ended)
		go func() { done <- p.Receive(func(Message) { received <- true }) }()
		<-received
		for p.Send([]byte(`"`+strings.Repeat("x", 100_000)+`"`)) == nil {
		} // the writer waits for the child
		p.Close()
		if ended := <-done; ended != (Ended{}) {
			t.Errorf("ended by %+v", ended)
		}
	})
	t.Run("unused", func(t *testing.T) {
		c, child, err := Pair(Limits{})
		if err != nil {
			t.Fatal(err)
		}
		child.Close()
		for range 2 {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

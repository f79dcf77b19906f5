package ipc

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// BenchmarkReceive takes messages from a child that sends them as fast as it
// can, in writes of one message or of many.
func BenchmarkReceive(b *testing.B) {
	for name, size := range map[string]string{"single": "0", "batches": "65536"} {
		b.Run(name, func(b *testing.B) {
			p := self(b, Limits{}, "flood", fmt.Sprint(b.N), size)
			benchmarkReceive(b, p)
		})
	}
}

func BenchmarkReceiveFromNode(b *testing.B) {
	p := node(b, Limits{}, fmt.Sprintf(`
		let n = 0;
		const more = () => { while (n < %d) if (!process.send({type: 'row', number: n++, text: 'naïve', ok: true}, more)) return; };
		more();`, b.N))
	benchmarkReceive(b, p)
}

func benchmarkReceive(b *testing.B, p *process) {
	b.ReportAllocs()
	n := 0
	ended := p.Receive(func(m Message) {
		if n++; n == 1 {
			b.ResetTimer() // the child has started
		}
		if m.Kind != User {
			b.Error(describe(m))
		}
	})
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
	if n < b.N || ended != (Ended{Child: true}) {
		b.Errorf("%d messages, ended by %+v", n, ended)
	}
}

var kinds = map[string]string{
	"small":    `{"type":"row","number":123456,"text":"naïve","ok":true}`,
	"progress": `{"sluice":{"progress":0.25}}`,
	"long":     `{"text":"` + strings.Repeat("all work and no play ", 500) + `","list":[` + strings.Repeat(`{"a":1.5,"b":null},`, 200) + `{}]}`,
}

// BenchmarkDecode is the part of it without the system.
func BenchmarkDecode(b *testing.B) {
	for name, text := range kinds {
		b.Run(name, func(b *testing.B) {
			line := []byte(text + "\n")
			n := 0
			d := newDecoder(defaultLimit, func(m Message) bool { n++; return m.Kind != Bad }, func() {})
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				for rest := line; len(rest) > 0; {
					k := copy(d.room(), rest)
					rest = rest[k:]
					d.filled(k, false)
				}
			}
			if d.stopped || n < b.N {
				b.Error("it told of a fault")
			}
		})
	}
}

// BenchmarkScan compares with encoding/json, which does less.
func BenchmarkScan(b *testing.B) {
	for name, text := range kinds {
		text := []byte(text)
		b.Run(name+"/here", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var s scanner
			for b.Loop() {
				var has members
				if s.check(text, has.member).want != "" {
					b.Fatal("not JSON")
				}
			}
		})
		b.Run(name+"/encoding", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if !json.Valid(text) {
					b.Fatal("not JSON")
				}
			}
		})
	}
}

// BenchmarkSend sends to a child of the same test that reads without looking.
func BenchmarkSend(b *testing.B) {
	c, child, err := Pair(Limits{})
	if err != nil {
		b.Fatal(err)
	}
	read := make(chan int64)
	go func() {
		var total int64
		buf := make([]byte, 1<<16)
		for {
			n, err := child.Read(buf)
			total += int64(n)
			if err != nil {
				child.Close()
				read <- total
				return
			}
		}
	}()
	received := make(chan Ended)
	go func() { received <- c.Receive(func(Message) {}) }()
	text := []byte(kinds["small"])
	b.ReportAllocs()
	for b.Loop() {
		for c.Send(text) == ErrFull {
			runtime.Gosched() // it is read more slowly
		}
	}
	c.Disconnect()
	if total := <-read; total < int64(b.N*(len(text)+1)) {
		b.Errorf("%d bytes of %d messages", total, b.N)
	}
	<-received
}

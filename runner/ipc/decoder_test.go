package ipc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// decode gives the decoder a stream in pieces, whose lengths cuts cycles
// through, and returns what it tells.
func decode(stream []byte, limit, first, large int, cuts []byte) (list []string) {
	d := newDecoder(limit, func(m Message) bool {
		list = append(list, describe(m))
		return true
	}, func() { list = append(list, "ack") })
	d.buf, d.large = make([]byte, first), large
	for i := 0; len(stream) > 0; i++ {
		size := len(stream)
		if len(cuts) > 0 {
			size = int(cuts[i%len(cuts)]) + 1
		}
		room := d.room()
		n := copy(room[:min(size, len(room))], stream)
		stream = stream[n:]
		d.filled(n, false)
	}
	d.close()
	return list
}

// naive says the same of a whole stream, by the means of the standard library.
func naive(stream []byte, limit int) (list []string) {
	lines := bytes.Split(stream, []byte("\n"))
	last := lines[len(lines)-1]
	for i, line := range lines[:len(lines)-1] {
		bad := func(kind FaultKind) { list = append(list, fmt.Sprint(i+1, " bad ", kind)) }
		text := bytes.Trim(line, " \t\r")
		switch {
		case len(line) > limit:
			if bytes.HasPrefix(line, []byte(`{"cmd":"NODE_HANDLE",`)) {
				list = append(list, "ack")
			}
			bad(TooLong)
		case len(text) == 0:
			bad(Empty)
		case bytes.HasPrefix(text, []byte("\ufeff")):
			bad(NotJSON)
		case !utf8.Valid(text):
			bad(NotUTF8)
		case !json.Valid(text):
			bad(NotJSON)
		default:
			members := map[string]json.RawMessage{}
			if json.Unmarshal(text, &members) == nil {
				var cmd string
				if json.Unmarshal(members["cmd"], &cmd) == nil && cmd == "NODE_HANDLE" {
					list = append(list, "ack")
					bad(Handle)
					if text = members["msg"]; text == nil {
						continue
					}
				}
			}
			list = append(list, naiveMessage(i+1, text))
		}
	}
	switch {
	case len(last) > limit:
		if bytes.HasPrefix(last, []byte(`{"cmd":"NODE_HANDLE",`)) {
			list = append(list, "ack")
		}
		list = append(list, fmt.Sprint(len(lines), " bad ", TooLong))
	case len(last) > 0:
		list = append(list, fmt.Sprint(len(lines), " bad ", Truncated))
	}
	return list
}

func naiveMessage(line int, text []byte) string {
	members := map[string]json.RawMessage{}
	if bytes.Equal(text, []byte("null")) || json.Unmarshal(text, &members) != nil {
		return "user " + string(text)
	}
	var cmd string
	if json.Unmarshal(members["cmd"], &cmd) == nil && strings.HasPrefix(cmd, "NODE_") && cmd != "NODE_" {
		return fmt.Sprint(line, " bad ", Reserved)
	}
	if len(members) != 1 || members["sluice"] == nil {
		return "user " + string(text)
	}
	control, ok := naiveControl(members["sluice"])
	if keys, _ := naiveMembers(text); len(keys) > 1 || !ok {
		return fmt.Sprint(line, " bad ", NotControl)
	}
	return fmt.Sprintf("sluice %s %s", text, describeControl(control))
}

func naiveControl(text []byte) (c Control, ok bool) {
	keys, values := naiveMembers(text)
	for i, key := range keys {
		switch key {
		case "progress":
			if bytes.Equal(values[i], []byte("null")) || json.Unmarshal(values[i], &c.Progress) != nil || c.Progress < 0 || c.Progress > 1 {
				return c, false
			}
			c.Progress, c.HasProgress = c.Progress+0, true
		case "ready":
			if string(values[i]) != "true" {
				return c, false
			}
			c.Ready = true
		case "output":
			if values[i][0] != '{' {
				return c, false
			}
			names, outputs := naiveMembers(values[i])
			for n, name := range names {
				if slices.Contains(names[:n], name) {
					return c, false
				}
				c.Outputs = append(c.Outputs, Output{name, outputs[n]})
			}
		default:
			return c, false
		}
		if slices.Contains(keys[:i], key) {
			return c, false
		}
	}
	return c, len(keys) > 0
}

// naiveMembers lists the members of an object, also those of the same name.
func naiveMembers(text []byte) (keys []string, values []json.RawMessage) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if first, _ := dec.Token(); first != json.Delim('{') {
		return nil, nil
	}
	for dec.More() {
		key, _ := dec.Token()
		var value json.RawMessage
		dec.Decode(&value)
		keys, values = append(keys, key.(string)), append(values, value)
	}
	return keys, values
}

var streams = []string{
	"", "\n", "1", "1\n", "1\r\n\r\n\t2 \n3",
	"\"ä🙂\"\n\"\\ud83d\\ude42\"\n\"\\ud83d\"\n\"\xf0\x9f\x99\"\n\xef\xbb\xbf1\n\xff\n",
	`{"cmd":"NODE_X"}` + "\n" + `{"cmd":"NODE_"}` + "\n" + `{"c\u006dd":"\u004e\u004fDE_x","a":1}` + "\n" + `{"cmd":"NODE_X","cmd":"x"}` + "\n" + `[{"cmd":"NODE_X"}]` + "\n" + `{"a":{"cmd":"NODE_X"}}` + "\n",
	`{"cmd":"NODE_HANDLE","type":"net.Server","msg":{"a":1}}` + "\n" + `{"cmd":"NODE_HANDLE","msg":{"sluice":{"ready":true}}}` + "\n" + `{"cmd":"NODE_HANDLE","msg":{"cmd":"NODE_HANDLE"}}` + "\n" + `{"cmd":"NODE_HANDLE"}` + "\n",
	`{"cmd":"NODE_HANDLE","type":"net.Server","msg":"` + strings.Repeat("x", 100) + `"}` + "\n1\n",
	`{"sluice":{"progress":0}}` + "\n" + `{"sluice":{"progress":-0.0,"ready":true}}` + "\n" + `{"sluice":{"progress":1e-400,"output":{"a":1,"\b\f\n\r\t\/\"\\\ud800":[{}]}}}` + "\n" + ` { "\u0073luice" : { "output" : { } } } ` + "\n",
	`{"sluice":{"progress":1.01}}` + "\n" + `{"sluice":{"progress":-1}}` + "\n" + `{"sluice":{"progress":1e999}}` + "\n" + `{"sluice":{"progress":"1"}}` + "\n" + `{"sluice":{"progress":null}}` + "\n",
	`{"sluice":{}}` + "\n" + `{"sluice":null}` + "\n" + `{"sluice":[]}` + "\n" + `{"sluice":{"ready":false}}` + "\n" + `{"sluice":{"Ready":true}}` + "\n" + `{"sluice":{"output":[]}}` + "\n",
	`{"sluice":{"ready":true,"ready":true}}` + "\n" + `{"sluice":{"output":{"a":1,"\u0061":1}}}` + "\n" + `{"sluice":{"ready":true},"sluice":{"ready":true}}` + "\n" + `{"sluice":{"ready":true},"x":1}` + "\n" + `{"sluice":{"progress":1,"progress":1,"output":{},"output":{}}}` + "\n",
	`"` + strings.Repeat("x", 97) + "\"\n" + `"` + strings.Repeat("x", 98) + "\"\n" + `"` + strings.Repeat("x", 99) + "\"\n" + strings.Repeat("x", 1000) + "\n2\n" + strings.Repeat("x", 101),
	"{\"a\":[1,2,{\"b\":null}],\"c\":\"\\\"\\\\\"}\n[[[[]]],{}]\n01\n1.\n-\n1e\n1e+5\n\"\\x\"\n\"\\u12g4\"\n[1,]\n{,}\n{\"a\"}\n{\"a\":}\n[}\ntru\nnul\nfalsee\n1 2\n[1 2]\n{\"a\":1 2}\n{\"a\" 1}\n{1:2}\n{\"a\n\"\x01\"\n\"\t\"\n\"",
}

// Wherever reads cut a stream, and whatever the buffer, the same is told; and
// the standard library agrees.
func TestStreamsInPieces(t *testing.T) {
	for _, stream := range streams {
		checkStream(t, []byte(stream), 100, nil)
		for size := range 20 {
			checkStream(t, []byte(stream), 100, []byte{byte(size)})
		}
		for i := range min(len(stream), 250) {
			checkStream(t, []byte(stream), 100, []byte{byte(i), 255})
		}
	}
}

func checkStream(t *testing.T, stream []byte, limit int, cuts []byte) {
	t.Helper()
	whole := decode(stream, limit, 4096, largeBuffer, nil)
	for _, b := range [][2]int{{4096, largeBuffer}, {1, 1}, {16, 64}} {
		if got := decode(stream, limit, b[0], b[1], cuts); !slices.Equal(got, whole) {
			t.Errorf("%q, cut by %v, in buffers of %v", stream, cuts, b)
			compare(t, got, whole)
		}
	}
	var kinds []string
	d := newDecoder(limit, func(m Message) bool {
		s := describe(m)
		if m.Kind == Bad {
			s = fmt.Sprint(m.Fault.Line, " bad ", m.Fault.Kind)
		}
		kinds = append(kinds, s)
		return true
	}, func() { kinds = append(kinds, "ack") })
	for rest := stream; len(rest) > 0; {
		n := copy(d.room(), rest)
		rest = rest[n:]
		d.filled(n, false)
	}
	d.close()
	if want := naive(stream, limit); !slices.Equal(kinds, want) {
		t.Errorf("%q", stream)
		compare(t, kinds, want)
	}
}

func FuzzStreams(f *testing.F) {
	for _, stream := range streams {
		f.Add([]byte(stream), uint8(20), []byte{3, 0, 40})
	}
	f.Fuzz(func(t *testing.T, stream []byte, limit uint8, cuts []byte) {
		checkStream(t, stream, int(limit)+startBytes, cuts)
	})
}

// A text is JSON where encoding/json says so, and goes out as it compacts it.
func FuzzScan(f *testing.F) {
	for _, stream := range streams {
		for line := range strings.Lines(stream) {
			f.Add([]byte(line))
		}
	}
	f.Add([]byte(strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)))
	f.Add([]byte(strings.Repeat(`{"a":[`, maxDepth/2) + "1" + strings.Repeat("]}", maxDepth/2)))
	f.Add([]byte(strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001)))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s scanner
		bad := s.check(text, nil)
		if deep := bad.want == tooDeep; deep && bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) <= maxDepth || !deep && json.Valid(text) != (bad.want == "") {
			t.Fatalf("%q: at %d, %q", text, bad.at, bad.want)
		}
		if bad.at > len(text) {
			t.Errorf("%q: at %d", text, bad.at)
		}
		if bad.want != "" {
			return
		}
		var compact bytes.Buffer
		json.Compact(&compact, text)
		if line := appendLine(nil, text); string(line) != compact.String()+"\n" {
			t.Errorf("%q goes out as %q", text, line)
		}
	})
}

package proc

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// elfFile is an ELF file of the class and byte order that has a program header
// of no interest and, behind it, one that names a loader.
func elfFile(wide bool, order binary.AppendByteOrder, loader string) []byte {
	class, data := byte(1), byte(1)
	if wide {
		class = 2
	}
	if order == binary.AppendByteOrder(binary.BigEndian) {
		data = 2
	}
	word := func(b []byte, n int) []byte {
		if wide {
			return order.AppendUint64(b, uint64(n))
		}
		return order.AppendUint32(b, uint32(n))
	}
	half := order.AppendUint16
	b := append([]byte("\x7fELF"), class, data, 1)
	b = append(b, make([]byte, 16-len(b))...)
	b = order.AppendUint32(half(half(b, 2), 62), 1) // type, machine, version
	header, entry := 52, 32
	if wide {
		header, entry = 64, 56
	}
	b = order.AppendUint32(word(word(word(b, 0), header), 0), 0) // entry, table, sections, flags
	b = half(half(half(half(b, uint16(header)), uint16(entry)), 2), 0)
	b = append(b, make([]byte, header-len(b))...)
	name := loader + "\x00"
	for _, kind := range []uint32{1, 3} { // PT_LOAD, PT_INTERP
		start := len(b)
		b = order.AppendUint32(b, kind)
		if wide {
			b = order.AppendUint32(b, 4)
		}
		b = word(word(word(word(b, header+2*entry), 0), 0), len(name))
		b = append(b, make([]byte, start+entry-len(b))...)
	}
	return append(b, name...)
}

func TestElfLoader(t *testing.T) {
	const loader = "/lib/ld-none.so.1"
	read := func(content []byte) string {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		return elfLoader(path)
	}
	for _, wide := range []bool{false, true} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			file := elfFile(wide, order, loader)
			if got := read(file); got != loader {
				t.Errorf("64 bits %t, %s: %q", wide, order, got)
			}
			for cut := range len(file) { // a damaged file is no trouble
				if got := read(file[:cut]); got != "" && got != loader[:min(len(loader), len(got))] {
					t.Errorf("64 bits %t, %s, cut at %d: %q", wide, order, cut, got)
				}
			}
		}
	}
	for _, other := range []string{"", "#!/bin/cat\n", strings.Repeat("x", 100), string(bytes.Repeat([]byte("\x7fELF"), 100))} {
		if got := read([]byte(other)); got != "" {
			t.Errorf("%.10q has the loader %q", other, got)
		}
	}
}

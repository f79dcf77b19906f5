package proc

import (
	"bytes"
	"encoding/binary"
	"os"
)

// elfLoader is the program loader that the ELF file at path asks for, its
// PT_INTERP (elf(5)); empty where it asks for none or is no such file.
//
// debug/elf could tell, too. It brings the readers of debug data and three
// kinds of compression along, and their tables would be set up at every start.
func elfLoader(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	head := make([]byte, 64)
	if _, err := f.ReadAt(head, 0); err != nil || !bytes.HasPrefix(head, []byte("\x7fELF")) {
		return ""
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if head[5] == 2 { // EI_DATA
		order = binary.BigEndian
	}
	wide := head[4] == 2 // EI_CLASS: 64 bits
	word := func(b []byte, at32, at64 int) int64 {
		if wide {
			return int64(order.Uint64(b[at64:]))
		}
		return int64(order.Uint32(b[at32:]))
	}
	table, size, count := word(head, 28, 32), 32, int(order.Uint16(head[44:]))
	if wide {
		size, count = 56, int(order.Uint16(head[56:]))
	}
	entry := make([]byte, size)
	for i := range count {
		if _, err := f.ReadAt(entry, table+int64(i*size)); err != nil {
			return ""
		}
		const interp, longest = 3, 4096 // PT_INTERP, PATH_MAX
		if n := word(entry, 16, 32); order.Uint32(entry) == interp && 0 < n && n <= longest {
			name := make([]byte, n)
			if _, err := f.ReadAt(name, word(entry, 4, 8)); err != nil {
				return ""
			}
			return string(bytes.TrimRight(name, "\x00"))
		}
	}
	return ""
}

package state

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"sluice/runner/event"
)

// A line of the journal is an event as package event writes it, with one more
// field at its end, "crc": the CRC-32C (RFC 3720, B.4) of everything that
// stands before that field in the file, in eight hexadecimal digits. So a line
// vouches for all that stands above it too: what was lost, repeated or put
// elsewhere is found like what was changed.

// castagnoli is made when it is first asked for, and then the same for all.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

const (
	crcField = `,"crc":"`
	crcTail  = len(crcField) + 8 + len(`"}`) // what follows the event in a line, without the newline
)

// appendLine appends e as a line. before is the checksum of the file so far,
// after the one with the line.
func appendLine(buf []byte, e event.Event, at time.Time, before uint32) (line []byte, after uint32, err error) {
	text, err := event.Marshal(e, at)
	if err != nil {
		return buf, before, err
	}
	text = text[:len(text)-len("}\n")]
	sum := crc32.Update(before, castagnoli(), text)
	from := len(buf) + len(text)
	buf = append(append(buf, text...), crcField...)
	buf = append(appendHex(buf, sum), "\"}\n"...)
	return buf, crc32.Update(sum, castagnoli(), buf[from:]), nil
}

func appendHex(buf []byte, n uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		buf = append(buf, digits[n>>shift&15])
	}
	return buf
}

// checkLine looks whether line, without its newline, is as it was written.
// before is the checksum of the file so far, after the one with the line and
// its newline.
func checkLine(line []byte, before uint32) (after uint32, err error) {
	end := len(line) - crcTail
	if end < 0 || !bytes.HasPrefix(line[end:], []byte(crcField)) || !bytes.HasSuffix(line, []byte(`"}`)) {
		return 0, fmt.Errorf("it does not end with its checksum")
	}
	written, err := strconv.ParseUint(string(line[end+len(crcField):len(line)-2]), 16, 32)
	if err != nil {
		return 0, fmt.Errorf("its checksum is no number")
	}
	sum := crc32.Update(before, castagnoli(), line[:end])
	if sum != uint32(written) {
		return 0, fmt.Errorf("its checksum is %08x, and the journal's up to here is %08x", written, sum)
	}
	return crc32.Update(crc32.Update(sum, castagnoli(), line[end:]), castagnoli(), []byte{'\n'}), nil
}

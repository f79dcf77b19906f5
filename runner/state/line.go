package state

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"sluice/runner/event"
)

// A line of the journal is an event as package event writes it, with one more
// field at its end, "crc": the CRC-32 of everything that stands before that
// field in the file, in eight hexadecimal digits. So a line vouches for all
// that stands above it too: what was lost, repeated or put elsewhere is found
// like what was changed.
//
// It is the CRC of IEEE 802.3. Go makes the tables of Castagnoli's for each
// process that asks for it, in a fifth of a millisecond, which a run of one
// short job would feel; either finds every change of up to 32 bits in a row.

const (
	crcField = `,"crc":"`
	crcTail  = len(crcField) + 8 + len(`"}`) // what follows the event in a line, without the newline
)

// appendLine appends e as a line. before is the checksum of the file so far,
// after the one with the line.
func appendLine(buf []byte, e event.Event, at time.Time, before uint32) (lines []byte, after uint32) {
	from := len(buf)
	buf = event.Append(buf, e, at)
	buf = buf[:len(buf)-len("}\n")]
	sum := crc32.Update(before, crc32.IEEETable, buf[from:])
	from = len(buf)
	buf = appendHex(append(buf, crcField...), sum)
	buf = append(buf, "\"}\n"...)
	return buf, crc32.Update(sum, crc32.IEEETable, buf[from:])
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
		return 0, errors.New("it does not end with its checksum")
	}
	// Compared as text: a digit has one form.
	sum := crc32.Update(before, crc32.IEEETable, line[:end])
	if want := appendHex(nil, sum); !bytes.Equal(line[end+len(crcField):len(line)-2], want) {
		return 0, fmt.Errorf("its checksum is not %s, the journal's up to here", want)
	}
	return crc32.Update(crc32.Update(sum, crc32.IEEETable, line[end:]), crc32.IEEETable, []byte{'\n'}), nil
}

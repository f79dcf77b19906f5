package state

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
)

// longestName is how many bytes of an instance's id a file's name has room
// for: 255 are allowed, and an ending such as ".log.100" follows.
const longestName = 240

// fileName is the name, without an ending, of the files of the instance id. It
// is the id itself where that is plain: test[go=1.26,os=linux]. Other bytes
// stand as %2F. What would be too long is cut, and ends with a ~ and a hash of
// the whole.
func fileName(id string) string {
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		if plainByte(c) && !(i == 0 && c == '.') {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	name := b.String()
	if len(name) <= longestName {
		return name
	}
	sum := sha256.Sum256([]byte(id))
	hash := "~" + hex.EncodeToString(sum[:8])
	return name[:longestName-len(hash)] + hash
}

func plainByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return strings.IndexByte("-_.,=[]@+", c) >= 0
}

// instanceOf is the id that fileName made name of. ok is false for a name that
// was cut, or that no id has.
func instanceOf(name string) (id string, ok bool) {
	if strings.Contains(name, "~") {
		return "", false
	}
	id, err := url.PathUnescape(name)
	return id, err == nil && fileName(id) == name
}

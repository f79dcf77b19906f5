package state

import (
	"fmt"
	"net"
)

// inFolder is the name of a socket in d. The path of a socket has room for 107
// bytes (unix(7)), and a folder may lie deeper: by its descriptor it is near.
func inFolder(d folder, name string) *net.UnixAddr {
	return &net.UnixAddr{Net: "unix", Name: fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), name)}
}

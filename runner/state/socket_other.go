//go:build !linux

package state

import "net"

// inFolder is the name of a socket in d. A path that is too long for it is an
// error.
func inFolder(d folder, name string) *net.UnixAddr {
	return &net.UnixAddr{Net: "unix", Name: d.path + "/" + name}
}

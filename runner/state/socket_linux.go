package state

import (
	"fmt"
	"net"
	"os"
)

// inFolder is the name of a socket in d. The path of a socket has room for 107
// bytes (unix(7)), and a folder may lie deeper: by its descriptor it is near.
func inFolder(d folder, name string) *net.UnixAddr {
	return &net.UnixAddr{Net: "unix", Name: fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), name)}
}

// listenIn makes a socket called name, for this user alone: nobody else may
// enter the folder of a run, and connect(2) wants the right to write.
func listenIn(d folder, name string) (*net.UnixListener, error) {
	addr := inFolder(d, name)
	l, err := net.ListenUnix(addr.Net, addr)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(addr.Name, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// dialIn connects to the socket called name.
func dialIn(d folder, name string) (*net.UnixConn, error) {
	addr := inFolder(d, name)
	return net.DialUnix(addr.Net, nil, addr)
}

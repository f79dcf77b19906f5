package state

import (
	"net"
	"os"
)

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

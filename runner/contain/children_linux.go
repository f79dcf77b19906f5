package contain

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// children lists the children of this process that another thread did not
// make. The orphans which a subreaper is given are among them: they go to its
// first thread (find_new_reaper in kernel/exit.c), and this is a list of the
// children of that one, zombies too. To read it takes a microsecond or two.
type children struct {
	fd  int // of /proc/PID/task/PID/children; -1 where the kernel was built without it
	buf []byte
}

func openChildren() (*children, error) {
	pid := strconv.Itoa(os.Getpid())
	c := &children{fd: -1, buf: make([]byte, 4096)}
	fd, err := unix.Open("/proc/"+pid+"/task/"+pid+"/children", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		c.fd = fd
		return c, nil
	}
	_, err = os.Stat("/proc/" + pid + "/stat")
	return c, err
}

// list is complete where nothing changes meanwhile, and each call sees what the
// one before missed. A number in it may be none of a child any more.
func (c *children) list() (pids []int) {
	if c.fd < 0 {
		return c.scan()
	}
	size := 0
	for {
		if size == len(c.buf) {
			c.buf = append(c.buf, make([]byte, len(c.buf))...)
		}
		n, err := unix.Pread(c.fd, c.buf[size:], int64(size))
		if n <= 0 || err != nil {
			break
		}
		size += n
	}
	for word := range bytes.FieldsSeq(c.buf[:size]) {
		if pid, err := strconv.Atoi(string(word)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// scan is list where the kernel has none: it looks at every process.
func (c *children) scan() (pids []int) {
	for _, p := range everybody() {
		if p.parent == os.Getpid() {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

func (c *children) close() {
	if c.fd >= 0 {
		unix.Close(c.fd)
	}
}

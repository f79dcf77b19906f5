package ipc

// members are those of an object that decide whose message it is. Where a key
// stands twice, the last one counts, as in JavaScript.
type members struct {
	cmd, msg, sluice []byte // values, or nil
	others           bool   // there are keys besides "sluice"
	twice            bool   // "sluice" stands twice
}

func (m *members) member(key, value []byte) {
	switch {
	case is(key, "sluice"):
		m.twice = m.sluice != nil
		m.sluice = value
		return
	case is(key, "cmd"):
		m.cmd = value
	case is(key, "msg"):
		m.msg = value
	}
	m.others = true
}

// reserved reports whether the message is Node's own: isInternal() in its
// lib/internal/child_process.js.
func (m *members) reserved() bool {
	if m.cmd == nil || m.cmd[0] != '"' {
		return false
	}
	rest, ok := cut(m.cmd[1:len(m.cmd)-1], "NODE_")
	return ok && len(rest) > 0
}

// handle reports whether a handle was sent with the message.
func (m *members) handle() bool {
	return m.cmd != nil && m.cmd[0] == '"' && is(m.cmd[1:len(m.cmd)-1], "NODE_HANDLE")
}

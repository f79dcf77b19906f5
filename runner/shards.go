package runner

import (
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"sluice/runner/plumb"
	"sluice/runner/proc"
	"sluice/runner/shard"
)

// ShardErrors is the descriptor that Options.Shard writes its error to, as text,
// where it has one of its own: its exit code could pass for that of a copy.
const ShardErrors = 3

// sharded makes c, the command of s, a program that starts copies of it.
func (a *attempt) sharded(s *stage, c *proc.Command) (err error) {
	c.Path = "/proc/self/exe" // also where its file was replaced
	if runtime.GOOS != "linux" {
		if c.Path, err = os.Executable(); err != nil {
			return &ownError{err}
		}
	}
	d := s.plan.Shard
	o := shard.Options{
		Workers: d.Workers, ByBytes: d.By == "bytes", Block: int(d.Block), Merge: shard.Merge(d.Merge),
		OK: s.plan.OK, Path: s.plan.Path, Argv: s.argv,
	}
	c.Argv = append(slices.Clone(a.r.o.Shard), o.Args()...)
	r, w, err := plumb.ReadPipe()
	if err != nil {
		return &ownError{err}
	}
	s.trouble = r
	a.childEnds = append(a.childEnds, w)
	c.Files = append(c.Files[:ShardErrors:ShardErrors], w) // it has no inputs and no channel
	return nil
}

// readTrouble reads why s, which has ended, could not share its stream. One
// that not even KILL has ended is waited for until the deadline.
func (s *stage) readTrouble(deadline time.Time) {
	if s.trouble == nil {
		return
	}
	defer s.trouble.Close()
	s.trouble.SetReadDeadline(deadline)
	text, _ := io.ReadAll(io.LimitReader(s.trouble, 4<<10)) // what was read before an error is what there is
	if len(text) > 0 {
		s.copyErr = errors.New("sharing its stream failed: " + string(text))
	}
}

package runner

import (
	"os"
	"runtime"
	"slices"

	"sluice/runner/shard"
)

// sharded is the program that is started in place of s, whose copies it starts.
func (a *attempt) sharded(s *stage) (path string, argv []string, err error) {
	path = "/proc/self/exe" // also where its file was replaced
	if runtime.GOOS != "linux" {
		if path, err = os.Executable(); err != nil {
			return "", nil, &ownError{err}
		}
	}
	d := s.plan.Shard
	o := shard.Options{
		Workers: d.Workers, ByBytes: d.By == "bytes", Block: int(d.Block), Merge: shard.Merge(d.Merge),
		OK: s.plan.OK, Path: s.plan.Path, Argv: s.argv,
	}
	return path, append(slices.Clone(a.r.o.Shard), o.Args()...), nil
}

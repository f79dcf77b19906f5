// Package shard lets several copies of a filter share one stream: it cuts the
// stream into blocks at the ends of lines, hands them to the copies, and joins
// what they write.
//
// It is all of a process of its own, which stands in a pipeline as one stage:
// it is started, signalled and reaped as any other, its copies are in the
// process group that it is in, and it ends as one copy would have ended. So
// nothing but this package knows that there are several.
package shard

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sluice/runner/proc"
)

// Merge says how the outputs of the copies become one.
type Merge string

// The merges.
const (
	// Ordered: a copy for each block, Workers of them at once, and one more that
	// waits for its block. What they write comes in the order of the blocks, as
	// one copy would have written it that looks at each line by itself.
	Ordered Merge = "ordered"
	// Sorted: the filter is sort(1), and what its copies write is merged by
	// another one, with the same options and -m.
	Sorted Merge = "sorted"
	// Any: whole lines as they come.
	Any Merge = "any"
)

// Options say what is run. None may be zero but ByBytes and OK.
type Options struct {
	Workers int  // copies at once
	ByBytes bool // blocks of exactly Block bytes; else they end with a line
	Block   int  // bytes; a longer line is a block of its own
	Merge   Merge
	OK      []int    // exit codes that are success
	Path    string   // absolute, of the executable
	Argv    []string // argv[0] first
}

// Args are o as the arguments of a process that calls Main.
func (o Options) Args() []string {
	by := "lines"
	if o.ByBytes {
		by = "bytes"
	}
	codes := make([]string, len(o.OK))
	for i, code := range o.OK {
		codes[i] = strconv.Itoa(code)
	}
	return append([]string{strconv.Itoa(o.Workers), by, strconv.Itoa(o.Block), string(o.Merge), strings.Join(codes, ","), o.Path}, o.Argv...)
}

// parse reads what Args makes.
func parse(args []string) (o Options, err error) {
	const fixed = 6
	if len(args) <= fixed {
		return o, errors.New("this is started by sluice itself, to share a stream among copies of a program")
	}
	var errs [2]error
	o.Workers, errs[0] = strconv.Atoi(args[0])
	o.Block, errs[1] = strconv.Atoi(args[2])
	o.ByBytes, o.Merge, o.Path, o.Argv = args[1] == "bytes", Merge(args[3]), args[5], args[fixed:]
	for _, code := range strings.Split(args[4], ",") {
		n, err := strconv.Atoi(code)
		if err != nil {
			return o, fmt.Errorf("exit codes: %w", err)
		}
		o.OK = append(o.OK, n)
	}
	return o, errors.Join(errs[:]...)
}

// Main is the whole life of such a process: args are what Args has made. It
// reads in, and the copies write to out and stderr. out is not descriptor 1: a
// write there that nobody reads would end the process (os/signal, "SIGPIPE"). It
// returns the exit code, or ends this process by the signal that ended a copy,
// or that it got itself. An error is one of its own. The process ends when Main
// has returned, so what it opened is left open.
func Main(args []string, in, out, stderr *os.File) (code int, err error) {
	o, err := parse(args)
	if err != nil {
		return 2, err
	}
	s := &shard{o: o, out: out, stderr: stderr, stop: make(chan struct{}), buffers: make(chan []byte, 2*max(o.Workers, 1)+2)}
	if s.dir, err = os.Getwd(); err != nil {
		return 1, err
	}
	var wake [2]int
	if err := unix.Pipe(wake[:]); err != nil {
		return 1, os.NewSyscallError("pipe", err)
	}
	unix.CloseOnExec(wake[0])
	unix.CloseOnExec(wake[1])
	s.in, s.wake = &stream{fd: int(in.Fd()), wake: wake[0], pace: paceOf(in)}, wake[1]
	end, err := s.run()
	if err != nil {
		if start, ok := errors.AsType[*proc.StartError](err); ok {
			return start.Code(), err
		}
		return 1, err
	}
	if end.signal != 0 {
		die(end.signal)
		return 128 + int(end.signal), nil
	}
	return end.code, nil
}

// shard is one run of the package.
type shard struct {
	o           Options
	in          *stream
	wake        int // a descriptor that is closed to end the reading
	out, stderr *os.File
	dir         string

	buffers chan []byte // that are free
	broken  bool        // of Ordered, and of the part whose turn it is: the next stage can't be written to

	halt   sync.Once
	stop   chan struct{} // closed: no more blocks, for something has failed, nobody reads, or a signal came
	enough sync.Once     // the reading was ended

	mu     sync.Mutex
	living map[*proc.Process]bool // that are not reaped
	send   syscall.Signal         // what a copy is sent that is started from now on; 0: nothing
	told   syscall.Signal         // what this process got first; 0: nothing yet
	end    ending                 // of the first copy that failed
	best   int                    // the least of the exit codes that are success; -1: there was none yet
	err    error                  // the first one of its own
}

// ending is how the stage ends.
type ending struct {
	code   int
	signal syscall.Signal
}

func (s *shard) run() (ending, error) {
	s.living, s.best = map[*proc.Process]bool{}, -1
	heard := s.obey()
	switch s.o.Merge {
	case Ordered:
		s.ordered()
	case Sorted:
		s.sorted()
	case Any:
		s.any()
	default:
		return ending{}, fmt.Errorf("there is no merge %q", s.o.Merge)
	}
	heard() // what ended the copies has come here, too
	switch {
	case s.err != nil || s.end != (ending{}):
	case s.told != 0: // the stream was not read to its end, whatever copies made of the signal
		s.end.signal = s.told
	default:
		s.end.code = max(s.best, 0)
	}
	return s.end, s.err
}

// start starts a copy, or another program, in this process's group.
func (s *shard) start(argv []string, files ...*os.File) (*proc.Process, error) {
	p, err := proc.Start(proc.Command{Path: s.o.Path, Argv: argv, Dir: s.dir, Env: os.Environ(), Files: files, Group: -1, Umask: -1})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.living[p] = true
	if s.send != 0 {
		p.Signal(s.send) // an error is that it has ended
	}
	return p, nil
}

// over waits for p and reaps it.
func (s *shard) over(p *proc.Process) proc.Exit {
	p.WaitExit()
	s.mu.Lock()
	delete(s.living, p)
	s.mu.Unlock()
	return p.Reap()
}

// reap waits for p and judges its ending.
func (s *shard) reap(p *proc.Process) {
	exit := s.over(p)
	switch {
	case slices.Contains(s.o.OK, exit.Code):
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.best < 0 || exit.Code < s.best {
			s.best = exit.Code
		}
	case s.o.Merge != Sorted && (exit.Signal == syscall.SIGPIPE || exit.Code == 128+int(syscall.SIGPIPE)):
		// What it wrote was read. To end as it did would pass for a stage whose
		// reader wanted no more.
		s.fail(ending{}, fmt.Errorf("a copy of %s ended as if nobody read what it writes: %s", s.o.Argv[0], wordsOf(exit)))
	default:
		s.fail(ending{exit.Code, exit.Signal}, nil)
	}
}

func wordsOf(exit proc.Exit) string {
	if exit.Signal != 0 {
		return fmt.Sprintf("signal %d %s", int(exit.Signal), proc.SignalName(exit.Signal))
	}
	return fmt.Sprintf("exit code %d", exit.Code)
}

// fail ends the stage: the first reason counts. The copies that live are told to
// end, unless they were by somebody else, and killed when they do not.
func (s *shard) fail(end ending, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.end != (ending{}) {
		return
	}
	s.end, s.err = end, err
	s.noMore()
	if s.told == 0 {
		s.signal(syscall.SIGTERM)
		time.AfterFunc(grace, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.signal(syscall.SIGKILL)
		})
	}
}

// grace is how long copies have to end, such as to remove temporary files.
const grace = time.Second

// signal sends sig to the copies that live, and to those that are started from
// now on. The caller holds s.mu.
func (s *shard) signal(sig syscall.Signal) {
	s.send = sig
	for p := range s.living {
		p.Signal(sig) // an error is that it has ended
	}
}

// noMore ends the reading, and the handing out of blocks.
func (s *shard) noMore() {
	s.halt.Do(func() { close(s.stop) })
	s.readNoMore()
}

func (s *shard) readNoMore() { s.enough.Do(func() { unix.Close(s.wake) }) }

// stopped reports whether there are no more blocks.
func (s *shard) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// obey lets this process outlive its copies when their process group is told to
// end, so that they have the time that is given to it. The signals are those
// that a job may choose for that. The copies have theirs by then; one that is
// just being started is sent it.
//
// heard returns when all that has come is noticed.
func (s *shard) obey() (heard func()) {
	signals := []os.Signal{
		syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGABRT, syscall.SIGALRM,
	}
	signals = slices.DeleteFunc(signals, signal.Ignored) // nohup(1)
	if len(signals) == 0 {
		return func() {}
	}
	come := make(chan os.Signal, len(signals))
	signal.Notify(come, signals...)
	var listening sync.WaitGroup
	listening.Go(func() {
		for sig := range come {
			s.mu.Lock()
			if s.told == 0 {
				s.told = sig.(syscall.Signal)
				s.send = s.told
				s.noMore()
			}
			s.mu.Unlock()
		}
	})
	return func() {
		signal.Stop(come) // returns when nothing is on its way to come
		close(come)
		listening.Wait()
	}
}

// wrote fails where what was written to the next stage could not be.
func (s *shard) wrote(err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, syscall.EPIPE):
		s.fail(ending{code: 128 + int(syscall.SIGPIPE)}, nil)
	default:
		if path, ok := errors.AsType[*os.PathError](err); ok {
			err = path.Err // the file's name is that of this process's own stream
		}
		s.fail(ending{}, fmt.Errorf("what the copies of %s write can't be passed on: %w", s.o.Argv[0], err))
	}
	return false
}

package contain

import "errors"

// Means is what keeps the processes of a run together, as a report names it.
type Means string

// The means, the best first.
const (
	Cgroup    Means = "cgroup"    // control groups of their own, and all that Subreaper does
	Subreaper Means = "subreaper" // marks, a subreaper and a monitor
	Group     Means = "group"     // process groups, which a process can leave
)

// Options say how a run is kept together.
type Options struct {
	// Monitor is the beginning of an argv with which this same program calls
	// [Monitor] on the arguments that follow it. nil: no monitor, and nothing
	// is promised for a SIGKILL of this process.
	Monitor []string

	// NoCgroup keeps the run from using control groups, for tests of what is
	// done without.
	NoCgroup bool
}

// ErrLost is the cause of [Keeper.Lost].
var ErrLost = errors.New("the monitor of this run was killed")

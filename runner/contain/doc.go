// Package contain sees to it that nothing which a run started outlives it,
// however it ends: not a daemon that left its group and session, and not when
// the runner itself is killed by SIGKILL.
//
// A [Keeper] stands for the run and a [Set] for one attempt of a job. Every
// process of the attempt is born into the set, and with it all that comes of
// it, until the set is empty.
//
// Two processes watch each other. The runner is a child subreaper, so that
// whatever loses its parent in the run becomes its child (prctl(2),
// PR_SET_CHILD_SUBREAPER). Beside it lives its monitor, joined to it by a
// socket. When the runner ends without a word the monitor reads the end of the
// stream and kills what is left; when the monitor is killed the runner is told
// ([Keeper.Lost]). Where both are killed within a moment, a control group still
// keeps the run together, and the next run ends it; without one the tree is
// lost.
//
// How a process is known, in the order of their strength:
//
//   - By its control group. Where a subtree of cgroup v2 may be written, each
//     set is a group of its own. A process is born into it (clone3(2),
//     CLONE_INTO_CGROUP, Linux 5.7), can't leave it without being given the
//     right to, and dies with it by one write, however fast the tree forks
//     (cgroup.kill, Linux 5.14).
//
//   - By its mark. A child inherits the soft limit RLIMIT_LOCKS, which has had
//     no meaning since Linux 2.4.25 (getrlimit(2)), through fork, exec, setsid
//     and a cleared environment, and everybody may read it. Each set has a
//     number of its own, which the runner gives itself for the moment of a
//     fork. A program that sets this limit itself is no longer known by it.
//
//   - By its parents. What comes of a marked process belongs to it. So runs
//     inside a run are found, whose processes have other marks.
//
// Killing by marks is a race against a tree that forks without pause: such a
// tree needs a control group.
//
// A process is never signalled by a number that could be somebody else's. The
// runner signals its own children only, whose numbers are taken until it reaps
// them, and the monitor uses pidfds.
//
// On other systems than Linux there are process groups and nothing more.
package contain

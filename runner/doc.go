// Package runner executes a plan: it decides what is ready, starts pipelines,
// waits for them, and says how they ended.
//
// The life of a run, and which file tells it:
//
//	schedule.go     what may start next: needs, after, pools, bounds. No process, no time.
//	coordinator.go  one goroutine that asks the schedule, starts an instance's
//	                goroutine, and waits for each of them.
//	run.go          Run and its Options; one instance: its attempts and delays.
//	attempt.go      one execution of a pipeline: its streams and its starts.
//	stop.go         waiting for it, and ending it before its time.
//	settle.go       reaping it, the end of its streams, and what stays of it.
//	wire.go         where its standard streams come from and go to.
//	verdict.go      what the endings of its stages mean.
//
// An attempt goes through the same steps whatever happens in it:
//
//  1. start: streams are opened and stages started from the first to the last,
//     all in one process group whose leader is the first. Where one can't
//     start, the rest is not tried and what runs is killed.
//  2. wait: until every started stage has exited. A timeout, a cancelled
//     context, a full capture or a second signal end it before its time: the
//     job's signal to the group, SIGCONT so that it can act on it, and SIGKILL
//     after the grace.
//  3. reap: what the stages left behind in their group is killed, and then
//     they are reaped, the leader last: until then its number is the group's
//     and nobody else's.
//  4. drain: the streams that sluice reads come to their end. A process that
//     left the group may hold one open; it is waited for a second, no longer,
//     and the report says so.
//  5. settle: the verdict; files and captures become final, or are undone.
//
// Data does not pass through sluice: stages are joined by pipes of the kernel,
// and files are opened here and inherited. Only a log or a capture is read.
package runner

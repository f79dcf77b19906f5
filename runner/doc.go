// Package runner executes a plan: it decides what is ready, starts pipelines,
// waits for them, and says how they ended.
//
// The life of a run, and which file tells it:
//
//	schedule.go     what may start next: needs, after, pools, bounds. No process, no time.
//	queue.go        which of what may start comes next.
//	services.go     when services are wanted, and when no longer.
//	coordinator.go  one goroutine that asks the schedule and waits for what it started.
//	task.go         an instance on its way through that: its lock, its slot, its record.
//	files.go        how many instances the descriptors are enough for.
//	run.go          Run and its Options.
//	instance.go     one instance: its attempts, and the delays between them.
//	again.go        what follows an attempt: a retry, a restart, or nothing.
//	detach.go       an instance that runs on as a run of its own.
//	captures.go     what instances captured and handed over, for those that need it.
//	mailbox.go      sending messages to processes that have a channel.
//	attempt.go      one execution of a pipeline: its streams and its starts.
//	stop.go         waiting for it, and ending it before its time.
//	idle.go         how long it has been silent.
//	ready.go        finding out that it is ready.
//	terminal.go     lending it the terminal, and what Ctrl-Z means then.
//	stops.go        hearing that a terminal has stopped it.
//	settle.go       reaping it, the end of its streams, and what stays of it.
//	kept.go         killing what has left its group.
//	channels.go     what its processes say on their channels.
//	wire.go         where its standard streams come from and go to.
//	verdict.go      what the endings of its stages mean.
//	service.go      what is otherwise where it is a service.
//
// An attempt goes through the same steps whatever happens in it:
//
//  1. start: streams are opened and stages started from the first to the last,
//     all in one process group whose leader is the first, or in the caller's.
//     Where one can't start, the rest is not tried and what runs is killed.
//  2. wait: until every started stage has exited. A timeout, silence, a
//     cancelled context, a full capture, the terminal or a second signal end it
//     before its time: the job's signal to the group, SIGCONT so that it can
//     act on it, and SIGKILL after the grace. Where the job has a message for
//     that, it goes by the channels first, and the signal follows after the
//     grace.
//  3. reap: what the stages left behind in their group is killed, and then
//     they are reaped, the leader last: until then its number is the group's
//     and nobody else's.
//  4. drain: the streams and channels that sluice reads come to their end. A process that
//     left the group may hold one open; it is waited for a second, no longer,
//     and the report says so.
//  5. settle: the verdict; files and captures become final, or are undone.
//
// A service is an instance like any other, but for three things. It starts when
// something that needs it waits for nothing else, and takes no slot. What needs
// it waits until it is ready, not until it ends. And it is stopped by its own
// context, which no cancel of the run ends: when all that needs it is over, or,
// where nothing does, when the run is to stop. So clients end before their
// services in every case, and clean-up still has them.
//
// Data does not pass through sluice: stages are joined by pipes of the kernel,
// and files are opened here and inherited. Only a log or a capture is read.
package runner

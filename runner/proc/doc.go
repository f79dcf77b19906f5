// Package proc is one child process and its group: how it is started, waited
// for and signalled, and what its ending means.
//
// The life of a child is Start, WaitExit, Reap. Between WaitExit and Reap the
// child is a zombie on purpose: as long as the leader of a group is not
// reaped, the number of the group can't be given to strangers, so the group
// may be joined and signalled. A pipeline therefore reaps its first process
// last.
//
// What the system does behind the back of a runner, and what is done about it:
//
//   - Reaping frees the group. setpgid into a group whose leader is a zombie
//     works, into one whose leader was reaped fails with EPERM, and kill(-pgid)
//     may hit whoever got the number next. So WaitExit waits without reaping
//     (waitid(2), WNOWAIT), and SignalGroup refuses after Reap.
//
//   - A thread for each wait. A blocking wait occupies an operating-system
//     thread, and hundreds of children make hundreds of them. On Linux a child
//     comes with a pidfd, which becomes readable when the child ends, so Go's
//     poller waits for all of them at once (pidfd_open(2), CLONE_PIDFD in
//     clone(2)). The child is asked before each wait, so an ending between
//     Start and WaitExit is not missed. A kernel without pidfds gets a thread
//     for each child.
//
//   - The signal mask is inherited. Go hands the mask of the forking thread to
//     the child (syscall_runtime_BeforeFork in runtime/proc.go), and all its
//     threads begin with the mask that the program was started with. A caller
//     that blocked SIGTERM would make children that can't be stopped. Where
//     the mask is not empty, it is emptied around the fork.
//
//   - Ignored signals are inherited. Go catches nearly every signal and resets
//     what it catches in the child, so SIGPIPE is at its default even under a
//     caller that ignores it, as services of systemd do. SIGHUP and SIGINT stay
//     ignored where the caller ignored them, which is what nohup is for, until
//     the program asks for them with signal.Notify. SIGTSTP, SIGTTIN and SIGTTOU
//     are never caught, and so are passed on as they were found. No part of the
//     program may call signal.Ignore(SIGPIPE): then children ignore it too, and
//     `yes | head` ends in an error message (os/signal, "SIGPIPE").
//
//   - Descriptors of the caller leak. What Go opens is close-on-exec; what the
//     program itself inherited (exec 9>lock, a job server of make) is not, and
//     goes to every child. CloseOnExec, called once at the start, ends that
//     (close_range(2)).
//
//   - O_NONBLOCK belongs to the open file, not to the descriptor. (*os.File).Fd
//     clears it and so changes a description that others share. Start takes the
//     numbers without touching the flags; whoever makes the files sees to it
//     that a child's end blocks.
//
//   - The umask belongs to the process. There is no umask for a child in Go, and
//     changing one's own would reach the files that other goroutines create at
//     that moment. On Linux a thread that stops sharing it (unshare(2),
//     CLONE_FS) sets its own, forks, and is thrown away. Elsewhere a job with a
//     umask is refused.
//
//   - The resident set begins as the parent's. A forked child shares the memory
//     of this program until its exec, and Linux counts that in (exec_mmap in
//     fs/exec.c). MaxRSS of a small program is therefore about the peak of this
//     one, and exact only above it.
//
//   - Text file busy. A program that was just written can't be executed as long
//     as any process has it open for writing, and a fork in between keeps such a
//     descriptor until its exec (https://go.dev/issue/22315). The start is tried
//     again for less than 200 ms.
//
//   - A file without #! is not a script. execvp(3), and with it env, timeout and
//     Node, hand such a file to /bin/sh. Start does not: there is never a shell.
//
//   - ENOENT lies. It is also what a script gets whose interpreter is missing or
//     whose first line ends in CRLF, and what a missing directory gets.
//     StartError looks and says which.
//
//   - The terminal stays with the child. After a child that owned the foreground
//     has ended, nobody owns it until the program takes it back
//     (TakeForeground), for which it must not be stopped by SIGTTOU.
package proc

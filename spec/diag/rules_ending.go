package diag

// endingRules are about terminals, and about jobs that others do not wait for
// to end.
var endingRules = [...]Rule{
	{
		ID: "SL108", Severity: Fatal, Title: "a process group or a terminal that can't be had",
		Explain: `A process joins only a group of its own session, so group: session is for one process. A terminal is handed to one process group, and to no other session, so an interactive job has group: own. While it has the terminal no other job runs, so it is no service and not detached; and it talks to a person, so its streams are not read by sluice, and its silence means nothing.

Leave group out, which is own. Leave stdin, stdout and stderr of an interactive job out: they are sluice's own then. Its stdout may be a {file: …}.`,
		Wrong: `version: 1
jobs:
  count:
    group: session
    pipe: [ls, wc -l]
`,
		Right: `version: 1
jobs:
  count:
    pipe: [ls, wc -l]
`,
	},
	{
		ID: "SL109", Severity: Fatal, Title: "a detached job that hangs on the run which it leaves, or the run on it",
		Explain: `A detached job runs on when the run that started it has ended, and its terminal may be gone. It can't have sluice's own streams, its output can't be captured for jobs that would have to wait for its end, it is no service, which ends with the run, and it needs none, which would be stopped under it. As long as it lives it holds the lock of its exclusive, so no job that starts after it can have the same one.

Leave stdout and stderr out to log them: sluice logs shows them, also later. Write them to a {file: …} where another job reads them. Write service: true for what is needed only while the run goes on. Give exclusive to one of two jobs that start one after the other.`,
		Wrong: `version: 1
jobs:
  server:
    run: ./server
    detach: true
    stdout: inherit
`,
		Right: `version: 1
jobs:
  server:
    run: ./server
    detach: true
`,
	},
	{
		ID: "SL110", Severity: Fatal, Title: "what only services have, or what they can't have",
		Explain: `A service, and a detached job, is ready before it ends, so ready says when its dependents may start, and restart what happens when it has ended too soon. Other jobs are done when they have ended, and retry is what they have. A service runs beside its dependents until the last of them has ended: a timeout, a place in a pool, or a lock that they want too, or that a second service wants which they need, would end it in their midst or keep them waiting for ever. Of two services with one ready.port that run at once, or two instances of one, the first would answer for the other.

Write ready: {timeout: …} for the time that a service may take to start. Give pool and exclusive to the jobs that need the service, or exclusive to the service alone. Put ${matrix.NAME} into the port and the lock of a service with a matrix.`,
		Wrong: `version: 1
jobs:
  server:
    run: ./server
    service: true
    timeout: 10s
  client:
    needs: [server]
    run: ./client
`,
		Right: `version: 1
jobs:
  server:
    run: ./server
    service: true
    ready: {port: 8080, timeout: 10s}
  client:
    needs: [server]
    run: ./client
`,
	},
}

package diag

// policyRules are about what is allowed and is probably a mistake.
var policyRules = [...]Rule{
	{ID: "SL701", Severity: Info, Title: "a job without a timeout",
		Explain: `A job that waits for something that never comes holds the whole run until somebody looks. (Nothing waits for the end of a service or of a detached job, and a person sits before an interactive one.) A timeout ends it with its process group, and the failure says so.

Give the job a timeout, or all of them with defaults: {timeout: …}.`,
		Wrong: `version: 1
jobs:
  fetch:
    run: ./fetch
`,
		Right: `version: 1
defaults: {timeout: 10m}
jobs:
  fetch:
    run: ./fetch
`},
	{ID: "SL702", Severity: Warning, Title: "a retry that only hammers",
		Explain: `A retry or a restart without a delay tries again before anything can have changed, and a retry with more than twenty attempts hides for long that something is broken. Both make the trouble of an overloaded server worse.

Leave delay out (the default is 1s and doubles each time) and try a few times.`,
		Wrong: `version: 1
jobs:
  fetch:
    run: ./fetch
    timeout: 1m
    retry: {attempts: 3, delay: 0s}
`,
		Right: `version: 1
jobs:
  fetch:
    run: ./fetch
    timeout: 1m
    retry: {attempts: 3}
`},
	{ID: "SL703", Severity: Error, Title: "a service or a detached job that nobody hears",
		Explain: `Nobody waits for the end of a service or of a detached job, so what it wrote is all that is left to learn from when it has failed. This one discards both of its streams.

Leave stderr out to log it. The log is bounded by log: {max_size: …, keep: …}, so a long life does not fill the disk.`,
		Wrong: `version: 1
jobs:
  server:
    run: ./server
    detach: true
    stdout: discard
    stderr: discard
`,
		Right: `version: 1
jobs:
  server:
    run: ./server
    detach: true
    stdout: discard
    log: {max_size: 1MiB, keep: 2}
`},
	{ID: "SL704", Severity: Warning, Title: "a capture that nobody reads",
		Explain: `The job keeps its standard output for other jobs, and none of them reads it, so it is lost: it is neither shown nor written anywhere.

Read it in a job that needs this one, as ${jobs.NAME.stdout} or stdin: {job: NAME}. Leave stdout out to show it, or write discard.`,
		Wrong: `version: 1
jobs:
  count:
    run: wc -l README.md
    stdout: {capture: {}}
`,
		Right: `version: 1
jobs:
  count:
    run: wc -l README.md
    stdout: {capture: {}}
  tell:
    needs: [count]
    command: echo
    args: ["${jobs.count.stdout}"]
`},
	{ID: "SL705", Severity: Info, Title: "a service that no job needs",
		Explain: `A service is started for the jobs that need it and stopped when they have ended. One that no job needs is started with the run and stopped with it, so when all jobs are done the run still goes on, until Ctrl-C or sluice stop ends it. Jobs that come after such a service run then, as clean-up.

That is what a file of services alone is for, and then nothing is said. Else write needs: [NAME] in the jobs that use the service.`,
		Wrong: `version: 1
defaults: {timeout: 10m}
jobs:
  server:
    run: ./server
    service: true
  client:
    run: ./client
`,
		Right: `version: 1
defaults: {timeout: 10m}
jobs:
  server:
    run: ./server
    service: true
  client:
    needs: [server]
    run: ./client
`},
	{ID: "SL706", Severity: Warning, Title: "jobs of one file that fail by each other's lock",
		Explain: `With on_conflict: fail a job fails at once where its lock is held. That is right against other runs. Here another job of the same file, or another instance of the same job, has that lock too and may run at the same time, so which of them fails is a matter of luck.

Leave on_conflict out to wait, or let one of the jobs come after the other. Put ${matrix.NAME} into the lock of a job with a matrix, or bound its instances with max_parallel: 1.`,
		Wrong: `version: 1
defaults: {timeout: 10m}
jobs:
  build:
    run: ./build
    exclusive: {name: tree, on_conflict: fail}
  test:
    run: ./test
    exclusive: {name: tree, on_conflict: fail}
`,
		Right: `version: 1
defaults: {timeout: 10m}
jobs:
  build:
    run: ./build
    exclusive: {name: tree, on_conflict: fail}
  test:
    after: [build]
    run: ./test
    exclusive: {name: tree, on_conflict: fail}
`},
	{ID: "SL707", Severity: Warning, Title: "a retry after a timeout that never comes",
		Explain: `The job asks to be tried again when it has run out of time, and it has neither timeout nor idle_timeout, of its own or of defaults, nor ready, whose time is bounded. An attempt that hangs is then never ended, let alone tried again.

Write the timeout beside retry. It is the time of one attempt; retry.budget bounds all of them.`,
		Wrong: `version: 1
jobs:
  fetch:
    run: ./fetch
    retry: {attempts: 3, on: {timeout: true}}
`,
		Right: `version: 1
jobs:
  fetch:
    run: ./fetch
    timeout: 1m
    retry: {attempts: 3, on: {timeout: true}}
`},
	{ID: "SL708", Severity: Warning, Title: "a shard of a program that looks at more than a line",
		Explain: `The copies that share a stream have only parts of it, cut where a block of bytes happens to be full. A program that looks at each line by itself, such as grep, writes what one copy would have written. One that orders, numbers or compares lines, or takes the first or the last of them, does so in each part, and its output changes with the size of a block.

Write merge: sorted at a sort, whose options sort -m then keeps. Leave shard out at the others, or share a stage before them. A program that counts is not meant here, since a stage behind it can sum what its copies count.`,
		Wrong: `version: 1
jobs:
  names:
    stdin: {file: names.txt}
    pipe:
      - {run: sort, shard: 4}
      - uniq
`,
		Right: `version: 1
jobs:
  names:
    stdin: {file: names.txt}
    pipe:
      - {run: sort, shard: {workers: 4, merge: sorted}}
      - uniq
`},
}

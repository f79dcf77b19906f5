package diag

// nameRules are about names, references and how jobs hang together.
var nameRules = [...]Rule{
	{
		ID: "SL101", Severity: Fatal, Title: "a name that nothing in the file defines",
		Explain: `A job, param, pool or axis is used and the file does not define it; or when: names a system or a processor that there is not. Were it ignored, a job that waits for a misspelt one would not wait at all.

The message suggests the nearest name, or lists those that there are. Systems and processors are called what Go calls them: darwin, not macos; amd64, not x86_64.`,
		Wrong: `version: 1
jobs:
  build:
    run: echo build
  test:
    needs: [biuld]
    run: echo test
`,
		Right: `version: 1
jobs:
  build:
    run: echo build
  test:
    needs: [build]
    run: echo test
`,
	},
	{
		ID: "SL102", Severity: Fatal, Title: "jobs that wait for each other",
		Explain: `Each of these jobs waits for the next one, and the last for the first, so none of them could ever start. Edges come from needs:, from after:, and from stdin: {job: …}, which implies needs. A job that comes after a service waits for all that need the service, too, and for all that need a service which does, for it is stopped after them. The message goes around the circle, with the place of every edge.

Remove one edge. Where two jobs exchange data in both ways, one of them is usually two jobs: what comes before the other, and what comes after it.`,
		Wrong: `version: 1
jobs:
  build:
    needs: [test]
    run: echo build
  test:
    needs: [build]
    run: echo test
`,
		Right: `version: 1
jobs:
  build:
    run: echo build
  test:
    needs: [build]
    run: echo test
`,
	},
	{
		ID: "SL103", Severity: Fatal, Title: "a substitution that can't be read",
		Explain: `A ${ begins a reference and no } ends it on the same line. What was meant can't be told: a value, or the two characters.

End the reference: ${params.name}. Where the text is meant, put it into single quotes in a run: line, or mark the element: {literal: '${'}.`,
		Wrong: `version: 1
params: {who: {default: world}}
jobs:
  greet:
    run: echo hello ${params.who
`,
		Right: `version: 1
params: {who: {default: world}}
jobs:
  greet:
    run: echo hello ${params.who}
`,
	},
	{
		ID: "SL104", Severity: Fatal, Title: "a substitution that has no value here",
		Explain: `A reference is written well and its place has no such value: there is no root of that name, the job has no matrix, a part such as .stem is asked of something that is no path, or the value is known only while jobs run and the plan needs it before. An empty text in its place would be a guess.

${jobs.NAME.stdout} needs two things: that the job needs NAME, and that NAME captures its output. What only the run knows may stand in args, in env and in stdin: {text: …}; the command, directories and file names are known before anything runs.`,
		Wrong: `version: 1
jobs:
  stamp:
    run: date +%F
    stdout: {capture: {}}
  publish:
    run: echo ${jobs.stamp.stdout}
`,
		Right: `version: 1
jobs:
  stamp:
    run: date +%F
    stdout: {capture: {}}
  publish:
    needs: [stamp]
    run: echo ${jobs.stamp.stdout}
`,
	},
	{
		ID: "SL105", Severity: Fatal, Title: "a matrix that can't be spread",
		Explain: `A job with a matrix has one instance for each combination of its axes, and each instance has a name of its own. An axis without values, a range that runs backwards or an exclude that matches everything leaves no instance, so the job would seem to succeed and do nothing; a value that stands twice makes two instances of one name, and so do values of two axes where a comma in one reads like the next axis.

Give every axis at least one value, and each value once.`,
		Wrong: `version: 1
jobs:
  count:
    matrix: {n: {range: [3, 1]}}
    run: echo ${matrix.n}
`,
		Right: `version: 1
jobs:
  count:
    matrix: {n: {range: [1, 3]}}
    run: echo ${matrix.n}
`,
	},
	{
		ID: "SL106", Severity: Fatal, Title: "quotes that do not end",
		Explain: `A one-line command is split by the quoting rules of POSIX, once, when the file is read. A quote that does not end, or a backslash with nothing after it, leaves open where the last argument ends; splitters that do not insist guess.

Close the quote. Where it is text, as an apostrophe is, put the argument into quotes of the other kind or a backslash before it; or write command: and args:, whose elements have no quoting of their own.`,
		Wrong: `version: 1
jobs:
  tell:
    run: echo it's done
`,
		Right: `version: 1
jobs:
  tell:
    run: echo "it's done"
`,
	},
	{
		ID: "SL107", Severity: Fatal, Title: "streams that can't be joined",
		Explain: `One end of a stream is not what the other end needs: a job reads what another captured, and that one captures nothing or has many instances; several instances, or several attempts, would share one standard input, and what one of them has read is gone for the others; a captured stderr has no name by which it could be used; a time of silence or a line is waited for in a log to which nothing is written.

Give the job that is read stdout: {capture: {}}; give jobs with retry or a matrix a {file: …} to read; write stderr: stdout to capture both together. Jobs that are detached, and services, have not ended when their dependents start: let them write a {file: …}.`,
		Wrong: `version: 1
jobs:
  list:
    run: ls
  count:
    stdin: {job: list}
    run: wc -l
`,
		Right: `version: 1
jobs:
  list:
    run: ls
    stdout: {capture: {}}
  count:
    stdin: {job: list}
    run: wc -l
`,
	},
	{
		ID: "SL111", Severity: Fatal, Title: "pipes that can't be joined",
		Explain: `What comes out of a pipe can be read once, by one process. So an input is opened by exactly one argument, a branch of a tee is read by one input at most, and what one input reads is not written elsewhere as well. A tee copies what comes through it: something must come, and as it is no process it has no environment, directory or exit code, and a job of tees alone has nothing to wait for. And no stage can wait for what it has still to write itself.

Where two readers want the same stream, copy it with a tee: each branch has its own.`,
		Wrong: `version: 1
jobs:
  compare:
    command: diff
    args: [{input: words}, {input: words}]
    inputs: {words: sort words.txt}
`,
		Right: `version: 1
jobs:
  compare:
    command: diff
    args: [words.txt, {input: words}]
    inputs: {words: sort words.txt}
`,
	},
	{
		ID: "SL112", Severity: Fatal, Title: "a message channel that can't be",
		Explain: `A message channel joins sluice and one process. So a job that is a pipe has its channels at its stages; what waits for a message, sends one or names an output needs a channel that it could go through; and who the messages are passed on to is one process of the same run that has a channel of its own and runs at the same time. NODE_CHANNEL_FD and NODE_CHANNEL_SERIALIZATION_MODE tell a process of its channel: sluice sets them where there is one, and nobody else may, or a program would take some other descriptor for it.

Write channel: true at the job or the stage that speaks, and at the one that to: names.`,
		Wrong: `version: 1
jobs:
  web:
    run: node server.js
    service: true
    ready: {message: true}
`,
		Right: `version: 1
jobs:
  web:
    run: node server.js
    service: true
    channel: true
    ready: {message: true}
`,
	},
}

package diag

// newRules wait for their families.
var newRules = [...]Rule{
	{ID: "SL006", Severity: Error, Title: "a program's name in letters that look alike",
		Explain: `The name of a program mixes letters of several alphabets. A Cyrillic letter and a Latin one can look the same on a screen and name two different programs, so that a reviewer can't see what runs (CVE-2021-42694). Names of jobs, params and variables are ASCII anyway.

Write the name in one alphabet.`,
		Wrong: "version: 1\njobs:\n  ship:\n    command: ./d\u0435ploy\n",
		Right: `version: 1
jobs:
  ship:
    command: ./deploy
`},
	{ID: "SL304", Severity: Error, Title: "a program that is found by chance",
		Explain: `Which program runs depends on the directory that a job happens to run in. An empty or relative entry in PATH means "here", so whoever can write a file there chooses the program. A name that begins with a dash is taken for an option by every wrapper that it passes through.

Write absolute directories into PATH, and ./name for a program of the repository.`,
		Wrong: `version: 1
jobs:
  lint:
    run: lint --all
    env: {PATH: "bin:/usr/bin"}
`,
		Right: `version: 1
jobs:
  lint:
    run: ./bin/lint --all
`},
	{ID: "SL501", Severity: Error, Title: "an environment variable that loads code",
		Explain: `Some variables make a program load or run something else before it does its work: LD_PRELOAD in every dynamically linked program, BASH_ENV in every script of bash, PYTHONSTARTUP, RUBYOPT, GIT_SSH_COMMAND and many more. What a reviewer reads in command is then not all that runs. Of variables that are harmless most of the time (NODE_OPTIONS, GOFLAGS, MAKEFLAGS, CC, PAGER and others) only values that load or run something are refused.

Say in args what the program should do, or waive the rule for the job with a reason. This rule guides; it is no boundary.`,
		Wrong: `version: 1
jobs:
  test:
    run: ./test
    env: {LD_PRELOAD: ./fake-clock.so}
`,
		Right: `version: 1
jobs:
  test:
    run: ./test
    env: {LD_PRELOAD: ./fake-clock.so}
    allow: [{rule: SL501, reason: the tests need a clock that they can set}]
`},
	{ID: "SL504", Severity: Error, Title: "what looks like a secret",
		Explain: `Job files are checked in, and what was once in a repository stays in its history. What has the form of a private key or of a token of a well-known service is refused, and so is a text given to something called password, secret or token.

Let the caller have it in the environment and name the variable in pass_env, or let the program read it from a file.`,
		Wrong: `version: 1
jobs:
  publish:
    run: ./publish
    env: {REGISTRY_PASSWORD: correct-horse-battery}
`,
		Right: `version: 1
jobs:
  publish:
    run: ./publish
    pass_env: [REGISTRY_PASSWORD]
`},
	{ID: "SL601", Severity: Error, Title: "an output outside of the job file's directory",
		Explain: `An output file is absolute, or leads out of the directory that the job file declares with dir. A file that is checked in says nothing about the machine around it: two checkouts would write one file, and a clean-up of the repository leaves it behind.

Write below dir, or let the caller say where with a param of type path. /dev/null is written discard.`,
		Wrong: `version: 1
jobs:
  list:
    run: ls
    stdout: {file: /tmp/list.txt}
`,
		Right: `version: 1
params:
  out: {type: path, default: out/list.txt}
jobs:
  list:
    run: ls
    stdout: {file: "${params.out}"}
`},
	{ID: "SL604", Severity: Error, Title: "an output that other programs obey",
		Explain: `The file is one that other programs execute or obey: something in .git (hooks, config), in .ssh, the start-up file of a shell, or the job file itself. Writing it outlives the run and changes what happens later, which nobody expects of a job.

Write to a file of the job's own, and put it in place by hand.`,
		Wrong: `version: 1
jobs:
  hook:
    run: echo hello
    stdout: {file: .git/hooks/pre-commit}
`,
		Right: `version: 1
jobs:
  hook:
    run: echo hello
    stdout: {file: hooks/pre-commit}
`},
	{ID: "SL701", Severity: Info, Title: "a job without a timeout",
		Explain: `A job that waits for something that never comes holds the whole run until somebody looks. A timeout ends it with its process group, and the failure says so.

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
		Explain: `A retry without a delay tries again before anything can have changed, and one with more than twenty attempts hides for long that something is broken. Both make the trouble of an overloaded server worse.

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
}

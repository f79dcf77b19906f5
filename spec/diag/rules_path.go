package diag

// pathRules are about files, directories and programs.
var pathRules = [...]Rule{
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
	{
		ID: "SL602", Severity: Error, OfPlan: true, Title: "an output target that can't be replaced",
		Explain: `An output file is written beside its target and takes its place when the job has succeeded. That would put a plain file where a symbolic link, a FIFO or a device stands, and it can't replace a directory at all; mode create never replaces anything.

Write discard in place of /dev/null. mode: truncate or mode: append writes through a link or into a device.`,
		Wrong: `version: 1
jobs:
  quiet:
    run: ls
    stdout: {file: /dev/null}
`,
		Right: `version: 1
jobs:
  quiet:
    run: ls
    stdout: discard
`,
	},
	{
		ID: "SL603", Severity: Error, OfPlan: true, Title: "two jobs write one file, or a job overwrites what it reads",
		Explain: `Two jobs, two instances of a matrix or two streams write the same file, so the last one to end decides what is in it. Or a job truncates the file that is its own input, and reads nothing.

Give each a file of its own, by ${matrix.…} in the name where instances differ. mode: append in all of them makes one file that all add to. The default mode, atomic, replaces a job's own input only when all of it was read.`,
		Wrong: `version: 1
jobs:
  first:
    run: echo one
    stdout: {file: out.txt}
  second:
    run: echo two
    stdout: {file: out.txt}
`,
		Right: `version: 1
jobs:
  first:
    run: echo one
    stdout: {file: one.txt}
  second:
    run: echo two
    stdout: {file: two.txt}
`,
	},
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
	{
		ID: "SL610", Severity: Fatal, OfPlan: true, Title: "a program that does not exist or can't be executed",
		Explain: `A name without a / is looked for in the absolute directories of the PATH that the job itself will have. Where a relative or empty entry of PATH comes first that has the program, too, it is refused: which one was meant depends on the directory. A name with a / is seen from the job's directory, and may be missing when the plan is made only if a job before it can make it.

The message shows the PATH, or why the file can't be executed. A program of the project is written with its path: ./scripts/report.`,
		Wrong: `version: 1
jobs:
  order:
    run: sotr words.txt
`,
		Right: `version: 1
jobs:
  order:
    run: sort words.txt
`,
	},
	{
		ID: "SL611", Severity: Fatal, OfPlan: true, Title: "a directory that does not exist",
		Explain: `The directory of a job or a stage is missing or is no directory, and no job that runs before could make it. The program would not start.

A relative dir: of a job is seen from the dir: of the file, which is seen from the job file's own directory; that of a stage is seen from its job's.`,
		Wrong: `version: 1
jobs:
  list:
    dir: website
    run: ls
`,
		Right: `version: 1
jobs:
  list:
    dir: site
    run: ls
`,
	},
	{
		ID: "SL612", Severity: Fatal, OfPlan: true, Title: "an input file that can't be read",
		Explain: `A file for stdin: or env_file: is missing, is a directory, can't be read by this user, or, for env_file:, has a line that is not NAME=value. A job that reads nothing and succeeds would be worse than one that does not start.

A relative name is seen from the job's directory. A file that a job makes may be missing when the plan is made, if the job that reads it needs that one.`,
		Wrong: `version: 1
jobs:
  count:
    run: wc -l
    stdin: {file: word.txt}
`,
		Right: `version: 1
jobs:
  count:
    run: wc -l
    stdin: {file: words.txt}
`,
	},
	{
		ID: "SL613", Severity: Fatal, OfPlan: true, Title: "a pattern that matches no file",
		Explain: `A {glob: …} has no match, can't be read, or matches what another job of this run is going to write. Patterns are matched once, before any job runs: the plan shows the names, and what a job makes later is not among them. A shell would hand over the pattern itself, or nothing, and the program would work on less than was meant.

Write optional: true where there may be no match. Name the files that a job makes.`,
		Wrong: `version: 1
jobs:
  count:
    command: wc
    args: [-l, {glob: "*.text"}]
`,
		Right: `version: 1
jobs:
  count:
    command: wc
    args: [-l, {glob: "*.txt"}]
`,
	},
	{
		ID: "SL614", Severity: Fatal, OfPlan: true, Title: "an environment variable that is not set",
		Explain: `${env.NAME} stands for what the child sees, and the child has no such variable. A shell would put an empty text in its place, which has removed directories that nobody meant.

Children see a few variables of the caller (PATH, HOME, USER, LOGNAME, SHELL, LANG, LC_*, TZ, TERM and TMPDIR). For others, name them in pass_env:, set them in env:, or take the value as a param with a default.`,
		Wrong: `version: 1
jobs:
  greet:
    run: echo ${env.GREETING}
`,
		Right: `version: 1
jobs:
  greet:
    env: {GREETING: hello}
    run: echo ${env.GREETING}
`,
	},
	{
		ID: "SL615", Severity: Fatal, OfPlan: true, Title: "arguments larger than the kernel takes",
		Explain: `Linux takes at most 131,071 bytes in one argument or variable, and with the usual stack of 8 MiB about 2 MiB in all of them together. With more, the program is not started and the kernel says only E2BIG.

Hand the text over by stdin: or in a file. Where there are too many file names, spread them over a matrix.`,
		Wrong: `version: 1
env: {TEXT: 0123456789abcdef0123456789abcdef}
defaults:
  env: {TEXT: "${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}"}
jobs:
  long:
    env: {TEXT: "${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}"}
    pipe:
      - run: printf %s "${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}"
        env: {TEXT: "${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}"}
      - wc -c
`,
		Right: `version: 1
env: {TEXT: 0123456789abcdef0123456789abcdef}
defaults:
  env: {TEXT: "${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}"}
jobs:
  long:
    env: {TEXT: "${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}"}
    stdin: {text: "${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}${env.TEXT}"}
    run: wc -c
`,
	},
}

package diag

// shellRules are about text that only a shell would act on.
var shellRules = [...]Rule{
	{
		ID: "SL201", Severity: Error, Title: "a shell operator as an element of its own",
		Explain: `Pipes, redirections, && and & are the language of a shell, and no shell ever sees this text. The program would get the operator as an argument: ls is asked for a file called |.

The language has a key for each: pipe: for |, stdout:, stderr: and stdin: for redirections, needs: for &&, after: for ||, jobs side by side for &. Where the text is meant, quote it in a run: line, or mark the element: {literal: '|'}.`,
		Wrong: `version: 1
jobs:
  words:
    run: sort words.txt | uniq -c > counts.txt
`,
		Right: `version: 1
jobs:
  words:
    pipe:
      - sort words.txt
      - uniq -c
    stdout: {file: counts.txt}
`,
	},
	{
		ID: "SL202", Severity: Error, Title: "a shell expansion",
		Explain: `$NAME, ${NAME}, $(command) and backquotes are replaced by a shell, and there is none: the program would get the dollar and the name. Only ${root.name} is substituted, and its value is never split, expanded or read again as syntax.

Write ${env.NAME} for a variable that the child may see, ${params.name} for a value from outside, and ${jobs.name.stdout} for the output of a job that captures it. Where the text is meant, put it into single quotes in a run: line, or mark the element: {literal: '$NAME'}. A $ before anything else, as at the end of a regular expression, is text already.`,
		Wrong: `version: 1
jobs:
  where:
    run: ls $HOME
`,
		Right: `version: 1
jobs:
  where:
    run: ls ${env.HOME}
`,
	},
	{
		ID: "SL203", Severity: Error, Title: "a shell metacharacter",
		Explain: `An argument has one of | & ; < > ( ) or a line break in it. That does no harm here, since nothing acts on it, but either the author expects a shell to act on it, or the argument may reach one further down. It costs little to say which: of 1,451 commands that Go programs start without a shell, 3 had one of | & ; < >, a line break or a shell expansion in an argument.

Where the text is meant, say so: {literal: 'sun|moon'} as an element, quotes in a run: line. Where an operator is meant, the language has a key for it: see SL201.`,
		Wrong: `version: 1
jobs:
  search:
    command: grep
    args: [-E, sun|moon, words.txt]
`,
		Right: `version: 1
jobs:
  search:
    command: grep
    args: [-E, {literal: sun|moon}, words.txt]
`,
	},
	{
		ID: "SL205", Severity: Error, Title: "a file name pattern or a brace list",
		Explain: `A shell replaces *, ? and […] by the file names that match and spreads {a,b} into words. Here the program would get the pattern itself, and most programs take it for the name of a file that does not exist.

As an element of args {glob: '*.txt'} becomes its matches, sorted, and a pattern without a match is an error before anything runs. Write the words of a brace list out. Where the text is meant, as with find -name, quote it in a run: line or mark the element: {literal: '*.txt'}.`,
		Wrong: `version: 1
jobs:
  count:
    command: wc
    args: [-l, "*.txt"]
`,
		Right: `version: 1
jobs:
  count:
    command: wc
    args: [-l, {glob: "*.txt"}]
`,
	},
	{
		ID: "SL206", Severity: Error, Title: "a leading tilde",
		Explain: `A shell replaces a leading ~ by the home directory. Here it is a character like others, so that a program that writes to ~/out makes a directory called ~ where it runs, which somebody may later remove by a command that a shell does expand.

Write ${env.HOME}/out. Where the text is meant, quote it in a run: line or mark the text: {literal: '~'}.`,
		Wrong: `version: 1
jobs:
  list:
    command: ls
    args: ["~/notes"]
`,
		Right: `version: 1
jobs:
  list:
    command: ls
    args: ["${env.HOME}/notes"]
`,
	},
	{
		ID: "SL207", Severity: Error, Title: "a whole command line as one element",
		Explain: `command: is the program alone, a name or a path. With blanks or quotes in it, it is a whole line, and a program whose name is that line does not exist.

Write the line as run:, which is split by the quoting rules of POSIX, or the program as command: and each argument as an element of args:. A program that really has a blank in its name is written {literal: './my tool'}.`,
		Wrong: `version: 1
jobs:
  list:
    command: ls -l
`,
		Right: `version: 1
jobs:
  list:
    run: ls -l
`,
	},
	{
		ID: "SL208", Severity: Error, Title: "a shell builtin, keyword or assignment as the command",
		Explain: `cd, export, source, if and NAME=value are read by a shell itself. There are no programs of these names, or they would change only their own process and be of no use.

The language has keys for what they do: dir: for cd, env: for assignments and export, env_file: for source, when: for if, matrix: for loops, after: for trap. The message says which one it is.`,
		Wrong: `version: 1
jobs:
  sorted:
    run: LC_ALL=C sort words.txt
`,
		Right: `version: 1
jobs:
  sorted:
    env: {LC_ALL: C}
    run: sort words.txt
`,
	},
}

package diag

// valueRules are about keys, and about what a value is.
var valueRules = [...]Rule{
	{
		ID: "SL011", Severity: Fatal, Title: "a value is missing",
		Explain: `An empty value, ~ and the plain word null are no value to YAML, and no key of a job file means anything by that. In a list of arguments it is worse than useless: a reader that decodes into a list of strings drops the element, and the program gets its arguments in other places than the file shows.

Within braces a comma ends a text that is not in quotes, and what follows is a key without a value: {run: sort -k1,1nr} has the key 1nr.

Give the key a value or remove it. Quote a text with a comma in it, as 'sort -k1,1nr'. Quote the word where the text is meant: "null", "~", or "" for an empty argument.`,
		Wrong: `version: 1
jobs:
  search:
    command: grep
    args: [-c, null, data.json]
`,
		Right: `version: 1
jobs:
  search:
    command: grep
    args: [-c, "null", data.json]
`,
	},
	{
		ID: "SL012", Severity: Warning, Title: "a plain word that other YAML readers change",
		Explain: `In args and env every value is text, and sluice hands over just what is written. But YAML has types: to other readers the plain word no is false, 1.10 is 1.1, 010 is 8, 1_000 is 1000, 12:30:45 is 45045 and 2026-10-18 is a date. A formatter or a script that reads the file and writes it back changes the argument.

Put the word into quotes. Whole numbers in the usual form, such as 8080 or -1, need none: every reader keeps them.`,
		Wrong: `version: 1
env:
  COUNTRY: no
  RELEASE: 1.10
jobs:
  show:
    command: printenv
    args: [RELEASE]
`,
		Right: `version: 1
env:
  COUNTRY: 'no'
  RELEASE: '1.10'
jobs:
  show:
    command: printenv
    args: [RELEASE]
`,
	},
	{
		ID: "SL013", Severity: Fatal, Title: "not a plain number",
		Explain: `Where a number is expected, it is decimal, without a leading 0, without _ and without quotes. YAML readers disagree on the other forms or change them in silence: 010 is 8 to most of them, and a program that wants a whole number may take 3.7 for 3.

Write the number in digits. What the message suggests is the number that YAML would have made of it.`,
		Wrong: `version: 1
jobs:
  fetch:
    run: echo fetch
    retry: {attempts: 03}
`,
		Right: `version: 1
jobs:
  fetch:
    run: echo fetch
    retry: {attempts: 3}
`,
	},
	{
		ID: "SL014", Severity: Fatal, Title: "an unknown key",
		Explain: `A key that the language does not know would do nothing, and a misspelt timeout or retry that does nothing is found when it was needed. Case counts. The message suggests the nearest key that there is, or lists them all.

Notes and data for other programs may stand at the top level below keys that begin with x-.`,
		Wrong: `version: 1
jobs:
  greet:
    run: echo hello
    timeuot: 30s
`,
		Right: `version: 1
jobs:
  greet:
    run: echo hello
    timeout: 30s
`,
	},
	{
		ID: "SL015", Severity: Fatal, Title: "a limit is exceeded",
		Explain: `A file has at most 4 MiB, 200,000 keys and values, 32 levels of nesting, 64 KiB in one value, 20,000 jobs and 100,000 instances of them. The limits keep a file that was made to exhaust memory or time from doing so: some YAML readers need gigabytes of memory for 100 kilobytes of brackets.

Split the file. The flags --max-… of the command line raise a limit; the file itself never can.`,
		Wrong: `version: 1
x-notes: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[deep]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
jobs:
  greet:
    run: echo hello
`,
		Right: `version: 1
x-notes: [[[deep]]]
jobs:
  greet:
    run: echo hello
`,
	},
	{
		ID: "SL016", Severity: Fatal, Title: "a value of the wrong kind",
		Explain: `Every key has one kind of value: a text, a number, true or false, a duration, a size, a list or a mapping. Nothing is converted, because a converted value is one that nobody wrote: a list of one element is written with its brackets, a duration has its unit, and yes is not true.

The message says what was found and what the key expects.`,
		Wrong: `version: 1
jobs:
  list:
    command: ls
    args: -l
`,
		Right: `version: 1
jobs:
  list:
    command: ls
    args: [-l]
`,
	},
	{
		ID: "SL017", Severity: Fatal, Title: "a required key is missing, or keys exclude each other",
		Explain: `Some keys must be there (version, jobs, and one of run, command and pipe for each job), and some say the same thing in two ways, so that only one can be obeyed. Which one would win is nothing that a reader should have to know.

Add what the message names, or keep one of the keys. args belong to command; the arguments of run stand in its line.`,
		Wrong: `version: 1
jobs:
  greet:
    run: echo
    args: [hello]
`,
		Right: `version: 1
jobs:
  greet:
    command: echo
    args: [hello]
`,
	},
	{
		ID: "SL018", Severity: Fatal, Title: "a value out of its range",
		Explain: `The value has the right kind, and no job can run by it: a retry of 0 attempts, a timeout of 0s, a signal that asks nobody to end, a mode that no file has. A bound that is silently moved to the nearest possible value would hide the mistake.

The message names the bound or the words that are known.`,
		Wrong: `version: 1
jobs:
  fetch:
    run: echo fetch
    retry: {attempts: 0}
`,
		Right: `version: 1
jobs:
  fetch:
    run: echo fetch
    retry: {attempts: 3}
`,
	},
	{
		ID: "SL019", Severity: Fatal, Title: "a name that can't be used",
		Explain: `Jobs, params, pools and axes are named by a letter or _, then letters, digits, _ and -, at most 128 of them, all ASCII. Such a name can stand in ${…}, on a command line, in a file name and in job[axis=value] without quotes, and no two of them look alike: a Cyrillic letter can't pass for a Latin one.

Put what is more than a name into description:.`,
		Wrong: `version: 1
jobs:
  say hello:
    run: echo hello
`,
		Right: `version: 1
jobs:
  say-hello:
    run: echo hello
`,
	},
}

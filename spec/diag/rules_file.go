package diag

// fileRules are about the text of a file and its YAML.
var fileRules = [...]Rule{
	{
		ID: "SL000", Severity: Fatal, Title: "the text is not YAML",
		Explain: `The YAML reader could make no sense of the text from this place on, so nothing else in the file was checked. The mistake may stand a line or two above the place where the reader gave up.

The usual causes: a tab in the indentation; a text that begins with @, %, *, & or a backquote; a colon and a space within a text; a quote that does not end. Put such a text into single quotes. In double quotes a backslash begins an escape of YAML, so a pattern such as \d+ belongs into single quotes too.`,
		Wrong: `version: 1
jobs:
  greet:
    description: first: say hello
    run: echo hello
`,
		Right: `version: 1
jobs:
  greet:
    description: 'first: say hello'
    run: echo hello
`,
	},
	{
		ID: "SL001", Severity: Fatal, Title: "the file is not plain UTF-8",
		Explain: `A job file is UTF-8 without a byte order mark and without NUL bytes. Most YAML readers also take UTF-16, and grep, diff and review tools do not, so a reviewer's search would miss what a runner executes.

Save the file as UTF-8 without a byte order mark. The place is the first byte that does not fit.`,
		Wrong: "\xef\xbb\xbfversion: 1\njobs:\n  greet:\n    run: echo hello\n",
		Right: `version: 1
jobs:
  greet:
    run: echo hello
`,
	},
	{
		ID: "SL002", Severity: Fatal, Title: "a control character",
		Explain: `A control character is invisible in a review and acts on the terminal that shows it: an escape sequence can recolour, hide or overwrite what stands there. A NUL can't even reach a program, because the kernel ends an argument at it. The rule also holds for characters that a text in double quotes writes as an escape.

Leave it out, or let the program make it, as printf does of '\033'. Where a value must have one (but never NUL), mark the text and write the character as an escape in double quotes: {literal: "\e[31m"}.`,
		Wrong: `version: 1
jobs:
  warn:
    run: "echo '\e[31mstop'"
`,
		Right: `version: 1
jobs:
  warn:
    run: printf '\033[31mstop\n'
`,
	},
	{
		ID: "SL003", Severity: Fatal, Title: "a line break that editors do not show",
		Explain: `YAML readers begin a new line at a carriage return that stands alone, at U+0085, U+2028 and U+2029; many editors and review tools do not. What looks like the end of a comment is then a key, and the runner obeys it: in the example the command is part of the comment for the eye, and a command for YAML.

End lines with LF, or with CR LF.`,
		Wrong: "version: 1\njobs:\n  greet: # say hello\r    run: echo hello\n",
		Right: `version: 1
jobs:
  greet: # say hello
    run: echo hello
`,
	},
	{
		ID: "SL004", Severity: Error, Title: "a character that reverses the direction of text",
		Explain: `The direction controls of Unicode (U+202A to U+202E, U+2066 to U+2069, U+200E, U+200F and U+061C) change the order in which the characters around them are shown, so that a reader sees another text than the program gets (CVE-2021-42574). The name in the example ends in .exe and is shown as one that ends in .pdf.

Remove it: the letters of a script that runs from right to left bring their direction along. Where a value must have one, mark the text and write the character as an escape in double quotes: {literal: "\u200F"}.`,
		Wrong: "version: 1\njobs:\n  open:\n    run: echo invoice\u202efdp.exe\n",
		Right: `version: 1
jobs:
  open:
    run: echo invoicefdp.exe
`,
	},
	{
		ID: "SL005", Severity: Error, Title: "an invisible character",
		Explain: `A character without width, such as U+200B or a soft hyphen, makes two names that look alike and are not. It most often comes from a web page or a chat, by copying.

Remove it. Where a value must have one, mark the text and write the character as an escape in double quotes: {literal: "\u200B"}.

Joiners (U+200C, U+200D) and variation selectors belong to some scripts and to emoji, so they are only warned of, and only where they can change nothing: a joiner within ASCII, a selector behind an ASCII letter or digit or behind another selector.`,
		Wrong: "version: 1\njobs:\n  print:\n    run: echo pass\u200bword\n",
		Right: `version: 1
jobs:
  print:
    run: echo password
`,
	},
	{ID: "SL006", Severity: Error, Title: "a program's name in letters that look alike",
		Explain: `The name of a program mixes letters of several alphabets. A Cyrillic letter and a Latin one can look the same on a screen and name two different programs, so that a reviewer can't see what runs (CVE-2021-42694). Names of jobs, params and variables are ASCII anyway.

Write the name in one alphabet.`,
		Wrong: "version: 1\njobs:\n  ship:\n    command: ./d\u0435ploy\n",
		Right: `version: 1
jobs:
  ship:
    command: ./deploy
`},
	{
		ID: "SL007", Severity: Fatal, Title: "not exactly one YAML document",
		Explain: `A job file is one YAML document without directives. Of several documents most YAML readers take the first and say nothing of the others, so jobs below a second --- would seem to exist and never run. An empty file runs nothing, which is hardly what a file is for.

Put all jobs below one jobs: key, or into files of their own.`,
		Wrong: `version: 1
jobs:
  build:
    run: echo build
---
version: 1
jobs:
  test:
    run: echo test
`,
		Right: `version: 1
jobs:
  build:
    run: echo build
  test:
    run: echo test
`,
	},
	{
		ID: "SL008", Severity: Fatal, Title: "a key stands twice",
		Explain: `A key, or a name in a list of jobs to wait for, may stand once. YAML readers disagree on which of two values counts: some take the last, some refuse the file. Whoever reads only one of the places is wrong half of the time.

Keep the one that is meant. The message names the place of the first.`,
		Wrong: `version: 1
jobs:
  greet:
    timeout: 10s
    run: echo hello
    timeout: 30s
`,
		Right: `version: 1
jobs:
  greet:
    run: echo hello
    timeout: 30s
`,
	},
	{
		ID: "SL009", Severity: Fatal, Title: "an anchor, alias or merge key",
		Explain: `With an anchor a change of one job changes others that nobody looks at, a message about the copy points at the original, and nested aliases make a text of gigabytes out of a few lines. So a value is written where it is used.

What jobs share goes into defaults: or into the file's env:. An unquoted * or & at the beginning of a text is an alias or an anchor too: quote it where it is text.`,
		Wrong: `version: 1
jobs:
  test: &usual
    timeout: 5m
    run: echo test
  lint:
    <<: *usual
    run: echo lint
`,
		Right: `version: 1
defaults: {timeout: 5m}
jobs:
  test:
    run: echo test
  lint:
    run: echo lint
`,
	},
	{
		ID: "SL010", Severity: Fatal, Title: "a YAML tag",
		Explain: `A tag such as !!str or !include asks the reader for a type or for an action. Most readers ignore the tags that they do not know and some decode the value, so the same file means different things to different programs. The types of a job file are fixed by its keys.

Remove the tag. Quote the value where it is text that looks like something else, or that begins with an exclamation mark.`,
		Wrong: `version: 1
jobs:
  port:
    command: echo
    args: [--port, !!str 8080]
`,
		Right: `version: 1
jobs:
  port:
    command: echo
    args: [--port, "8080"]
`,
	},
}

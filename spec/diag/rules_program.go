package diag

// programRules are about commands that start a shell, or run the text of a
// program that stands in their arguments.
var programRules = [...]Rule{
	{
		ID: "SL301", Severity: Error, Title: "program text in an argument",
		Explain: `sh -c, python -c, perl -e, an awk program with system() and the like run a text that stands in an argument. What the job does is then no longer what stands in the file as commands: the text has its own quoting, its own failures and, in a shell, its own pipes, and none of that is checked, planned or reported. A shell without a script reads its commands from standard input, which is the same.

Write the commands as stages of a pipe: or as jobs, variables as env:, file names as {glob: …}; or put the text into a file with a #! line and run that: a file is reviewed, and other tools can check it. python script.py, sh ./script.sh, awk '{print $1}' and sed 's/a/b/' are no problem. Where a one-liner is right, waive the rule and say why.

The rule guides. It knows the usual interpreters and their options, not all that there are, so it is no security boundary.`,
		Wrong: `version: 1
jobs:
  words:
    command: sh
    args: [-c, {literal: "sort words.txt | uniq -c"}]
`,
		Right: `version: 1
jobs:
  words:
    pipe:
      - sort words.txt
      - uniq -c
`,
	},
	{
		ID: "SL302", Severity: Error, Title: "a command handed to a shell, or a key's work done by a program",
		Explain: `Some programs take a command and hand it to a shell: watch, parallel, script -c, flock -c, su -c, ssh with a command, env -S. What the file shows as arguments is joined, split and expanded once more. Others, such as unshare or chroot, start a shell where they get no command. Where the program has a way to start the command directly, the message names it; else waive the rule and say why.

As a warning: timeout, env NAME=value, nohup and setsid do what timeout:, env:, detach: and group: session do, but the plan, the report and the verdict don't see it. Programs that only start another one (nice, xargs, docker run, …) are looked through: what is wrong with the command behind them is told by its own rule.

The rule guides. Any program may start a shell, so it is no security boundary.`,
		Wrong: `version: 1
jobs:
  fetch:
    run: timeout 30 curl -o page.html https://example.org/
`,
		Right: `version: 1
jobs:
  fetch:
    run: curl -o page.html https://example.org/
    timeout: 30s
`,
	},
	{
		ID: "SL303", Severity: Error, Title: "an option that starts another program",
		Explain: `Options of otherwise harmless programs start a command, most of them by a shell: tar --checkpoint-action=exec=…, git -c alias.x=!…, ssh -o ProxyCommand=…, split --filter, find -exec. In a review they look like settings. Beginnings of long options count as the program counts them (--use-comp), and so do letters that stand together.

Write the other program as a job or as a stage of a pipe:. The plain name of a program is no problem where an option expects one (sort --compress-program=gzip, tar -I zstd, rsync -e ssh); a value with blanks, a path relative to somewhere, a shell or an interpreter is. find -exec with a plain program is a warning: find … -print0 and xargs -0 as two stages show both commands.

The rule guides. It knows options of common programs and is no security boundary.`,
		Wrong: `version: 1
jobs:
  pack:
    run: tar -I 'zstd -19' -cf src.tar.zst src
`,
		Right: `version: 1
jobs:
  pack:
    pipe:
      - tar -cf - src
      - zstd -19
    stdout: {file: src.tar.zst}
`,
	},
}

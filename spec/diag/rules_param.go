package diag

// paramRules are about values from outside.
var paramRules = [...]Rule{
	{
		ID: "SL401", Severity: Error, OfPlan: true, Title: "a value from outside that may be read as an option",
		Explain: `A value that the caller gives makes a whole argument and begins with a dash, so the program may take it for an option. Exact arguments do not help against that (CWE-88): a host name that began with - made the ssh that git called run a program (CVE-2017-1000117).

Put -- before it where the program knows that as the end of its options, write it behind a name as in --branch=${params.branch}, or give the param a type or a pattern that has no leading dash. A string param without a pattern refuses it already.`,
		Wrong: `version: 1
params:
  name: {pattern: '.*', default: --help}
jobs:
  list:
    run: ls ${params.name}
`,
		Right: `version: 1
params:
  name: {pattern: '.*', default: --help}
jobs:
  list:
    run: ls -- ${params.name}
`,
	},
	{
		ID: "SL402", Severity: Error, OfPlan: true, Title: "a command chosen by the run",
		Explain: `The name of the program came out empty, or only the run could know it. A plan names every program with its absolute path, so that it can be read, and trusted, before anything runs.

Write the program's name, or take it from a param or a matrix with values in the file: those are known when the plan is made.`,
		Wrong: `version: 1
jobs:
  pick:
    run: echo sort
    stdout: {capture: {}}
  order:
    needs: [pick]
    env: {TOOL: "${jobs.pick.stdout}"}
    command: ${env.TOOL}
    args: [words.txt]
`,
		Right: `version: 1
params:
  tool: {type: enum, values: [sort, tac], default: sort}
jobs:
  order:
    command: ${params.tool}
    args: [words.txt]
`,
	},
	{
		ID: "SL403", Severity: Error, Title: "a param's value is refused",
		Explain: `Params are the one door for values from outside, and every value is checked before anything else happens: by its type, its min and max, its values, its pattern. A string without a pattern refuses control characters, the metacharacters of a shell and a leading dash or tilde, since those are what an attack by data is made of. The rule holds for defaults, for the values in when:, and for what the caller gives.

Give a value that fits, or declare what is really meant to be accepted: a pattern is a regular expression (RE2) that the whole value must match.`,
		Wrong: `version: 1
params:
  top: {type: int, default: 0, min: 1, max: 100}
jobs:
  best:
    run: head -n ${params.top} words.txt
`,
		Right: `version: 1
params:
  top: {type: int, default: 10, min: 1, max: 100}
jobs:
  best:
    run: head -n ${params.top} words.txt
`,
	},
}

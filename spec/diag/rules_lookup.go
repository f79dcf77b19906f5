package diag

// lookupRules are about how a program is found.
var lookupRules = [...]Rule{
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
}

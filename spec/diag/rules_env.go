package diag

// envRules are about environment variables.
var envRules = [...]Rule{
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
	{
		ID: "SL502", Severity: Fatal, Title: "a name that no environment variable can have",
		Explain: `A variable is named by a letter or _, then letters, digits and _, all ASCII. The kernel takes any text, so a name with another character would reach the child, where most shells can't use it, and a name with = in it sets another variable than the file seems to say.

Put the value behind a colon: env: {MODE: fast}. pass_env: has only names, those of the caller's variables that the job may see.`,
		Wrong: `version: 1
jobs:
  show:
    env: {BUILD-MODE: fast}
    run: printenv
`,
		Right: `version: 1
jobs:
  show:
    env: {BUILD_MODE: fast}
    run: printenv
`,
	},
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
}

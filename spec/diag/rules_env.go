package diag

// envRules are about environment variables.
var envRules = [...]Rule{
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
}

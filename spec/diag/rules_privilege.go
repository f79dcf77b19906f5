package diag

// privilegeRules are about what a command may do to the machine.
var privilegeRules = [...]Rule{
	{
		ID: "SL801", Severity: Error, Title: "a command that changes the user",
		Explain: `sudo, su, doas, pkexec and runuser run a command as another user, most often as root. They may ask for a password where nobody can give one, they drop variables that the file sets, and signals that end the job may not reach what they start. Who may run them is decided outside of the file, so the same file works on one machine and fails on another.

Run sluice as the user that the job needs, or keep what needs root out of the job file. Where it has to be, waive the rule and say why. The rule guides and is no security boundary: that is what the system's permissions are for.`,
		Wrong: `version: 1
jobs:
  restart:
    run: sudo systemctl restart web
`,
		Right: `version: 1
jobs:
  restart:
    run: sudo systemctl restart web
    allow:
      - {rule: SL801, reason: the deploy user may restart this one unit without a password}
`,
	},
}

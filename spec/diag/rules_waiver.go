package diag

// waiverRules are about allow, which waives other rules.
var waiverRules = [...]Rule{
	{
		ID: "SL901", Severity: Fatal, Title: "a waiver that waives nothing",
		Explain: `An allow: waives one rule for one job or stage, with the reason for whoever reviews the file. It must name a rule that there is and that can be waived, once, with a reason of at least 10 characters; and something must break the rule, because a waiver that is left over would hide the next mistake.

Remove it, or mend the id or the reason. Rules about what can't work at all can't be waived: mend what breaks them.`,
		Wrong: `version: 1
jobs:
  greet:
    run: echo hello
    allow: [{rule: SL203, reason: the pattern is text}]
`,
		Right: `version: 1
jobs:
  greet:
    run: echo hello
`,
	},
}

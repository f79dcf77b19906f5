package diag

// shellRules are about text that only a shell would act on.
var shellRules = [...]Rule{
	{ID: "SL201", Severity: Error, Title: "a shell operator as an element of its own"},
	{ID: "SL202", Severity: Error, Title: "a shell expansion"},
	{ID: "SL203", Severity: Error, Title: "a shell metacharacter"},
	{ID: "SL205", Severity: Error, Title: "a file name pattern or a brace list"},
	{ID: "SL206", Severity: Error, Title: "a leading tilde"},
	{ID: "SL207", Severity: Error, Title: "a whole command line as one element"},
	{ID: "SL208", Severity: Error, Title: "a shell builtin, keyword or assignment as the command"},
}

package diag

// nameRules are about names, references and how jobs hang together.
var nameRules = [...]Rule{
	{ID: "SL101", Severity: Fatal, Title: "a name that nothing in the file defines"},
	{ID: "SL102", Severity: Fatal, Title: "jobs that wait for each other"},
	{ID: "SL103", Severity: Fatal, Title: "a substitution that can't be read"},
	{ID: "SL104", Severity: Fatal, Title: "a substitution that has no value here"},
	{ID: "SL105", Severity: Fatal, Title: "a matrix that can't be spread"},
	{ID: "SL106", Severity: Fatal, Title: "quotes that do not end"},
	{ID: "SL107", Severity: Fatal, Title: "streams that can't be joined"},
}

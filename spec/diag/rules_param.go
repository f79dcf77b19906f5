package diag

// paramRules are about values from outside.
var paramRules = [...]Rule{
	{ID: "SL401", Severity: Error, Title: "a value from outside that may be read as an option", OfPlan: true},
	{ID: "SL402", Severity: Error, Title: "a command chosen by the run", OfPlan: true},
	{ID: "SL403", Severity: Error, Title: "a param's value is refused"},
}

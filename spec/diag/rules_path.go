package diag

// pathRules are about files, directories and programs.
var pathRules = [...]Rule{
	{ID: "SL602", Severity: Error, Title: "an output target that can't be replaced", OfPlan: true},
	{ID: "SL603", Severity: Error, Title: "two jobs write one file, or a job overwrites what it reads", OfPlan: true},
	{ID: "SL610", Severity: Fatal, Title: "a program that does not exist or can't be executed", OfPlan: true},
	{ID: "SL611", Severity: Fatal, Title: "a directory that does not exist", OfPlan: true},
	{ID: "SL612", Severity: Fatal, Title: "an input file that can't be read", OfPlan: true},
	{ID: "SL613", Severity: Fatal, Title: "a pattern that matches no file", OfPlan: true},
	{ID: "SL614", Severity: Fatal, Title: "an environment variable that is not set", OfPlan: true},
	{ID: "SL615", Severity: Fatal, Title: "arguments larger than the kernel takes", OfPlan: true},
}

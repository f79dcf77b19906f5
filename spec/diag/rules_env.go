package diag

// envRules are about environment variables.
var envRules = [...]Rule{
	{ID: "SL502", Severity: Fatal, Title: "a name that no environment variable can have"},
}

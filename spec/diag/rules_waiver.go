package diag

// waiverRules are about allow, which waives other rules.
var waiverRules = [...]Rule{
	{ID: "SL901", Severity: Fatal, Title: "a waiver that waives nothing"},
}

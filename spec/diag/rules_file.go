package diag

// fileRules are about the text of a file, its YAML and its keys.
var fileRules = [...]Rule{
	{ID: "SL000", Severity: Fatal, Title: "the text is not YAML"},
	{ID: "SL001", Severity: Fatal, Title: "the file is not plain UTF-8"},
	{ID: "SL002", Severity: Fatal, Title: "a control character"},
	{ID: "SL003", Severity: Fatal, Title: "a line break that editors do not show"},
	{ID: "SL004", Severity: Error, Title: "a character that reverses the direction of text"},
	{ID: "SL005", Severity: Error, Title: "an invisible character"},
	{ID: "SL007", Severity: Fatal, Title: "not exactly one YAML document"},
	{ID: "SL008", Severity: Fatal, Title: "a key stands twice"},
	{ID: "SL009", Severity: Fatal, Title: "an anchor, alias or merge key"},
	{ID: "SL010", Severity: Fatal, Title: "a YAML tag"},
	{ID: "SL011", Severity: Fatal, Title: "a value is missing"},
	{ID: "SL012", Severity: Warning, Title: "a plain word that other YAML readers change"},
	{ID: "SL013", Severity: Fatal, Title: "not a plain number"},
	{ID: "SL014", Severity: Fatal, Title: "an unknown key"},
	{ID: "SL015", Severity: Fatal, Title: "a limit is exceeded"},
	{ID: "SL016", Severity: Fatal, Title: "a value of the wrong kind"},
	{ID: "SL017", Severity: Fatal, Title: "a required key is missing, or keys exclude each other"},
	{ID: "SL018", Severity: Fatal, Title: "a value out of its range"},
	{ID: "SL019", Severity: Fatal, Title: "a name that can't be used"},
}

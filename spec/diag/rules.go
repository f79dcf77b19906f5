package diag

// Rule is a stable name for one kind of problem.
type Rule struct {
	ID       string
	Severity Severity
	Title    string
}

// Rules is every rule, in the order of the ids. Ids are never used again.
func Rules() []Rule { return rules[:] }

var rules = [...]Rule{
	{"SL000", Fatal, "the text is not YAML"},
	{"SL001", Fatal, "the file is not plain UTF-8"},
	{"SL002", Fatal, "a control character"},
	{"SL003", Fatal, "a line break that editors do not show"},
	{"SL004", Error, "a character that reverses the direction of text"},
	{"SL005", Error, "an invisible character"},
	{"SL007", Fatal, "not exactly one YAML document"},
	{"SL008", Fatal, "a key stands twice"},
	{"SL009", Fatal, "an anchor, alias or merge key"},
	{"SL010", Fatal, "a YAML tag"},
	{"SL011", Fatal, "a value is missing"},
	{"SL012", Warning, "a plain word that other YAML readers change"},
	{"SL013", Fatal, "not a plain number"},
	{"SL014", Fatal, "an unknown key"},
	{"SL015", Fatal, "a limit is exceeded"},
	{"SL016", Fatal, "a value of the wrong kind"},
	{"SL017", Fatal, "a required key is missing, or keys exclude each other"},
	{"SL018", Fatal, "a value out of its range"},
	{"SL019", Fatal, "a name that can't be used"},
	{"SL101", Fatal, "a name that nothing in the file defines"},
	{"SL102", Fatal, "jobs that wait for each other"},
	{"SL103", Fatal, "a substitution that can't be read"},
	{"SL104", Fatal, "a substitution that has no value here"},
	{"SL105", Fatal, "a matrix that can't be spread"},
	{"SL106", Fatal, "quotes that do not end"},
	{"SL107", Fatal, "streams that can't be joined"},
	{"SL201", Error, "a shell operator as an element of its own"},
	{"SL202", Error, "a shell expansion"},
	{"SL203", Error, "a shell metacharacter"},
	{"SL205", Error, "a file name pattern or a brace list"},
	{"SL206", Error, "a leading tilde"},
	{"SL207", Error, "a whole command line as one element"},
	{"SL208", Error, "a shell builtin, keyword or assignment as the command"},
	{"SL401", Error, "a value from outside that may be read as an option"},
	{"SL402", Error, "a command chosen by the run"},
	{"SL403", Error, "a param's value is refused"},
	{"SL502", Fatal, "a name that no environment variable can have"},
	{"SL602", Error, "an output target that can't be replaced"},
	{"SL603", Error, "two jobs write one file, or a job overwrites what it reads"},
	{"SL610", Fatal, "a program that does not exist or can't be executed"},
	{"SL611", Fatal, "a directory that does not exist"},
	{"SL612", Fatal, "an input file that can't be read"},
	{"SL613", Fatal, "a pattern that matches no file"},
	{"SL614", Fatal, "an environment variable that is not set"},
	{"SL615", Fatal, "arguments larger than the kernel takes"},
}

// RuleByID finds a rule. ok is false for an id that no rule has.
func RuleByID(id string) (r Rule, ok bool) {
	for _, r := range rules {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

// New makes a problem by the rule id, with the severity of that rule.
func New(id string, pos Pos, length int, msg, hint string) Problem {
	r, ok := RuleByID(id)
	if !ok {
		panic("no rule " + id)
	}
	return Problem{Rule: id, Severity: r.Severity, Pos: pos, Len: length, Msg: msg, Hint: hint}
}

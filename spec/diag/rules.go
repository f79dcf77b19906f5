package diag

import (
	"slices"
	"strings"
)

// Rule is a stable name for one kind of problem, and its documentation. Each
// family of rules has a file of its own, rules_*.go.
type Rule struct {
	ID       string
	Severity Severity
	Title    string // what is wrong, without an article at its end or a full stop
	Explain  string // why it is a rule and what to do, in short paragraphs
	Wrong    string // a job file that breaks it
	Right    string // the same one, mended
	OfPlan   bool   // applied when a plan is made, for it depends on the machine or on params
}

// Rules is every rule, in the order of the ids. Ids are never used again.
func Rules() []Rule {
	rules := slices.Concat(families()...)
	slices.SortFunc(rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return rules
}

func families() [][]Rule {
	return [][]Rule{
		fileRules[:], valueRules[:], nameRules[:], endingRules[:], shellRules[:], programRules[:], lookupRules[:], paramRules[:],
		envRules[:], pathRules[:], policyRules[:], privilegeRules[:], waiverRules[:],
	}
}

// RuleByID finds a rule. ok is false for an id that no rule has.
func RuleByID(id string) (r Rule, ok bool) {
	for _, family := range families() {
		for _, r := range family {
			if r.ID == id {
				return r, true
			}
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

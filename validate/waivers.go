package validate

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sluice/spec"
	"sluice/spec/diag"
)

// waivers checks what each allow says: a rule that there is and that can be
// waived, once, and a reason.
func (c *check) waivers(j *spec.Job) {
	c.allow(j.Allow)
	for _, s := range j.Inner() {
		c.allow(s.Allow)
	}
}

func (c *check) allow(list spec.List[*spec.Allow]) {
	seen := map[string]bool{}
	for _, a := range list.Items {
		if a == nil || !a.Rule.IsSet() {
			continue
		}
		rule, known := diag.RuleByID(a.Rule.Value)
		switch {
		case !known:
			c.noSuchRule(a.Rule)
		case rule.Severity == diag.Fatal:
			c.at("SL901", a.Rule, fmt.Sprintf("%s can't be waived: %s", rule.ID, rule.Title), "mend what breaks it")
		case seen[rule.ID]:
			c.at("SL901", a.Rule, rule.ID+" is waived twice here", "remove one of the two")
		}
		seen[rule.ID] = true
		if n := utf8.RuneCountInString(strings.TrimSpace(a.Reason.Value)); a.Reason.IsSet() && n < spec.LeastReason {
			c.at("SL901", a.Reason, fmt.Sprintf("the reason has %d characters; expected at least %d", n, spec.LeastReason), "say why the rule may be broken here, for whoever reviews the file")
		}
	}
}

func (c *check) noSuchRule(id spec.String) {
	var ids []string
	for _, r := range diag.Rules() {
		ids = append(ids, r.ID)
	}
	msg := fmt.Sprintf("there is no rule %q", id.Value)
	if near := spec.Nearest(id.Value, ids); strings.EqualFold(near, id.Value) && near != "" {
		msg += fmt.Sprintf("; did you mean %q?", near)
	}
	c.at("SL901", id, msg, "a rule stands in brackets behind its message: [SL301]")
}

// uselessWaivers reports waivers that nothing needed: they would hide the next
// mistake. whole says that every rule was applied.
func (c *check) uselessWaivers(whole bool) {
	if c.list.Full() {
		return // more was not looked at
	}
	broken := map[*spec.Job]bool{} // has a fatal problem, so that not every rule was applied to it
	for _, p := range c.list {
		if p.Severity == diag.Fatal {
			broken[c.file.JobAt(p.Pos)] = true
		}
	}
	for _, name := range c.jobNames {
		j := c.jobs[name]
		waivers := slices.Clone(j.Allow.Items)
		for _, s := range j.Inner() {
			waivers = append(waivers, s.Allow.Items...)
		}
		for _, a := range waivers {
			if a != nil && !c.used[a] && judged(a) && !broken[j] && (whole || a.Rule.Value != "SL704") {
				c.at("SL901", a.Rule, "nothing here breaks "+a.Rule.Value, "remove the waiver: it would hide the next mistake")
			}
		}
	}
}

// judged reports whether this package can tell that a is of no use. What only
// a plan sees may need it on another machine, or with another param.
func judged(a *spec.Allow) bool {
	rule, known := diag.RuleByID(a.Rule.Value)
	return known && rule.Severity != diag.Fatal && !rule.OfPlan
}

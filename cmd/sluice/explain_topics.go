package main

import (
	"cmp"
	"slices"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
	"sluice/validate"
)

// explainOverview lists what can be explained.
func explainOverview(p page) {
	p.keys("Keys of the top level", "", spec.Keys())
	p.rules("Rules", diag.Rules())
	p.text("sluice explain KEY and sluice explain RULE tell more, as sluice explain retry.jitter and sluice explain SL203.")
}

// explainAll explains every mapping with its keys, and every rule.
func explainAll(p page) {
	p.heading(1, "Reference", "the keys of job files, and the rules that they are held to")
	p.text("In the path of a key NAME stands for a name that you choose, and AXIS for that of an axis.")
	p.heading(2, "Keys", "")
	p.keys("Top level", "", spec.Keys())
	for _, k := range everyKey(spec.Keys()) {
		others := samePlaces(k)
		if len(k.Keys) > 0 && !slices.ContainsFunc(others, func(o spec.Key) bool { return inOrder(o, k) < 0 }) {
			explainKey(p, 3, k, others)
		}
	}
	p.heading(2, "Rules", "")
	p.rules("All rules", diag.Rules())
	for _, r := range diag.Rules() {
		explainRule(p, 3, r)
	}
}

// inOrder compares the places of a key: one that stands in a job and elsewhere
// is explained there, and where it stands in several, in the nearest to the top.
func inOrder(a, b spec.Key) int {
	elsewhere := func(k spec.Key) int {
		if strings.HasPrefix(k.Path, "jobs.") {
			return 0
		}
		return 1
	}
	depth := func(k spec.Key) int { return strings.Count(k.Path, ".") }
	return cmp.Or(cmp.Compare(elsewhere(a), elsewhere(b)), cmp.Compare(depth(a), depth(b)), cmp.Compare(a.Path, b.Path))
}

// explainKey explains k, which stands in other places too.
func explainKey(p page, level int, k spec.Key, others []spec.Key) {
	p.heading(level, k.Path, "")
	facts := [][2]string{{"type", k.Type}}
	if k.Default != "" {
		facts = append(facts, [2]string{"default", k.Default})
	}
	if k.Required {
		facts = append(facts, [2]string{"required", "yes"})
	}
	if len(others) > 0 {
		paths := make([]string, len(others))
		for i, o := range others {
			paths[i] = o.Path
		}
		facts = append(facts, [2]string{"also", strings.Join(paths, ", ")})
	}
	p.facts(facts)
	p.text(k.Doc)
	p.code("Example", "yaml", k.Sample())
	p.keys("Keys", k.Path, k.Keys)
}

// explainRule explains r, with what validate says of a file that breaks it.
func explainRule(p page, level int, r diag.Rule) {
	p.heading(level, r.ID, r.Title)
	p.facts([][2]string{{"severity", severityWords(r)}})
	p.text(r.Explain)
	if r.Wrong != "" {
		p.code("Wrong", "yaml", r.Wrong)
		p.code("What validate says", "text", said(r))
	}
	p.code("Right", "yaml", r.Right)
}

// severityWords says what r does to the verdict on a file.
func severityWords(r diag.Rule) string {
	words := map[diag.Severity]string{
		diag.Fatal:   "error, which allow can't waive",
		diag.Error:   "error, which allow can waive for a job or a stage",
		diag.Warning: "warning, an error under --strict, which allow can waive for a job or a stage",
		diag.Info:    "information, which never fails a file",
	}[r.Severity]
	if r.OfPlan {
		words += "; found when a plan is made"
	}
	return words
}

// said is what validate says of the wrong file of r.
func said(r diag.Rule) string {
	text := []byte(r.Wrong)
	_, problems := validate.Parse("wrong.yaml", text, spec.DefaultLimits())
	problems = problems.AtLeast(max(r.Severity, diag.Warning)) // most examples have no timeout
	var b strings.Builder
	if err := problems.Print(&b, func(string) []byte { return text }, diag.Style{}); err != nil {
		panic(err) // a Builder takes everything
	}
	return b.String()
}

package main

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sluice/runner/report"
	"sluice/spec"
	"sluice/spec/diag"
)

func (c *cli) explainCommand() *cobra.Command {
	var all, markdown bool
	cmd := &cobra.Command{
		Use:   "explain [RULE|KEY]",
		Short: "Tell what a rule or a key of job files means",
		Long: `Tell what a rule or a key of job files means.

A RULE is an id such as SL203. A KEY is a path such as jobs.NAME.retry.jitter, or its end where that is clear: retry.jitter.
Without either, the keys of the top level and all rules are listed.`,
		Example: "  sluice explain SL203\n  sluice explain retry.jitter",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var p page
			if markdown {
				p = &markdownPage{}
			} else {
				p = c.textPage()
			}
			switch {
			case all && len(args) > 0:
				return usage("", "--all explains everything, and %q is one thing", args[0])
			case all:
				explainAll(p)
			case len(args) == 0:
				explainOverview(p)
			default:
				if err := explainTopic(p, args[0]); err != nil {
					return err
				}
			}
			return c.print(func(w io.Writer) error { _, err := io.WriteString(w, p.String()); return err })
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "explain every key and every rule")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "write Markdown")
	if c.completing {
		cmd.ValidArgsFunction = completeTopics
	}
	return cmd
}

func (c *cli) textPage() *textPage {
	width, ok := terminalWidth(c.stdout)
	if !ok || width == 0 {
		width = 80
	}
	return &textPage{style: report.Style{Color: c.color(c.stdout)}, width: max(width, 40)}
}

// page is what an explanation is written on.
type page interface {
	heading(level int, name, title string)     // 1 is the title of all
	facts(rows [][2]string)                    // a label, and what it says
	text(text string)                          // paragraphs
	code(label, language, text string)         // as it stands
	keys(label, above string, keys []spec.Key) // a table of those below a path
	rules(label string, rules []diag.Rule)     // a table
	String() string
}

// explainTopic explains the rule or the key that topic names.
func explainTopic(p page, topic string) error {
	if r, ok := diag.RuleByID(strings.ToUpper(topic)); ok {
		explainRule(p, 2, r)
		return nil
	}
	k, others, err := findKey(topic)
	if err == nil {
		explainKey(p, 2, k, others)
	}
	return err
}

// subjects have words that name no key, and the key of a job that is about them.
var subjects = map[string]string{
	"messages": "channel", "outputs": "channel", "output": "channel", "progress": "channel",
	"branches": "pipe.tee", "pipeline": "pipe", "stage": "pipe", "stages": "pipe",
	"axis": "matrix", "axes": "matrix", "instances": "matrix", "lock": "exclusive", "locks": "exclusive",
}

// findKey is the key that topic names, and the other places where it stands.
// Where several have that name, that of a job is meant: it is what most people
// write.
func findKey(topic string) (k spec.Key, others []spec.Key, err error) {
	topic = cmp.Or(subjects[topic], topic)
	for _, path := range []string{topic, "jobs.NAME." + topic} {
		if k, ok := spec.KeyAt(path); ok {
			return k, samePlaces(k), nil
		}
	}
	named := spec.KeysNamed(topic)
	if len(named) == 0 {
		return k, nil, noSuchTopic(topic)
	}
	k = slices.MinFunc(named, inOrder)
	if slices.ContainsFunc(named, func(o spec.Key) bool { return !o.SameAs(k) }) {
		var hints []string
		for _, n := range named {
			hints = append(hints, "sluice explain "+shortPath(n))
		}
		return k, nil, usage(strings.Join(hints, "\n"), "several keys are called %q", topic)
	}
	return k, samePlaces(k), nil
}

// samePlaces are the other places where k stands.
func samePlaces(k spec.Key) []spec.Key {
	return slices.DeleteFunc(spec.KeysNamed(k.Name), func(o spec.Key) bool { return o.Path == k.Path || !o.SameAs(k) })
}

// noSuchTopic complains about topic, with what was probably meant.
func noSuchTopic(topic string) error {
	kind, names := "rule or key", []string{}
	if id := strings.ToUpper(topic); strings.HasPrefix(id, "SL") && strings.Trim(id, "SL0123456789") == "" {
		kind = "rule"
	}
	for _, r := range diag.Rules() {
		names = append(names, r.ID)
	}
	for _, k := range everyKey(spec.Keys()) {
		names = append(names, k.Name, k.Path, shortPath(k))
	}
	hint := "sluice explain lists them"
	if near := cmp.Or(spec.Nearest(topic, names), spec.Nearest(strings.ToUpper(topic), names)); near != "" {
		hint = "did you mean " + near + "?"
	}
	return usage(hint, "there is no %s %q", kind, topic)
}

// shortPath is the path of k without the names that authors choose.
func shortPath(k spec.Key) string {
	return strings.NewReplacer(".NAME", "", ".AXIS", "").Replace(k.Path)
}

// keyLabels are the paths of keys from the path above on. A name of the
// author's that all of them begin with is left out.
func keyLabels(above string, keys []spec.Key) []string {
	labels := make([]string, len(keys))
	for _, lead := range []string{above + ".NAME.", above + ".AXIS.", above + ".", ""} {
		if slices.ContainsFunc(keys, func(k spec.Key) bool { return !strings.HasPrefix(k.Path, lead) }) {
			continue
		}
		for i, k := range keys {
			labels[i] = strings.TrimPrefix(k.Path, lead)
		}
		break
	}
	return labels
}

// everyKey is keys and all below them.
func everyKey(keys []spec.Key) (all []spec.Key) {
	for _, k := range keys {
		all = append(append(all, k), everyKey(k.Keys)...)
	}
	return all
}

// completeTopics completes rules and the paths of keys.
func completeTopics(_ *cobra.Command, args []string, _ string) (list []cobra.Completion, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, k := range everyKey(spec.Keys()) {
		list = append(list, cobra.CompletionWithDesc(shortPath(k), k.Doc))
	}
	for _, r := range diag.Rules() {
		list = append(list, cobra.CompletionWithDesc(r.ID, r.Title))
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

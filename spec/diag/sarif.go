package diag

import (
	"io"
	"net/url"
	"path"
	"strings"
)

// SARIF is the OASIS standard for results of static analysis, version 2.1.0
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). The types
// are those parts of it that a Report has a use for, by the names that they
// have there.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Artifacts   []sarifArtifact   `json:"artifacts"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifArtifact struct {
		Location sarifArtifactLocation `json:"location"`
		Roles    []string              `json:"roles"`
		Length   int                   `json:"length"` // bytes; -1 where that is not known, as the schema has it
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId,omitempty"`
		RuleIndex *int            `json:"ruleIndex,omitempty"`
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
		Related   []sarifLocation `json:"relatedLocations,omitempty"`
		Fixes     []sarifFix      `json:"fixes,omitempty"`
	}
	sarifMessage struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysicalLocation `json:"physicalLocation"`
		Message  *sarifMessage         `json:"message,omitempty"`
	}
	sarifPhysicalLocation struct {
		Artifact sarifArtifactLocation `json:"artifactLocation"`
		Region   *sarifRegion          `json:"region,omitempty"`
	}
	sarifArtifactLocation struct {
		URI   string `json:"uri"`
		Index int    `json:"index"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	sarifFix struct {
		Description sarifMessage  `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifactLocation `json:"artifactLocation"`
		Replacements []sarifReplacement    `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion  `json:"deletedRegion"`
		Inserted sarifMessage `json:"insertedContent"`
	}
)

func (r *Report) writeSARIF(w io.Writer) error {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "sluice", Version: r.Version, Rules: []sarifRule{}}},
		ColumnKind: "unicodeCodePoints",
		Artifacts:  make([]sarifArtifact, 0, len(r.Files)),
		Results:    []sarifResult{},
	}
	call := sarifInvocation{Successful: true}
	rules := map[string]int{} // where each stands in the driver's
	for i := range r.Files {
		f := &r.Files[i]
		file := sarifArtifactLocation{r.uri(f.Name), i}
		artifact := sarifArtifact{Location: file, Roles: []string{"analysisTarget"}, Length: len(f.Source)}
		if f.Err != nil {
			artifact.Length = -1
			call.Successful = false
			call.Notifications = append(call.Notifications, sarifNotification{"error", sarifMessage{Text: f.Err.Error()}, []sarifLocation{{Physical: sarifPhysicalLocation{Artifact: file}}}})
		}
		run.Artifacts = append(run.Artifacts, artifact)
		at := spans{text: f.Source}
		for _, p := range f.Problems {
			result := newSARIFResult(p, file, &at)
			if rule, ok := RuleByID(p.Rule); ok {
				index, known := rules[p.Rule]
				if !known {
					index = len(run.Tool.Driver.Rules)
					rules[p.Rule] = index
					run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, newSARIFRule(rule))
				}
				result.RuleIndex = &index
			}
			run.Results = append(run.Results, result)
		}
	}
	run.Invocations = []sarifInvocation{call}
	return encodeJSON(w, sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
}

func newSARIFResult(p Problem, file sarifArtifactLocation, at *spans) sarifResult {
	place := sarifLocation{Physical: sarifPhysicalLocation{Artifact: file}}
	if !p.Pos.IsZero() {
		place.Physical.Region = region(p.Pos, at.end(p.Pos, p.Len))
	}
	result := sarifResult{RuleID: p.Rule, Level: sarifLevel(p.Severity), Message: sarifMessage{Text: p.Msg}, Locations: []sarifLocation{place}}
	if p.Hint != "" {
		result.Message.Text += "\n" + p.Hint
	}
	for _, other := range p.Related {
		result.Related = append(result.Related, sarifLocation{
			Physical: sarifPhysicalLocation{Artifact: file, Region: region(other.Pos, at.end(other.Pos, 1))},
			Message:  &sarifMessage{Text: other.Msg},
		})
	}
	if p.Fix != nil {
		change := sarifChange{Artifact: file}
		for _, e := range p.Fix.Edits {
			change.Replacements = append(change.Replacements, sarifReplacement{*region(e.From, e.To), sarifMessage{Text: e.Text}})
		}
		result.Fixes = []sarifFix{{sarifMessage{Text: p.Fix.Msg}, []sarifChange{change}}}
	}
	return result
}

func region(from, to Pos) *sarifRegion { return &sarifRegion{from.Line, from.Col, to.Line, to.Col} }

func sarifLevel(s Severity) string {
	if s == Info {
		return "note"
	}
	return s.String()
}

// uri is the name of a file as SARIF wants it. Relative ones begin at the root
// of the repository, as GitHub takes them. Standard input is no file there.
func (r *Report) uri(name string) string {
	if name == stdinName {
		return "stdin:"
	}
	escaped := (&url.URL{Path: r.rooted(name)}).EscapedPath()
	if path.IsAbs(name) {
		return "file://" + escaped
	}
	return strings.ReplaceAll(escaped, ":", "%3A") // else what is before it would be a scheme
}

// The documentation of a rule.
type (
	sarifRule struct {
		ID         string         `json:"id"`
		Short      sarifMessage   `json:"shortDescription"`
		Full       sarifMessage   `json:"fullDescription"`
		Help       sarifMessage   `json:"help"`
		Default    sarifDefault   `json:"defaultConfiguration"`
		Properties sarifRuleExtra `json:"properties"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifRuleExtra struct {
		Severity string `json:"problem.severity"` // GitHub's property
		Waivable bool   `json:"waivable"`
	}
)

func newSARIFRule(rule Rule) sarifRule {
	level := sarifLevel(rule.Severity)
	severity := level
	if rule.Severity == Info {
		severity = "recommendation"
	}
	full := rule.Explain
	if full == "" {
		full = rule.Title
	}
	text, markdown := full, full
	for _, example := range []struct{ label, file string }{{"Wrong", rule.Wrong}, {"Right", rule.Right}} {
		if example.file != "" {
			file := strings.TrimSuffix(example.file, "\n")
			fence := fenceFor(file)
			text += "\n\n" + example.label + ":\n\n" + file
			markdown += "\n\n" + example.label + ":\n\n" + fence + "yaml\n" + file + "\n" + fence
		}
	}
	return sarifRule{
		ID: rule.ID, Short: sarifMessage{Text: rule.Title}, Full: sarifMessage{Text: full},
		Help: sarifMessage{Text: text, Markdown: markdown}, Default: sarifDefault{level},
		Properties: sarifRuleExtra{severity, rule.Severity != Fatal},
	}
}

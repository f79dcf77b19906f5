package diag

import (
	"fmt"
	"io"
	"path"
	"strings"
)

// stdinName is what a caller calls standard input.
const stdinName = "-"

// writeGitHub writes a workflow command for each problem, of which GitHub
// makes an annotation beside the line. Its log shows the message alone, so the
// place and the line of the file stand in that, too.
func (r *Report) writeGitHub(w io.Writer) error {
	p := printer{style: Style{Width: defaultWidth}, sources: r.source(), lines: map[string][]string{}}
	var out strings.Builder
	for i := range r.Files {
		f := &r.Files[i]
		if f.Err != nil {
			out.WriteString(workflowCommand("error", append(r.fileProperty(f.Name), "title=could not be read"), Visible(f.Err.Error())))
		}
		at := spans{text: f.Source}
		for _, problem := range r.shown(f) {
			out.WriteString(r.annotation(&p, &at, f.Name, problem))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// annotation is the command that tells of a problem of the file called name.
func (r *Report) annotation(p *printer, at *spans, name string, problem Problem) string {
	command := problem.Severity.String()
	if problem.Severity == Info {
		command = "notice"
	}
	properties := r.fileProperty(name)
	if pos := problem.Pos; len(properties) > 0 && !pos.IsZero() {
		properties = append(properties, fmt.Sprintf("line=%d,col=%d,endColumn=%d", pos.Line, pos.Col, at.end(pos, problem.Len).Col))
	}
	if rule, ok := RuleByID(problem.Rule); ok {
		properties = append(properties, "title="+EscapeProperty(rule.ID+": "+rule.Title))
	}
	p.out.Reset()
	p.headline(problem)
	message := p.out.String()
	p.out.Reset()
	if p.body(problem); p.out.Len() > 0 {
		fence := fenceFor(p.out.String())
		message += fence + "\n" + p.out.String() + fence
	}
	return workflowCommand(command, properties, strings.TrimSuffix(message, "\n"))
}

// workflowCommand is a line that GitHub acts on. The properties are escaped.
func workflowCommand(command string, properties []string, message string) string {
	if len(properties) > 0 {
		command += " "
	}
	return "::" + command + strings.Join(properties, ",") + "::" + EscapeData(message) + "\n"
}

// fileProperty names the file of a command, if it is one.
func (r *Report) fileProperty(name string) []string {
	if name == stdinName {
		return nil
	}
	return []string{"file=" + EscapeProperty(Visible(r.rooted(name)))}
}

// rooted is name as seen from the root of the repository; an absolute one is
// so from everywhere.
func (r *Report) rooted(name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(r.Dir, name)
}

// fenceFor is a line that can stand around text as a block of Markdown: longer
// than any row of backquotes in it.
func fenceFor(text string) string {
	longest, row := 2, 0
	for _, c := range text {
		if c != '`' {
			row = 0
			continue
		}
		row++
		longest = max(longest, row)
	}
	return strings.Repeat("`", longest+1)
}

// EscapeData makes text fit for the message of a workflow command of GitHub.
func EscapeData(text string) string {
	text = strings.ReplaceAll(text, "%", "%25")
	text = strings.ReplaceAll(text, "\r", "%0D")
	return strings.ReplaceAll(text, "\n", "%0A")
}

// EscapeProperty makes text fit for a property of a workflow command.
func EscapeProperty(text string) string {
	text = strings.ReplaceAll(EscapeData(text), ":", "%3A")
	return strings.ReplaceAll(text, ",", "%2C")
}

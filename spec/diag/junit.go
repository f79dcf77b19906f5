package diag

import (
	"fmt"
	"io"
	"strings"
)

// writeJUnit writes a test suite with a test case for each file. What makes a
// file invalid is one failure, for readers such as GitLab take no more than
// one of a case; what does not is the case's output.
func (r *Report) writeJUnit(w io.Writer) error {
	var cases strings.Builder
	source := r.source()
	for i := range r.Files {
		r.junitCase(&cases, &r.Files[i], source)
	}
	counts := fmt.Sprintf(`name="sluice validate" tests="%d" failures="%d" errors="%d" skipped="0"`, len(r.Files), r.Invalid(), len(r.Unread()))
	_, err := fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n  <testsuite %s>\n%s  </testsuite>\n</testsuites>\n", counts, counts, cases.String())
	return err
}

func (r *Report) junitCase(b *strings.Builder, f *FileReport, source func(string) []byte) {
	name := xmlText(f.Name)
	fmt.Fprintf(b, `    <testcase classname="sluice validate" name="%s"`, name)
	if f.Name != stdinName {
		fmt.Fprintf(b, ` file="%s"`, name)
	}
	var failing, other List
	for _, p := range r.shown(f) {
		if (List{p}).Invalid(r.Strict) {
			failing = append(failing, p)
		} else {
			other = append(other, p)
		}
	}
	if f.Err == nil && len(failing) == 0 && len(other) == 0 {
		b.WriteString("/>\n")
		return
	}
	b.WriteString(">\n")
	if f.Err != nil {
		fmt.Fprintf(b, "      <error type=\"unreadable\" message=\"%s\"/>\n", xmlText(f.Err.Error()))
	}
	if len(failing) > 0 {
		fmt.Fprintf(b, "      <failure type=\"%s\" message=\"%s\">%s</failure>\n", xmlText(failing[0].Rule), xmlText(failureMessage(failing)), printed(failing, source))
	}
	if len(other) > 0 {
		fmt.Fprintf(b, "      <system-out>%s</system-out>\n", printed(other, source))
	}
	b.WriteString("    </testcase>\n")
}

// failureMessage is the first of the problems, and how many more there are.
func failureMessage(l List) string {
	text := l[0].Msg
	if !l[0].Pos.IsZero() {
		text = fmt.Sprintf("%d:%d: %s", l[0].Pos.Line, l[0].Pos.Col, text)
	}
	if more := len(l) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// printed is l as Print writes it, as text of XML.
func printed(l List, source func(string) []byte) string {
	var b strings.Builder
	l.Print(&b, source, Style{}) // a Builder takes everything
	return escapeXML(b.String())
}

// xmlText is text of any kind as one line of XML.
func xmlText(text string) string { return escapeXML(Visible(text)) }

// escapeXML makes visible text fit for an element of XML, or for an attribute
// in double quotes.
func escapeXML(text string) string {
	text = strings.ReplaceAll(text, "&", "&amp;")
	text = strings.ReplaceAll(text, "<", "&lt;")
	text = strings.ReplaceAll(text, ">", "&gt;")
	return strings.ReplaceAll(text, `"`, "&quot;")
}

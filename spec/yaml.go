package spec

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// document reads the one YAML document of text, or says why there is none.
func (d *decoder) document(text []byte) *yaml.Node {
	if d.directives() {
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, next yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		d.add("SL007", diag.Pos{Line: 1, Col: 1}, 1, "the file has no content", "begin with version: 1 and jobs:")
		return nil
	}
	if err == nil {
		switch err2 := dec.Decode(&next); {
		case err2 == nil:
			d.add("SL007", d.pos(&next), 3, "a second YAML document begins here; a job file has one", "move its jobs into the first, or into a file of their own")
		case !errors.Is(err2, io.EOF):
			err = err2
		}
	}
	if err != nil {
		d.syntaxError(err)
		return nil
	}
	root := doc.Content[0]
	switch {
	case root.Kind == yaml.MappingNode:
		return root
	case isNull(root):
		d.add("SL007", diag.Pos{Line: 1, Col: 1}, 1, "the file has no content", "begin with version: 1 and jobs:")
	default:
		d.wrongKind(root, "the job file", "a mapping that begins with version: 1")
	}
	return nil
}

// directives reports lines such as %YAML 1.2 above the document. The YAML
// library heeds some of them and refuses others.
func (d *decoder) directives() (found bool) {
	for i, line := range d.src.lines {
		switch text := strings.TrimLeft(string(line), " \t"); {
		case strings.HasPrefix(string(line), "%"):
			d.add("SL007", diag.Pos{Line: i + 1, Col: 1}, len(line), "a YAML directive; job files have none", "remove the line")
			found = true
		case text != "" && text[0] != '#':
			return found
		}
	}
	return found
}

var (
	yamlErrorLine = lazyRegexp(`^yaml: (?:line (\d+): )?(.*)$`)
	unknownAnchor = lazyRegexp(`^unknown anchor '(.*)' referenced$`)
)

// syntaxError reports err of the YAML library, which knows a line at most.
func (d *decoder) syntaxError(err error) {
	m := yamlErrorLine().FindStringSubmatch(err.Error())
	if m == nil {
		m = []string{"", "", err.Error()}
	}
	if a := unknownAnchor().FindStringSubmatch(m[2]); a != nil {
		d.unknownAlias(a[1])
		return
	}
	line, _ := strconv.Atoi(m[1])
	if line > 0 && slices.Contains(yamlParserErrors(), m[2]) {
		line++ // of these errors the library counts from 0
	}
	line = max(1, min(line, len(d.src.lines)))
	for line > 1 && strings.TrimSpace(string(d.src.line(line))) == "" {
		line-- // the end of the file: the last line that has a text
	}
	text := string(d.src.line(line))
	rest := strings.TrimLeft(text, " ")
	pos := diag.Pos{Line: line, Col: len(text) - len(rest) + 1}
	if strings.HasPrefix(m[2], "exceeded max depth") {
		d.add("SL015", pos, 1, "nested far deeper than anyone can read", "split the file")
		return
	}
	d.add("SL000", pos, max(1, len([]rune(strings.TrimRight(rest, " \t")))), "this is not YAML: "+m[2], syntaxHint(m[2], rest))
}

// yamlParserErrors are the errors of the library's parser, as against those
// of its scanner.
func yamlParserErrors() []string {
	return []string{
		"did not find expected <document start>", "did not find expected node content", "did not find expected key",
		"did not find expected '-' indicator", "did not find expected ',' or ']'", "did not find expected ',' or '}'",
		"found incompatible YAML document", "found duplicate %YAML directive", "found duplicate %TAG directive", "found undefined tag handle",
	}
}

// syntaxHint is what mistake usually leads to the library's error msg.
func syntaxHint(msg, text string) string {
	switch {
	case strings.HasPrefix(text, "\t"):
		return "YAML indents with spaces; this line is indented with a tab"
	case msg == "found character that cannot start any token":
		return "a text that begins with @ or ` or % is written in quotes"
	case msg == "did not find expected alphabetic or numeric character":
		return "a text that begins with * or & is written in quotes"
	case strings.HasPrefix(msg, "mapping values are not allowed"):
		return "a text with a colon and a space in it is written in quotes"
	case msg == "found unexpected end of stream":
		return "a quote that begins here does not end"
	case strings.HasPrefix(msg, "did not find expected ','"):
		return "within {…} and […] a text with , : { } [ ] or a quote in it is written in quotes as a whole; or give the key a line of its own"
	case msg == "did not find expected <document start>":
		return "the document has ended above this line; all of a job file is one mapping"
	case msg == "found unknown escape character":
		return `in double quotes write \\ for a backslash, or use single quotes`
	}
	return ""
}

// unknownAlias reports *name, which has no anchor. The library does not say
// where it stands.
func (d *decoder) unknownAlias(name string) {
	pos := diag.Pos{Line: 1, Col: 1}
	begin := regexp.MustCompile(`(?:^|[\s,:\[{-])(\*` + regexp.QuoteMeta(name) + `)(?:$|[\s,:\]}])`)
	for i, line := range d.src.lines {
		if m := begin.FindStringSubmatchIndex(string(line)); m != nil {
			pos = diag.Pos{Line: i + 1, Col: len([]rune(string(line)[:m[2]])) + 1}
			break
		}
	}
	d.alias(pos, name)
}

// alias reports the alias *name.
func (d *decoder) alias(pos diag.Pos, name string) {
	d.add("SL009", pos, len([]rune(name))+1, "alias "+show("*"+name)+"; a value is written where it is used",
		"use defaults: for what jobs share, or write it out; quote a file name pattern and mark it {glob: …}")
}

package spec

import (
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// Template is a string in which ${…} stands for a value. What is put in is
// never split, expanded or read again.
type Template struct {
	String            // as written; of a {literal: …} the text in it
	Literal bool      // written as {literal: …}: nothing is substituted
	Parts   []Part    // what it is made of, in order
	Found   []Finding // what looks like shell, for package validate to judge
}

// Part is a piece of a Template: text, or a reference.
type Part struct {
	Text string
	Ref  *Ref // nil for text
}

// Ref is one ${…}.
type Ref struct {
	Pos  diag.Pos
	Text string // as written: "${params.top}"
	Root string // params, matrix, env, jobs, run, job or attempt
	Name string // what follows the root: a param, an axis, a variable, a job
	Prop string // what follows the name: dir, base, stem, ext, stdout, outputs.NAME
}

// Output is the name of the output of a job that r asks for; ok is false where
// it asks for something else.
func (r *Ref) Output() (name string, ok bool) {
	name, ok = strings.CutPrefix(r.Prop, "outputs.")
	return name, ok && r.Root == "jobs" && IsName(name)
}

// Roots are the first words that a reference can have.
func Roots() []string {
	return []string{"params", "matrix", "env", "jobs", "run", "job", "attempt"}
}

// IsWhole reports whether t is one reference and nothing else, so that its
// value becomes a whole element.
func (t Template) IsWhole() bool { return len(t.Parts) == 1 && t.Parts[0].Ref != nil }

// Refs are the references in t.
func (t Template) Refs() (refs []*Ref) {
	for _, p := range t.Parts {
		if p.Ref != nil {
			refs = append(refs, p.Ref)
		}
	}
	return refs
}

// FindKind says what a Finding looks like.
type FindKind uint8

// The kinds of Finding.
const (
	FoundOperator  FindKind = iota // | & ; < > ( ) or a newline
	FoundExpansion                 // $NAME, $(, `, and ${…} that is no reference
	FoundBadRef                    // ${ without its }
	FoundGlob                      // * ? […]
	FoundBrace                     // {a,b} {1..3}
	FoundTilde                     // a leading ~
	FoundComment                   // a # that begins a word of a line
	FoundQuote                     // a quote that does not end, or a lone \
)

// Finding is a place that a shell would treat as more than text.
type Finding struct {
	Kind FindKind
	Text string // as written
	Pos  diag.Pos
	At   int // where it begins in the value, in code points
	Word int // of a line: the index of the word that it is in or follows
}

func (t *Template) decode(d *decoder, n *yaml.Node, what string) {
	if d.choose(n, "literal") != "" {
		var l literal
		d.mapping(n, reflect.ValueOf(&l).Elem(), what)
		t.String, t.Literal = l.Literal, true
		t.Parts = []Part{{Text: t.Value}}
		return
	}
	if n.Kind != yaml.ScalarNode {
		hint := ""
		if n.Kind == yaml.SequenceNode && what == "command" {
			hint = "command: is the program alone; its arguments go into args:"
		}
		d.wrongKindHint(n, what, "a string", hint)
		return
	}
	t.String = d.str(n)
	t.Parts, t.Found = parseTemplate(t.String)
}

// parseTemplate splits s at its references.
func parseTemplate(s String) (parts []Part, found []Finding) {
	if !strings.ContainsRune(s.Value, '$') {
		return []Part{{Text: s.Value}}, nil
	}
	text, places := []rune(s.Value), s.places()
	var lit strings.Builder
	flush := func() {
		if lit.Len() > 0 {
			parts = append(parts, Part{Text: lit.String()})
			lit.Reset()
		}
	}
	for i := 0; i < len(text); {
		if text[i] != '$' {
			lit.WriteRune(text[i])
			i++
			continue
		}
		ref, kind, length := parseDollar(text[i:])
		switch {
		case ref != nil:
			ref.Pos = places.at(i)
			flush()
			parts = append(parts, Part{Ref: ref})
		case kind != nil:
			found = append(found, Finding{Kind: *kind, Text: string(text[i : i+length]), Pos: places.at(i), At: i})
			lit.WriteString(string(text[i : i+length]))
		default:
			lit.WriteRune('$')
		}
		i += length
	}
	flush()
	return parts, found
}

var refSyntax = lazyRegexp(`^\$\{([a-z]+)(?:\.([A-Za-z_][A-Za-z0-9_-]*))?(?:\.([A-Za-z_][A-Za-z0-9_.-]*))?\}$`)

// parseDollar reads what the $ at the beginning of text begins: a reference,
// something that a shell would expand (kind), or, with neither, itself.
func parseDollar(text []rune) (ref *Ref, kind *FindKind, length int) {
	expansion, bad := FoundExpansion, FoundBadRef
	if len(text) > 1 && text[1] == '{' {
		end := 2
		for end < len(text) && text[end] != '}' && text[end] != '\n' {
			end++
		}
		if end == len(text) || text[end] != '}' {
			return nil, &bad, min(end, len(text))
		}
		whole := string(text[:end+1])
		m := refSyntax().FindStringSubmatch(whole)
		switch {
		case m == nil || m[2] == "" && m[1] != "attempt":
			return nil, &expansion, end + 1
		}
		return &Ref{Text: whole, Root: m[1], Name: m[2], Prop: m[3]}, nil, end + 1
	}
	if n := shellDollar(text); n > 0 {
		return nil, &expansion, n
	}
	return nil, nil, 1
}

// shellDollar is the length of what a shell would expand at the beginning of
// text, which is a $ without a {; 0 where it would not.
func shellDollar(text []rune) int {
	if len(text) < 2 {
		return 0
	}
	if strings.ContainsRune("0123456789@*#?!$-('\"", text[1]) {
		return 2
	}
	n := 1
	for n < len(text) && isNameRune(text[n]) {
		n++
	}
	if n == 1 {
		return 0
	}
	return n
}

func isNameRune(r rune) bool {
	return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// Masked is t's text with every reference replaced by x of the same length in
// code points, for rules that look at the text alone.
func (t Template) Masked() string {
	if len(t.Parts) == 1 && t.Parts[0].Ref == nil {
		return t.Parts[0].Text
	}
	var text strings.Builder
	for _, p := range t.Parts {
		text.WriteString(p.Text)
		if p.Ref != nil {
			text.WriteString(strings.Repeat("x", len([]rune(p.Ref.Text))))
		}
	}
	return text.String()
}
